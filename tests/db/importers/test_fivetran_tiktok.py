"""TikTok Ads as Fivetran lands it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.fivetran_tiktok import read
from db.importers.records import BadRow, Entity, Fact
from db.importing import ImportRefused
from db.level import Level
from tests.db.importers.exports import make_table, real
from tests.records import contents, named, rows, take

REPORT = "AD_ID,{},SPEND,IMPRESSIONS,CLICKS,REACH,CONVERSION,TOTAL_PURCHASE_VALUE"


async def test_the_real_export_needs_a_currency_for_can(database: Database, org_id: int):
    with pytest.raises(ImportRefused, match="currency 'CAN' is no ISO 4217 code") as refused:
        await take(database, org_id, read([real("fivetran_tiktok")]))

    assert (refused.value.count, refused.value.bad_rows[0].place.line) == (1, 3)
    assert await rows(database, "select 1 from project") == []


async def test_the_real_export_is_placed_by_own_rows(database: Database, org_id: int):
    report = await take(database, org_id, read([real("fivetran_tiktok")]), currency="CAD")

    assert (await named(database, "ad_account", "1"))["timezone"] == "Etc/GMT+5"
    accounts = await rows(database, "select external_id, currency, placeholder from ad_account order by 1")
    assert [(row["external_id"], row["currency"], row["placeholder"]) for row in accounts] == [
        ("1", "USD", False), ("111", "CAD", True), ("2", "CAD", False), ("222", "CAD", True), ("3", "CAD", True),
        ("333", "CAD", True), ("4", "CAD", True), ("444", "CAD", True),
    ]  # fmt: skip
    parents = await rows(
        database,
        """select ad_set.external_id as ad_set, campaign.external_id as campaign, ad_account.external_id as account
        from ad_set join campaign on campaign.id = campaign_id
        join ad_account on ad_account.id = ad_set.ad_account_id order by 1""",
    )
    assert [tuple(row.values()) for row in parents] == [
        ("1", "222", "111"), ("2", "333", "222"), ("3", "444", "333"), ("4", "555", "444"),
    ]  # fmt: skip
    assert report.facts == 12
    assert report.orphans == ()
    assert "the ad 1 names the campaign 1 and the ad account 1" in report.warnings[0]


async def test_importing_the_real_export_again_changes_nothing(database: Database, org_id: int):
    await take(database, org_id, read([real("fivetran_tiktok")]), currency="CAD")
    first = await contents(database)
    await take(database, org_id, read([real("fivetran_tiktok")]), currency="CAD")

    assert await contents(database) == first


def test_clicks_are_link_clicks_hours_are_parts_and_their_reach_is_nothing(tmp_path: Path):
    make_table(tmp_path, "ad_report_hourly", REPORT.format("STAT_TIME_HOUR"), [
        (1, "2021-09-15 5:00:00", "1.25", 10, 3, 7, 2, "-"), (1, "2021-09-15 10:00:00", "1", 10, "-", 7, 2, "0.5"),
    ])  # fmt: skip
    first, second = (record for record in read([tmp_path]) if isinstance(record, Fact))

    assert (first.external_id, first.day, first.part, first.reach) == ("1", date(2021, 9, 15), 5, None)
    assert (first.spend_micros, first.clicks, first.link_clicks) == (1_250_000, 3, 3)
    assert (first.conversions_millionths, first.conversion_value_micros) == (2_000_000, None)
    assert (second.part, second.clicks, second.conversion_value_micros) == (10, None, 500_000)


def test_a_daily_report_has_reach(tmp_path: Path):
    row = (1, "2021-09-15 00:00:00", 1, 10, 3, 7, 2, 0)
    make_table(tmp_path, "tiktok_ad_report_daily", REPORT.format("stat_time_day").lower(), [row])
    (fact,) = (record for record in read([tmp_path]) if isinstance(record, Fact))

    assert (fact.level, fact.part, fact.reach) == (Level.AD, None, 7)


def test_statuses_and_budgets_are_in_our_words(tmp_path: Path):
    make_table(tmp_path, "campaign_report_daily", "CAMPAIGN_ID,STAT_TIME_DAY,SPEND,IMPRESSIONS,CLICKS", [])
    make_table(
        tmp_path, "campaign_history",
        "CAMPAIGN_ID,ADVERTISER_ID,CAMPAIGN_NAME,BUDGET,BUDGET_MODE,OPERATION_STATUS,SECONDARY_STATUS,OBJECTIVE_TYPE",
        [
            (1, 9, "a", 450, "BUDGET_MODE_DAY", "ENABLE", "CAMPAIGN_STATUS_ENABLE", "CONVERSIONS"),
            (2, 9, "b", 30, "BUDGET_MODE_DYNAMIC_DAILY_BUDGET", "DISABLE", "", ""),
            (3, 9, "c", 70, "BUDGET_MODE_TOTAL", "ENABLE", "CAMPAIGN_STATUS_DELETE", ""),
            (4, 9, "d", 0, "BUDGET_MODE_INFINITE", "", "", ""),
        ],
    )  # fmt: skip
    found = [record for record in read([tmp_path]) if isinstance(record, Entity)]

    assert [(each.status, each.budget_micros, each.budget_period) for each in found] == [
        ("ACTIVE", 450_000_000, "DAILY"), ("PAUSED", 30_000_000, "DAILY"), ("DELETED", 70_000_000, "LIFETIME"),
        (None, None, "NONE"),
    ]  # fmt: skip
    assert found[0].objective == "CONVERSIONS"
    assert found[0].parents == ((Level.AD_ACCOUNT, "9"),)


@pytest.mark.parametrize(
    ("column", "values"),
    [("OPERATION_STATUS", ("BUDGET_MODE_DAY", "NEW_WORD")), ("BUDGET_MODE", ("BUDGET_MODE_WEEK", "ENABLE"))],
)
def test_a_word_that_nobody_knows_is_a_bad_row(tmp_path: Path, column: str, values: tuple[str, str]):
    make_table(tmp_path, "campaign_report_daily", "CAMPAIGN_ID,STAT_TIME_DAY,SPEND,IMPRESSIONS,CLICKS", [])
    header = "CAMPAIGN_ID,ADVERTISER_ID,BUDGET,BUDGET_MODE,OPERATION_STATUS"
    make_table(tmp_path, "campaign_history", header, [(1, 9, 450, *values)])
    (bad_row,) = (record for record in read([tmp_path]) if isinstance(record, BadRow))

    assert (bad_row.column, bad_row.describes) == (column.lower(), True)
    assert "that is known, as" in bad_row.reason
    assert bad_row.row == f"1,9,450,{values[0]},{values[1]}"


def test_a_directory_without_any_report_is_told(tmp_path: Path):
    with pytest.raises(Invalid, match=r"no table ad_report_hourly or .* no \.csv file at all"):
        list(read([tmp_path]))
