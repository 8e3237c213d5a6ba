"""What a query selects below a field, so that statements fetch that and no more."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import strawberry
from graphql import (
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.field import StrawberryField

from db.database import Row
from db.entity import Kind
from resolvers import metric
from resolvers.context import Request
from resolvers.global_id import TYPE_NAMES
from resolvers.metric import Metric

Info = strawberry.Info[Request, None]
# A selected field: as it is declared, as the schema has it, and the place in the query that asks for it.
_Field = tuple[StrawberryField, GraphQLField, FieldNode]
# Numbers, and where further numbers of the same rows lie below them.
_BLOCKS: tuple[tuple[str, ...], ...] = ((), ("reported",), ("tracked",), ("gap",))
P = ParamSpec("P")
T = TypeVar("T")


def once(tell: Callable[Concatenate[Selection, P], T]) -> Callable[Concatenate[Selection, P], T]:
    """What a function tells of a selection, worked out once: a selection is the same for all requests of its query."""

    @wraps(tell)
    def known(selection: Selection, /, *arguments: P.args, **named: P.kwargs) -> T:
        assert not named, "what it depends on is given by position"
        key = (tell, arguments)
        found: T | None = selection.known.get(key)
        if found is None:
            found = selection.known[key] = tell(selection, *arguments, **named)
        return found

    return known


@dataclass(slots=True, eq=False)
class Selection:
    """One field of an operation and all that is selected below it, fragments and directives applied."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    return_type: GraphQLOutputType
    nodes: Sequence[FieldNode]
    known: dict[Hashable, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, info: Info) -> Self:
        """The selection of the field that is being resolved: the same for every parent of one place in the query."""
        raw = info._raw_info  # noqa: SLF001  # Strawberry's own view of a selection knows neither types nor fields
        key = (raw.parent_type.name, *(id(node) for node in raw.field_nodes))
        selections = info.context.selections
        if key not in selections:
            # Strawberry hands resolvers the bare values of the variables.
            variables: Mapping[str, Any] = raw.variable_values  # type: ignore[assignment]
            selections[key] = cls(raw.schema, raw.fragments, raw.operation, variables, raw.return_type, raw.field_nodes)
        found: Self = selections[key]
        return found

    @once
    def columns(self, kind: Kind[Row], *path: str) -> tuple[str, ...]:
        """The columns of `kind` that the query needs of the nodes at `path` below this field.

        A field needs the column of its own name, unless its metadata says which it `needs`.
        """
        needed = {column for selected, _, _ in self._fields(kind, path) for column in _needs(selected)}
        return tuple(sorted(needed & kind.columns))

    def names(self, *path: str) -> frozenset[str]:
        """The fields selected at `path` below this field, by their names in Python."""
        return frozenset(selected.python_name for selected, _, _ in self._fields(None, path))

    @once
    def metrics(self, *path: str) -> tuple[str, ...]:
        """The columns of the facts that the metrics selected at `path` below this field are computed from."""
        fields = [one for block in _BLOCKS for one in self._fields(None, (*path, *block))]
        names = {name for selected in fields for name in self._computed(*selected)}
        columns = {column for field, *_ in fields for column in field.metadata.get("columns", ())}
        return metric.in_order({*columns, *metric.columns_of(names)})

    @once
    def has(self, *path: str) -> bool:
        """Whether the field at the end of `path` below this field is selected."""
        *above, last = path
        return any(node.name.value == last for _, _, node in self._fields(None, tuple(above)))

    @once
    def plain(self, *path: str) -> bool:
        """Whether the field at the end of `path` is selected without arguments."""
        *above, last = path
        return any(node.name.value == last and not node.arguments for _, _, node in self._fields(None, tuple(above)))

    def said(self, name: str, argument: str) -> str | None:
        """The enum value that an argument of the field of that name is given in the query's text; None where it is not
        given, the empty text where it is not in the text, or where the field is selected several times.
        """
        nodes = [node for _, _, node in self._fields(None, ()) if node.name.value == name]
        given = [one.value for node in nodes for one in node.arguments or () if one.name.value == argument]
        if len(nodes) > 1 or not all(isinstance(value, EnumValueNode) for value in given):
            return ""
        return next((value.value for value in given if isinstance(value, EnumValueNode)), None)

    def _computed(self, field: StrawberryField, definition: GraphQLField, node: FieldNode) -> Iterable[Metric]:
        """The metrics that a field computes: always the same, or those that its arguments name."""
        named: Any = field.metadata.get("metrics", ())
        found: Iterable[Metric] = named
        if callable(named):
            found = named(**get_argument_values(definition, node, VariableValues({}, dict(self.variables))))
        return found

    @once
    def _fields(self, kind: Kind[Row] | None, path: tuple[str, ...]) -> list[_Field]:
        parents = [(get_named_type(self.return_type), [FieldDetails(node, None) for node in self.nodes])]
        for step in path:
            parents = [
                (get_named_type(found.type), group)
                for parent, details in parents
                for name, found, group in self._below(parent, details, kind)
                if name == step
            ]
        return [
            (found.extensions["strawberry-definition"], found, group[0].node)
            for parent, details in parents
            for _, found, group in self._below(parent, details, kind)
        ]

    def _below(self, parent: GraphQLNamedType, details: list[FieldDetails], kind: Kind[Row] | None) -> Any:
        # Of an interface, what the nodes of this kind have of it.
        named = (
            parent if isinstance(parent, GraphQLObjectType) or kind is None else self.schema.type_map[TYPE_NAMES[kind]]
        )
        assert isinstance(named, GraphQLObjectType)
        fragments = {name: FragmentDetails(definition) for name, definition in self.fragments.items()}
        variables = VariableValues({}, dict(self.variables))
        groups = collect_subfields(self.schema, fragments, variables, self.operation, named, details).grouped_field_set
        for group in groups.values():
            name = group[0].node.name.value
            if name in named.fields:
                yield name, named.fields[name], group


def _needs(selected: StrawberryField) -> Sequence[str]:
    needs: Sequence[str] = selected.metadata.get("needs", (selected.python_name,))
    return needs
