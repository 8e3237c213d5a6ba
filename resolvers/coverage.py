"""Coverage: which days of a window imports account for, and what their sources leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import asyncpg

from db import coverage
from db.level import Level
from resolvers.batching import many_per_key
from resolvers.context import Request, found_by
from resolvers.window import Window, begun, begun_at_once


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive covered days `[since, until)` on which the covering sources lack the metrics `missing`."""

    since: date
    until: date
    missing: int

    def days_in(self, since: date, until: date) -> int:
        """How many of its days lie in `[since, until)`."""
        return max(0, (min(self.until, until) - max(self.since, since)).days)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What covers one ad account's window, by level: sources at the level or below it."""

    levels: dict[Level, tuple[Stretch, ...]]
    last_imported_at: dict[Level, datetime]

    def by_missing(self, level: Level, since: date, until: date) -> dict[int, int]:
        """The number of covered days in `[since, until)`, by the metrics that the covering sources lack."""
        days: dict[int, int] = {}
        for stretch in self.levels.get(level, ()):
            if number := stretch.days_in(since, until):
                days[stretch.missing] = days.get(stretch.missing, 0) + number
        return days

    def days(self, level: Level, since: date, until: date) -> Iterator[tuple[date, int]]:
        """The covered days in `[since, until)`, each with the metrics that the covering sources lack."""
        for stretch in self.levels.get(level, ()):
            first = max(stretch.since, since)
            for offset in range(stretch.days_in(since, until)):
                yield first + timedelta(days=offset), stretch.missing


AccountWindow = tuple[int, Window]


def _found(request: Request, keys: Sequence[AccountWindow]) -> list[Coverage] | None:
    begun = begun_at_once(request, keys)
    if begun is None:
        return None
    return request.had(_of_days, [(account, *own) for (account, _), own in zip(keys, begun, strict=True)])


@found_by(_found)
async def of_windows(request: Request, keys: Sequence[AccountWindow]) -> list[Coverage]:
    """Batch: what covers each (ad account, window), of which only the days that have begun count."""
    days = [(account, *own) for (account, _), own in zip(keys, await begun(request, keys), strict=True)]
    return await request.keep(_of_days, days)


async def _of_days(request: Request, keys: Sequence[tuple[int, date, date]]) -> list[Coverage]:
    accounts, since, until = zip(*keys, strict=True)
    rows = await coverage.by_ad_account_ids(request.database, request.org_id, accounts, since, until)
    return list(map(_coverage, many_per_key(range(1, len(keys) + 1), rows, key=lambda row: row.place)))


async def provisional(request: Request, keys: Sequence[AccountWindow]) -> list[dict[Level, list[tuple[date, date]]]]:
    """Batch: by level, the days of each (ad account, window) that its platform may still restate, as stretches
    `[since, until)` in order.
    """
    days = await begun(request, keys)
    rows = await coverage.provisional_by_ad_account_ids(
        request.database, request.org_id, [account for account, _ in keys], [since for since, _ in days],
        [until for _, until in days], request.settles_after,
    )  # fmt: skip
    found = many_per_key(range(1, len(keys) + 1), rows, key=lambda row: row.place)
    return [{Level(row.level): [_edges(days) for days in row.days] for row in own} for own in found]


def _edges(days: asyncpg.Range[date]) -> tuple[date, date]:
    assert days.lower is not None
    assert days.upper is not None
    return days.lower, days.upper


def _coverage(rows: Sequence[coverage.CoverageRow]) -> Coverage:
    levels: dict[Level, list[Stretch]] = {}
    imported: dict[Level, datetime] = {}
    for row in rows:
        level = Level(row.level)
        imported[level] = max(row.last_imported_at, imported.get(level, row.last_imported_at))
        levels.setdefault(level, []).extend(Stretch(*_edges(days), row.missing) for days in row.days)
    return Coverage(
        {level: tuple(sorted(stretches, key=lambda one: one.since)) for level, stretches in levels.items()}, imported
    )
