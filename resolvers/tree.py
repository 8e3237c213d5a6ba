"""The tree: nodes by id, by the platform's id, and page by page below their parent.

Each relation is declared once, as a batch function: parents in, children per parent out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from db import entity
from db.database import R, Row
from db.entity import Kind, Step
from db.errors import AdgraphError
from db.level import Platform
from resolvers import global_id
from resolvers.alike import Alike, Nested, Rows
from resolvers.batching import many_per_key, one_per_key
from resolvers.context import MOST_LEFT, Request, found_by


@dataclass(frozen=True, slots=True)
class Edge:
    """A node and its place in a list."""

    node: Row
    cursor: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page of one kind of node below a parent (None: of all the organization's)."""

    kind: Kind[Row]
    parent_id: int | None
    nodes: Sequence[Row]
    has_next: bool
    has_previous: bool

    @property
    def edges(self) -> list[Edge]:
        return [Edge(node, self.cursor(number)) for number, node in enumerate(self.nodes)]

    @property
    def page_info(self) -> PageInfo:
        first, last = (self.cursor(0), self.cursor(-1)) if self.nodes else (None, None)
        return PageInfo(self.has_next, self.has_previous, first, last)

    def cursor(self, number: int) -> str:
        """The cursor of the node of that number."""
        return global_id.cursor(self.kind, self.nodes[number].id, self.parent_id)


class Pages(Alike[Page]):
    """The first pages below many parents: the nodes of all, how many are of each, and whether more follow."""

    def __init__(self, kind: Kind[Row], parent_ids: Sequence[int], nodes: Nested[Row], more: Sequence[bool]) -> None:
        self.kind = kind
        self.parent_ids = parent_ids
        self.nodes = nodes
        self.more = more

    def __len__(self) -> int:
        return len(self.parent_ids)

    def every(self, name: str) -> Any:
        """One attribute of all of them."""
        return self.nodes if name == "nodes" else super().every(name)

    def at(self, number: int) -> Page:
        """One of them."""
        return Page(self.kind, self.parent_ids[number], self.nodes[number], self.more[number], has_previous=False)

    def __iter__(self) -> Iterator[Page]:
        for parent_id, nodes, more in zip(self.parent_ids, self.nodes, self.more, strict=True):
            yield Page(self.kind, parent_id, nodes, more, has_previous=False)


def _page(
    request: Request, kind: Kind[Row], parent_id: int | None, rows: Sequence[Row], after: int, first: int
) -> Page:
    request.spend(min(len(rows), first))
    return Page(kind, parent_id, rows[:first], len(rows) > first, after != kind.start)


def _left(request: Request, ids: Sequence[int], kind: Kind[Row], columns: tuple[str, ...]) -> list[Row | None] | None:
    return request.had(_by_id, ids, kind, columns) if _is_left(ids, kind) else None


def _is_left(ids: Sequence[int], kind: Kind[Row]) -> bool:
    """Whether imports alone change them, and they are few. Projects change with their settings, too."""
    return kind.level is not None and len(ids) <= MOST_LEFT


@found_by(_left)
async def by_id(request: Request, ids: Sequence[int], kind: Kind[R], columns: tuple[str, ...]) -> list[R | None]:
    """Batch: the node with each id."""
    if _is_left(ids, kind):
        return await request.keep(_by_id, ids, kind, columns)
    return await _by_id(request, ids, kind, columns)


async def _by_id(request: Request, ids: Sequence[int], kind: Kind[R], columns: tuple[str, ...]) -> list[R | None]:
    rows = await entity.by_ids(request.database, request.org_id, kind, columns, ids)
    return one_per_key(ids, rows, key=lambda row: row.id)


async def alone(
    request: Request, ids: Sequence[int], kind: Kind[Row], columns: tuple[str, ...]
) -> Sequence[Rows | None]:  # fmt: skip
    """Batch: the node with each id as a level of its own, left to other requests together with what is made of it."""
    if left := request.had(alone, ids, kind, columns):
        return left
    rows = await request.load_all(by_id, ids, kind, columns)
    found = [Rows([row]) if (row := rows[id_]) is not None else None for id_ in ids]
    if None not in found and _is_left(ids, kind):
        request.leave(alone, ids, found, kind, columns)
    return found


async def by_external_id(
    request: Request, keys: Sequence[tuple[Platform, str]], kind: Kind[R], columns: tuple[str, ...]
) -> list[R | None]:
    """Batch: the node that each platform knows by that id."""
    rows = await entity.by_external_ids(request.database, request.org_id, kind, columns, keys)
    return one_per_key(keys, rows, key=lambda row: (Platform(row.platform), row.external_id))


async def children(
    request: Request,
    parent_ids: Sequence[int],
    kind: Kind[Row],
    columns: tuple[str, ...],
    after: str | None,
    first: int,
) -> Sequence[Page | AdgraphError]:
    """Batch: a page of each parent's children, in order; one row more than the page tells whether another follows."""
    if after is not None:
        return await _children_behind(request, parent_ids, kind, columns, after, first)
    step = Step(kind, columns, first)
    if (left := pages_left(request, step, parent_ids)) is not None:
        request.spend(len(left.nodes.flat))
        return left
    rows = await request.ahead.taken(step, parent_ids)
    if rows is None:
        start = kind.start
        found = await entity.children(request.database, request.org_id, kind, columns, parent_ids, start, first + 1)
        rows = Rows(found)
    counts = Counter(rows.every(kind.parent_column))
    more = [counts[one] > first for one in parent_ids]
    if any(more) or [*counts] != [one for one in parent_ids if one in counts]:
        # Not as they came: parent by parent, all of each.
        groups = many_per_key(parent_ids, rows, key=itemgetter(kind.parent_column))
        rows = Rows(row for own in groups for row in own[:first])
    request.spend(len(rows))
    pages = Pages(kind, parent_ids, Nested(rows, [min(counts[one], first) for one in parent_ids]), more)
    # Projects change with their settings, too.
    if kind.level is not None:
        request.put((children, step, tuple(parent_ids)), pages, 1 + len(rows))
    return pages


def pages_left(request: Request, step: Step, parent_ids: Sequence[int]) -> Pages | None:
    """What that step finds below just these, where another request has left it."""
    found: Pages | None = request.left((children, step, tuple(parent_ids)))
    return found


async def _children_behind(
    request: Request, parent_ids: Sequence[int], kind: Kind[Row], columns: tuple[str, ...], after: str, first: int
) -> list[Page | AdgraphError]:
    found: list[Page | AdgraphError] = []
    for parent_id in parent_ids:
        try:
            behind = global_id.parse_cursor(kind, after, parent_id)
        except AdgraphError as error:
            found.append(error)
        else:
            # A cursor is of one list: this happens once.
            rows = await entity.children(
                request.database, request.org_id, kind, columns, [parent_id], behind, first + 1
            )
            found.append(_page(request, kind, parent_id, rows, behind, first))
    return found


async def child_counts(request: Request, parent_ids: Sequence[int], kind: Kind[Row]) -> list[int]:
    """Batch: how many children each parent has."""
    rows = await entity.child_counts(request.database, request.org_id, kind, parent_ids)
    counts = one_per_key(parent_ids, rows, key=lambda row: row.parent_id)
    return [count.count if count else 0 for count in counts]


async def roots(request: Request, kind: Kind[Row], columns: tuple[str, ...], after: int, first: int) -> Page:
    """A page of all the organization's nodes of one kind, by id."""
    rows = await entity.page(request.database, request.org_id, kind, columns, after, first + 1)
    return _page(request, kind, None, rows, after, first)


async def total_counts(request: Request, pages: Sequence[Page]) -> list[int]:
    """Batch: how many nodes each list has that a page is of. All pages are of one kind, below parents or below none."""
    kind = pages[0].kind
    if pages[0].parent_id is None:
        return [await entity.count(request.database, request.org_id, kind)] * len(pages)
    parents = [page.parent_id for page in pages if page.parent_id is not None]
    counts = await request.load_all(child_counts, parents, kind)
    return [counts[parent] for parent in parents]
