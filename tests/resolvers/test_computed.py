"""What platforms computed themselves, held against our answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.csv  # type: ignore[import-untyped]  # it has no types …
import pyarrow.parquet  # type: ignore[import-untyped]  # … nor has this part
import pytest

from db.database import Database
from db.importers import SOURCES
from db.importers.choices import Choices
from db.importers.records import Computed
from db.level import Platform
from resolvers.computed import Comparison, _agree, compare
from resolvers.context import Request
from resolvers.metric import Metric
from tests.records import make_tree, take

ROW = {
    "account_id": "77", "account_currency": "EUR", "campaign_id": "10", "adset_id": "100", "ad_id": "1000",
    "date_start": "2025-03-10", "date_stop": "2025-03-10", "impressions": "1200", "clicks": "30", "spend": "12.34",
    "reach": "900", "ctr": "2.5", "cpc": "0.411333", "cpm": "10.283333", "frequency": "1.333333",
}  # fmt: skip
TIKTOK = {
    "dimensions": {"ad_id": "1", "stat_time_day": "2025-03-10 00:00:00"},
    "metrics": {
        "spend": "20.10", "impressions": "3000", "clicks": "40", "reach": "2500", "ctr": "1.33", "cpc": "0.50",
        "cpm": "6.70", "frequency": "1.20", "conversion": "-",
    },
}  # fmt: skip
APPLE = {
    "metadata": {"orgId": 5, "campaignId": 50},
    "granularity": [
        {
            "date": "2025-03-10", "impressions": 300, "taps": 9, "ttr": 0.03,
            "localSpend": {"amount": "11.35", "currency": "USD"}, "avgCPT": {"amount": "1.2611", "currency": "USD"},
        }
    ],
}  # fmt: skip


def make_file(directory: Path, *rows: dict[str, Any]) -> Path:
    path = directory / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def computed(source: str, path: Path, **choices: Any) -> Iterator[Computed]:
    records = SOURCES[source].read([path], Choices(computed=True, **choices))
    return (record for record in records if isinstance(record, Computed))


async def compared(database: Database, org_id: int, source: str, path: Path, **choices: Any) -> Comparison:
    """Imports the file and compares."""
    await take(database, org_id, SOURCES[source].read([path], Choices(**choices)))
    new_request = partial(Request, database, org_id, datetime(2025, 6, 18, tzinfo=UTC))
    return await compare(new_request, computed(source, path, **choices))


@pytest.mark.parametrize(
    ("source", "row", "choices", "numbers"),
    [("meta", ROW, {}, 4), ("tiktok", TIKTOK, {"account": "7"}, 4), ("apple", APPLE, {}, 2)],
)
async def test_what_each_platform_computes_is_what_we_answer(
    database: Database, org_id: int, tmp_path: Path, source: str, row: dict[str, Any], choices: dict[str, Any],
    numbers: int,
):  # fmt: skip
    comparison = await compared(database, org_id, source, make_file(tmp_path, row), **choices)

    assert (comparison.agreeing, comparison.differing) == (numbers, 0)


async def test_a_number_that_is_not_ours_is_told_in_the_platforms_unit(database: Database, org_id: int, tmp_path: Path):
    comparison = await compared(database, org_id, "meta", make_file(tmp_path, ROW | {"ctr": "2.6", "cpc": "0.41134"}))

    assert (comparison.agreeing, comparison.differing) == (2, 2)
    (ctr, cpc) = comparison.differences
    assert (ctr.metric, ctr.theirs, ctr.ours, ctr.computed.external_id) == (Metric.CTR, "2.6", 2.5, "1000")
    assert cpc.ours == pytest.approx(12.34 / 30)


async def test_the_sums_of_a_row_over_several_days_are_compared(database: Database, org_id: int, tmp_path: Path):
    days = [ROW | {"date_start": f"2025-03-{day}", "date_stop": f"2025-03-{day}"} for day in (10, 11)]
    both = {"date_start": "2025-03-10", "date_stop": "2025-03-11", "account_id": "77", "ad_id": "1000", "reach": "1500"}
    window = both | {"impressions": "2400", "clicks": "60", "spend": "24.69", "frequency": "1.6"}
    comparison = await compared(database, org_id, "meta", make_file(tmp_path, *days, window))

    assert (comparison.agreeing, comparison.differing) == (8 + 3, 1)
    assert [(one.metric, one.theirs, one.ours) for one in comparison.differences] == [(Metric.SPEND, "24.69", 24.68)]


@pytest.mark.parametrize(
    ("theirs", "ours", "unit", "agree"),
    [
        ("0.411333", 12.34 / 30, 1, True),
        ("0.411334", 12.34 / 30, 1, False),
        ("2.5", 0.02504, 100, True),
        ("2.5", 0.0251, 100, False),
        ("1", 1.004, 1, True),
        ("1", 1.006, 1, False),
        ("0.00", None, 1, True),
        ("0.01", None, 1, False),
        ("1234567890.12", 1234567890.12, 1, True),
        ("NaN", 1.0, 1, False),
        ("much", 1.0, 1, False),
    ],
)
def test_numbers_agree_that_are_the_same_rounded_as_the_platform_does(
    theirs: str, ours: float | None, unit: int, agree: bool
):
    assert _agree(theirs, ours, unit) is agree


PLATFORMS = {
    "fivetran-facebook": Platform.META, "fivetran-tiktok": Platform.TIKTOK, "fivetran-apple": Platform.APPLE,
}  # fmt: skip
TABLE = (
    "date,ad_id,account_id,spend,impressions,clicks,reach,{},cpc,cpm,frequency\n"
    "2025-03-10,1,2,12.34,1200,30,900,{},0.41,10.28,1.33\n"
)
FACEBOOK = (
    "ad_id,date,account_id,impressions,inline_link_clicks,spend,reach,cpm,frequency,ctr\n"
    "1,2025-03-10,2,1200,7,12.34,900,10.2833,1.3333,9\n"
)
TIKTOK_TABLE = (
    "AD_ID,STAT_TIME_DAY,SPEND,IMPRESSIONS,CLICKS,CTR,CPC,CPM\n1,2025-03-10 00:00:00,20.10,3000,40,1.33,0.50,6.70\n"
)
APPLE_TABLE = (
    "campaign_id,ad_group_id,ad_id,date,impressions,taps,local_spend_amount,tap_through_rate,avg_cpt_amount\n"
    "20,200,1,2025-03-10,300,9,11.35,0.03,1.2611\n"
)


@pytest.mark.parametrize(("column", "rate"), [("ctr", "0.025"), ("ctr_percent", "2.5")])
@pytest.mark.parametrize("parquet", [False, True])
async def test_the_rates_of_a_table_are_held_against_ours(
    database: Database, org_id: int, tmp_path: Path, column: str, rate: str, parquet: bool
):
    path = tmp_path / "table.csv"
    path.write_text(TABLE.format(column, rate))
    if parquet:
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), path := tmp_path / "table.parquet")
    comparison = await compared(database, org_id, "table", path)

    assert (comparison.agreeing, comparison.differing) == (4, 0)


@pytest.mark.parametrize(
    ("source", "table", "content", "agreeing"),
    [
        ("fivetran-facebook", "basic_ad", FACEBOOK, 2), ("fivetran-tiktok", "ad_report_daily", TIKTOK_TABLE, 3),
        ("fivetran-apple", "ad_level_report", APPLE_TABLE, 2),
    ],
)  # fmt: skip
async def test_the_rates_that_fivetran_lands_are_held_against_ours(
    database: Database, org_id: int, tmp_path: Path, source: str, table: str, content: str, agreeing: int
):
    (tmp_path / f"{table}.csv").write_text(content)
    known = make_tree("2", "20", "200", "1")
    await take(database, org_id, [replace(one, platform=PLATFORMS[source]) for one in known])
    comparison = await compared(database, org_id, source, tmp_path)

    assert (comparison.agreeing, comparison.differing) == (agreeing, 0)
