"""Exchange rates: what money of one day in one currency is worth in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from db.database import Database, Row

# A day without a rate takes the last one before, if it is no more days back: holidays never make it more than this.
OLDEST = 7


class RatedDaysRow(Row):
    """Of one window, how many days take an earlier day's rate, and how many have none at all."""

    place: int
    earlier_rate_days: int
    no_rate_days: int
    last_rate_day: date | None


def factors(*, target: str, since: str, until: str, currencies: str | None = None) -> str:
    """SQL of the common table expressions `rate` and `factor (currency, day, factor)`.

    `factor` has a row for each currency and each day from `since` to before `until` on which the currency can be
    converted into `target`, which is among them: what one unit of it is worth, exact to forty decimals. Money of a row:
    `amount * factor.factor`, by a left join on currency and day; without a factor there is no rate. The arguments are
    SQL expressions: parameters, or constants of `db`; `currencies`, an array, leaves out all others.
    """
    only = f"and currency = any({currencies} || {target})" if currencies else ""
    return f"""
rate as materialized (
    select known.currency, known.day + later.days as day, known.units_per_eur
    from (
        select currency, day, units_per_eur, lead(day) over (partition by currency order by day) as next_day
        from exchange_rate
        where day >= {since} - {OLDEST} and day < {until} {only}
    ) as known
    cross join generate_series(0, least(known.next_day - known.day, {OLDEST + 1}) - 1) as later (days)
    where known.day + later.days >= {since} and known.day + later.days < {until}
    union all
    select 'EUR', {since} + later.days, 1
    from generate_series(0, {until} - {since} - 1) as later (days)
),
factor as materialized (
    -- The division has as many decimals as what it divides.
    select own.currency, own.day, (wanted.units_per_eur + {"0." + "0" * 40}) / own.units_per_eur as factor
    from rate as wanted
    join rate as own on own.day = wanted.day and own.currency <> {target}
    where wanted.currency = {target}
    union all
    select {target}, {since} + later.days, 1
    from generate_series(0, {until} - {since} - 1) as later (days)
)"""


async def rated_days(
    database: Database, currencies: Sequence[str], targets: Sequence[str], since: Sequence[date],
    until: Sequence[date],
) -> list[RatedDaysRow]:  # fmt: skip
    """How the days of each window, side by side, can be converted; `place` is its number, from 1."""
    return await database.fetch("rated_days", currencies, targets, since, until, row=RatedDaysRow, oldest=str(OLDEST))
