"""Where breadth-first execution plugs into Strawberry: schema, validation and introspection stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine
from typing import Any

from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graph.documents import DOCUMENT, Document
from graph.executor.plan import Operation, SelectionPlan, root_plan, steering_variables
from graph.executor.run import Run

# How many operations each executor has run in this process.
EXECUTIONS: Counter[str] = Counter()


class BreadthFirst(StrawberryGraphQLCoreExecutionContext):
    """Runs queries level by level; mutations and introspection run on graphql-core's executor, which it extends."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001  # graphql-core's signature
        """The operation's result, or a coroutine of it."""
        plan = self._plan()
        if plan is None:
            EXECUTIONS["depth_first"] += 1
            return super().execute_operation(serially)
        EXECUTIONS["breadth_first"] += 1
        return self._run(plan)

    def _run(self, plan: SelectionPlan) -> Coroutine[Any, Any, Any]:
        async def run() -> Any:
            execution = Run(self)
            data = await execution.execute(plan, self.root_value)
            self.collected_errors.errors.extend(execution.errors)
            return self.build_response(data)

        return run()

    def _plan(self) -> SelectionPlan | None:
        document = (self.operation_extensions or {}).get(DOCUMENT)
        known: dict[Any, SelectionPlan | None] = document.plans if isinstance(document, Document) else {}
        name = self.operation.name.value if self.operation.name else None
        names = steering_variables(self.operation, self.fragment_definitions)
        coerced = {name: self.variable_values.coerced.get(name) for name in names}
        key = (name, *coerced.items())
        if key not in known:
            operation = Operation(self.schema, self.fragment_definitions, self.operation, VariableValues({}, coerced))
            known[key] = root_plan(operation)
        return known[key]
