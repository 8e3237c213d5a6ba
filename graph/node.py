"""What nodes have in common: an id, and for whatever delivers a name and performance."""

from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLResolveInfo

from db.database import Row
from db.entity import Kind, kind_of
from graph.field import batched
from graph.performance import performance_field
from graph.selection import Selection
from resolvers import global_id, tree
from resolvers.alike import Rows, column
from resolvers.context import Request


def _ids(_request: Request, _selection: Selection, rows: Sequence[Row]) -> list[str]:
    return global_id.encode_all(global_id.TYPE_NAMES[kind_of(rows[0])], column(rows, "id"))


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    gather = staticmethod(Rows)

    id = batched(
        _ids,
        strawberry.ID,
        "Opaque, and the same for as long as the node exists. `node` finds it again.",
        of_rows=True,
    )


@strawberry.interface(description="A node that delivers, and so has numbers.")
class Measurable(Node):
    name: str = strawberry.field(description="As its platform or its owner names it; not unique.")
    performance = performance_field


def parent(kind: Kind[Row], graphql_type: object, description: str) -> Any:
    """The field that leads one level up, to a node of `kind`."""
    column = f"{kind.name}_id"

    async def parents(request: Request, selection: Selection, rows: Sequence[Row]) -> list[Row | None]:
        found = await request.load_all(tree.by_id, (row[column] for row in rows), kind, selection.columns(kind))
        return [found[row[column]] for row in rows]

    return batched(parents, graphql_type, description, needs=(column,))


def is_row_of(kind: Kind[Row]) -> Any:
    """A type's `is_type_of`: its parents are the rows of `kind`."""

    def is_type_of(row: object, _info: GraphQLResolveInfo[Request]) -> bool:
        return isinstance(row, kind.row)

    # So that many can be told apart without a call for each.
    is_type_of.row = kind.row  # type: ignore[attr-defined]
    return staticmethod(is_type_of)
