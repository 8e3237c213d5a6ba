"""Freshness: how far the numbers of a window can be relied on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from db import stale
from db.level import Level
from resolvers import coverage, provisional
from resolvers.context import Request
from resolvers.coverage import AccountWindow, Coverage
from resolvers.performance import Performance, accounts, parts, windows
from resolvers.window import Window


@dataclass(frozen=True, slots=True)
class Freshness:
    """What the coverage of a window tells, and of which ad accounts and days that is."""

    last_imported_at: datetime | None
    missing_days: int
    asked: Performance
    keys: tuple[AccountWindow, ...]

    @property
    def level(self) -> Level:
        """The level at which its ad accounts are looked at."""
        return self.asked.at_level


async def of(request: Request, asked: Sequence[Performance]) -> list[Freshness]:
    """Batch: how far each window's numbers can be relied on."""
    resolved, own = await asyncio.gather(windows(request, asked), accounts(request, asked))
    wanted = [tuple((account.id, window) for account in those) for those, window in zip(own, resolved, strict=True)]
    covered = await request.load_all(coverage.of_windows, {key for keys in wanted for key in keys})
    return [
        _freshness([covered[key] for key in keys], one, window, keys)
        for one, keys, window in zip(asked, wanted, resolved, strict=True)
    ]


async def provisional_since(request: Request, asked: Sequence[Freshness]) -> list[date | None]:
    """Batch: the first day of each window whose numbers may still change; None where there is none."""
    found = await provisional.of(request, [one.asked for one in asked], [one.keys for one in asked])
    return [min((since for since, _ in days), default=None) for days in found]


async def stale_own_rows(request: Request, asked: Sequence[Freshness]) -> list[int]:
    """Batch: how many own rows at or below each are older than what lies below them was restated to."""
    each = await parts(request, [one.asked for one in asked])
    of_account = [dict(one.keys) for one in asked]
    wanted = [
        [(part.id, window[part.ad_account_id].since, window[part.ad_account_id].until) for part in own]
        for own, window in zip(each, of_account, strict=True)
    ]
    keys = list(dict.fromkeys(key for those in wanted for key in those))
    if not keys:
        return [0] * len(asked)
    entities, since, until = zip(*keys, strict=True)
    rows = await stale.counts(request.database, request.org_id, entities, since, until)
    counts = {keys[row.place - 1]: row.count for row in rows}
    return [sum(counts.get(key, 0) for key in those) for those in wanted]


def _freshness(
    covered: Sequence[Coverage], asked: Performance, window: Window, keys: tuple[AccountWindow, ...]
) -> Freshness:
    level = asked.at_level
    # A day that one of a project's ad accounts lacks is one on which the project's numbers are not whole.
    whole = [{day for day, _ in one.days(level, window.since, window.until)} for one in covered]
    imported = [one.last_imported_at[level] for one in covered if level in one.last_imported_at]
    missing = window.days - (len(set.intersection(*whole)) if whole else 0)
    return Freshness(max(imported, default=None), missing, asked, keys)
