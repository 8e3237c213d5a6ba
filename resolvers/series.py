"""Series: windows bucket by bucket, which buckets are left out, and what each of them stands beside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from resolvers import completeness, node_sums, performance, provisional
from resolvers.alike import Alike
from resolvers.calendar import Against, Granularity
from resolvers.comparison import Changes, Comparison, spec_of
from resolvers.context import Request
from resolvers.formulas import Blocks
from resolvers.metric import TRACKED_COLUMNS
from resolvers.performance import Performance
from resolvers.points import AllSeries, Point, Series
from resolvers.sums import Sums
from resolvers.window import Window, WindowSpec


class Fill(Enum):
    """What a series has where nothing was delivered."""

    ZERO = "ZERO"
    NONE = "NONE"


class Placed(NamedTuple):
    """A point that knows where it is: in which series, at which place, and whether it may still change."""

    bucket: date
    since: date
    until: date
    partial: bool
    metrics: Sums
    provisional: bool
    asked: Performance
    granularity: Granularity
    number: int


async def of(
    request: Request, asked: Sequence[Performance], granularity: Granularity, fill: Fill, columns: tuple[str, ...], *,
    placed: bool,
) -> Sequence[Series]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each one's window. `placed` points know where they are."""
    found = await node_sums.series(request, asked, granularity, columns)
    if placed:
        found = await _placed(request, asked, found)
    if fill is Fill.NONE:
        return [Series(granularity, [point for point in one.points if _speaks(point.metrics)]) for one in found]
    return found


def _speaks(sums: Sums) -> bool:
    """Whether some row is about these days."""
    return sums.days > 0 or any(sums.sum(column) for column in TRACKED_COLUMNS)


class PlacedPoints(Alike[Placed]):
    """The points of many series of the same buckets, each in its place."""

    one_is = Placed

    def __init__(
        self, points: Sequence[Point], provisional: Sequence[bool], asked: Sequence[Performance],
        granularity: Granularity,
    ) -> None:  # fmt: skip
        self._points = points
        self._provisional = provisional
        self._asked = asked
        self._granularity = granularity
        self._length = len(points) // len(asked)

    def __len__(self) -> int:
        return len(self._points)

    def every(self, name: str) -> Any:
        """One attribute of all of them."""
        if name == "provisional":
            return self._provisional
        return self._points.every(name) if isinstance(self._points, Alike) else super().every(name)

    def at(self, number: int) -> Placed:
        """One of them."""
        series, place = divmod(number, self._length)
        return Placed(*self._points[number], self._provisional[number], self._asked[series], self._granularity, place)


async def _placed(request: Request, asked: Sequence[Performance], found: Sequence[Series]) -> Sequence[Series]:
    changing = await _changing(request, asked)
    if isinstance(found, AllSeries):
        provisional = _all_provisional(found.points, found.lengths, changing)
        placed = PlacedPoints(found.points, provisional, asked, found.at(0).granularity)
        return AllSeries(found.at(0).granularity, placed, found.blocks, found.lengths)
    return [
        Series(series.granularity, list(_places(one, series, days)))
        for one, series, days in zip(asked, found, changing, strict=True)
    ]


def _all_provisional(
    points: Sequence[Point], lengths: Sequence[int], changing: Sequence[Sequence[tuple[date, date]]]
) -> list[bool]:
    """Whether each point of series of the same buckets may still change. Nodes of one ad account share that."""
    cut = points[: lengths[0]]
    told: dict[tuple[tuple[date, date], ...], list[bool]] = {}
    for days in map(tuple, changing):
        if days not in told:
            told[days] = [_overlaps(point, days) for point in cut]
    return [one for days in changing for one in told[tuple(days)]]


def _overlaps(point: Point, changing: Sequence[tuple[date, date]]) -> bool:
    return any(since < point.until and point.since < until for since, until in changing)


def _places(asked: Performance, series: Series, changing: Sequence[tuple[date, date]]) -> Iterator[Any]:
    """The points of a series, each in its place. They have all that points have."""
    for number, point in enumerate(series.points):
        yield Placed(*point, _overlaps(point, changing), asked, series.granularity, number)


async def _changing(request: Request, asked: Sequence[Performance]) -> list[list[tuple[date, date]]]:
    """Batch: the days of each one's window whose numbers may still change, as stretches `[since, until)`."""
    resolved, own = await asyncio.gather(performance.windows(request, asked), performance.accounts(request, asked))
    keys = [[(account.id, window) for account in those] for those, window in zip(own, resolved, strict=True)]
    return await provisional.of(request, asked, keys)


async def comparisons(
    request: Request, points: Sequence[Placed], to: Against | WindowSpec, columns: tuple[str, ...]
) -> list[Comparison | None]:
    """Batch: each point's sums of `columns` beside those of the bucket at the same place of the compared window's
    series; None past its end.
    """
    asked = list(dict.fromkeys(point.asked for point in points))
    earlier = performance.elsewhen(asked, lambda spec: spec_of(spec, to))
    granularity = points[0].granularity
    found, windows, known, known_before = await asyncio.gather(
        node_sums.series(request, earlier, granularity, columns),
        performance.windows(request, earlier),
        completeness.of(request, asked),
        completeness.of(request, earlier),
    )
    beside = dict(zip(asked, zip(found, windows, known, known_before, strict=True), strict=True))
    return [_beside(point, *beside[point.asked]) for point in points]


def _beside(
    point: Placed, series: Series, window: Window, known: completeness.Days, known_before: completeness.Days
) -> Comparison | None:
    if point.number >= len(series.points):
        return None
    before = series.points[point.number]
    whole = known.whole(point.since, point.until) and known_before.whole(before.since, before.until)
    days = Window(before.since, before.until, window.timezone)
    return Comparison(days, not whole, before.metrics, Changes(point.metrics, before.metrics))


class Columns(list[Series]):
    """Many series, and the sums of all their points side by side."""

    def __init__(self, every: Iterable[Series]) -> None:
        super().__init__(every)
        self.lengths = [len(series.points) for series in self]
        self.points: list[Point] = [point for series in self for point in series.points]

    @cached_property
    def blocks(self) -> Blocks:
        """The sums of all points."""
        return Blocks(point.metrics for point in self.points)
