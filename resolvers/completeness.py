"""Completeness: whether all of some days are over, and covered by imports."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from db.level import Level
from resolvers import coverage
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.performance import Performance, accounts, windows
from resolvers.window import ad_account_scopes, today_in


@dataclass(frozen=True, slots=True)
class Days:
    """What is known of the days of a window: what covers them in each ad account, and the first day not yet over in
    one of them.
    """

    level: Level
    coverages: tuple[Coverage, ...]
    unfinished: date

    def whole(self, since: date, until: date) -> bool:
        """Whether each of the days `[since, until)` of the window is over and covered, in every ad account."""
        days = (until - since).days
        return (
            bool(self.coverages)
            and until <= self.unfinished
            and all(sum(one.by_missing(self.level, since, until).values()) == days for one in self.coverages)
        )


async def of(request: Request, asked: Sequence[Performance]) -> list[Days]:
    """Batch: what is known of each one's days."""
    resolved, own = await asyncio.gather(windows(request, asked), accounts(request, asked))
    keys = [[(account.id, window) for account in those] for those, window in zip(own, resolved, strict=True)]
    covered, scopes = await asyncio.gather(
        request.load_all(coverage.of_windows, {key for those in keys for key in those}),
        request.load_all(ad_account_scopes, {account.id for those in own for account in those}),
    )
    days: dict[tuple[object, ...], Days] = {}
    found = []
    for one, those in zip(asked, keys, strict=True):
        # Entities of one ad account and level share what is known of its days.
        key = (one.at_level, *those)
        if key not in days:
            today = min((today_in(request, scopes[id_].timezone) for id_, _ in those), default=date.min)
            days[key] = Days(one.at_level, tuple(covered[each] for each in those), today)
        found.append(days[key])
    return found


async def whole(request: Request, asked: Sequence[Performance]) -> list[bool]:
    """Batch: whether each of the days of each one's window is over and covered."""
    known, resolved = await asyncio.gather(of(request, asked), windows(request, asked))
    return [days.whole(window.since, window.until) for days, window in zip(known, resolved, strict=True)]
