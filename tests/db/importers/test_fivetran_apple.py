"""Apple Search Ads as Fivetran lands it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.choices import Choices
from db.importers.fivetran_apple import read
from db.importers.records import BadRow, Fact, Reported
from db.level import Level
from tests.db.importers.exports import make_table
from tests.records import named, standing, take

DAY = date(2024, 5, 6)
OLDER = "impressions,local_spend_amount,local_spend_currency,new_downloads,redownloads,conversions,taps"
NEWER = (
    "impressions,local_spend_amount,local_spend_currency,tap_new_downloads,tap_redownloads,total_new_downloads,"
    "total_redownloads,taps"
)


def make_tree(directory: Path, currency: str = "USD") -> None:
    """An organization with a campaign, an ad group and an ad, each in several versions."""
    make_table(directory, "organization", "id,name,currency,time_zone", [(5, "Games", currency, "America/New_York")])
    make_table(
        directory, "campaign_history", "id,modification_time,name,organization_id,status,deleted,daily_budget_amount",
        [
            (50, "2024-01-02T00:00:00Z", "new", 5, "PAUSED", "false", 5),
            (50, "2024-01-01T00:00:00Z", "old", 5, "", "", ""),
        ],
    )  # fmt: skip
    make_table(
        directory, "ad_group_history", "id,modification_time,name,campaign_id,organization_id,status,deleted",
        [(500, "2024-01-01T00:00:00Z", "Exact", 50, 5, "ENABLED", "true")],
    )  # fmt: skip
    make_table(
        directory, "ad_history", "id,modification_time,name,ad_group_id,campaign_id,org_id,status",
        [(5000, "2024-01-01T00:00:00Z", "Default", 500, 50, 5, "ENABLED")],
    )  # fmt: skip


def facts(directory: Path, choices: Choices = Choices()) -> list[Fact]:  # noqa: B008  # it is frozen
    return [record for record in read([directory], choices) if isinstance(record, Fact)]


async def test_reports_of_all_levels_are_placed_by_the_histories(database: Database, org_id: int, tmp_path: Path):
    make_tree(tmp_path)
    row = (100, "5.09", "USD", 2, 1, 3, 5)
    make_table(tmp_path, "campaign_report", f"date,id,{OLDER}", [(DAY, 50, *row)])
    make_table(tmp_path, "apple_search_ads_ad_group_report_data", f"ad_group_id,date,{OLDER}", [(500, DAY, *row)])
    make_table(
        tmp_path,
        "ad_report",
        f"date,campaign_id,ad_group_id,ad_id,{OLDER}",
        [(DAY, 50, 500, 5000, *row[:1], 4, *row[2:])],
    )
    report = await take(database, org_id, read([tmp_path]))

    assert report.orphans == ()
    account = await named(database, "ad_account", "5")
    assert (account["currency"], account["timezone"]) == ("USD", "America/New_York")
    campaign = await named(database, "campaign", "50")
    assert (campaign["name"], campaign["status"], campaign["budget_micros"]) == ("new", "PAUSED", 5_000_000)
    assert (await named(database, "ad_set", "500"))["status"] == "DELETED"
    assert await standing(database, "ad_account", "5") == {DAY: 5_090_000}
    assert await standing(database, "ad_account", "5", "link_clicks") == {DAY: 5}
    assert await standing(database, "ad_account", "5", "conversions_millionths") == {DAY: 3_000_000}


@pytest.mark.parametrize(
    ("header", "row", "conversion", "counted", "told"),
    [
        (OLDER, (9, 1, "USD", 2, 1, 4, 5), None, 4, "conversions"),
        (OLDER, (9, 1, "USD", 2, 1, 4, 5), "tapInstalls", 4, "conversions"),
        (OLDER.replace(",conversions", ""), (9, 1, "USD", 2, 1, 5), None, 3, "new_downloads + redownloads"),
        (NEWER, (9, 1, "USD", 1, 2, 4, 8, 5), None, 12, "totalInstalls"),
        (NEWER, (9, 1, "USD", 1, 2, 4, 8, 5), "tapInstalls", 3, "tapInstalls"),
        (NEWER, (9, 1, "USD", 1, 2, 4, "", 5), None, None, "totalInstalls"),
        ("impressions,local_spend_amount,tap_installs,taps", (9, 1, 7, 5), None, None, "totalInstalls"),
        ("impressions,local_spend_amount,tap_installs,taps", (9, 1, 7, 5), "tapInstalls", 7, "tapInstalls"),
    ],
)
def test_conversions_are_the_installs_that_the_table_has(
    tmp_path: Path, header: str, row: tuple[object, ...], conversion: str | None, counted: int | None, told: str
):
    make_table(tmp_path, "campaign_report", f"date,id,{header}", [(DAY, 50, *row)])
    choices = Choices(conversion=conversion)

    (fact,) = facts(tmp_path, choices)
    assert fact.conversions_millionths == (None if counted is None else counted * 1_000_000)
    assert [each.conversion for each in read([tmp_path], choices) if isinstance(each, Reported)] == [told]


def test_a_currency_other_than_the_organizations_is_told(tmp_path: Path):
    make_tree(tmp_path, currency="EUR")
    make_table(tmp_path, "campaign_report", f"date,id,{OLDER}", [(DAY, 50, 9, 1, "USD", 0, 0, 0, 1)])
    (bad_row,) = (record for record in read([tmp_path]) if isinstance(record, BadRow))

    assert (bad_row.column, bad_row.value) == ("local_spend_currency", "USD")
    assert bad_row.reason == "is not that of the organization 5, EUR"


async def test_reports_tell_the_currency_where_no_organization_does(database: Database, org_id: int, tmp_path: Path):
    make_tree(tmp_path, currency="")
    make_table(tmp_path, "campaign_report", f"date,id,{OLDER}", [(DAY, 50, 9, 1, "SEK", 0, 0, 0, 1)])
    await take(database, org_id, read([tmp_path]))

    assert (await named(database, "ad_account", "5"))["currency"] == "SEK"


def test_ads_without_an_id_of_their_own_are_told_apart_by_their_ad_group(tmp_path: Path):
    make_table(tmp_path, "ad_report", f"date,ad_group_id,ad_id,{OLDER}", [(DAY, 500, -1, 9, 1, "USD", 0, 0, 0, 1)])

    assert [(fact.level, fact.external_id) for fact in facts(tmp_path)] == [(Level.AD, "500:-1")]


def test_a_directory_without_any_report_is_told(tmp_path: Path):
    with pytest.raises(Invalid, match="has no table campaign_report or"):
        list(read([tmp_path]))
