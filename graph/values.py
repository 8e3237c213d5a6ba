"""Values that queries give as arguments: which the schema takes, and which place each other one is refused at."""

from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VisitorAction,
)
from graphql.language import SKIP
from graphql.pyutils import print_path_list
from graphql.utilities import validate_input_literal


class PlacedValues(ValuesOfCorrectTypeRule):
    """graphql-core's rule for values of correct type, whose errors begin with the argument, and the field of it."""

    _place = ""

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> None:
        """Called before the argument's value."""
        self._place = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: Any) -> None:
        """Called before the variable's default."""
        self._place = f"${node.variable.name.value}"

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        """Called for the whole value of an argument, or default of a variable."""

        def on_error(error: GraphQLError, path: list[str | int]) -> None:
            where = print_path_list(path).removeprefix(" at ")
            message = f"`{self._place}{where}`: {error.message}"
            self.report_error(GraphQLError(message, error.nodes or node))

        if input_type:
            validate_input_literal(node, input_type, on_error, None, None, self.context.hide_suggestions)
        return SKIP


def mark_one_of(schema: GraphQLSchema) -> None:
    """Tells graphql-core which inputs take exactly one field, which Strawberry keeps to itself: it checks them where
    values are read, and names their place.
    """
    for known in schema.type_map.values():
        if isinstance(known, GraphQLInputObjectType):
            known.is_one_of = known.extensions["strawberry-definition"].is_one_of
