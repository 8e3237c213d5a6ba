"""Meta's Marketing API: insights as they come."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers import SOURCES
from db.importers.choices import Choices
from db.importers.meta import read
from db.importers.records import BadRow, Entity, Fact, Note, Record, Reported, WindowReach
from db.level import Level
from tests.records import named, standing, take


def make_row(**fields: Any) -> dict[str, Any]:
    """A row about an ad's day, as the API writes it; None leaves a field out."""
    known: dict[str, Any] = {
        "account_id": "1", "account_name": "Shop", "account_currency": "EUR",
        "campaign_id": "10", "campaign_name": "Autumn", "adset_id": "100", "adset_name": "Women",
        "ad_id": "1000", "ad_name": "Video", "date_start": "2025-03-10", "date_stop": "2025-03-10",
        "impressions": "1200", "clicks": "30", "inline_link_clicks": "20", "spend": "12.34", "reach": "900",
        "ctr": "2.5", "cpc": "0.411333",
    }  # fmt: skip
    return {name: value for name, value in (known | fields).items() if value is not None}


def make_action(action_type: str, value: object) -> dict[str, object]:
    return {"action_type": action_type, "value": value, "7d_click": value}


def make_page(directory: Path, *rows: dict[str, Any], name: str = "page.json") -> Path:
    path = directory / name
    path.write_text(json.dumps({"data": rows, "paging": {"cursors": {"after": "x"}}}))
    return path


def facts(records: list[Record]) -> list[Fact]:
    return [record for record in records if isinstance(record, Fact)]


def test_a_row_is_an_ads_day_and_names_what_is_above_it(tmp_path: Path):
    records = list(read([make_page(tmp_path, make_row())]))

    (fact,) = facts(records)
    assert (fact.level, fact.external_id, fact.day) == (Level.AD, "1000", date(2025, 3, 10))
    assert (fact.spend_micros, fact.impressions, fact.clicks, fact.link_clicks, fact.reach) == (
        12_340_000, 1200, 30, 20, 900,
    )  # fmt: skip
    assert fact.parents == ((Level.AD_ACCOUNT, "1"), (Level.CAMPAIGN, "10"), (Level.AD_SET, "100"))
    entities = [record for record in records if isinstance(record, Entity)]
    assert [(each.level, each.external_id, each.name) for each in entities] == [
        (Level.AD_ACCOUNT, "1", "Shop"), (Level.CAMPAIGN, "10", "Autumn"), (Level.AD_SET, "100", "Women"),
        (Level.AD, "1000", "Video"),
    ]  # fmt: skip
    assert entities[0].currency == "EUR"


@pytest.mark.parametrize(
    ("left_out", "level", "external_id"),
    [
        ((), Level.AD, "1000"),
        (("ad_id", "ad_name"), Level.AD_SET, "100"),
        (("ad_id", "adset_id"), Level.CAMPAIGN, "10"),
        (("ad_id", "adset_id", "campaign_id"), Level.AD_ACCOUNT, "1"),
        (("account_id", "adset_id", "campaign_id"), Level.AD, "1000"),
    ],
)
def test_the_level_is_that_of_the_lowest_entity_named(
    tmp_path: Path, left_out: tuple[str, ...], level: Level, external_id: str
):
    (fact,) = facts(list(read([make_page(tmp_path, make_row(**dict.fromkeys(left_out)))])))

    assert (fact.level, fact.external_id) == (level, external_id)


OVERLAPPING = [
    make_action("link_click", "20"), make_action("offsite_conversion.fb_pixel_purchase", "2"),
    make_action("purchase", "3"), make_action("omni_purchase", "4"), make_action("lead", "7"),
    make_action("offsite_conversion.fb_pixel_lead", "7"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("actions", "types", "conversions"),
    [
        (OVERLAPPING, (), 4),
        (OVERLAPPING[:3], (), 3),
        (OVERLAPPING[:2], (), 2),
        (OVERLAPPING[:1], (), 0),
        ([], (), 0),
        (OVERLAPPING, ("offsite_conversion.fb_pixel_lead", "lead"), 7),
        (OVERLAPPING[-2:-1], ("offsite_conversion.fb_pixel_lead", "lead"), 7),
    ],
)
def test_of_overlapping_action_types_the_first_present_counts(
    tmp_path: Path, actions: list[object], types: tuple[str, ...], conversions: int
):
    path = make_page(tmp_path, make_row(actions=actions))
    (fact,) = facts(list(SOURCES["meta"].read([path], Choices(action_types=types))))

    assert fact.conversions_millionths == conversions * 1_000_000


def test_where_any_row_has_actions_the_others_had_none(tmp_path: Path):
    rows = [
        make_row(), make_row(ad_id="2", actions=[make_action("purchase", 1)]),
        make_row(ad_id="3", actions=[], action_values=[make_action("purchase", "9.99")]),
    ]  # fmt: skip
    found = facts(list(read([make_page(tmp_path, *rows)])))

    assert [(fact.conversions_millionths, fact.conversion_value_micros) for fact in found] == [
        (0, 0), (1_000_000, 0), (0, 9_990_000),
    ]  # fmt: skip


def test_where_no_row_has_actions_conversions_are_not_reported(tmp_path: Path):
    records = list(read([make_page(tmp_path, make_row())]))

    assert [fact.conversions_millionths for fact in facts(records)] == [None]
    assert next(record.text for record in records if isinstance(record, Note)).startswith("No row has actions")
    assert not any(isinstance(record, Reported) for record in records)


def test_what_conversions_are_is_told_with_the_attribution_of_the_rows(tmp_path: Path):
    rows = [make_row(actions=[], attribution_setting=setting) for setting in ("7d_click_1d_view", "1d_click")]
    *_, reported = read([make_page(tmp_path, *rows)])

    assert isinstance(reported, Reported)
    assert reported.conversion == "omni_purchase, purchase, offsite_conversion.fb_pixel_purchase"
    assert reported.attribution == "1d_click, 7d_click_1d_view"


def test_a_row_over_a_whole_life_brings_its_reach_as_of_its_last_day(tmp_path: Path):
    row = make_row(date_start="2023-01-01", date_stop="2025-03-31")
    own, life = (
        record for record in read([make_page(tmp_path, row)], Choices(lifetime=True))
        if isinstance(record, WindowReach)
    )  # fmt: skip

    assert (own.since, own.until, own.reach) == (date(2023, 1, 1), date(2025, 4, 1), 900)
    assert (life.since, life.until, life.reach) == (None, None, 900)
    assert life.extracted_at is not None
    assert life.extracted_at.date() == date(2025, 3, 31)


def test_a_row_over_several_days_brings_reach_alone(tmp_path: Path):
    path = make_page(tmp_path, make_row(date_start="2025-03-01", date_stop="2025-03-31", ad_id=None))
    records = list(read([path]))

    (window,) = (record for record in records if isinstance(record, WindowReach))
    assert (window.level, window.external_id, window.reach) == (Level.AD_SET, "100", 900)
    assert (window.since, window.until) == (date(2025, 3, 1), date(2025, 4, 1))
    assert facts(records) == []
    assert any("1 rows are about several days" in record.text for record in records if isinstance(record, Note))


def test_hours_of_the_accounts_day_are_its_parts_without_reach(tmp_path: Path):
    hour = {"hourly_stats_aggregated_by_advertiser_time_zone": "05:00:00 - 05:59:59"}
    (fact,) = facts(list(read([make_page(tmp_path, make_row(**hour))])))

    assert (fact.part, fact.reach) == (5, None)


def test_the_latest_day_names_an_entity(tmp_path: Path):
    rows = [make_row(ad_name=name, date_start=day, date_stop=day) for name, day in (
        ("late", "2025-03-12"), ("early", "2025-03-10"), ("early", "2025-03-11"),
    )]  # fmt: skip
    records = read([make_page(tmp_path, *rows)])

    ads = [record for record in records if isinstance(record, Entity) and record.level == Level.AD]
    assert max(ads, key=lambda ad: ad.version).name == "late"


@pytest.mark.parametrize(
    ("fields", "column", "reason"),
    [
        ({"spend": "-1"}, "data[0].spend", "is negative"),
        ({"spend": "NaN"}, "data[0].spend", "finite"),
        ({"impressions": 1.5}, "data[0].impressions", "whole"),
        ({"date_start": "2025-02-30"}, "data[0].date_start", "calendar"),
        ({"date_stop": "2025-03-09"}, "data[0].date_stop", "is before date_start"),
        ({"date_stop": "2025-03-11", "reach": None}, "data[0].reach", "tells nothing else"),
        ({"age": "18-24"}, "data[0].age", "is a breakdown"),
        ({"ad_id": 1.7e15}, "data[0].ad_id", "floating-point"),
        ({"actions": [make_action("purchase", "-2")]}, "data[0].actions[0].value", "is negative"),
        ({"actions": [make_action("purchase", None)]}, "data[0].actions[0].value", "is empty"),
        ({"actions": [make_action("purchase", 1)] * 2}, "data[0].actions[1].action_type", "is there twice"),
        ({"actions": "3"}, "data[0].actions", "is no JSON list"),
        (dict.fromkeys(("account_id", "campaign_id", "adset_id", "ad_id")), "data[0].account_id", "one is needed"),
    ],
)
def test_a_bad_row_is_told_with_its_column(tmp_path: Path, fields: dict[str, Any], column: str, reason: str):
    (bad_row,) = (row for row in read([make_page(tmp_path, make_row(**fields))]) if isinstance(row, BadRow))

    assert bad_row.column == column
    assert reason in bad_row.reason


def test_two_currencies_of_one_account_are_told(tmp_path: Path):
    path = make_page(tmp_path, make_row(), make_row(account_currency="USD"))
    (bad_row,) = (row for row in read([path]) if isinstance(row, BadRow))

    assert (bad_row.column, bad_row.value) == ("data[1].account_currency", "USD")


def test_an_error_response_is_told(tmp_path: Path):
    path = tmp_path / "page.json"
    path.write_text('{"error": {"message": "(#17) User request limit reached", "code": 17}}')

    assert [record.reason for record in read([path]) if isinstance(record, BadRow)] == [
        "is an error response of the API: (#17) User request limit reached"
    ]


async def test_reports_of_all_levels_are_taken_together(database: Database, org_id: int, tmp_path: Path):
    above = {"ad_id": None, "adset_id": None}
    pages = [
        make_page(tmp_path, make_row(actions=[make_action("purchase", 2)]), name="ads.json"),
        make_page(tmp_path, make_row(**above, spend="20.00", reach="1500"), name="campaigns.json"),
    ]
    await take(database, org_id, read(pages))

    assert (await named(database, "ad_account", "1"))["currency"] == "EUR"
    assert (await named(database, "ad", "1000"))["name"] == "Video"
    day = date(2025, 3, 10)
    assert await standing(database, "campaign", "10") == {day: 20_000_000}
    assert await standing(database, "ad_set", "100") == {day: 12_340_000}
    assert await standing(database, "ad_account", "1", "conversions_millionths") == {day: 2_000_000}


def test_a_file_that_is_not_there_and_choices_that_mean_nothing_are_told(tmp_path: Path):
    with pytest.raises(Invalid, match="does not exist"):
        list(read([tmp_path / "absent.json"]))
    with pytest.raises(Invalid, match="--conversion means nothing to meta"):
        SOURCES["meta"].read([make_page(tmp_path)], Choices(conversion="tapInstalls"))
    with pytest.raises(Invalid, match="--map means nothing to meta"):
        SOURCES["meta"].read([make_page(tmp_path)], Choices(columns={"spend": "cost"}))


def test_rows_are_not_held_back_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("db.importers.meta_insights._HELD", 2)
    rows = [make_row(ad_id=str(number)) for number in (1, 2)]
    late = [make_row(ad_id="3", actions=[make_action("purchase", 1)]), make_row(ad_id="4")]
    found = facts(list(read([make_page(tmp_path, *rows, *late)])))

    # What came before is not known, rather than wrong.
    assert [fact.conversions_millionths for fact in found] == [None, None, 1_000_000, 0]
