"""Imports that change the tree: conversions that waited for an ad count, and those of what moves move along."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from db import tracked
from db.database import Database
from db.importing import Options, run_import
from db.level import Level
from db.verify import verify
from tests.db.conversions.worlds import check_rollups, random_events, rows, take, told
from tests.records import make_entity

ACCOUNT, CAMPAIGN, AD_SET, AD = Level.AD_ACCOUNT, Level.CAMPAIGN, Level.AD_SET, Level.AD
OPTIONS = Options("Shop", currency="USD")


async def import_tree(
    database: Database, org_id: int, *ads: str, timezone: str = "Asia/Kolkata", account: str = "A", ad_set: str = "S"
) -> int:
    """Imports the ads in an ad set of an account; the number of the project."""
    campaign = f"C of {account}"
    records = [
        make_entity(ACCOUNT, account, timezone=timezone),
        make_entity(CAMPAIGN, campaign, account),
        make_entity(AD_SET, ad_set, campaign),
        *(make_entity(AD, ad, ad_set) for ad in ads),
    ]
    await run_import(database, org_id, OPTIONS, source="test", records=records)
    return int((await rows(database, "select id from project where name = 'Shop'"))[0][0])


async def ancestors(database: Database, project_id: int) -> list[tuple[Any, ...]]:
    """What is tracked of whatever is above ads, beside the sums of the ads below."""
    return await rows(
        database,
        """
        with above (id, entity_id) as (
            select ad.id, unnest(array[ad.ad_set_id, ad_set.campaign_id, ad.ad_account_id])
            from ad
            join ad_set on ad_set.id = ad.ad_set_id
        ),
        expected as (
            select
                above.entity_id, basis, day, event_name, currency, kind, sum(count_7_1) as count,
                sum(value_28_28) as value
            from tracked_day
            join above on above.id = tracked_day.entity_id
            where span = 1
            group by 1, 2, 3, 4, 5, 6
        ),
        found as (
            select entity_id, basis, day, event_name, currency, kind, count_7_1, value_28_28
            from tracked_day
            where span = 1 and entity_id not in (select id from ad where $1::bigint > 0)
        )
        select *
        from expected
        full join found using (entity_id, basis, day, event_name, currency, kind)
        where coalesce(expected.count, 0) <> coalesce(found.count_7_1, 0)
            or coalesce(expected.value, 0) <> coalesce(found.value_28_28, 0)
        """,
        project_id,
    )


async def test_conversions_that_waited_for_an_ad_count_once_it_is_imported(database: Database, org_id: int) -> None:
    events = random_events(Random(3), 70)
    before = await import_tree(database, org_id, "a1")
    await take(database, org_id, before, events)

    await import_tree(database, org_id, "a1", "a2", "strange")

    await check_rollups(database, before)
    late = await told(database, before)
    assert late["waiting"] == []
    assert any(row[9] == "strange" or row[11] == "strange" for row in late["conversions"])
    await take(database, org_id, before, events)
    assert await told(database, before) == late


async def test_what_is_tracked_of_an_ad_follows_it_to_another_ad_set(database: Database, org_id: int) -> None:
    project_id = await import_tree(database, org_id, "a1", "a2")
    await take(database, org_id, project_id, random_events(Random(4), 70))

    await import_tree(database, org_id, "a2", ad_set="T")

    await check_rollups(database, project_id)
    assert await ancestors(database, project_id) == []


async def test_what_is_tracked_of_an_ad_set_follows_it_to_an_account_in_another_timezone(
    database: Database, org_id: int
) -> None:
    project_id = await import_tree(database, org_id, "a1", "a2")
    await take(database, org_id, project_id, random_events(Random(7), 70))

    await import_tree(database, org_id, account="B", timezone="America/Los_Angeles")

    await check_rollups(database, project_id)
    assert await ancestors(database, project_id) == []


async def test_spans_of_days_follow_an_ad_set_to_an_account_that_had_none(database: Database, org_id: int) -> None:
    project_id = await import_tree(database, org_id, "a1", "a2")
    await take(database, org_id, project_id, random_events(Random(11), 70))
    async with database.transaction() as transaction:
        await tracked.add_up_spans(transaction, org_id, project_id, date(2026, 1, 1))

    await import_tree(database, org_id, account="B", timezone="America/Los_Angeles")
    await take(database, org_id, project_id, random_events(Random(12), 70))
    async with database.transaction() as transaction:
        await tracked.add_up_spans(transaction, org_id, project_id, date(2026, 1, 2))

    assert [str(difference) for difference in (await verify(database, org_id)).differences] == []
    assert await rows(database, "select distinct ad_account_id from tracked_span where level = 4") == await rows(
        database, "select id from ad_account where external_id = 'B'"
    )


async def test_an_account_whose_timezone_changes_has_its_conversions_on_other_days(
    database: Database, org_id: int
) -> None:
    project_id = await import_tree(database, org_id, "a1", "a2")
    await take(database, org_id, project_id, random_events(Random(8), 70))
    before = await told(database, project_id)

    await import_tree(database, org_id, "a1", "a2", timezone="Pacific/Auckland")

    await check_rollups(database, project_id)
    assert (await told(database, project_id))["tracked"] != before["tracked"]
