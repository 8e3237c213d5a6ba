"""What a query selects below a field, so that statements fetch that and no more."""

from collections.abc import Sequence

import strawberry
from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLResolveInfo, get_named_type
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from db.database import Row
from db.entity import Kind
from resolvers import formulas
from resolvers.context import Request
from resolvers.global_id import TYPE_NAMES

Info = strawberry.Info[Request, None]


def columns(info: Info, kind: Kind[Row], *path: str) -> tuple[str, ...]:
    """The columns of `kind` that the query needs of the nodes at `path` below this field.

    A field needs the column of its own name, unless its metadata says which it `needs`.
    """
    needed = {column for field in _fields(info, kind, path) for column in _needs(field)}
    return tuple(sorted(needed & kind.columns))


def metrics(info: Info, *path: str) -> tuple[str, ...]:
    """The columns of the facts that the metrics selected at `path` below this field are computed from."""
    selected = _fields(info, None, path)
    names = [name for field in selected for name in field.metadata.get("metrics", ())]
    return formulas.columns_of(names)


def _needs(field: StrawberryField) -> Sequence[str]:
    needs: Sequence[str] = field.metadata.get("needs", (field.python_name,))
    return needs


def _fields(info: Info, kind: Kind[Row] | None, path: tuple[str, ...]) -> list[StrawberryField]:
    # The same field nodes are resolved once per parent, but read once per request.
    raw = info._raw_info  # noqa: SLF001  # Strawberry's own view of a selection knows neither types nor fields
    key = (*(id(node) for node in raw.field_nodes), kind, path)
    selections = info.context.selections
    if key not in selections:
        selections[key] = _read(raw, kind, path)
    found: list[StrawberryField] = selections[key]
    return found


def _read(raw: GraphQLResolveInfo[Request], kind: Kind[Row] | None, path: tuple[str, ...]) -> list[StrawberryField]:
    fragments = {name: FragmentDetails(definition) for name, definition in raw.fragments.items()}
    # Strawberry hands resolvers the bare values; only those are read here.
    variables = VariableValues({}, raw.variable_values)  # type: ignore[arg-type]
    parents = [(get_named_type(raw.return_type), [FieldDetails(node, None) for node in raw.field_nodes])]
    for step in (*path, None):
        below = []
        for parent, details in parents:
            object_type = _object_type(raw, parent, kind)
            selected = collect_subfields(
                raw.schema, fragments, variables, raw.operation, object_type, details
            ).grouped_field_set
            for group in selected.values():
                name = group[0].node.name.value
                if name in object_type.fields and (step is None or name == step):
                    below.append((object_type.fields[name], group))
        if step is None:
            return [field.extensions["strawberry-definition"] for field, _ in below]
        parents = [(get_named_type(field.type), group) for field, group in below]
    raise AssertionError("the path ends with a step of None")


def _object_type(
    raw: GraphQLResolveInfo[Request], named: GraphQLNamedType, kind: Kind[Row] | None
) -> GraphQLObjectType:
    """The type itself, or of an interface the type that the nodes of `kind` have."""
    found = named if isinstance(named, GraphQLObjectType) or kind is None else raw.schema.type_map[TYPE_NAMES[kind]]
    assert isinstance(found, GraphQLObjectType)
    return found
