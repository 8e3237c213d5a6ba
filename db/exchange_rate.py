"""Exchange rates: what money of one day in one currency is worth in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from db.database import Database, Row


class RatedDaysRow(Row):
    """Of one window, how many days take an earlier day's rate, and how many have none at all."""

    place: int
    earlier_rate_days: int
    no_rate_days: int
    last_rate_day: date | None


def factors(*, target: str, currencies: str, since: str, until: str) -> str:
    """SQL of common table expressions, the last of them `factor (currency, day, factor)`.

    `factor` has a row for each of the `currencies` and the `target` on each day from `since` to before `until` on which
    it can be converted into `target`: what one unit of it is worth, exact to forty decimals. A day without a rate takes
    the last one before, however old. Money of a row: `amount * factor.factor`, by a left join on currency and day;
    without a factor there is no rate. The arguments are SQL expressions, `currencies` an array; where `since` is null
    there are no rows.
    """
    return f"""
span as (
    select {since} as since, {until} as until
),
known as materialized (
    -- Of each currency the rates of the days, and the one that the first day has or takes: one look-up, however old.
    select
        wanted.currency, greatest(rated.day, span.since) as since,
        lead(rated.day, 1, span.until) over (partition by wanted.currency order by rated.day) as until,
        rated.units_per_eur
    from span
    -- In the collation of the index.
    cross join (select distinct unnest({currencies} || {target}) collate "default") as wanted (currency)
    cross join lateral (
        select day, units_per_eur
        from exchange_rate
        where currency = wanted.currency and day > span.since and day < span.until
        union all
        (
            select day, units_per_eur
            from exchange_rate
            where currency = wanted.currency and day <= span.since
            order by day desc
            limit 1
        )
    ) as rated
),
rate as materialized (
    select known.currency, known.since + later.days as day, known.units_per_eur
    from known
    cross join generate_series(0, known.until - known.since - 1) as later (days)
    -- No window is longer. Told so, the planner does not take each of these for a thousand days, and hashes factors
    -- instead of sorting what they are for.
    where later.days between 0 and 99999
    union all
    select 'EUR', span.since + later.days, 1
    from span
    cross join generate_series(0, span.until - span.since - 1) as later (days)
),
factor as materialized (
    -- The division has as many decimals as what it divides.
    select own.currency, own.day, (wanted.units_per_eur + {"0." + "0" * 40}) / own.units_per_eur as factor
    from rate as wanted
    join rate as own on own.day = wanted.day and own.currency <> {target}
    where wanted.currency = {target}
    union all
    select {target}, span.since + later.days, 1
    from span
    cross join generate_series(0, span.until - span.since - 1) as later (days)
)"""


async def rated_days(
    database: Database, currencies: Sequence[str], targets: Sequence[str], since: Sequence[date],
    until: Sequence[date],
) -> list[RatedDaysRow]:  # fmt: skip
    """How the days of each window, side by side, can be converted; `place` is its number, from 1."""
    return await database.fetch("rated_days", currencies, targets, since, until, row=RatedDaysRow)
