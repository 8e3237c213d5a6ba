"""Plans: what to execute below each selection, worked out once per operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from graph.executor.arguments import Arguments
from graph.executor.building import Build, builder
from graph.selection import Selection


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation with all that collecting its fields takes; `variables` are those that steer @skip and @include."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    definition: OperationDefinitionNode
    variables: VariableValues

    @cached_property
    def details(self) -> dict[str, FragmentDetails]:
        """The fragments as graphql-core collects them."""
        return {name: FragmentDetails(definition) for name, definition in self.fragments.items()}


@dataclass(eq=False)
class FieldPlan:
    """One field of a selection: how its values are found, and what is selected of them."""

    operation: Operation
    parent_type: GraphQLObjectType
    key: str
    definition: GraphQLField
    details: list[FieldDetails]
    _below: dict[str, SelectionPlan] = field(default_factory=dict)
    _types: dict[str, dict[type, GraphQLObjectType]] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> list[FieldNode]:
        """The places in the query that ask for it."""
        return [one.node for one in self.details]

    @cached_property
    def name(self) -> str:
        """Its name in the schema."""
        return self.nodes[0].name.value

    @cached_property
    def strawberry(self) -> StrawberryField | None:
        """Its definition, unless it is one of GraphQL's own."""
        found: StrawberryField | None = self.definition.extensions.get("strawberry-definition")
        return found

    @cached_property
    def many(self) -> Callable[..., Any] | None:
        """The function that finds its values for many parents, if it has one, and nothing wants to see each parent."""
        own = self.strawberry
        found: Callable[..., Any] | None = own.metadata.get("many") if own and not own.extensions else None
        return found

    @cached_property
    def waits(self) -> bool:
        """Whether that is a coroutine function."""
        return iscoroutinefunction(self.many)

    @cached_property
    def root(self) -> Callable[..., Any] | None:
        """What tells from its arguments which node it looks up, as kind and id."""
        found: Callable[..., Any] | None = (
            self.strawberry.metadata.get("root") if self.many and self.strawberry else None
        )
        return found

    @cached_property
    def step(self) -> Callable[..., Any] | None:
        """What tells from its arguments which step down the tree it is, where it is one."""
        found: Callable[..., Any] | None = (
            self.strawberry.metadata.get("step") if self.many and self.strawberry else None
        )
        return found

    @cached_property
    def steps(self) -> list[FieldPlan]:
        """The steps further down from all the nodes that it finds."""
        named = get_named_type(self.definition.type)
        return self.below(named).steps if isinstance(named, GraphQLObjectType) else []

    @cached_property
    def is_leaf(self) -> bool:
        """Whether its values are scalars or enums."""
        return is_leaf_type(get_nullable_type(self.definition.type))

    @cached_property
    def object_type(self) -> GraphQLObjectType | None:
        """What all of its values are, if that is one type of objects."""
        found = get_nullable_type(self.definition.type)
        return found if isinstance(found, GraphQLObjectType) else None

    @cached_property
    def attribute(self) -> str | None:
        """The attribute that its values are, if they are no more than that."""
        plain = self.strawberry is not None and self.strawberry.is_basic_field
        return self.strawberry.python_name if plain and self.strawberry else None

    @cached_property
    def of_rows(self) -> tuple[str, str] | None:
        """Under which name its values stand with the rows that they are of, if they are leaves and nothing else's."""
        own = self.strawberry
        plain = self.is_leaf and own and not own.extensions and (own.is_basic_field or own.metadata.get("of_rows"))
        return (self.parent_type.name, self.name) if plain else None

    @cached_property
    def selection(self) -> Selection:
        """What is selected below it, for its batch function."""
        operation = self.operation
        return Selection(
            operation.schema,
            operation.fragments,
            operation.definition,
            operation.variables.coerced,
            self.definition.type,
            self.nodes,
        )

    def arguments(self, variables: VariableValues, converter: GraphQLCoreConverter) -> dict[str, Any]:
        """Its arguments, as its function takes them. They are values: whoever gets them leaves them as they are."""
        return self._arguments.of(variables, converter) if self._arguments else {}

    @cached_property
    def _arguments(self) -> Arguments | None:
        own = self.strawberry
        return Arguments(self.definition, own, self.nodes[0]) if own and self.definition.args else None

    def below(self, concrete: GraphQLObjectType) -> SelectionPlan:
        """What is selected of its values of one type."""
        found = self._below.get(concrete.name)
        if found is None:
            operation = self.operation
            collected = collect_subfields(
                operation.schema, operation.details, operation.variables, operation.definition, concrete, self.details
            )
            found = self._below[concrete.name] = SelectionPlan(operation, concrete, collected.grouped_field_set)
        return found

    def types_of_rows(self, abstract: GraphQLAbstractType) -> dict[type, GraphQLObjectType]:
        """The types among those of an interface whose values are all the rows of one class, by that class."""
        found = self._types.get(abstract.name)
        if found is None:
            definition = abstract.extensions.get("strawberry-definition")
            # A type's own way to tell goes first.
            plain = isinstance(abstract, GraphQLInterfaceType) and definition and definition.resolve_type is None
            possible = self.operation.schema.get_possible_types(abstract) if plain else ()
            found = self._types[abstract.name] = {
                row: one for one in possible if (row := getattr(one.is_type_of, "row", None))
            }
        return found


@dataclass(eq=False)
class SelectionPlan:
    """The fields selected of objects of one type, merged, in order."""

    operation: Operation
    object_type: GraphQLObjectType
    groups: Mapping[str, list[FieldDetails]]

    @cached_property
    def fields(self) -> list[FieldPlan]:
        """Those that exist (validation has refused others)."""
        get = self.operation.schema.get_field
        found = ((key, get(self.object_type, group[0].node.name.value), group) for key, group in self.groups.items())
        return [
            FieldPlan(self.operation, self.object_type, key, definition, group)
            for key, definition, group in found
            if definition
        ]

    @cached_property
    def steps(self) -> list[FieldPlan]:
        """Those that lead further down the tree from all of these objects, or from what is an attribute of theirs."""
        found: list[FieldPlan] = []
        for one in self.fields:
            if one.step:
                found.append(one)
            elif one.attribute is not None and not one.is_leaf:
                found += one.steps
        return found

    @cached_property
    def at_once(self) -> Callable[[Any], list[dict[str, Any]] | None] | None:
        """What makes the answer's objects without going field by field, where the type has such a way for these fields;
        it says None where it has to be gone.
        """
        builder: Callable[[list[FieldPlan]], Callable[[Any], list[dict[str, Any]] | None] | None] | None
        builder = self._own("builder")
        return builder(self.fields) if builder else None

    @cached_property
    def gather(self) -> Callable[[list[Any]], list[Any]] | None:
        """What brings many of its objects side by side, once for all their fields, where the type has such a way."""
        found: Callable[[list[Any]], list[Any]] | None = self._own("gather")
        return found

    def _own(self, name: str) -> Any:
        definition = self.object_type.extensions.get("strawberry-definition")
        return definition and getattr(definition.origin, name, None)

    @cached_property
    def build(self) -> Build:
        """Makes its objects of the answer from the columns of their fields."""
        return builder(tuple(one.key for one in self.fields))
