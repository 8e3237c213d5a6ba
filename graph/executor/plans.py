"""The plans of a document: by operation, and by the values of the variables that decide what is selected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    ListValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import VariableValues

from graph.executor.plan import Operation, SelectionPlan

# A document whose plans are all different would else keep one for each of 2^n choices.
MOST_PLANS = 32
# The argument of fields that compute the metrics that it names.
METRICS = "metrics"


def root_plan(operation: Operation) -> SelectionPlan | None:
    """The plan of an operation, or None for what runs on graphql-core: several mutations, and introspection.

    Raises GraphQLError where a variable that steers @skip or @include is null.
    """
    root = operation.schema.get_root_type(operation.definition.operation)
    if root is None:
        return None
    collected = collect_fields(
        operation.schema, operation.details, operation.variables, root, operation.definition
    ).grouped_field_set
    if len(collected) > 1 and root is not operation.schema.query_type:
        return None  # they wait for each other
    if any(group[0].node.name.value in {"__schema", "__type"} for group in collected.values()):
        return None
    return SelectionPlan(operation, root, collected)


class Plans:
    """The plans of one document: by operation, and by the values of the variables that steer @skip and @include."""

    def __init__(self) -> None:
        self._steering: dict[str | None, tuple[str, ...]] = {}
        self._plans: dict[tuple[object, ...], SelectionPlan | None] = {}

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._plans)

    def of(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        definition: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> SelectionPlan | None:
        """The plan of an operation of the document; None for what runs on graphql-core."""
        name = definition.name.value if definition.name else None
        steering = self._steering.get(name)
        if steering is None:
            steering = self._steering[name] = steering_variables(definition, fragments)
        values = {variable: variables[variable] for variable in steering if variable in variables}
        key = (name, *((variable, _hashable(value)) for variable, value in values.items()))
        if key not in self._plans:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            operation = Operation(schema, fragments, definition, VariableValues({}, values))
            self._plans[key] = root_plan(operation)
        return self._plans[key]


class _Steering(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        for argument in node.arguments or ():
            self._note(argument.value)

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        # Those that choose metrics decide what is fetched above them.
        if node.name.value == METRICS:
            for value in node.value.values if isinstance(node.value, ListValueNode) else (node.value,):
                self._note(value)

    def _note(self, value: ValueNode) -> None:
        if isinstance(value, VariableNode):
            self.names.add(value.name.value)


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def steering_variables(
    definition: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The names of the variables that decide which fields are there at all, and which metrics are needed."""
    visitor = _Steering()
    for node in (definition, *fragments.values()):
        visit(node, visitor)
    return tuple(sorted(visitor.names))
