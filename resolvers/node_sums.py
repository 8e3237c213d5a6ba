"""The sums of nodes: what they add up to over a window and over its buckets, whatever kind of node they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from db.ad_account import AdAccountScopeRow
from db.level import Level
from resolvers import delivery, ground, several
from resolvers.calendar import Bucket, Granularity
from resolvers.context import Request
from resolvers.entity import Entity
from resolvers.options import Options
from resolvers.performance import Performance, Performances, choices, settled, windows
from resolvers.points import Point, Series
from resolvers.several import Several, Whole
from resolvers.sums import Sums, Terms, combined, shared
from resolvers.together import ALONE, Together
from resolvers.window import MAX_BUCKETS, WindowSpec, ad_account_scopes, buckets, project_scopes, week_start


async def totals(request: Request, asked: Sequence[Performance], columns: tuple[str, ...]) -> Sequence[Sums]:
    """Batch: the sums of `columns` over each one's window."""

    def of_entities(spec: WindowSpec, together: Together) -> tuple[Any, ...]:
        own = together.columns_for(columns)
        known = together.of_window(spec, own)
        # What is read with nothing else is shared with whoever else asks for it.
        return (delivery.totals, own) if known is ALONE else (delivery.totals, own, known)

    def of_wholes(_spec: WindowSpec, together: Together) -> tuple[Any, ...]:
        return _project_totals, together.columns_for(columns)

    return await _by_level(request, asked, of_entities, of_wholes)


async def series(
    request: Request, asked: Sequence[Performance], granularity: Granularity, columns: tuple[str, ...],
    most: int = MAX_BUCKETS,
) -> Sequence[Series]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each one's window, which may have so many at `most`."""

    def of_entities(spec: WindowSpec, together: Together) -> tuple[Any, ...]:
        own = together.of_days(spec, granularity)
        if own is ALONE or own.columns_for(columns) != own.columns:
            return delivery.series, granularity, columns, ALONE, most
        return delivery.series, granularity, own.columns, own, most

    def of_wholes(_spec: WindowSpec, _together: Together) -> tuple[Any, ...]:
        return _project_series, granularity, columns, most

    return await _by_level(request, asked, of_entities, of_wholes)


# A batch function with its last arguments, by the window and what else is asked of it.
_Batch = Callable[[WindowSpec, Together], tuple[Any, ...]]


async def _by_level(
    request: Request, asked: Sequence[Performance], of_entities: _Batch, of_wholes: _Batch
) -> Sequence[Any]:
    """Asks once for each level, window and options."""
    if not len(asked):
        return []
    asked = await settled(request, asked)
    if isinstance(asked, Performances):
        level, spec, options = asked.asked
        batch, *arguments = of_entities(spec, asked.together) if level else of_wholes(spec, asked.together)
        own = (level, spec, options, *arguments) if level else (spec, options, *arguments)
        return await request.load_column(batch, asked.keys, *own)
    groups: dict[tuple[Any, ...], list[Hashable]] = {}
    for alike, those in groupby(asked, key=itemgetter(slice(1, None))):
        groups.setdefault(alike, []).extend([one.key for one in those])
    asking = []
    for (level, spec, options, together), keys in groups.items():
        batch, *arguments = of_entities(spec, together) if level else of_wholes(spec, together)
        own = (level, spec, options, *arguments) if level else (spec, options, *arguments)
        asking.append(request.load_all(batch, keys, *own))
    # Nearly always there is one, which needs no task of its own.
    answers = [await asking[0]] if len(asking) == 1 else await asyncio.gather(*asking)
    found = dict(zip(groups, answers, strict=True))
    return [
        value
        for alike, those in groupby(asked, key=itemgetter(slice(1, None)))
        for value in map(found[alike].__getitem__, [one.key for one in those])
    ]


async def _project_totals(
    request: Request, wholes: Sequence[Whole], spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> list[Sums]:
    each = await several.parts(request, wholes)
    found = await _of_parts(request, wholes, each, delivery.totals, spec, options, columns)
    terms = await _terms(request, wholes, spec, options)
    return [combined([found[part] for part in own], terms=alike) for own, alike in zip(each, terms, strict=True)]


async def _project_series(
    request: Request, wholes: Sequence[Whole], spec: WindowSpec, options: Options, granularity: Granularity,
    columns: tuple[str, ...], most: int,
) -> list[Series]:  # fmt: skip
    asked = [Performance(whole, None, spec, options) for whole in wholes]
    each = await several.parts(request, wholes)
    found, resolved = await asyncio.gather(
        _of_parts(request, wholes, each, delivery.series, spec, options, granularity, columns, ALONE, most),
        windows(request, asked),
    )
    scopes = await request.load_all(project_scopes, {one.node_id for one in asked})
    terms = await _terms(request, wholes, spec, options)
    return [
        _combined_series(
            buckets(window, granularity, week_start(scopes[one.node_id]), most=most),
            granularity,
            [found[part] for part in own],
            alike,
        )
        for one, own, window, alike in zip(asked, each, resolved, terms, strict=True)
    ]


async def _of_parts(
    request: Request, wholes: Sequence[Whole], each: Sequence[Sequence[Entity]], batch: Any, *arguments: Any
) -> dict[Entity, Any]:
    """What a batch function of entities gives for all parts, level by level."""
    levels: dict[Level, list[Entity]] = {}
    for whole, own in zip(wholes, each, strict=True):
        levels.setdefault(several.level_of(whole), []).extend(own)
    found: dict[Entity, Any] = {}
    for level, wanted in levels.items():
        of_level = await request.load_all(batch, wanted, level, *arguments)
        found |= {one: of_level[one] for one in wanted}
    return found


async def _terms(request: Request, wholes: Sequence[Whole], spec: WindowSpec, options: Options) -> list[Terms]:
    """Batch: what the sums of each whole are asked for on."""
    found = await choices(request, [Performance(whole, None, spec, options) for whole in wholes])
    return [
        ground.terms_of(whole.level if isinstance(whole, Several) else None, choice)
        for whole, choice in zip(wholes, found, strict=True)
    ]


def _combined_series(cut: Sequence[Bucket], granularity: Granularity, parts: Sequence[Series], terms: Terms) -> Series:
    # The money of a window is in one currency or in several, and so is that of each of its buckets: one in which fewer
    # ad accounts have rows, or none has any, says no more about the currency than the window.
    currencies = shared(
        (sum(point.metrics.days for point in part.points), part.points[0].metrics.currencies) for part in parts
    )
    points = [
        Point(*bucket, combined([part.points[number].metrics for part in parts], currencies, terms))
        for number, bucket in enumerate(cut)
    ]
    return Series(granularity, points)


async def currencies(request: Request, asked: Sequence[Performance]) -> list[str | None]:
    """Batch: the currency of each one's money; None where there are several."""
    scopes, projects = await asyncio.gather(
        request.load_all(ad_account_scopes, {one.ad_account_id for one in asked if one.level}),
        totals(request, [one for one in asked if not one.level and not one.options.currency], ()),
    )
    wholes = iter(projects)
    return [
        one.options.currency or (_currency(scopes[one.ad_account_id]) if one.level else next(wholes).currency)
        for one in asked
    ]


def _currency(scope: AdAccountScopeRow | None) -> str | None:
    return scope.currency if scope else None
