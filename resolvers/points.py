"""Points: what a series is made of, and those of many series side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, repeat
from typing import Any, NamedTuple

from db.delivery import Lines
from resolvers.alike import Alike, Nested
from resolvers.calendar import Bucket, Granularity
from resolvers.formulas import PlainBlocks, Shared
from resolvers.sums import Sums, Terms


class Point(NamedTuple):
    """One bucket of a series and its sums."""

    bucket: date
    since: date
    until: date
    partial: bool
    metrics: Sums


@dataclass(frozen=True, slots=True)
class Series:
    """A window cut into buckets of one granularity."""

    granularity: Granularity
    points: list[Point]


class Points(Alike[Point]):
    """The points of many series that cut one window into the same buckets, one series after the other."""

    one_is = Point

    def __init__(self, cut: Sequence[Bucket], blocks: PlainBlocks) -> None:
        self._cut = cut
        self._blocks = blocks

    def __len__(self) -> int:
        return len(self._blocks)

    def every(self, name: str) -> Any:
        """One attribute of all of them."""
        if name == "metrics":
            return self._blocks
        of_one = list(zip(*self._cut, strict=True))[Point._fields.index(name)]
        return list(of_one) * (len(self) // len(self._cut))

    def at(self, number: int) -> Point:
        """One of them."""
        return Point(*self._cut[number % len(self._cut)], self._blocks[number])

    def __iter__(self) -> Iterator[Point]:
        buckets = chain.from_iterable(repeat(self._cut, len(self) // len(self._cut)))
        return (Point(*bucket, sums) for bucket, sums in zip(buckets, self._blocks, strict=True))


class AllSeries(Alike[Series]):
    """Many series of the same buckets."""

    one_is = Series

    def __init__(
        self, granularity: Granularity, points: Alike[Any], blocks: PlainBlocks, lengths: Sequence[int]
    ) -> None:
        self._granularity = granularity
        self.points = points
        self.blocks = blocks
        self.lengths = lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def every(self, name: str) -> Any:
        """One attribute of all of them."""
        return Nested(self.points, self.lengths) if name == "points" else [self._granularity] * len(self)

    def at(self, number: int) -> Series:
        """One of them."""
        start, length = sum(self.lengths[:number]), self.lengths[number]
        return Series(self._granularity, list(self.points[start : start + length]))

    def __iter__(self) -> Iterator[Series]:
        return (Series(self._granularity, list(points)) for points in Nested(self.points, self.lengths))


def plain_series(
    granularity: Granularity, cut: Sequence[Bucket], unknown: Sequence[int], ids: Sequence[int], lines: Lines,
    currencies: Shared, terms: Terms,
) -> AllSeries | None:  # fmt: skip
    """The series of entities from lines that lack nothing; None where several lines are of one bucket.

    Buckets without a line are zeros, or where `unknown` has their number in the cut, nothing is known of them.
    `currencies` are those of all, or of each entity.
    """
    starts = {bucket.start: number for number, bucket in enumerate(cut)}
    first = {id_: number * len(cut) for number, id_ in enumerate(ids)}
    silent = len(lines.entity_ids)
    places = [silent] * (len(ids) * len(cut))
    for place, (id_, start) in enumerate(zip(lines.entity_ids, lines.buckets, strict=True)):
        places[first[id_] + starts[start]] = place
    if len(places) - places.count(silent) < silent:
        return None
    absent = [
        number for start in range(0, len(places), len(cut)) for own in unknown
        if places[number := start + own] == silent
    ]  # fmt: skip
    columns = {name: [*numbers, 0] for name, numbers in lines.columns.items()}
    if not isinstance(currencies, frozenset):
        currencies = [each for each in currencies for _ in cut]
    blocks = PlainBlocks(columns, places, currencies, terms, absent)
    return AllSeries(granularity, Points(cut, blocks), blocks, [len(cut)] * len(ids))
