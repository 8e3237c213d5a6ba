"""TikTok's API for Business: its integrated report as it comes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.importers.choices import Choices
from db.importers.records import BadRow, Dating, Fact, Note, Record, Reported, WindowReach
from db.importers.tiktok import read
from db.level import Level
from tests.records import named, standing, take

AD = {"ad_id": "1714125051115569", "stat_time_day": "2025-03-10 00:00:00"}
ABOVE: dict[str, Any] = {
    "campaign_id": "20",
    "campaign_name": "Autumn",
    "adgroup_id": "200",
    "adgroup_name": "Women",
    "ad_name": "Clip",
}
SEVEN = Choices(account="7")


def make_row(dimensions: dict[str, Any] = AD, **metrics: Any) -> dict[str, Any]:
    """A row of a report, as the API writes it."""
    known = {
        "spend": "20.10", "impressions": "3000", "clicks": "40", "reach": "2500", "conversion": "3",
        "real_time_conversion": "5", "total_purchase_value": "60.30", "ctr": "1.33", "cpc": "0.503",
    }  # fmt: skip
    return {"dimensions": dimensions, "metrics": known | metrics}


def make_page(directory: Path, *rows: dict[str, Any], name: str = "page.json") -> Path:
    page = {"code": 0, "message": "OK", "request_id": "x", "data": {"list": rows, "page_info": {"page": 1}}}
    path = directory / name
    path.write_text(json.dumps(page))
    return path


def facts(records: list[Record]) -> list[Fact]:
    return [record for record in records if isinstance(record, Fact)]


def test_a_row_is_an_ads_day_and_names_what_is_above_it(tmp_path: Path):
    (fact,) = facts(list(read([make_page(tmp_path, make_row(**ABOVE))], SEVEN)))

    assert (fact.level, fact.external_id, fact.day, fact.part) == (
        Level.AD, "1714125051115569", date(2025, 3, 10), None,
    )  # fmt: skip
    assert (fact.spend_micros, fact.impressions, fact.clicks, fact.link_clicks, fact.reach) == (
        20_100_000, 3000, 40, 40, 2500,
    )  # fmt: skip
    assert (fact.conversions_millionths, fact.conversion_value_micros) == (3_000_000, 60_300_000)
    assert fact.parents == ((Level.AD_ACCOUNT, "7"), (Level.CAMPAIGN, "20"), (Level.AD_SET, "200"))


@pytest.mark.parametrize(
    ("dimensions", "level", "external_id"),
    [
        ({"adgroup_id": "200"}, Level.AD_SET, "200"),
        ({"campaign_id": "20"}, Level.CAMPAIGN, "20"),
        ({"advertiser_id": "8"}, Level.AD_ACCOUNT, "8"),
        ({}, Level.AD_ACCOUNT, "7"),
    ],
)
def test_the_level_is_that_of_the_dimension(tmp_path: Path, dimensions: dict[str, str], level: Level, external_id: str):
    row = make_row(dimensions | {"stat_time_day": "2025-03-10 00:00:00"})
    (fact,) = facts(list(read([make_page(tmp_path, row)], SEVEN)))

    assert (fact.level, fact.external_id) == (level, external_id)


async def test_hours_are_summed_to_days_without_reach(database: Database, org_id: int, tmp_path: Path):
    hours = [
        make_row({"ad_id": "1", "stat_time_hour": f"2025-03-10 {hour}:00:00"}, currency="EUR", **ABOVE)
        for hour in ("05", "06", "23")
    ]
    await take(database, org_id, read([make_page(tmp_path, *hours)], SEVEN))

    day = date(2025, 3, 10)
    assert await standing(database, "ad_account", "7") == {day: 60_300_000}
    assert await standing(database, "campaign", "20", "conversions_millionths") == {day: 9_000_000}
    assert await standing(database, "campaign", "20", "reach_rows") == {day: 0}
    assert (await named(database, "ad_account", "7"))["currency"] == "EUR"
    assert (await named(database, "ad_set", "200"))["name"] == "Women"


@pytest.mark.parametrize(
    ("conversion", "counted", "dating"),
    [(None, 3, Dating.IMPRESSION), ("real_time_conversion", 5, Dating.CONVERSION)],
)
def test_conversions_are_dated_by_the_impression_or_by_themselves(
    tmp_path: Path, conversion: str | None, counted: int, dating: Dating
):
    *records, reported = read([make_page(tmp_path, make_row())], Choices(account="7", conversion=conversion))

    assert facts(records)[0].conversions_millionths == counted * 1_000_000
    assert isinstance(reported, Reported)
    assert reported.dating == dating


def test_a_dash_and_null_are_not_reported(tmp_path: Path):
    (fact,) = facts(list(read([make_page(tmp_path, make_row(conversion="-", reach=None))])))

    assert (fact.conversions_millionths, fact.reach) == (None, None)


def test_a_row_without_a_day_counts_as_a_whole_life_only_if_it_is_said_to(tmp_path: Path):
    path = make_page(tmp_path, make_row({"ad_id": "1"}))
    (note,) = (record for record in read([path]) if isinstance(record, Note))
    (window,) = (record for record in read([path], Choices(lifetime=True)) if isinstance(record, WindowReach))

    assert note.text.startswith("1 rows without a day were left out")
    assert (window.external_id, window.since, window.until, window.reach) == ("1", None, None, 2500)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (make_row(spend="-1"), "spend", "is negative"),
        (make_row(reach="NaN"), "reach", "finite"),
        (make_row(AD | {"stat_time_day": "yesterday"}), "stat_time_day", "is not a date"),
        (make_row(AD | {"gender": "FEMALE"}), "dimensions.gender", "splits an entity's day"),
        (make_row({"stat_time_day": "2025-03-10"}), "dimensions.ad_id", "is missing"),
        ({"dimensions": AD, "metrics": []}, "metrics", "is no JSON object"),
    ],
)
def test_a_bad_row_is_told_with_its_column(tmp_path: Path, row: dict[str, Any], column: str, reason: str):
    (bad_row,) = (record for record in read([make_page(tmp_path, row)]) if isinstance(record, BadRow))

    assert bad_row.column == f"data.list[0].{column}"
    assert reason in bad_row.reason


def test_an_error_response_is_told(tmp_path: Path):
    path = tmp_path / "page.json"
    path.write_text('{"code": 40105, "message": "Access token is incorrect", "data": {}}')
    (bad_row,) = (record for record in read([path]) if isinstance(record, BadRow))

    assert bad_row.reason == "is an error response of the API: 40105 Access token is incorrect"
