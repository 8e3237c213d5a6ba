"""Random events that meet in every way, and what the tables hold of them, told without the numbers of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from db.conversions.event import read
from db.conversions.preparing import prepare
from db.conversions.taking import Intake
from db.database import Database, recording
from tests import make

NOW = datetime(2025, 6, 20, tzinfo=UTC)
Fields = dict[str, Any]

AT = datetime(2025, 6, 10, 12, tzinfo=UTC)


def event(event_id: str, **fields: Any) -> Fields:
    """An SDK's purchase of that id."""
    return {"event_id": event_id, "event_name": "purchase", "source": "SDK", "occurred_at": AT.isoformat()} | fields


def random_events(random: Random, count: int) -> list[Fields]:
    """Purchases and refunds from few ids, so that many are the same."""
    return [_random_event(random) for _ in range(count)]


def _random_event(random: Random) -> Fields:
    occurred_at = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(15 * 24 * 6) * 10)
    fields: Fields = {
        "event_id": f"e{random.randrange(12)}",
        "event_name": random.choice(["purchase", "trial"]),
        "source": random.choice(["SDK", "CONVERSION_API", "PLATFORM"]),
        "occurred_at": occurred_at.isoformat(),
        "transaction_id": random.choice([None, None, *(f"t{number}" for number in range(8))]),
        "app_id": random.choice([None, "web", "ios-app"]),
        "platform": random.choice([None, "ios"]),
        "user_id": random.choice([None, "u1", "u2", "u3"]),
        "revenue_amount": random.choice([None, "9.99", "0.000000000000000001", 5]),
        "currency": random.choice([None, "EUR"]),
        "properties": random.choice([{}, {"value": 3.5}, {"plan": "year"}]),
        "touches": [
            {
                "platform": "META", "ad": random.choice(["a1", "a2", "strange"]),
                "kind": random.choice(["CLICK", "VIEW"]),
                "at": (occurred_at - timedelta(hours=random.choice([0, 1, 24, 25, 168, 170, 672, 673]))).isoformat(),
            }
            for _ in range(random.randrange(3))
        ],
    }  # fmt: skip
    if random.random() < 0.25:
        fields |= {
            "kind": "REFUND", "event_id": f"r{random.randrange(4)}", "touches": [],
            "event_name": random.choice(["purchase", "refund"]),
            "refund_of": random.choice([f"e{random.randrange(12)}", f"t{random.randrange(8)}", "never"]),
            "transaction_id": random.choice([None, None, "rt"]),
        }  # fmt: skip
    return fields


async def make_tree(database: Database, org_id: int, *external_ids: str, timezone: str = "Asia/Kolkata") -> int:
    """A project with the ads of these ids; its number."""
    project_id = await make.make_project(database, org_id)
    account_id = await make.make_ad_account(database, org_id, project_id, timezone=timezone)
    campaign_id = await make.make_campaign(database, org_id, account_id)
    for external_id in external_ids:
        ad_set_id = await make.make_ad_set(database, org_id, campaign_id)
        await make.make_ad(database, org_id, ad_set_id, external_id=external_id)
    await make.set_project(database, project_id, reporting_currency="USD")
    return project_id


async def take(database: Database, org_id: int, project_id: int, events: list[Fields], size: int = 1_000) -> list[bool]:
    """Takes the events in batches, each in its own transaction; which of them were new."""
    new = []
    with recording():
        for start in range(0, len(events), size):
            async with database.transaction() as transaction:
                intake = await Intake.locked(transaction, org_id, project_id)
                batch = [read(fields, "USD", NOW) for fields in events[start : start + size]]
                new += await intake.take(prepare(batch, NOW), NOW)
                await intake.finish()
    return new


async def take_at_once(
    database: Database, org_id: int, project_id: int, events: list[Fields], size: int = 1_000
) -> list[bool]:
    """Takes the events in batches, as imports do; which of them were new."""
    new = []
    with recording():
        async with database.transaction() as transaction:
            intake = await Intake.locked(transaction, org_id, project_id)
            await intake.expect_many()
            for start in range(0, len(events), size):
                batch = [read(fields, "USD", NOW) for fields in events[start : start + size]]
                new += await intake.take(prepare(batch, NOW), NOW)
            await intake.finish()
    return new


async def rows(database: Database, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
    """The rows of any statement."""
    with recording():
        async with database.transaction() as transaction:
            return [tuple(row) for row in await transaction._connection.fetch(sql, *arguments)]


CONVERSIONS = """
select
    (
        select array_agg(distinct key.key || ' ' || key.type order by key.key || ' ' || key.type)
        from conversion_key as key
        where key.conversion_id = conversion.id
    ) as keys,
    name.name, occurred_at, app.name as app, platform.name as platform, source, usr.name as usr,
    trim_scale(value) as value, currency, click.external_id as click, clicked_at, view.external_id as view, viewed_at
from conversion
join conversion_name as name on name.id = event_name_id
left join conversion_name as app on app.id = app_id
left join conversion_name as platform on platform.id = platform_id
left join conversion_user as usr on usr.id = user_key
left join ad as click on click.id = click_ad_id
left join ad as view on view.id = view_ad_id
where conversion.project_id = $1
order by 1, 2
"""
REFUNDS = """
select
    (
        select array_agg(distinct key.key || ' ' || key.type order by key.key || ' ' || key.type)
        from conversion_key as key
        where key.conversion_id = refund.id
    ) as keys,
    (
        select min(key.key || ' ' || name.name)
        from conversion_key as key
        join conversion_name as name on name.id = key.event_name_id
        where key.conversion_id = refund.conversion_id and key.type = 1
    ) as purchase,
    refund_of, trim_scale(value) as value, currency
from conversion_refund as refund
where refund.project_id = $1
order by 1, 2, 3, 4, 5
"""
MESSAGES = """
select kind, source, name.name, event_id, transaction_id, occurred_at, app, platform, user_id, trim_scale(value),
    currency, touch_ads, touch_kinds, touch_times, properties
from conversion_message
join conversion_name as name on name.id = event_name_id
where conversion_message.project_id = $1
order by conversion_message::text collate "C", 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
WAITING = """
select distinct waiting.platform, waiting.external_id, (
    select min(key.key || ' ' || name.name)
    from conversion_key as key
    join conversion_name as name on name.id = key.event_name_id
    where key.conversion_id = waiting.conversion_id and key.type = 1
)
from conversion_waiting_touch as waiting
where waiting.project_id = $1
order by 1, 2, 3
"""
# What the rollups have to be, from the conversions as merged: the plain way.
PARTS = """
with part as (
    select conversion.*, 1 as one, coalesce(value, 0) as amount, 0 as refunds, 0 as refunded
    from conversion
    where project_id = $1
    union all
    select
        (jsonb_populate_record(conversion, jsonb_build_object('currency', refund.currency))).*, 0, 0, 1,
        coalesce(refund.value, 0)
    from conversion_refund as refund
    join conversion on conversion.id = refund.conversion_id
    where refund.project_id = $1
)
"""
QUARTERS = (
    PARTS
    + """
select
    to_timestamp(floor(extract(epoch from occurred_at) / 900) * 900), event_name_id, app_id, platform_id, source,
    currency, sum(one), trim_scale(sum(amount)), sum(refunds), trim_scale(sum(refunded))
from part
group by 1, 2, 3, 4, 5, 6
order by 1, 2, 3, 4, 5, 6
"""
)
HOURS = (
    PARTS
    + """
select
    date_trunc('hour', occurred_at), event_name_id, currency, sum(one), trim_scale(sum(amount)), sum(refunds),
    trim_scale(sum(refunded))
from part
group by 1, 2, 3
order by 1, 2, 3
"""
)
STORED_QUARTERS = """
select quarter, event_name_id, app_id, platform_id, source, currency, count, trim_scale(value), refund_count,
    trim_scale(refund_value)
from conversion_quarter
where project_id = $1 and (count, value, refund_count, refund_value) <> (0, 0, 0, 0)
order by 1, 2, 3, 4, 5, 6
"""
STORED_HOURS = """
select hour, event_name_id, currency, count, trim_scale(value), refund_count, trim_scale(refund_value)
from conversion_hour
where project_id = $1 and (count, value, refund_count, refund_value) <> (0, 0, 0, 0)
order by 1, 2, 3
"""
TRACKED = """
select
    coalesce(ad.external_id, 'account') as entity, basis, day, event_name, tracked_day.currency, kind, count_7_1,
    trim_scale(value_7_1),
    count_0_28, trim_scale(value_28_28)
from tracked_day
left join ad on ad.id = entity_id
left join ad_account on ad_account.id = entity_id
where span = 1 and (ad.id is not null or ad_account.id is not null) and count_7_1 + count_0_28 + count_28_28 > 0
    and coalesce(ad.ad_account_id, ad_account.id) in (select id from ad_account where project_id = $1)
order by 1, 2, 3, 4, 5, 6
"""
# The same from the conversions: the choice of 7 days after a click and 1 after a view.
PLAIN_TRACKED = (
    PARTS
    + """
, due as (
    select
        part.*,
        case
            when occurred_at - clicked_at <= interval '168 hours' then click_ad_id
            when occurred_at - viewed_at <= interval '24 hours' then view_ad_id
        end as ad_id,
        case
            when occurred_at - clicked_at <= interval '168 hours' then clicked_at
            when occurred_at - viewed_at <= interval '24 hours' then viewed_at
        end as touched_at
    from part
)
select
    ad.external_id, basis.number, (basis.at at time zone ad_account.timezone)::date, name.name, due.currency,
    case when refunds = 1 then 2 else 1 end, count(*), trim_scale(sum(amount + refunded))
from due
cross join lateral (values (0, occurred_at), (1, touched_at)) as basis (number, at)
join ad on ad.id = ad_id
join ad_account on ad_account.id = ad.ad_account_id
join conversion_name as name on name.id = event_name_id
group by 1, 2, 3, 4, 5, 6
order by 1, 2, 3, 4, 5, 6
"""
)


async def told(database: Database, project_id: int) -> dict[str, list[Any]]:
    """What the tables of conversions hold, free of whatever depends on the order in which it came."""
    return {
        "conversions": await rows(database, CONVERSIONS, project_id),
        "refunds": await rows(database, REFUNDS, project_id),
        "messages": sorted(map(repr, await rows(database, MESSAGES, project_id))),
        "waiting": await rows(database, WAITING, project_id),
        "tracked": await rows(database, TRACKED, project_id),
    }


async def check_rollups(database: Database, project_id: int) -> None:
    """Holds every rollup against the conversions as merged."""
    assert await rows(database, STORED_QUARTERS, project_id) == await rows(database, QUARTERS, project_id)
    assert await rows(database, STORED_HOURS, project_id) == await rows(database, HOURS, project_id)
    stored = [row[:8] for row in await rows(database, TRACKED, project_id) if row[0] != "account" and row[6]]
    plain = await rows(database, PLAIN_TRACKED, project_id)
    assert stored == plain
