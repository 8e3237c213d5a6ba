"""The arguments of a field, as its function takes them, kept for variables that come again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLField, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

# To convert arguments takes long, and few come again and again; those with long texts and lists are not kept.
MOST_ARGUMENTS = 8
LONGEST_KEPT = 100


class Arguments:
    """Those of one place in a query. They are values: whoever gets them leaves them as they are."""

    def __init__(self, definition: GraphQLField, strawberry: StrawberryField, node: FieldNode) -> None:
        self._definition = definition
        self._strawberry = strawberry
        self._node = node
        visitor = _Used()
        for argument in node.arguments or ():
            visit(argument, visitor)
        # All that differs from one execution to the next.
        self._variables = tuple(visitor.names)
        self._converted: dict[object, dict[str, Any]] = {}

    def of(self, variables: VariableValues, converter: GraphQLCoreConverter) -> dict[str, Any]:
        """What they are with these variables."""
        key = _key({name: variables.coerced[name] for name in self._variables if name in variables.coerced})
        found = self._converted.get(key)
        if found is None:
            values = get_argument_values(self._definition, self._node, variables)
            registry, config = converter.scalar_registry, converter.config
            found = convert_arguments(values, self._strawberry.arguments, registry, config)
            if key is not None:
                if len(self._converted) >= MOST_ARGUMENTS:
                    self._converted.clear()
                self._converted[key] = found
        return found


def _frozen(value: object) -> object:
    """What stands for equal values of the same types; None for what is too long to be kept, or cannot be."""
    if isinstance(value, dict):
        parts = [_frozen(one) for one in value.values()]
        return None if None in parts else (*value, *parts)
    if isinstance(value, list) or (isinstance(value, str) and len(value) > LONGEST_KEPT):
        return None
    try:
        hash(value)
    except TypeError:
        return None
    # True and 1 are equal, but not the same value; neither are 0.0 and -0.0.
    return type(value), repr(value) if isinstance(value, float) else value


def _key(values: Mapping[str, Any]) -> object:
    """What stands for values by name; None where one of them is too long to be kept."""
    found = [(name, _frozen(value)) for name, value in values.items()]
    return None if any(value is None for _, value in found) else tuple(found)


class _Used(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names[node.name.value] = None
