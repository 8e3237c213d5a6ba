"""Lists of entities at any depth below a node, filtered and ordered by what they are and by what their numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from db import entity, entity_list
from db.database import Row
from db.entity import Kind, Step
from db.entity_list import Order
from db.errors import AdgraphError
from resolvers import global_id, listed, ranked_list, tree
from resolvers.batching import many_per_key
from resolvers.context import Request
from resolvers.cursor import Cursor, Key
from resolvers.entity import Entities
from resolvers.listed import EntityList
from resolvers.ranked_list import Ranked
from resolvers.several import Several
from resolvers.tree import Page
from resolvers.window import ad_account_scopes


@dataclass(frozen=True, slots=True, eq=False)
class ListPage(Page):
    """A page of such a list. `keys` and `windows` are for its cursors; `ranked` is the whole of one that depends on
    numbers.
    """

    listed: EntityList
    keys: Sequence[Key]
    windows: tuple[tuple[date, date], ...] = ()
    ranked: Ranked | None = None

    def cursor(self, number: int) -> str:
        """The cursor of the node of that number."""
        id_ = self.nodes[number].id
        if self.listed.by_id:
            return global_id.cursor(self.kind, id_, self.parent_id)
        assert self.parent_id is not None
        return self.listed.stamp(self.parent_id).write(Cursor(self.windows, self.keys[number], (id_,)))


# By parent. Whoever goes on behind a cursor does so in one list, so that all that are asked start at the same place.
Found = dict[int, Page | AdgraphError]


def step(which: EntityList, columns: tuple[str, ...], after: str | None, first: int) -> Step | None:
    """The step down the tree that such pages are; None where they take more than ids, or go on behind some node."""
    plain = which.by_id and which.parent is which.kind.parent and after is None
    return Step(which.kind, columns, first) if plain else None


async def pages(
    request: Request, parent_ids: Sequence[int], which: EntityList, columns: tuple[str, ...], after: str | None,
    first: int,
) -> Sequence[Page | AdgraphError]:  # fmt: skip
    """Batch: a page of the list below each parent."""
    if which.by_id and which.parent is which.kind.parent:
        return await tree.children(request, parent_ids, which.kind, columns, after, first)
    found: Found = {}
    asked: list[int] = []
    start: Cursor | None = None
    for parent_id in parent_ids:
        try:
            start = _start(which, parent_id, after)
        except AdgraphError as error:
            found[parent_id] = error
        else:
            asked.append(parent_id)
    if asked:
        page_of = _measured if which.measures else _plain
        found |= await page_of(request, which, asked, start, columns, first)
    request.spend(sum(len(page.nodes) for page in found.values() if isinstance(page, Page)))
    return [found[parent_id] for parent_id in parent_ids]


def _start(which: EntityList, parent_id: int, after: str | None) -> Cursor | None:
    if after is None:
        return None
    if which.by_id:
        return Cursor((), None, (global_id.parse_cursor(which.kind, after, parent_id),))
    return which.stamp(parent_id).read(after)


async def _plain(
    request: Request, which: EntityList, parent_ids: Sequence[int], start: Cursor | None, columns: tuple[str, ...],
    first: int,
) -> Found:  # fmt: skip
    """Pages that the database can tell alone."""
    assert isinstance(which.order, Order)
    # The key of such a list is a text.
    after: Any = start and (start.key, start.place[0])
    rows = await entity_list.page(
        request.database, request.org_id, which.parent, which.kind, columns, parent_ids, which.conditions,
        which.order, after, first + 1,
    )  # fmt: skip
    groups = many_per_key(parent_ids, rows, key=itemgetter("parent_id"))
    found: Found = {}
    for parent_id, own in zip(parent_ids, groups, strict=True):
        shown, more = own[:first], len(own) > first
        keys = [row["sort_key"] for row in shown]
        found[parent_id] = ListPage(which.kind, parent_id, shown, more, start is not None, which, keys)
    return found


async def _measured(
    request: Request, which: EntityList, parent_ids: Sequence[int], start: Cursor | None, columns: tuple[str, ...],
    first: int,
) -> Found:  # fmt: skip
    """Pages that depend on numbers: on those of all who may be in the list, as they would be shown."""
    candidates = await listed.candidates(request, parent_ids, which)
    ranked = await ranked_list.of(request, which, dict(zip(parent_ids, candidates, strict=True)), start)
    found: Found = {parent_id: error for parent_id, error in ranked.items() if isinstance(error, AdgraphError)}
    shown = {parent_id: (own, *own.page(start, first)) for parent_id, own in ranked.items() if isinstance(own, Ranked)}
    every = [id_ for _, ids, *_ in shown.values() for id_ in ids]
    rows = await request.load_all(tree.by_id, every, which.kind, columns)
    for parent_id, (own, ids, keys, more) in shown.items():
        nodes = [row for id_ in ids if (row := rows[id_])]
        windows = start.windows if start else own.windows
        found[parent_id] = ListPage(
            which.kind, parent_id, nodes, more, start is not None, which, keys, windows, own
        )  # fmt: skip
    return found


async def wholes(request: Request, asked: Sequence[Page]) -> list[Several]:
    """Batch: all who are in each page's list. All lists are the same but for their parents."""
    which = _list_of(asked[0])
    level = which.kind.level
    assert level is not None
    known: dict[Any, Entities] = {}
    for page in asked:
        if isinstance(page, ListPage) and page.ranked:
            known[page.parent_id] = page.ranked.members
    parents: list[Any] = [page.parent_id for page in asked]
    unknown = [parent_id for parent_id in parents if parent_id not in known]
    known |= await request.load_all(listed.candidates, unknown, which)
    projects = await request.load_all(_project_ids, parents, which.parent)
    return [Several(projects[parent_id], level, known[parent_id]) for parent_id in parents]


def _list_of(page: Page) -> EntityList:
    assert page.kind.parent
    return page.listed if isinstance(page, ListPage) else EntityList(page.kind.parent, page.kind)


async def _project_ids(request: Request, ids: Sequence[int], kind: Kind[Row]) -> list[int]:
    """Batch: the project that each node of one kind is in."""
    if kind is entity.PROJECT:
        return list(ids)
    accounts = {id_: id_ for id_ in ids}
    if kind is not entity.AD_ACCOUNT:
        rows = await entity.by_ids(request.database, request.org_id, kind, ("ad_account_id",), ids)
        accounts = {row.id: row.ad_account_id for row in rows}
    scopes = await request.load_all(ad_account_scopes, accounts.values())
    return [scopes[accounts[id_]].project_id for id_ in ids]


async def total_counts(request: Request, asked: Sequence[Page]) -> list[int]:
    """Batch: how many entities each page's list has. All lists are the same but for their parents."""
    if not isinstance(asked[0], ListPage):
        return await tree.total_counts(request, asked)
    found: dict[Any, int] = {}
    for page in asked:
        if isinstance(page, ListPage) and page.ranked:
            found[page.parent_id] = len(page.ranked.numbers)
    parents: list[Any] = [page.parent_id for page in asked if page.parent_id not in found]
    found |= await request.load_all(_counts, parents, asked[0].listed)
    return [found[page.parent_id] for page in asked]


async def _counts(request: Request, parent_ids: Sequence[int], which: EntityList) -> list[int]:
    rows = await entity_list.counts(
        request.database, request.org_id, which.parent, which.kind, parent_ids, which.conditions
    )
    counts = {row.parent_id: row.count for row in rows}
    return [counts.get(parent_id, 0) for parent_id in parent_ids]
