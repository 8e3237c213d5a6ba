"""Provisional days: platforms may restate them yet, or conversions follow the touches of these days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from resolvers import coverage, performance
from resolvers.context import Request
from resolvers.coverage import AccountWindow
from resolvers.options import Choice, CountBy
from resolvers.performance import Performance
from resolvers.window import ad_account_scopes, begun

# Days `[since, until)`.
Stretch = tuple[date, date]


async def of(
    request: Request, asked: Sequence[Performance], keys: Sequence[Sequence[AccountWindow]]
) -> list[list[Stretch]]:
    """Batch: the provisional days of each one's window, in each of its ad accounts, which `keys` has."""
    every = {key for those in keys for key in those}
    restated, choices = await asyncio.gather(
        request.load_all(coverage.provisional, every), performance.choices(request, asked)
    )
    followed = {
        (key, days) for those, choice in zip(keys, choices, strict=True) if (days := _follow(choice)) for key in those
    }
    awaiting = await request.load_all(_awaiting, followed) if followed else {}
    return [
        [
            stretch for key in those
            for stretch in (*restated[key].get(one.at_level, ()), *awaiting.get((key, _follow(choice)), ()))
        ]
        for one, those, choice in zip(asked, keys, choices, strict=True)
    ]  # fmt: skip


def _follow(choice: Choice) -> int:
    """How many days after a touch a conversion may come that counts on the day of the touch."""
    click, view, count_by = choice.attribution
    return max(click.days, view.days) if count_by is CountBy.TOUCH_TIME else 0


async def _awaiting(request: Request, keys: Sequence[tuple[AccountWindow, int]]) -> list[list[Stretch]]:
    """Batch: the days of each ad account's window to whose touches conversions may come yet, so many days after."""
    known, scopes = await asyncio.gather(
        begun(request, [key for key, _ in keys]),
        request.load_all(ad_account_scopes, {account for (account, _), _ in keys}),
    )
    found: list[list[Stretch]] = []
    for ((account, _), days), (since, until) in zip(keys, known, strict=True):
        moment = request.now - timedelta(hours=24 * days)
        first: date = moment.astimezone(ZoneInfo(scopes[account].timezone)).date()
        found.append([(max(first, since), until)] if max(first, since) < until else [])
    return found
