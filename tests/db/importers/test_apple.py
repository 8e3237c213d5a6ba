"""Apple Search Ads: its reports as they come."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.apple import read
from db.importers.choices import Choices
from db.importers.records import BadRow, Entity, Fact, Note, Record, Reported
from db.level import Level
from tests.records import named, standing, take

CAMPAIGN = {
    "orgId": 5, "campaignId": 50, "campaignName": "Brand", "campaignStatus": "ENABLED", "deleted": False,
    "dailyBudget": {"amount": "25", "currency": "USD"}, "servingStatus": "RUNNING",
}  # fmt: skip
AD_GROUP = {
    "orgId": 5,
    "campaignId": 50,
    "adGroupId": 500,
    "adGroupName": "Exact",
    "adGroupStatus": "PAUSED",
    "deleted": False,
}
AD = {"orgId": 5, "campaignId": 50, "adGroupId": 500, "adId": 5000, "adName": "Default", "status": "ENABLED"}


def make_day(**fields: Any) -> dict[str, Any]:
    """A day of a report's row, as the API writes it."""
    known = {
        "date": "2025-03-10", "impressions": 300, "taps": 9, "ttr": 0.03, "tapInstalls": 2, "totalInstalls": 3,
        "localSpend": {"amount": "11.35", "currency": "USD"}, "avgCPT": {"amount": "1.2611", "currency": "USD"},
    }  # fmt: skip
    return {name: value for name, value in (known | fields).items() if value is not None}


def make_report(directory: Path, metadata: dict[str, Any], *days: dict[str, Any], envelope: bool = True) -> Path:
    report = {"reportingDataResponse": {"row": [{"other": False, "metadata": metadata, "granularity": days}]}}
    page = {"data": report, "pagination": None, "error": None} if envelope else report
    path = directory / f"report{len(list(directory.iterdir()))}.json"
    path.write_text(json.dumps(page))
    return path


def facts(records: list[Record]) -> list[Fact]:
    return [record for record in records if isinstance(record, Fact)]


@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize(
    ("metadata", "level", "external_id"),
    [(CAMPAIGN, Level.CAMPAIGN, "50"), (AD_GROUP, Level.AD_SET, "500"), (AD, Level.AD, "5000")],
)
def test_a_day_of_a_row_is_a_fact_of_its_level(
    tmp_path: Path, metadata: dict[str, Any], level: Level, external_id: str, envelope: bool
):
    (fact,) = facts(list(read([make_report(tmp_path, metadata, make_day(), envelope=envelope)])))

    assert (fact.level, fact.external_id, fact.day, fact.part) == (level, external_id, date(2025, 3, 10), None)
    assert (fact.spend_micros, fact.impressions, fact.clicks, fact.link_clicks) == (11_350_000, 300, 9, 9)
    assert (fact.conversions_millionths, fact.conversion_value_micros, fact.reach) == (3_000_000, None, None)
    assert fact.parents[0] == (Level.AD_ACCOUNT, "5")


def test_tap_installs_may_be_the_conversions(tmp_path: Path):
    path = make_report(tmp_path, CAMPAIGN, make_day())
    *records, reported = read([path], Choices(conversion="tapInstalls"))

    assert [fact.conversions_millionths for fact in facts(records)] == [2_000_000]
    assert isinstance(reported, Reported)
    assert (reported.conversion, reported.attribution) == ("tapInstalls", "30 days after a tap")
    with pytest.raises(Invalid, match="choose one of totalInstalls, tapInstalls"):
        list(read([path], Choices(conversion="installs")))


async def test_campaigns_ad_groups_and_ads_are_taken_together(database: Database, org_id: int, tmp_path: Path):
    days = make_day(), make_day(date="2025-03-11", localSpend={"amount": 0.2, "currency": "USD"})
    reports = [make_report(tmp_path, metadata, *days) for metadata in (CAMPAIGN, AD_GROUP, AD)]
    await take(database, org_id, read(reports))

    assert (await named(database, "ad_account", "5"))["currency"] == "USD"
    campaign = await named(database, "campaign", "50")
    assert (campaign["name"], campaign["status"], campaign["budget_micros"], campaign["budget_period"]) == (
        "Brand", "ACTIVE", 25_000_000, "DAILY",
    )  # fmt: skip
    assert (await named(database, "ad_set", "500"))["status"] == "PAUSED"
    assert (await named(database, "ad", "5000"))["name"] == "Default"
    expected = {date(2025, 3, 10): 11_350_000, date(2025, 3, 11): 200_000}
    assert await standing(database, "ad_account", "5") == expected


def test_ads_without_an_id_of_their_own_are_told_apart_by_their_ad_group(tmp_path: Path):
    (fact,) = facts(list(read([make_report(tmp_path, AD | {"adId": -1}, make_day())])))

    assert fact.external_id == "500:-1"


def test_hours_are_parts_of_the_day(tmp_path: Path):
    (fact,) = facts(list(read([make_report(tmp_path, CAMPAIGN, make_day(date="2025-03-10 07"))])))

    assert (fact.day, fact.part) == (date(2025, 3, 10), 7)


def test_a_count_that_no_row_has_is_remarked_upon(tmp_path: Path):
    path = make_report(tmp_path, CAMPAIGN, make_day(totalInstalls=None))
    records = list(read([path]))

    assert [fact.conversions_millionths for fact in facts(records)] == [None]
    assert [record.text for record in records if isinstance(record, Note)] == [
        "No row has totalInstalls, so conversions are not reported: --conversion tapInstalls is there."
    ]


def test_days_a_week_apart_are_remarked_upon(tmp_path: Path):
    path = make_report(tmp_path, CAMPAIGN, make_day(), make_day(date="2025-03-17"))
    (note,) = (record for record in read([path]) if isinstance(record, Note))

    assert note.text.startswith("All days are Mondays.")


def test_a_deleted_entity_is_deleted(tmp_path: Path):
    records = read([make_report(tmp_path, AD_GROUP | {"deleted": True}, make_day())])

    found = {record.external_id: record.status for record in records if isinstance(record, Entity)}
    assert found == {"5": None, "500": "DELETED"}


@pytest.mark.parametrize(
    ("metadata", "day", "column", "reason"),
    [
        ({}, {"localSpend": {"amount": "-1", "currency": "USD"}}, "granularity[0].localSpend.amount", "is negative"),
        ({}, {"localSpend": "11.35"}, "granularity[0].localSpend", "is no JSON object"),
        ({}, {"taps": "many"}, "granularity[0].taps", "is not a number"),
        ({}, {"date": None}, "granularity[0].date", "is not a date"),
        ({"countryOrRegion": "US"}, {}, "metadata.countryOrRegion", "is a breakdown"),
        ({"orgId": None, "campaignId": None}, {}, "metadata.campaignId", "one is needed"),
    ],
)
def test_a_bad_row_is_told_with_its_column(
    tmp_path: Path, metadata: dict[str, Any], day: dict[str, Any], column: str, reason: str
):
    path = make_report(tmp_path, CAMPAIGN | metadata, make_day(**day))
    (bad_row,) = (row for row in read([path]) if isinstance(row, BadRow))

    assert bad_row.column == f"data.reportingDataResponse.row[0].{column}"
    assert reason in bad_row.reason


def test_two_currencies_of_one_account_are_told(tmp_path: Path):
    path = make_report(tmp_path, CAMPAIGN, make_day(), make_day(localSpend={"amount": "1", "currency": "EUR"}))
    (bad_row,) = (row for row in read([path]) if isinstance(row, BadRow))

    assert (bad_row.column.rsplit("]", 1)[1], bad_row.value) == (".localSpend.currency", "EUR")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            {"data": None, "error": {"errors": [{"message": "Invalid token"}]}},
            "error response of the API: Invalid token",
        ),
        ({"reportingDataResponse": {"row": [{"metadata": CAMPAIGN, "total": make_day()}]}}, "granularity DAILY"),
    ],
)
def test_what_is_no_daily_report_is_told(tmp_path: Path, content: dict[str, Any], reason: str):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(content))

    assert [reason in record.reason for record in read([path]) if isinstance(record, BadRow)] == [True]
