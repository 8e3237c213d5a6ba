"""Lists of entities that depend on numbers: who is in them, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from db import entity
from db.entity_list import Field, Order
from db.errors import AdgraphError
from resolvers import delivery, formulas, performance, ranking
from resolvers.context import Request
from resolvers.cursor import Cursor, Key
from resolvers.entity import Entities, joined
from resolvers.listed import EntityList
from resolvers.metric import Metric, columns_of
from resolvers.options import AS_SET, Options
from resolvers.performance import Performance
from resolvers.ranking import Measure
from resolvers.window import Range, WindowSpec, ad_account_scopes


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Who is in a list: those of `everyone` that have the `numbers`, in the order of their `keys`; those are
    everyone's.
    """

    everyone: Entities
    keys: Sequence[Key]
    numbers: Sequence[int]
    descending: bool
    windows: tuple[tuple[date, date], ...]

    @property
    def members(self) -> Entities:
        """Those who are in it."""
        ids, accounts = self.everyone.ids, self.everyone.ad_account_ids
        return Entities([ids[number] for number in self.numbers], [accounts[number] for number in self.numbers])

    def page(self, start: Cursor | None, first: int) -> tuple[list[int], list[Key], bool]:
        """The ids on the page behind `start`, their keys, and whether more follow."""
        begin = 0
        if start is None:
            shown = ranking.first_of(self.numbers, self.keys, first, descending=self.descending)
        else:
            numbers = ranking.ordered(self.numbers, self.keys, descending=self.descending)
            keys = [self.keys[number] for number in numbers]
            places = ((self.everyone.ids[number],) for number in numbers)
            begin = ranking.behind(keys, places, start, descending=self.descending)
            shown = numbers[begin : begin + first]
        more = begin + first < len(self.numbers)
        return [self.everyone.ids[number] for number in shown], [self.keys[number] for number in shown], more


async def of(
    request: Request, listed: EntityList, candidates: Mapping[int, Entities], start: Cursor | None
) -> dict[int, Ranked | AdgraphError]:
    """The list below each parent, given who may be in it. One goes on over the days that the cursor tells."""
    accounts = {parent_id: set(own.ad_account_ids) for parent_id, own in candidates.items()}
    scopes = await request.load_all(ad_account_scopes, set(chain.from_iterable(accounts.values())))
    found: dict[int, Ranked | AdgraphError] = {}
    into: dict[int, str | None] = {}
    for parent_id, own in accounts.items():
        own_scopes = [scopes[id_] for id_ in own]
        try:
            for measure in listed.measures:
                ranking.check("orderBy" if measure is listed.order else "filter.metrics", measure, own_scopes)
        except AdgraphError as error:
            found[parent_id] = error
        else:
            into[parent_id] = ranking.converted_into(own_scopes)
    specs = [one.spec for one in listed.measures]
    if start:
        specs = [
            ranking.resolved(one, Range(*window)) for one, window in zip(listed.measures, start.windows, strict=True)
        ]
    for currency in dict.fromkeys(into.values()):
        measures = [ranking.told(one, spec, currency) for one, spec in zip(listed.measures, specs, strict=True)]
        alike = {parent_id: candidates[parent_id] for parent_id, own in into.items() if own == currency}
        found |= zip(alike, await _ranked(request, listed, measures, list(alike.values())), strict=True)
    return found


async def _ranked(
    request: Request, listed: EntityList, measures: Sequence[Measure], lists: Sequence[Entities]
) -> list[Ranked]:
    """Batch: those of each list who keep its conditions, in its order."""
    everyone = joined(lists)
    keys = await _keys(request, listed, everyone, measures)
    sort_keys: Sequence[Key] = keys[-1] if keys else []
    if isinstance(listed.order, Order):
        sort_keys = await _field_keys(request, listed, everyone.ids, listed.order)
    conditions = list(zip(listed.metrics, keys, strict=False))
    ranked = []
    end = 0
    for own in lists:
        begin, end = end, end + len(own)
        numbers: Sequence[int] = range(begin, end)
        for condition, of_condition in conditions:
            numbers = [number for number in numbers if condition.holds(of_condition[number])]
        windows = await _windows(request, listed, own, measures)
        ranked.append(Ranked(everyone, sort_keys, numbers, listed.order.descending, windows))
    return ranked


async def _windows(
    request: Request, listed: EntityList, members: Entities, measures: Sequence[Measure]
) -> tuple[tuple[date, date], ...]:
    """The windows that a list is measured over: any member's, for all are in one project."""
    asked = [Performance(one, listed.kind.level, each.spec, AS_SET) for one in members[:1] for each in measures]
    return tuple((window.since, window.until) for window in await performance.windows(request, asked))


async def _keys(
    request: Request, listed: EntityList, everyone: Entities, measures: Sequence[Measure]
) -> list[Sequence[float | int | None]]:
    """For each of the measures, what everyone is ordered or filtered by."""
    level = listed.kind.level
    assert level is not None
    if not len(everyone):
        return [[] for _ in measures]
    groups: dict[tuple[WindowSpec, Options], set[Metric]] = {}
    for measure in measures:
        groups.setdefault((measure.spec, measure.options), set()).add(measure.metric)
    sums = await asyncio.gather(
        *(
            request.load_column(delivery.totals, everyone, level, spec, options, columns_of(metrics))
            for (spec, options), metrics in groups.items()
        )
    )
    found = dict(zip(groups, sums, strict=True))
    return [
        formulas.sort_values(measure.metric, found[measure.spec, measure.options], worst=measure.worst)
        for measure in measures
    ]


async def _field_keys(request: Request, listed: EntityList, ids: Sequence[int], order: Order) -> Sequence[Key]:
    """What the entities with these ids are ordered by, by a field."""
    if order.field is Field.FIRST_SEEN:
        return ids
    column = order.field.value.lower()
    rows = await entity.by_ids(request.database, request.org_id, listed.kind, (column,), ids)
    found = {row.id: row[column] for row in rows}
    return [found[id_] for id_ in ids]
