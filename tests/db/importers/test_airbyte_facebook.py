"""Facebook Marketing as Airbyte emits it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.importers.airbyte_facebook import read
from db.importers.choices import Choices
from db.importers.records import BadRow, Fact, Note, Record
from tests.records import named, rows, standing, take

DAY = date(2021, 3, 1)
ACCOUNT = {
    "id": "act_1", "account_id": "1", "account_status": 1, "name": "Shop", "currency": "JPY",
    "timezone_name": "America/Los_Angeles",
}  # fmt: skip
CAMPAIGN = {
    "id": "10", "account_id": "1", "name": "Autumn", "objective": "OUTCOME_LEADS", "daily_budget": 500.0,
    "configured_status": "ACTIVE", "effective_status": "PAUSED",
}  # fmt: skip
AD_SET = {"id": "100", "account_id": "1", "campaign_id": "10", "name": "Women", "lifetime_budget": 9_000.0}
AD = {"id": "1000", "account_id": "1", "campaign_id": "10", "adset_id": "100", "name": "Video", "status": "PAUSED"}


def make_insights(**fields: Any) -> dict[str, Any]:
    """A row of insights as the connector types it; None leaves a field out."""
    known: dict[str, Any] = {
        "account_id": "1", "account_currency": "JPY", "campaign_id": "10", "campaign_name": "Old name",
        "adset_id": "100", "ad_id": "1000", "date_start": "2021-03-01", "date_stop": "2021-03-01", "clicks": 9,
        "impressions": 489, "reach": 473, "spend": 0.71, "cpm": 1.451943, "inline_link_clicks": 4,
        "actions": [{"action_type": "purchase", "value": 2.0, "7d_click": 2.0}],
    }  # fmt: skip
    return {name: value for name, value in (known | fields).items() if value is not None}


def make_file(directory: Path, *records: tuple[str, dict[str, Any]], emitted_at: int = 1_711_621_049_636) -> Path:
    path = directory / "records.jsonl"
    lines = [{"stream": stream, "data": data, "emitted_at": emitted_at + n} for n, (stream, data) in enumerate(records)]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def facts(records: list[Record]) -> list[Fact]:
    return [record for record in records if isinstance(record, Fact)]


async def test_insights_and_what_they_are_about_are_taken_together(database: Database, org_id: int, tmp_path: Path):
    path = make_file(
        tmp_path, ("ads_insights", make_insights()), ("ads", AD), ("ad_sets", AD_SET), ("campaigns", CAMPAIGN),
        ("ad_account", ACCOUNT),
    )  # fmt: skip
    await take(database, org_id, read([path]))

    account = await named(database, "ad_account", "1")
    assert (account["name"], account["currency"], account["timezone"], account["status"]) == (
        "Shop", "JPY", "America/Los_Angeles", "ACTIVE",
    )  # fmt: skip
    campaign = await named(database, "campaign", "10")
    assert (campaign["name"], campaign["status"], campaign["objective"], campaign["budget_micros"]) == (
        "Autumn", "ACTIVE", "OUTCOME_LEADS", 500_000_000,
    )  # fmt: skip
    assert (await named(database, "ad_set", "100"))["budget_period"] == "LIFETIME"
    assert (await named(database, "ad", "1000"))["status"] == "PAUSED"
    assert await standing(database, "ad_account", "1") == {DAY: 710_000}
    assert await standing(database, "ad_set", "100", "conversions_millionths") == {DAY: 2_000_000}


async def test_of_rows_synced_twice_the_latest_counts(database: Database, org_id: int, tmp_path: Path):
    spends = [("ads_insights", make_insights(spend=spend)) for spend in (1.0, 2.0, 3.0)]
    await take(database, org_id, read([make_file(tmp_path, *spends)]))

    assert await rows(database, "select spend_micros from daily_fact") == [{"spend_micros": 3_000_000}]


def test_what_the_api_leaves_out_where_there_is_none_is_0(tmp_path: Path):
    other = make_insights(ad_id="2", inline_link_clicks=None, actions=None)
    path = make_file(tmp_path, ("ads_insights", other), ("ads_insights", make_insights()))
    first, second = facts(list(read([path])))

    assert (first.link_clicks, first.conversions_millionths, first.conversion_value_micros) == (0, 0, None)
    assert (second.link_clicks, second.conversions_millionths) == (4, 2_000_000)


def test_actions_of_one_type_in_parts_are_added_up(tmp_path: Path):
    parts = [("omni_purchase", "1", 2.0), ("omni_purchase", "2", 3.0), ("purchase", "1", 2.0), ("purchase", "2", 3.0)]
    actions = [{"action_type": name, "action_target_id": target, "value": value} for name, target, value in parts]
    path = make_file(tmp_path, ("ads_insights", make_insights(actions=actions)))

    assert [fact.conversions_millionths for fact in facts(list(read([path])))] == [5_000_000]


def test_action_types_may_be_chosen(tmp_path: Path):
    actions = [{"action_type": name, "value": value} for name, value in (("purchase", 2.0), ("lead", 7.0))]
    path = make_file(tmp_path, ("ads_insights", make_insights(actions=actions)))

    assert facts(list(read([path], Choices(action_types=("lead",)))))[0].conversions_millionths == 7_000_000


def test_breakdowns_and_other_streams_are_left_out(tmp_path: Path):
    path = make_file(
        tmp_path, ("ads_insights_country", make_insights(country="US")), ("custommine", make_insights(ad_id="2")),
        ("custom_age", make_insights(age="18-24")), ("custom_audiences", {}),
    )  # fmt: skip
    records = list(read([path]))

    assert [fact.external_id for fact in facts(records)] == ["2"]
    assert [record.text.split(" were")[0] for record in records if isinstance(record, Note)] == [
        "1 records of the stream ads_insights_country", "1 records of the stream custom_age",
        "1 records of the stream custom_audiences",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "data", "column", "reason"),
    [
        ("ads_insights", make_insights(spend=-0.5), "spend", "is negative"),
        ("ads_insights", make_insights(date_start=None), "date_start", "is not a date"),
        ("campaigns", CAMPAIGN | {"daily_budget": "much"}, "daily_budget", "is not a number"),
        ("ads", AD | {"id": None}, "id", "an id is needed"),
    ],
)
def test_a_bad_row_is_told_with_its_line(tmp_path: Path, stream: str, data: dict[str, Any], column: str, reason: str):
    path = make_file(tmp_path, ("ad_account", ACCOUNT), (stream, data))
    (bad_row,) = (record for record in read([path]) if isinstance(record, BadRow))

    assert (bad_row.place.line, bad_row.column) == (2, column)
    assert reason in bad_row.reason
