"""Cells: a node's numbers cut along dimensions, into parts, into stretches of time, or into both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from db.entity import BY_LEVEL
from db.errors import Invalid, QueryTooComplex
from db.level import Level
from resolvers import listed, performance
from resolvers.calendar import Granularity, start_of
from resolvers.context import Request
from resolvers.cursor import Place
from resolvers.entity import Entity
from resolvers.performance import Performance
from resolvers.points import Point
from resolvers.several import Several
from resolvers.sums import Sums, combined
from resolvers.window import Window, ad_account_scopes, buckets, project_scopes, week_start

MOST_CELLS = 100_000


class Dimension(Enum):
    """What numbers are cut along."""

    PLATFORM = "PLATFORM"
    AD_ACCOUNT = "AD_ACCOUNT"
    CAMPAIGN = "CAMPAIGN"
    AD_SET = "AD_SET"
    AD = "AD"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    WEEKDAY = "WEEKDAY"


LEVELS: Mapping[Dimension, Level] = {Dimension[level.name]: level for level in Level}
TIMES = (Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.WEEKDAY)
By = tuple[Dimension, ...]
# Where something lies along each of the dimensions: a platform's name, an entity's id, the first day of a whole bucket,
# how many days after Monday.
Along = Mapping[Dimension, int | str]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Whose numbers: a part of a node, or all of it. `entity` is set where that is an entity below it, or itself."""

    along: Along
    asked: Performance
    entity: Entity | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """The numbers of a head over `days` of the window's days: over all of them where no dimension is of time. Before it
    lie `number` cells of the head, of the same weekday where weekdays are a dimension.
    """

    head: Head
    number: int
    along: Along
    window: Window
    days: int
    metrics: Sums

    def place(self, by: By) -> Place:
        """Where it lies."""
        return tuple(self.along[dimension] for dimension in by)

    @property
    def together(self) -> bool:
        """Whether its days follow each other."""
        return self.days == self.window.days


def check(by: By, at: Level) -> None:
    """`Invalid` where what is reported at a level cannot be cut so."""
    above = [dimension for dimension in by if dimension in LEVELS and LEVELS[dimension] < at]
    if above:
        raise Invalid(f"`by`: {above[0].name} lies above what is broken down. Take a level at or below it.")


async def heads(request: Request, asked: Sequence[Performance], by: By) -> list[list[Head]]:
    """Batch: each one's parts along the dimensions that are not of time. All are of one level."""
    levels = sorted(LEVELS[dimension] for dimension in by if dimension in LEVELS)
    if not levels and Dimension.PLATFORM not in by:
        return [[Head({}, one)] for one in asked]
    found: list[list[Head]] = [[] for _ in asked]
    leaves, at = await _leaves(request, asked, levels)
    scopes = await request.load_all(ad_account_scopes, {leaf.ad_account_id for _, leaf, _ in leaves})
    of_platform: dict[tuple[int, str], list[Entity]] = {}
    for number, leaf, along in leaves:
        platform = scopes[leaf.ad_account_id].platform
        if levels:
            wanted = {Dimension.PLATFORM: platform, **along} if Dimension.PLATFORM in by else along
            found[number].append(Head(wanted, asked[number]._replace(key=leaf, level=at), leaf))
        else:
            of_platform.setdefault((number, platform), []).append(leaf)
    for (number, platform), those in of_platform.items():
        one = asked[number]
        # What is of one platform anyway has the numbers that it has.
        own = one if one.level else one._replace(key=Several(one.node_id, at, those))
        found[number].append(Head({Dimension.PLATFORM: platform}, own))
    return found


_Leaf = tuple[int, Entity, dict[Dimension, int | str]]


async def _leaves(request: Request, asked: Sequence[Performance], levels: Sequence[Level]) -> tuple[list[_Leaf], Level]:
    """The entities of the deepest of the levels (of none: what the nodes add up), those above them on the way, and
    their level. The first of each is the number of the node which it is of.
    """
    at = asked[0].at_level
    leaves: list[_Leaf] = [
        (number, part, {}) for number, own in enumerate(await performance.parts(request, asked)) for part in own
    ]
    for level in levels:
        if level > at:
            below = await request.load_all(
                listed.below, {leaf.id for _, leaf, _ in leaves}, BY_LEVEL[at], BY_LEVEL[level]
            )
            leaves = [(number, child, along) for number, leaf, along in leaves for child in below[leaf.id]]
        dimension = Dimension[level.name]
        leaves = [(number, leaf, {**along, dimension: leaf.id}) for number, leaf, along in leaves]
        at = level
    return leaves, at


async def of(request: Request, whose: Sequence[Head], by: By, columns: tuple[str, ...]) -> list[list[Cell]]:
    """Batch: the cells of each head, in order of time: the sums of `columns`."""
    asked = [head.asked for head in whose]
    windows = await performance.windows(request, asked)
    times = [dimension for dimension in by if dimension in TIMES]
    if not times:
        sums = await performance.totals(request, asked, columns)
        return [
            [Cell(head, 0, head.along, window, window.days, own)]
            for head, window, own in zip(whose, windows, sums, strict=True)
        ]
    granularity = Granularity.DAY
    if len(times) == 1 and times[0] is not Dimension.WEEKDAY:
        granularity = Granularity[times[0].name]
    # Windows of several projects differ by a day or two.
    if windows and len(whose) * len(buckets(windows[0], granularity)) > MOST_CELLS:
        raise QueryTooComplex(
            f"`by`: that makes more than {MOST_CELLS:,} rows. Take a shorter window, longer stretches of time, or a "
            "level further up."
        )
    starts = await _week_starts(request, asked)
    every = await performance.series(request, asked, granularity, columns)
    return [
        list(_over_time(head, own.points, times, window, start))
        for head, own, window, start in zip(whose, every, windows, starts, strict=True)
    ]


async def _week_starts(request: Request, asked: Sequence[Performance]) -> list[int]:
    """Batch: how many days after Monday each one's weeks begin."""
    projects = await request.load_all(project_scopes, {one.node_id for one in asked if not one.level})
    accounts = await request.load_all(ad_account_scopes, {one.ad_account_id for one in asked if one.level})
    return [week_start(accounts[one.ad_account_id] if one.level else projects[one.node_id]) for one in asked]


def _over_time(
    head: Head, points: Sequence[Point], times: Sequence[Dimension], window: Window, week_starts: int
) -> Iterator[Cell]:
    groups: dict[tuple[int | str, ...], list[Point]] = {}
    for point in points:
        groups.setdefault(tuple(_along(time, point, week_starts) for time in times), []).append(point)
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


def _along(time: Dimension, point: Point, week_starts: int) -> int | str:
    if time is Dimension.WEEKDAY:
        return point.since.weekday()
    return start_of(time.name, point.bucket, week_starts).isoformat()


def _added(points: Sequence[Point]) -> Sums:
    """What stands for one head on all of these days. Reach is of each of them."""
    if len(points) == 1:
        return points[0].metrics
    parts = [point.metrics for point in points]
    found = combined(parts, parts[0].currencies, parts[0].terms)
    found.days = sum(part.days for part in parts)
    return found
