"""Lists of entities at any depth below a node, filtered and ordered by what they are and by what their numbers are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from db import entity, entity_list
from db.database import Row
from db.entity import Kind
from db.entity_list import Conditions, Field, Order
from db.errors import AdgraphError, QueryTooComplex
from resolvers import delivery, formulas, global_id, performance, ranking, tree
from resolvers.batching import many_per_key
from resolvers.context import Request
from resolvers.cursor import Cursor, Key, Stamp
from resolvers.delivery import Entity
from resolvers.metric import Metric, columns_of
from resolvers.options import AS_SET, Options
from resolvers.performance import Performance
from resolvers.ranking import Measure, MetricCondition, MetricOrder
from resolvers.several import Several
from resolvers.tree import Page
from resolvers.window import Range, WindowSpec, ad_account_scopes

# To compare more takes longer than an answer may.
MOST_MEASURED = 200_000


class EntityList(NamedTuple):
    """Which list: the kind of its entities and of what they are below, what they meet, and their order."""

    parent: Kind[Row]
    kind: Kind[Row]
    conditions: Conditions = Conditions()
    metrics: tuple[MetricCondition, ...] = ()
    order: Order | MetricOrder = Order()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What it takes numbers for."""
        return (*self.metrics, self.order) if isinstance(self.order, MetricOrder) else self.metrics

    @property
    def by_id(self) -> bool:
        """Whether a node's id alone says where in it the node is."""
        return self.order == Order() and not self.metrics

    def stamp(self, parent_id: int) -> Stamp:
        """What marks the cursors of the list below one parent."""
        return Stamp((self.parent.name, parent_id, self.kind.name, *self[2:]))


@dataclass(frozen=True, slots=True, eq=False)
class ListPage(Page):
    """A page of such a list. `keys` and `windows` are for its cursors; `members` are all who are in the list, where
    whoever made the page had to look at them.
    """

    listed: EntityList
    keys: Sequence[Key]
    windows: tuple[tuple[date, date], ...] = ()
    members: Sequence[Entity] | None = None

    def cursor(self, number: int) -> str:
        """The cursor of the node of that number."""
        id_ = self.nodes[number].id
        if self.listed.by_id:
            return global_id.cursor(self.kind, id_)
        assert self.parent_id is not None
        return self.listed.stamp(self.parent_id).write(Cursor(self.windows, self.keys[number], (id_,)))


# By parent. Whoever goes on behind a cursor does so in one list, so that all that are asked start at the same place.
Found = dict[int, Page | AdgraphError]


async def pages(
    request: Request, parent_ids: Sequence[int], listed: EntityList, columns: tuple[str, ...], after: str | None,
    first: int,
) -> Sequence[Page | AdgraphError]:  # fmt: skip
    """Batch: a page of the list below each parent."""
    if listed.by_id and listed.parent is listed.kind.parent and listed.conditions == Conditions():
        behind = listed.kind.start if after is None else global_id.parse_cursor(listed.kind, after)
        return await tree.children(request, parent_ids, listed.kind, columns, behind, first)
    found: Found = {}
    asked: list[int] = []
    start: Cursor | None = None
    for parent_id in parent_ids:
        try:
            start = _start(listed, parent_id, after)
        except AdgraphError as error:
            found[parent_id] = error
        else:
            asked.append(parent_id)
    if asked:
        page_of = _measured if listed.measures else _plain
        found |= await page_of(request, listed, asked, start, columns, first)
    request.spend(sum(len(page.nodes) for page in found.values() if isinstance(page, Page)))
    return [found[parent_id] for parent_id in parent_ids]


def _start(listed: EntityList, parent_id: int, after: str | None) -> Cursor | None:
    if after is None:
        return None
    if listed.by_id:
        return Cursor((), None, (global_id.parse_cursor(listed.kind, after),))
    return listed.stamp(parent_id).read(after)


async def _plain(
    request: Request, listed: EntityList, parent_ids: Sequence[int], start: Cursor | None, columns: tuple[str, ...],
    first: int,
) -> Found:  # fmt: skip
    """Pages that the database can tell alone."""
    assert isinstance(listed.order, Order)
    # The key of such a list is a text.
    after: Any = start and (start.key, start.place[0])
    rows = await entity_list.page(
        request.database, request.org_id, listed.parent, listed.kind, columns, parent_ids, listed.conditions,
        listed.order, after, first + 1,
    )  # fmt: skip
    groups = many_per_key(parent_ids, rows, key=itemgetter("parent_id"))
    found: Found = {}
    for parent_id, own in zip(parent_ids, groups, strict=True):
        shown, more = own[:first], len(own) > first
        keys = [row["sort_key"] for row in shown]
        found[parent_id] = ListPage(listed.kind, parent_id, shown, more, start is not None, listed, keys)
    return found


async def _measured(
    request: Request, listed: EntityList, parent_ids: Sequence[int], start: Cursor | None, columns: tuple[str, ...],
    first: int,
) -> Found:  # fmt: skip
    """Pages that depend on numbers: on those of all who may be in the list, as they would be shown."""
    candidates = await _candidates(request, listed, parent_ids)
    accounts = {parent_id: {one.ad_account_id for one in own} for parent_id, own in candidates.items()}
    scopes = await request.load_all(ad_account_scopes, {id_ for own in accounts.values() for id_ in own})
    found: Found = {}
    for parent_id, own in accounts.items():
        try:
            for measure in listed.measures:
                name = "orderBy" if measure is listed.order else "filter.metrics"
                ranking.check(name, measure, [scopes[id_] for id_ in own])
        except AdgraphError as error:
            found[parent_id] = error
    asked = [parent_id for parent_id in parent_ids if parent_id not in found]
    specs = [one.spec for one in listed.measures]
    if start:
        days = [Range(*window) for window in start.windows]
        specs = list(map(ranking.resolved, listed.measures, days))
    ranked = await _ranked_lists(request, listed, specs, candidates, {id_: accounts[id_] for id_ in asked})
    parts = [one.page(start, first, listed.order) for one in ranked]
    ids = [member.id for one, part in zip(ranked, parts, strict=True) for member in one.members[part]]
    rows = await request.load_all(tree.by_id, ids, listed.kind, columns)
    for parent_id, (members, keys), part in zip(asked, ranked, parts, strict=True):
        nodes = [row for member in members[part] if (row := rows[member.id])]
        more = part.stop < len(members)
        windows = start.windows if start else await _windows(request, listed, members[:1], specs)
        found[parent_id] = ListPage(
            listed.kind, parent_id, nodes, more, start is not None, listed, keys[part], windows, members
        )
    return found


async def _windows(
    request: Request, listed: EntityList, members: Sequence[Entity], specs: Sequence[WindowSpec]
) -> tuple[tuple[date, date], ...]:
    """The windows that the list is measured over: any member's, for all are in one project."""
    asked = [Performance(member, listed.kind.level, spec, AS_SET) for member in members for spec in specs]
    return tuple((window.since, window.until) for window in await performance.windows(request, asked))


class _Ranked(NamedTuple):
    """Who is in a list, in its order, and what each is ordered by."""

    members: list[Entity]
    keys: list[Key]

    def page(self, start: Cursor | None, first: int, order: Order | MetricOrder) -> slice:
        """Which of them the page has."""
        begin = 0
        if start is not None:
            places = ((member.id,) for member in self.members)
            begin = ranking.behind(self.keys, places, start, descending=order.descending)
        return slice(begin, begin + first)


async def _candidates(request: Request, listed: EntityList, parent_ids: Sequence[int]) -> dict[int, list[Entity]]:
    """Who meets what can be told without numbers, in order of id, for each parent."""
    rows = await entity_list.ids(
        request.database, request.org_id, listed.parent, listed.kind, parent_ids, listed.conditions
    )
    if sum(len(row.ids) for row in rows) > MOST_MEASURED:
        raise QueryTooComplex(
            f"More than {MOST_MEASURED:,} entities would have to be compared by their numbers. Narrow the list with "
            "`filter`, or ask further down the tree."
        )
    found: dict[int, list[Entity]] = {parent_id: [] for parent_id in parent_ids}
    for row in rows:
        found[row.parent_id] += [Entity(id_, row.ad_account_id) for id_ in row.ids]
    for own in found.values():
        own.sort()
    return found


async def _ranked_lists(
    request: Request, listed: EntityList, specs: Sequence[WindowSpec], candidates: Mapping[int, Sequence[Entity]],
    accounts: Mapping[int, Iterable[int]],
) -> list[_Ranked]:  # fmt: skip
    """Those of each parent's list who keep its conditions, in its order. `accounts` are the candidates' by parent."""
    scopes = await request.load_all(ad_account_scopes, {id_ for own in accounts.values() for id_ in own})
    into = {parent_id: ranking.converted_into([scopes[id_] for id_ in own]) for parent_id, own in accounts.items()}
    found: dict[int, _Ranked] = {}
    for currency in dict.fromkeys(into.values()):
        alike = [parent_id for parent_id in accounts if into[parent_id] == currency]
        measures = [
            ranking.told(one, spec, currency) for one, spec in zip(listed.measures, specs, strict=True)
        ]  # fmt: skip
        found |= zip(alike, await _ranked(request, listed, measures, [candidates[id_] for id_ in alike]), strict=True)
    return [found[parent_id] for parent_id in accounts]


async def _ranked(
    request: Request, listed: EntityList, measures: Sequence[Measure], lists: Sequence[Sequence[Entity]]
) -> list[_Ranked]:
    """Batch: those of each list who keep its conditions, in its order."""
    everyone = [one for own in lists for one in own]
    keys = await _keys(request, listed, everyone, measures)
    sort_keys = keys[-1] if isinstance(listed.order, MetricOrder) else await _field_keys(request, listed, everyone)
    conditions = list(zip(listed.metrics, keys, strict=False))
    ranked = []
    end = 0
    for own in lists:
        begin, end = end, end + len(own)
        numbers: Sequence[int] = range(begin, end)
        for condition, of_condition in conditions:
            numbers = [number for number in numbers if condition.holds(of_condition[number])]
        numbers = ranking.ordered(numbers, sort_keys, descending=listed.order.descending)
        ranked.append(_Ranked([everyone[number] for number in numbers], [sort_keys[number] for number in numbers]))
    return ranked


async def _field_keys(request: Request, listed: EntityList, everyone: Sequence[Entity]) -> Sequence[Key]:
    """What everyone is ordered by where that is a field."""
    assert isinstance(listed.order, Order)
    ids = [one.id for one in everyone]
    if listed.order.field is Field.FIRST_SEEN:
        return ids
    column = listed.order.field.value.lower()
    rows = await entity.by_ids(request.database, request.org_id, listed.kind, (column,), ids)
    found = {row.id: row[column] for row in rows}
    return [found[id_] for id_ in ids]


async def _keys(
    request: Request, listed: EntityList, everyone: Sequence[Entity], measures: Sequence[Measure]
) -> list[list[float | int | None]]:
    """For each of the measures, what everyone is ordered or filtered by."""
    level = listed.kind.level
    assert level is not None
    if not everyone:
        return [[] for _ in measures]
    groups: dict[tuple[WindowSpec, Options], set[Metric]] = {}
    for measure in measures:
        groups.setdefault((measure.spec, measure.options), set()).add(measure.metric)
    sums = await asyncio.gather(
        *(
            delivery.totals(request, everyone, level, spec, options, columns_of(metrics))
            for (spec, options), metrics in groups.items()
        )
    )
    found = dict(zip(groups, sums, strict=True))
    return [
        formulas.sort_values(measure.metric, found[measure.spec, measure.options], worst=measure.worst)
        for measure in measures
    ]


async def below(request: Request, ids: Sequence[int], parent: Kind[Row], kind: Kind[Row]) -> list[list[Entity]]:
    """Batch: all entities of one kind below each node of another, in order of id."""
    return await _all_candidates(request, ids, EntityList(parent, kind))


async def wholes(request: Request, asked: Sequence[Page]) -> list[Several]:
    """Batch: all who are in each page's list. All lists are the same but for their parents."""
    page = asked[0]
    assert page.kind.parent
    listed = page.listed if isinstance(page, ListPage) else EntityList(page.kind.parent, page.kind)
    known: dict[Any, Sequence[Entity]] = {}
    for page in asked:
        if isinstance(page, ListPage) and page.members is not None:
            known[page.parent_id] = page.members
    parents: list[Any] = [page.parent_id for page in asked]
    unknown = [parent_id for parent_id in parents if parent_id not in known]
    known |= await request.load_all(_all_candidates, unknown, listed)
    projects = await request.load_all(_project_ids, parents, listed.parent)
    level = listed.kind.level
    assert level is not None
    return [Several(projects[parent_id], level, known[parent_id]) for parent_id in parents]


async def _all_candidates(request: Request, parent_ids: Sequence[int], listed: EntityList) -> list[list[Entity]]:
    found = await _candidates(request, listed, parent_ids)
    return [found[parent_id] for parent_id in parent_ids]


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
        if isinstance(page, ListPage) and page.members is not None:
            found[page.parent_id] = len(page.members)
    parents: list[Any] = [page.parent_id for page in asked if page.parent_id not in found]
    found |= await request.load_all(_counts, parents, asked[0].listed)
    return [found[page.parent_id] for page in asked]


async def _counts(request: Request, parent_ids: Sequence[int], listed: EntityList) -> list[int]:
    rows = await entity_list.counts(
        request.database, request.org_id, listed.parent, listed.kind, parent_ids, listed.conditions
    )
    counts = {row.parent_id: row.count for row in rows}
    return [counts.get(parent_id, 0) for parent_id in parent_ids]
