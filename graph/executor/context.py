"""Where breadth-first execution plugs into Strawberry: schema, validation and introspection stay as they are."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from graphql import GraphQLError
from prometheus_client import Counter
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from structlog.contextvars import bind_contextvars

from graph.documents import DOCUMENT, Document
from graph.executor.plan import Plans, SelectionPlan
from graph.executor.run import Run

EXECUTIONS = Counter("adgraph_executions", "Operations that this process has executed, by executor.", ["executor"])
BREADTH_FIRST, DEPTH_FIRST = "breadth_first", "depth_first"
_COUNTED = {executor: EXECUTIONS.labels(executor) for executor in (BREADTH_FIRST, DEPTH_FIRST)}


class BreadthFirst(StrawberryGraphQLCoreExecutionContext):
    """Runs queries level by level; mutations and introspection run on graphql-core's executor, which it extends."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001  # graphql-core's signature
        """The operation's result, or a coroutine of it."""
        try:
            plan = self._plan()
        except GraphQLError as error:
            _count(BREADTH_FIRST)
            self.collected_errors.add(error, None)
            return self.build_response(None)
        if plan is None:
            _count(DEPTH_FIRST)
            return super().execute_operation(serially)
        _count(BREADTH_FIRST)
        return self._run(plan)

    def _run(self, plan: SelectionPlan) -> Coroutine[Any, Any, Any]:
        async def run() -> Any:
            execution = Run(self)
            data = await execution.execute(plan, self.root_value)
            self.collected_errors.errors.extend(execution.errors)
            return self.build_response(data)

        return run()

    def _plan(self) -> SelectionPlan | None:
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return None  # an extension wants to see every field of every object
        document = (self.operation_extensions or {}).get(DOCUMENT)
        plans = document.plans if isinstance(document, Document) else Plans()
        return plans.of(self.schema, self.fragment_definitions, self.operation, self.variable_values.coerced)


def _count(executor: str) -> None:
    _COUNTED[executor].inc()
    # Whatever is logged from here on says it.
    bind_contextvars(executor=executor)
