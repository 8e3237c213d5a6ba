"""Exchange: by which days' rates the money of a window was converted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from db import exchange_rate
from db.exchange_rate import RatedDaysRow
from resolvers.context import Request
from resolvers.performance import Performance, accounts, settled, windows
from resolvers.window import ad_account_scopes, begun


class Exchanged(NamedTuple):
    """One currency that was converted: on how many days by an earlier day's rate, on how many not for want of any."""

    currency: str
    earlier_rate_days: int
    no_rate_days: int
    last_rate_day: date | None


# A currency, the one that it becomes, and the days `[since, until)`.
_Key = tuple[str, str, date, date]


async def exchanges(request: Request, asked: Sequence[Performance]) -> list[list[Exchanged]]:
    """Batch: the currencies that each one's money was converted from, in order of their codes."""
    asked = await settled(request, asked)
    resolved, own = await asyncio.gather(windows(request, asked), accounts(request, asked))
    pairs = {
        (entity.id, window) for one, window, those in zip(asked, resolved, own, strict=True) if one.options.currency
        for entity in those
    }  # fmt: skip
    scopes = await request.load_all(ad_account_scopes, {account for account, _ in pairs})
    days = dict(zip(pairs, await begun(request, list(pairs)), strict=True))
    keys: list[list[_Key]] = []
    for one, window, those in zip(asked, resolved, own, strict=True):
        target = one.options.currency
        # Ad accounts of one currency may be in different timezones: the latest days of any.
        latest: dict[str, date] = {}
        for entity in those if target else ():
            currency, until = scopes[entity.id].currency, days[entity.id, window][1]
            latest[currency] = max(until, latest.get(currency, until))
        keys.append(
            [
                (currency, target, window.since, until)
                for currency, until in sorted(latest.items()) if target and currency != target
            ]
        )  # fmt: skip
    found = await request.load_all(_rated, {key for those in keys for key in those})
    return [
        [
            Exchanged(key[0], row.earlier_rate_days, row.no_rate_days, row.last_rate_day)
            for key in those
            if (row := found[key])
        ]
        for those in keys
    ]


async def _rated(request: Request, keys: Sequence[_Key]) -> list[RatedDaysRow | None]:
    """Batch: what there is to tell of each; None of windows that have not begun."""
    if not keys:
        return []
    currencies, targets, since, until = zip(*keys, strict=True)
    rows = await exchange_rate.rated_days(request.database, currencies, targets, since, until)
    of_place = {row.place: row for row in rows}
    return [of_place.get(number) for number in range(1, len(keys) + 1)]
