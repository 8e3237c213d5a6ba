"""Cells: a node's numbers cut along dimensions, into parts, into stretches of time, or into both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from db.ad_account import AdAccountScopeRow
from db.entity import BY_LEVEL
from db.errors import QueryTooComplex
from db.level import Level
from resolvers import listed, node_sums, performance
from resolvers.calendar import DAY, Granularity, start_of
from resolvers.cell import LEVELS, TIMES, By, Cell, Dimension, Head, Parts, Whole, of_all_days
from resolvers.context import Request
from resolvers.entity import Entities, Entity, joined, side_by_side
from resolvers.performance import Performance, Performances
from resolvers.points import Point
from resolvers.several import Several
from resolvers.sums import Sums, combined
from resolvers.window import MAX_BUCKETS, Window, ad_account_scopes, buckets, project_scopes, too_many, week_start

MOST_CELLS = 100_000


async def heads(request: Request, asked: Sequence[Performance], by: By) -> list[Sequence[Head]]:
    """Batch: each one's parts along the dimensions that are not of time. All are of one level."""
    levels = sorted(LEVELS[dimension] for dimension in by if dimension in LEVELS)
    if not levels and Dimension.PLATFORM not in by:
        return [[Head({}, one)] for one in asked]
    leaves = await _leaves(request, asked, levels)
    scopes: Mapping[int, AdAccountScopeRow] = {}
    if Dimension.PLATFORM in by:
        scopes = await request.load_all(ad_account_scopes, {id_ for own in leaves.each for id_ in own.ad_account_ids})
    found: list[Sequence[Head]] = []
    for one, own, along in zip(asked, leaves.each, leaves.along, strict=True):
        platforms = [scopes[id_].platform for id_ in own.ad_account_ids] if scopes else []
        if not levels:
            found.append(list(_of_platforms(one, leaves.level, own, platforms)))
            continue
        of_all = {**along, Dimension.PLATFORM: platforms} if Dimension.PLATFORM in by else along
        found.append(Parts(of_all, Performances(own, leaves.level, one.spec, one.options), own))
    return found


def _of_platforms(one: Performance, at: Level, own: Entities, platforms: Sequence[str]) -> Iterator[Head]:
    of_platform: dict[str, list[Entity]] = {}
    for entity, platform in zip(own, platforms, strict=True):
        of_platform.setdefault(platform, []).append(entity)
    for platform, those in of_platform.items():
        # What is of one platform anyway has the numbers that it has.
        whose = one if one.level else one._replace(key=Several(one.node_id, at, those))
        yield Head({Dimension.PLATFORM: platform}, whose)


class _Leaves(NamedTuple):
    """Of each node the entities of one level, and where they lie along the levels on the way."""

    level: Level
    each: list[Entities]
    along: list[dict[Dimension, Sequence[int | str]]]


async def _leaves(request: Request, asked: Sequence[Performance], levels: Sequence[Level]) -> _Leaves:
    """The entities of the deepest of the levels; of none: what the nodes add up."""
    at = asked[0].at_level
    each = [side_by_side(own) for own in await performance.parts(request, asked)]
    along: list[dict[Dimension, Sequence[int | str]]] = [{} for _ in asked]
    for level in levels:
        if level > at:
            below = await request.load_all(
                listed.below, {id_ for own in each for id_ in own.ids}, BY_LEVEL[at], BY_LEVEL[level]
            )
            for number, own in enumerate(each):
                children = [below[id_] for id_ in own.ids]
                # Each child lies where its parent does.
                along[number] = {
                    dimension: [place for place, those in zip(column, children, strict=True) for _ in those.ids]
                    for dimension, column in along[number].items()
                }
                each[number] = joined(children)
        for own, of_own in zip(each, along, strict=True):
            of_own[Dimension[level.name]] = own.ids
        at = level
    return _Leaves(at, each, along)


async def of_nodes(
    request: Request, whose: Sequence[Sequence[Head]], by: By, columns: tuple[str, ...]
) -> list[Sequence[Cell]]:
    """Batch: of several nodes, the cells of all their heads: the sums of `columns`."""
    if len(whose) == 1 and isinstance(whose[0], Parts) and not any(dimension in TIMES for dimension in by):
        asked = whose[0].asked
        sums = await node_sums.totals(request, asked, columns)
        return [Whole(whose[0], await performance.windows(request, asked), sums)]
    found = iter(await of(request, [head for own in whose for head in own], by, columns))
    return [[cell for _ in own for cell in next(found)] for own in whose]


async def of(request: Request, whose: Sequence[Head], by: By, columns: tuple[str, ...]) -> list[list[Cell]]:
    """Batch: the cells of each head, in order of time: the sums of `columns`."""
    asked = performance.alike([head.asked for head in whose])
    windows = await performance.windows(request, asked)
    times = [dimension for dimension in by if dimension in TIMES]
    if not times:
        sums = await node_sums.totals(request, asked, columns)
        return [[of_all_days(*one)] for one in zip(whose, windows, sums, strict=True)]
    granularity, most = Granularity.DAY, MOST_CELLS
    if len(times) == 1 and times[0] is not Dimension.WEEKDAY:
        granularity, most = Granularity[times[0].name], MAX_BUCKETS
    # Windows of several projects differ by a day or two.
    if windows and len(whose) * len(buckets(windows[0], granularity, most=most)) > MOST_CELLS:
        raise QueryTooComplex(
            f"`by`: that makes more than {MOST_CELLS:,} rows, or days that they are read from. Take a shorter window, "
            "longer stretches of time, or a level further up."
        )
    starts = await _week_starts(request, asked)
    for window, start in set(zip(windows, starts, strict=True)):
        _check_places(window, times, start)
    every = await node_sums.series(request, asked, granularity, columns, most)
    return [
        list(_over_time(head, own.points, times, window, start))
        for head, own, window, start in zip(whose, every, windows, starts, strict=True)
    ]


async def _week_starts(request: Request, asked: Sequence[Performance]) -> list[int]:
    """Batch: how many days after Monday each one's weeks begin."""
    projects = await request.load_all(project_scopes, {one.node_id for one in asked if not one.level})
    accounts = await request.load_all(ad_account_scopes, {one.ad_account_id for one in asked if one.level})
    return [week_start(accounts[one.ad_account_id] if one.level else projects[one.node_id]) for one in asked]


def _check_places(window: Window, times: Sequence[Dimension], week_starts: int) -> None:
    """`WindowTooLarge` where there would be too many rows; of days that fall together there may be any number."""
    if len(times) > 1 or Dimension.WEEKDAY in times:
        days = [window.since + number * DAY for number in range(window.days)]
        number = len({tuple(_along(time, day, week_starts) for time in times) for day in days})
        if number > MAX_BUCKETS:
            raise too_many(window, " and ".join(time.value for time in times), number)


def _over_time(
    head: Head, points: Sequence[Point], times: Sequence[Dimension], window: Window, week_starts: int
) -> Iterator[Cell]:
    groups: dict[tuple[int | str, ...], list[Point]] = {}
    for point in points:
        groups.setdefault(tuple(_along(time, point.since, week_starts) for time in times), []).append(point)
    before: Counter[int | str | None] = Counter()
    for place, own in groups.items():
        days = sum((point.until - point.since).days for point in own)
        along = dict(zip(times, place, strict=True))
        weekday = along.get(Dimension.WEEKDAY)
        before[weekday] += 1
        yield Cell(
            head, before[weekday] - 1, {**head.along, **along},
            Window(own[0].since, own[-1].until, window.timezone), days, _added(own),
        )  # fmt: skip


def _along(time: Dimension, day: date, week_starts: int) -> int | str:
    return day.weekday() if time is Dimension.WEEKDAY else start_of(time.name, day, week_starts).isoformat()


def _added(points: Sequence[Point]) -> Sums:
    """What stands for one head on all of these days. Reach is of each of them."""
    if len(points) == 1:
        return points[0].metrics
    parts = [point.metrics for point in points]
    found = combined(parts, parts[0].currencies, parts[0].terms)
    found.days = sum(part.days for part in parts)
    return found
