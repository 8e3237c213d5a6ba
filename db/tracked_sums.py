"""Sums of what is tracked, of entities over windows or buckets of them, for one choice of attribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from db import exchange_rate
from db.database import Database, Row
from db.delivery import BUCKETS, Entities, Windows
from db.level import Level

_CONVERSIONS, _REFUNDS = "fact.kind = 1", "fact.kind = 2"
_OWN, _OTHER = "fact.currency = wanted.currency", "fact.currency not in ('', wanted.currency)"
_NET = "case when fact.kind = 1 then fact.{value} else -fact.{value} end"


class Due(NamedTuple):
    """Which conversions: those of these names, due to an ad within so many days of a click, else of a view (0: such
    touches do not count), on their own day or that of the touch.
    """

    events: tuple[str, ...]
    click: int
    view: int
    by_touch: bool


async def totals(
    database: Database, org_id: int, level: Level, due: Due, windows: Windows, entities: Entities,
    currencies: Mapping[int, str], target: str | None,
) -> list[Row]:  # fmt: skip
    """The sums of each of the entities, all of one level, that has any, over its ad account's window.

    `currencies` are those of the ad accounts: money in another one is counted and not added up. With a `target` all
    money is converted into it, each day's at its own rate.
    """
    if target:
        starts = dict.fromkeys(windows, 0)
        return await _read(
            database, org_id, level, due, windows, entities, currencies, target, "wanted.since", starts, "totals"
        )
    return await database.fetch(
        "tracked_totals", org_id, *_arguments(due, windows, entities, currencies),
        row=Row, label=f"{level.name.lower()}_tracked_totals", sums=_sums(due, converted=False), basis=_basis(due),
    )  # fmt: skip


async def buckets(
    database: Database, org_id: int, level: Level, due: Due, windows: Windows, entities: Entities,
    currencies: Mapping[int, str], target: str | None, granularity: str, week_starts: Mapping[int, int],
) -> list[Row]:  # fmt: skip
    """The same for each bucket of the windows that has any; the `bucket` of a row is the first day of its unit."""
    return await _read(
        database, org_id, level, due, windows, entities, currencies, target, BUCKETS[granularity], week_starts,
        f"by_{granularity.lower()}",
    )  # fmt: skip


async def _read(
    database: Database, org_id: int, level: Level, due: Due, windows: Windows, entities: Entities,
    currencies: Mapping[int, str], target: str | None, bucket: str, week_starts: Mapping[int, int], what: str,
) -> list[Row]:  # fmt: skip
    rates = rated = ""
    if target:
        factors = exchange_rate.factors(
            target="$10::text", since="(select min(day) from unnest($5::date[]) as day)",
            until="(select max(day) from unnest($6::date[]) as day)",
        )  # fmt: skip
        rates = f"with {factors}"
        rated = "left join factor on factor.currency = fact.currency and factor.day = fact.day"
    return await database.fetch(
        "tracked_buckets", org_id, *_arguments(due, windows, entities, currencies),
        [week_starts[account] for account in windows], *([target] if target else []),
        row=Row, label=f"{level.name.lower()}_tracked_{what}{'_converted' if target else ''}", bucket=bucket,
        rates=rates, rated=rated, sums=_sums(due, converted=bool(target)), basis=_basis(due),
    )  # fmt: skip


def _arguments(
    due: Due, windows: Windows, entities: Entities, currencies: Mapping[int, str]
) -> tuple[Sequence[object], ...]:
    ids = [id_ for own in entities.values() for id_ in own]
    accounts = [account for account, own in entities.items() for _ in own]
    since: Sequence[date] = [days[0] for days in windows.values()]
    until: Sequence[date] = [days[1] for days in windows.values()]
    return ids, accounts, list(windows), since, until, [currencies[account] for account in windows], list(due.events)


def _basis(due: Due) -> str:
    return "1" if due.by_touch else "0"


def _sums(due: Due, *, converted: bool) -> str:
    """The sums by the names of their columns; money in millionths."""
    count, value = f"count_{due.click}_{due.view}", f"value_{due.click}_{due.view}"
    net, amount = _NET.format(value=value), f"fact.{value}"
    of_own = "true" if converted else _OWN
    factor = " * factor.factor" if converted else ""
    unrated = f"fact.{value} <> 0 and factor.factor is null"
    sums = {
        "tracked_millionths": f"1000000 * coalesce(sum(fact.{count}) filter (where {_CONVERSIONS}), 0)",
        "tracked_refunds": f"coalesce(sum(fact.{count}) filter (where {_REFUNDS}), 0)",
        "tracked_value_micros": f"1000000 * coalesce(sum(({net}){factor}) filter (where {of_own}), 0)",
        "tracked_refund_micros": f"1000000 * coalesce(sum({amount}{factor}) filter (where {_REFUNDS} and {of_own}), 0)",
        "tracked_own_money": f"coalesce(sum(fact.{count}) filter (where {_OWN}), 0)",
        "tracked_other_money": "0" if converted else f"coalesce(sum(fact.{count}) filter (where {_OTHER}), 0)",
    }
    if converted:
        sums["tracked_value_micros_unrated"] = f"count(*) filter (where {unrated})"
        sums["tracked_refund_micros_unrated"] = f"count(*) filter (where {_REFUNDS} and {unrated})"
        sums["tracked_own_money"] = f"coalesce(sum(fact.{count}) filter (where fact.currency <> ''), 0)"
    return ", ".join(f"{sum_} as {name}" for name, sum_ in sums.items())
