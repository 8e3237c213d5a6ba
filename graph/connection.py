"""Connections: lists that are read page by page."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from db.database import Row
from db.entity import Kind
from db.errors import AdgraphError, Invalid
from graph.field import batched
from graph.ranking import given
from graph.selection import Info, Selection
from resolvers import global_id, tree
from resolvers.alike import column
from resolvers.context import Request

T = TypeVar("T")

First = Annotated[int, strawberry.argument(description="How many nodes the page may hold: 1 to 1,000.")]
After = Annotated[
    str | None, strawberry.argument(description="A cursor of this list, such as `pageInfo.endCursor`: start behind it.")
]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more nodes follow.")
    has_previous_page: bool = strawberry.field(description="Whether the page was asked to start behind some node.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first node.")
    end_cursor: str | None = strawberry.field(description="The cursor of its last node: `after` of the next page.")


@strawberry.type(description="A node and its place in a list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The node.")
    cursor: str = strawberry.field(description="Its place in the list, for `after`.")


async def _total_counts(request: Request, _selection: Selection, pages: Sequence[tree.Page]) -> list[int]:
    return await tree.total_counts(request, pages)


@strawberry.type(
    description="A page of a list, in the order in which its nodes were first seen (imports: the latest first)."
)
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The nodes with their cursors.")
    nodes: list[T] = strawberry.field(description="The nodes alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in its list.")
    total_count = batched(_total_counts, int | None, "How many nodes the whole list has. Counted only when selected.")


def node_columns(selection: Selection, kind: Kind[Row]) -> tuple[str, ...]:
    """The columns that a query needs of the nodes of a connection."""
    return tuple(sorted({*selection.columns(kind, "nodes"), *selection.columns(kind, "edges", "node")}))


def checked_first(request: Request, first: int) -> int:
    """How many nodes a page may hold, as the client gave it; `Invalid` where that is out of bounds."""
    if not 1 <= first <= request.max_page:
        raise Invalid(f"`first` must be 1 to {request.max_page}; got {first}. Read further pages with `after`.")
    return first


def children(kind: Kind[Row], graphql_type: object, description: str) -> Any:
    """The field that lists a node's children of one kind."""

    async def pages(
        request: Request, selection: Selection, rows: Sequence[Row], first: First = 50, after: After = strawberry.UNSET
    ) -> Sequence[tree.Page | AdgraphError]:
        page = (node_columns(selection, kind), given(after), checked_first(request, first))
        return await request.load_column(tree.children, column(rows, "id"), kind, *page)

    return batched(pages, graphql_type, description, needs=())


def roots(kind: Kind[Row], graphql_type: object, description: str) -> Any:
    """The field that lists all the organization's nodes of one kind."""

    async def resolve(info: Info, first: First = 50, after: After = strawberry.UNSET) -> Any:
        behind = global_id.parse_cursor(kind, after, None) if after else kind.start
        page = (node_columns(Selection.of(info), kind), behind, checked_first(info.context, first))
        return await tree.roots(info.context, kind, *page)

    return strawberry.field(resolver=resolve, graphql_type=graphql_type, description=description)
