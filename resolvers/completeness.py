"""Completeness: whether all of some days are over, and covered by imports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat

from db.level import Level
from resolvers import coverage, performance
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.performance import Performance, Performances
from resolvers.window import Window, ad_account_scopes, today_in


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
    # Entities of one ad account share what is known of its days; a whole has its own.
    keys = list(zip(performance.places(asked), _levels(asked), strict=True))
    one_of = dict(zip(keys, asked, strict=True))
    found = dict(zip(one_of, await _of_each(request, list(one_of.values())), strict=True))
    return list(map(found.__getitem__, keys))


def _levels(asked: Sequence[Performance]) -> Iterable[object]:
    """What tells apart those in one place."""
    if isinstance(asked, Performances) and asked.asked[0]:
        return repeat(asked.asked[0], len(asked))
    return [(one.level, one.spec, None if one.level else one.key) for one in asked]


async def _of_each(request: Request, asked: Sequence[Performance]) -> list[Days]:
    resolved, own = await asyncio.gather(performance.windows(request, asked), performance.accounts(request, asked))
    keys = [[(account.id, window) for account in those] for those, window in zip(own, resolved, strict=True)]
    covered, scopes = await asyncio.gather(
        request.load_all(coverage.of_windows, {key for those in keys for key in those}),
        request.load_all(ad_account_scopes, {account.id for those in own for account in those}),
    )
    return [
        Days(
            one.at_level,
            tuple(covered[key] for key in those),
            min((today_in(request, scopes[id_].timezone) for id_, _ in those), default=date.min),
        )
        for one, those in zip(asked, keys, strict=True)
    ]


async def whole(request: Request, asked: Sequence[Performance]) -> list[bool]:
    """Batch: whether each of the days of each one's window is over and covered."""
    known, resolved = await asyncio.gather(of(request, asked), performance.windows(request, asked))
    told: dict[tuple[int, Window], bool] = {}
    for days, window in zip(known, resolved, strict=True):
        key = (id(days), window)
        if key not in told:
            told[key] = days.whole(window.since, window.until)
    return [told[id(days), window] for days, window in zip(known, resolved, strict=True)]
