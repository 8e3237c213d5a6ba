"""What nodes have in common: an id, and for whatever delivers a name and performance."""

from typing import Any

import strawberry
from graphql import GraphQLResolveInfo

from db.database import Row
from db.entity import Kind, kind_of
from graph.performance import performance_field
from graph.selection import Info, columns
from resolvers import global_id, tree
from resolvers.context import Request


def _id(root: strawberry.Parent[Row]) -> str:
    return global_id.encode(global_id.TYPE_NAMES[kind_of(root)], root.id)


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id = strawberry.field(
        resolver=_id,
        graphql_type=strawberry.ID,
        description="Opaque, and the same for as long as the node exists. `node` finds it again.",
    )


@strawberry.interface(description="A node that delivers, and so has numbers.")
class Measurable(Node):
    name: str = strawberry.field(description="As its platform or its owner names it; not unique.")
    performance = performance_field


def parent(kind: Kind[Row], graphql_type: object, description: str) -> Any:
    """The field that leads one level up, to a node of `kind`."""
    column = f"{kind.name}_id"

    async def resolve(root: strawberry.Parent[Row], info: Info) -> Any:
        return await info.context.load(tree.by_id, root[column], kind, columns(info, kind))

    return strawberry.field(
        resolver=resolve, graphql_type=graphql_type, description=description, metadata={"needs": (column,)}
    )


def is_row_of(kind: Kind[Row]) -> Any:
    """A type's `is_type_of`: its parents are the rows of `kind`."""

    def is_type_of(row: object, _info: GraphQLResolveInfo[Request]) -> bool:
        return isinstance(row, kind.row)

    return staticmethod(is_type_of)
