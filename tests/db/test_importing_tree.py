"""Where an import puts entities: who describes them, who their parents are, and what moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.database import Database
from db.importers.records import Orphan
from db.importing import CurrencyChanged
from db.level import Level, Platform
from tests.records import (
    DAY,
    contents,
    make_entity,
    make_place,
    make_record,
    make_tree,
    named,
    rows,
    standing,
    take,
)

NEXT = DAY + timedelta(days=1)


async def test_the_latest_row_describes_an_entity(database: Database, org_id: int):
    history = [make_entity(Level.CAMPAIGN, "10", "1", name=f"v{version}", version=version) for version in "132"]
    await take(database, org_id, [*make_tree(), *history])

    assert (await named(database, "campaign", "10"))["name"] == "v3"


async def test_what_a_row_leaves_out_keeps_what_is_stored(database: Database, org_id: int):
    full = make_entity(
        Level.CAMPAIGN, "10", "1", name="Spring", status="PAUSED", objective="SALES", budget_micros=5,
        budget_period="DAILY",
    )  # fmt: skip
    await take(database, org_id, [make_tree()[0], full])
    before = await named(database, "campaign", "10")

    await take(database, org_id, [make_entity(Level.CAMPAIGN, "10")])
    assert await named(database, "campaign", "10") == before

    await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", budget_period="NONE")])
    assert await named(database, "campaign", "10") == before | {"budget_micros": None, "budget_period": None}


async def test_a_parent_that_nobody_describes_is_a_placeholder_until_its_row_comes(database: Database, org_id: int):
    await take(database, org_id, [make_tree()[0], make_entity(
        Level.AD_SET, "100", "10", ad_account="1", name="Ad set"), make_record(Level.AD_SET, "100", spend_micros=5)
    ])  # fmt: skip
    placeholder = await named(database, "campaign", "10")
    assert (placeholder["name"], placeholder["status"], placeholder["placeholder"]) == ("10", "UNKNOWN", True)

    report = await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", "1", name="Spring", status="ACTIVE")])

    completed = await named(database, "campaign", "10")
    assert completed == placeholder | {"name": "Spring", "status": "ACTIVE", "placeholder": False}
    assert report.moved == 0


async def test_a_fact_with_nothing_but_an_account_gets_placeholders_and_moves_out_of_them(
    database: Database, org_id: int
):
    await take(database, org_id, [
        make_tree()[0], make_record(Level.AD, "1000", spend_micros=5, parents=((Level.AD_ACCOUNT, "1"),)),
    ])  # fmt: skip
    assert [row["name"] for row in await rows(database, "select name from campaign")] == ["Unknown campaign"]

    report = await take(database, org_id, make_tree())

    assert report.moved == 1
    assert [row["name"] for row in await rows(database, "select name from campaign")] == ["Campaign"]
    assert await standing(database, "ad_set", "100") == {DAY: 5}
    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert len(await rows(database, "select 1 from daily_rollup")) == 3


async def test_a_named_campaign_holds_ads_whose_ad_set_is_unknown(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree()[:2], make_record(Level.AD, "7", spend_micros=5, parents=((Level.CAMPAIGN, "10"),)),
    ])  # fmt: skip

    assert await standing(database, "campaign", "10") == {DAY: 5}


async def test_the_account_of_a_fact_places_an_entity_whose_own_row_names_no_account(database: Database, org_id: int):
    await take(database, org_id, [
        make_entity(Level.AD, "1000", "100"),
        make_record(Level.AD, "1000", spend_micros=5, parents=((Level.AD_ACCOUNT, "1"),)),
    ])  # fmt: skip

    assert await standing(database, "ad_set", "100") == {DAY: 5}
    assert await standing(database, "ad_account", "1") == {DAY: 5}


async def test_an_entitys_own_row_decides_and_disagreement_is_a_warning(database: Database, org_id: int):
    ad = make_entity(Level.AD, "1000", "100", parents=((Level.AD_ACCOUNT, "2"), (Level.CAMPAIGN, "20")), name="Ad")
    report = await take(database, org_id, [
        *make_tree()[:3], ad, make_record(Level.AD, "1000", spend_micros=5, parents=((Level.AD_SET, "300"),)),
    ])  # fmt: skip

    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert len(await rows(database, "select 1 from ad_account")) == 1
    assert len(report.warnings) == 2
    assert (
        f"export.csv:{ad.place.line}: a row of the ad 1000 names the campaign 20 and the ad account 2"
        in (report.warnings[0])
    )
    assert "names the ad set 300" in report.warnings[1]
    assert "in the ad set 100" in report.warnings[1]


async def test_orphans_are_set_aside_and_counted(database: Database, org_id: int):
    report = await take(database, org_id, [
        *make_tree(),
        make_entity(Level.CAMPAIGN, "50"),
        make_record(Level.AD_SET, "500", parents=((Level.CAMPAIGN, "50"),)),
        make_record(Level.AD_SET, "500", NEXT, parents=((Level.CAMPAIGN, "50"),)),
        *(Orphan(make_place(), Platform.META, Level.AD, "5000", day) for day in (DAY, DAY, NEXT)),
    ])  # fmt: skip

    assert [(each.level, each.entities, each.facts, each.examples) for each in report.orphans] == [
        (Level.CAMPAIGN, 1, 0, ("50",)), (Level.AD_SET, 1, 2, ("500",)), (Level.AD, 1, 2, ("5000",)),
    ]  # fmt: skip
    assert await rows(database, "select fact_count, orphan_count from data_import") == [
        {"fact_count": 0, "orphan_count": 4}
    ]
    assert await rows(database, "select 1 from daily_fact union all select 1 from coverage") == []


async def test_what_earlier_imports_said_places_facts(database: Database, org_id: int):
    await take(database, org_id, make_tree())
    report = await take(database, org_id, [make_record(Level.AD, "1000", spend_micros=5)])

    assert report.orphans == ()
    assert await standing(database, "ad_account", "1") == {DAY: 5}


async def test_an_entity_moves_with_all_its_past(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree(), *make_tree("2", "20", "200", "2000"),
        *(make_record(Level.AD, "1000", day, spend_micros=5) for day in (DAY, NEXT)),
        make_record(Level.AD, "2000", NEXT, spend_micros=1),
    ])  # fmt: skip

    report = await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", "2")])

    assert report.moved == 1
    assert report.warnings == ("The campaign 10 moved from the ad account 1 to the ad account 2, with its past.",)
    assert await standing(database, "ad_account", "1") == {}
    assert await standing(database, "ad_account", "2") == {DAY: 5, NEXT: 6}
    assert await standing(database, "campaign", "10") == {DAY: 5, NEXT: 5}
    (account,) = await rows(database, "select id from ad_account where external_id = '2'")
    for table in ("campaign", "ad_set", "ad", "daily_fact", "daily_rollup"):
        found = await rows(database, f"select distinct ad_account_id from {table}")
        assert found == [{"ad_account_id": account["id"]}], table


async def test_facts_do_not_move_into_another_currency(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree(), make_record(Level.AD, "1000", spend_micros=5), make_entity(Level.AD_ACCOUNT, "2", currency="EUR"),
    ])  # fmt: skip
    before = await contents(database)

    with pytest.raises(CurrencyChanged, match=r"ad 1000 has facts in USD .* would move to 2, which is in EUR"):
        await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", "2")])

    assert await contents(database) == before
