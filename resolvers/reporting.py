"""Reporting: by what attribution, and dated how, platforms reported the conversions of a window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from db import reporting
from db.level import Level
from db.reporting import ReportingRow
from resolvers.batching import many_per_key
from resolvers.context import Request


class Reporting(NamedTuple):
    """What conversions are that a platform reported: by what attribution, in its words, and dated how."""

    attribution: str
    dating: str


async def of_accounts(request: Request, ids: Sequence[int]) -> list[list[ReportingRow]]:
    """Batch: what imports told of each ad account's conversions, the latest first."""
    return await request.keep(_of_accounts, ids)


async def _of_accounts(request: Request, ids: Sequence[int]) -> list[list[ReportingRow]]:
    rows = await reporting.by_ad_account_ids(request.database, request.org_id, ids)
    return many_per_key(ids, rows, key=lambda row: row.ad_account_id)


def told(rows: Sequence[ReportingRow], level: Level, since: date, until: date) -> frozenset[Reporting]:
    """What holds in `[since, until)` for what is at `level`: of each day what the latest import told, at that level and
    at every one below it.
    """
    found: set[Reporting] = set()
    for below in range(level, Level.AD + 1):
        left = [(since, until)]
        for row in rows:
            if row.level == below and any(row.since < end and start < row.until for start, end in left):
                found.update(map(Reporting, row.attributions, row.datings))
                left = [days for start, end in left for days in _without(start, end, row.since, row.until)]
    return frozenset(found)


def dating(told: Iterable[Reporting]) -> str:
    """How all of these are dated; UNKNOWN where they differ, or there are none."""
    found = {one.dating for one in told}
    return found.pop() if len(found) == 1 else "UNKNOWN"


def _without(start: date, end: date, since: date, until: date) -> Iterable[tuple[date, date]]:
    """The days of `[start, end)` that are not in `[since, until)`."""
    return [(a, b) for a, b in ((start, min(end, since)), (max(start, until), end)) if a < b]
