"""Together: what several places of a query ask of the same entities, read by one statement where that is cheaper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from db import delivery
from db.delivery import Lines
from db.level import Level
from resolvers.calendar import Granularity
from resolvers.context import Request
from resolvers.ground import days_meant
from resolvers.metric import REACH, stored
from resolvers.options import Options
from resolvers.window import WindowSpec

# So many rows of days are read and added up in less time than another statement takes.
FEW = 200


class Together(NamedTuple):
    """The sums of `columns` over each of the windows `specs`, and where `daily` over each day of the first of them."""

    columns: tuple[str, ...] = ()
    specs: tuple[WindowSpec, ...] = ()
    daily: bool = False

    def columns_for(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """All of its columns, where those that are asked for are among them."""
        return self.columns if {*columns} <= {*self.columns} else columns

    def of_window(self, spec: WindowSpec, columns: tuple[str, ...]) -> Together:
        """Itself, where the sums of a window are to be read with it; else what is read with nothing."""
        return self if spec in self.specs and len(self.specs) + self.daily > 1 and columns == self.columns else ALONE

    def of_days(self, spec: WindowSpec, granularity: Granularity) -> Together:
        """The same for the days of a window."""
        return self if self.daily and granularity is Granularity.DAY and spec == self.specs[0] else ALONE


ALONE = Together()


def together(columns: tuple[str, ...], specs: tuple[WindowSpec, ...], *, daily: bool) -> Together:
    """What is asked together. Reach and what is tracked have statements of their own."""
    if stored(columns) != columns or REACH.column in columns:
        return Together(columns)
    return Together(columns, specs, daily)


Own = dict[int, list[int]]


class _Read(NamedTuple):
    totals: dict[WindowSpec, Lines]
    days: Lines | None


async def totals(
    request: Request, own: Own, level: Level, spec: WindowSpec, options: Options, asked: Together
) -> Lines:
    """The sums of entities, by ad account, over one of the windows."""
    return (await _read(request, own, level, options, asked)).totals[spec].copy()


async def days(request: Request, own: Own, level: Level, options: Options, asked: Together) -> Lines:
    """Those of each day of the first window."""
    found = (await _read(request, own, level, options, asked)).days
    assert found is not None
    return found.copy()


async def _read(request: Request, own: Own, level: Level, options: Options, asked: Together) -> _Read:
    key = tuple((account, tuple(ids)) for account, ids in own.items())
    return await request.load(_of_keys, key, level, options, asked)


async def _of_keys(
    request: Request, keys: Sequence[tuple[tuple[int, tuple[int, ...]], ...]], level: Level, options: Options,
    asked: Together,
) -> list[_Read]:  # fmt: skip
    # Nearly always there is one.
    return [await _of_entities(request, {id_: list(ids) for id_, ids in key}, level, options, asked) for key in keys]


async def _of_entities(request: Request, own: Own, level: Level, options: Options, asked: Together) -> _Read:
    each = [await days_meant(request, own, level, spec, options, asked.columns) for spec in asked.specs]
    database, org_id, columns = request.database, request.org_id, asked.columns
    weeks = dict.fromkeys(own, 0)
    if (span := _span(own, each)) is not None:
        lines = await delivery.buckets(database, org_id, level, columns, "DAY", span, own, weeks)
        (first, *_), *_ = parts = [[lines.within(*days) for days in set(windows.values())] for windows in each]
        found = [part.added_up() for (part,) in parts]
        return _Read(dict(zip(asked.specs, found, strict=True)), first if asked.daily else None)
    by_day = None
    if asked.daily:
        by_day = await delivery.buckets(database, org_id, level, columns, "DAY", each[0], own, weeks)
    found = await delivery.totals_of_windows(database, org_id, level, columns, each, own)
    return _Read(dict(zip(asked.specs, found, strict=True)), by_day)


def _span(own: Own, each: Iterable[delivery.Windows]) -> delivery.Windows | None:
    """The days that hold all of the windows, where they are few."""
    edges = [edge for windows in each for edge in {*windows.values()}]
    if any(len({*windows.values()}) > 1 for windows in each):
        return None
    since, until = min(since for since, _ in edges), max(until for _, until in edges)
    few = sum(map(len, own.values())) * (until - since).days <= FEW
    return dict.fromkeys(own, (since, until)) if few else None
