"""Where breadth-first execution plugs into Strawberry: schema, validation and introspection stay as they are."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues, get_variable_values
from prometheus_client import Counter
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from structlog.contextvars import bind_contextvars

from graph.documents import DOCUMENT, Document
from graph.executor.plan import FieldPlan, SelectionPlan
from graph.executor.plans import Plans
from graph.executor.run import Run

EXECUTIONS = Counter("adgraph_executions", "Operations that this process has executed, by executor.", ["executor"])
BREADTH_FIRST, DEPTH_FIRST = "breadth_first", "depth_first"
_COUNTED = {executor: EXECUTIONS.labels(executor) for executor in (BREADTH_FIRST, DEPTH_FIRST)}


class BreadthFirst(StrawberryGraphQLCoreExecutionContext):
    """Runs operations level by level; several mutations and introspection run on graphql-core's executor, which it
    extends.
    """

    # Once prepared: what it executes, and the arguments of fields as they are with its variables.
    plan: SelectionPlan | None = None
    arguments: dict[FieldPlan, dict[str, Any]]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.arguments = {}

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

    def prepared(self, variables: dict[str, Any]) -> BreadthFirst | None:
        """What answers further requests of the operation with these variables. None where graphql-core has to say what
        does not fit, or to execute the operation.
        """
        known = self.operation.variable_definitions or ()
        values = get_variable_values(self.schema, known, variables, max_errors=1)
        if isinstance(values, list):
            return None
        executor = self._copy()
        executor.variable_values, executor.arguments = values, {}
        try:
            executor.plan = executor._plan()  # noqa: SLF001  # its own
        except GraphQLError:
            return None
        return executor if executor.plan else None

    def again(self, root: object, context: object) -> Coroutine[Any, Any, ExecutionResult]:
        """The coroutine of another request's result, once prepared."""
        assert self.plan is not None
        executor = self._copy()
        executor.root_value, executor.context_value = root, context
        _count(BREADTH_FIRST)
        return executor._run(self.plan)  # noqa: SLF001  # its own

    async def _run(self, plan: SelectionPlan) -> ExecutionResult:
        execution = Run(self)
        data = await execution.execute(plan, self.root_value)
        return ExecutionResult(data, execution.errors or None)

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
        kept = self._copy()
        kept.root_value = kept.context_value = None
        kept.variable_values, kept.arguments = VariableValues({}, {}), {}
        return kept

    def _copy(self) -> BreadthFirst:
        # What `copy` gives, in a fifth of the time.
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        return found


def _count(executor: str) -> None:
    _COUNTED[executor].inc()
    # Whatever is logged from here on says it.
    bind_contextvars(executor=executor)
