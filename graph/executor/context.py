"""Where breadth-first execution plugs into Strawberry: schema, validation and introspection stay as they are."""

from __future__ import annotations

from collections.abc import Coroutine
from copy import copy
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import CollectedErrors
from graphql.execution.values import VariableValues, get_variable_values
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

    def again(self, root: object, context: object, variables: dict[str, Any]) -> Coroutine[Any, Any, Any] | None:
        """The coroutine of another request's result, where one before has read all but its variables. None where
        graphql-core has to say what does not fit, or to execute the operation.
        """
        known = self.operation.variable_definitions or ()
        values = get_variable_values(self.schema, known, variables, max_errors=1)
        if isinstance(values, list):
            return None
        executor = copy(self)
        executor.root_value, executor.context_value, executor.variable_values = root, context, values
        executor.collected_errors = CollectedErrors()
        try:
            plan = executor._plan()  # noqa: SLF001  # its own
        except GraphQLError:
            return None
        if plan is None:
            return None
        _count(BREADTH_FIRST)
        return executor._run(plan)  # noqa: SLF001  # as above

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
        found = plans.of(self.schema, self.fragment_definitions, self.operation, self.variable_values.coerced)
        if found and isinstance(document, Document):
            document.remember(self.operation, self._without_request)
        return found

    def _without_request(self) -> BreadthFirst:
        kept = copy(self)
        kept.root_value = kept.context_value = None
        kept.variable_values, kept.collected_errors = VariableValues({}, {}), CollectedErrors()
        return kept


def _count(executor: str) -> None:
    _COUNTED[executor].inc()
    # Whatever is logged from here on says it.
    bind_contextvars(executor=executor)
