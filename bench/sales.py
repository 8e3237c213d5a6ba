"""The conversions that benchmarks ask about: invented, as many of each ad on each day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import asyncpg

from db import tracked
from db.database import Database

# Conversions of each ad on each of these days before the world's last: twice the window's.
A_DAY, SOLD_DAYS = 5, 180

_SOLD = f"""
create unlogged table bench_sold as
select
    1 as sign, (array['purchase_success', 'subscribe_success', 'trial_start', 'install'])[number % 4 + 1] as event_name,
    currency, (100 * random())::numeric(9, 2) as value, 1::smallint as kind, at as occurred_at, ad_id as click_ad_id,
    at - power(random(), 4) * interval '28 days' as clicked_at, ad_id as view_ad_id,
    at - power(random(), 4) * interval '28 days' as viewed_at
from (
    select
        ad.id as ad_id, ad_account.currency, number, $2::timestamptz - random() * interval '{SOLD_DAYS} days' as at
    from ad
    join ad_account on ad_account.org_id = ad.org_id and ad_account.id = ad.ad_account_id
    cross join generate_series(1, {A_DAY * SOLD_DAYS}) as number
    where ad.org_id = $1 and ad.id = any($3)
) as sale
"""


async def sell(url: str, database: Database, org_id: int, ad_ids: list[int], until: date) -> None:
    """Invents conversions of the ads, unless a former run has, and adds their days up."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select exists (select from tracked_span where entity_ids && $1)", ad_ids):
            return
        sold = await connection.fetchval("select exists (select from tracked_day where entity_id = any($1))", ad_ids)
        if not sold:
            await connection.execute("drop table if exists bench_sold; select setseed(0.5)")
            await connection.execute(_SOLD, org_id, datetime.combine(until, time(), UTC), ad_ids)
        project_id = await connection.fetchval(
            "select project_id from ad_account join ad on ad.ad_account_id = ad_account.id where ad.id = $1", ad_ids[0]
        )
        async with database.transaction() as transaction:
            if not sold:
                await tracked.add_from(transaction, org_id, "bench_sold")
            await tracked.add_up_spans(transaction, org_id, project_id, until)
        await connection.execute("drop table if exists bench_sold")
        await connection.execute("vacuum analyze tracked_day, tracked_span")
    finally:
        await connection.close()
