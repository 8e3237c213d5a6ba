"""TikTok Marketing as Airbyte emits it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.airbyte_tiktok import read
from db.importers.choices import Choices
from db.importers.records import BadRow, Dating, Entity, Fact, Note, Reported, WindowReach
from db.level import Level, Missing
from tests.db.importers.exports import real, without_reported
from tests.records import contents, rows, standing, take

ADVERTISER = 7002238017842757633


def make_file(directory: Path, *lines: object) -> Path:
    path = directory / "records.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def make_report(spend: object, emitted_at: int = 1, **metrics: Any) -> dict[str, Any]:
    dimensions = {"ad_id": 1714125051115569, "stat_time_day": "2021-10-25 00:00:00"}
    known = {"spend": spend, "impressions": "10", "clicks": "1", "reach": "9", "conversion": None}
    data = {**dimensions, "dimensions": dimensions, "metrics": known | metrics}
    return {"stream": "ads_reports_daily", "data": data, "emitted_at": emitted_at}


async def test_the_real_export_lands_at_all_four_levels(database: Database, org_id: int):
    report = await take(database, org_id, read([real("airbyte_tiktok/records.jsonl")]), currency="USD")

    found = await rows(
        database,
        """select level, count(*) as facts, sum(spend_micros)::bigint as spend, bit_and(missing) as missing
        from daily_fact group by 1 order by 1""",
    )
    # Only ads report purchase values; advertisers and campaigns report no conversions either.
    neither = Missing.CONVERSIONS | Missing.CONVERSION_VALUE
    assert found == [
        {"level": Level.AD_ACCOUNT, "facts": 3, "spend": 60_000_000, "missing": neither},
        {"level": Level.CAMPAIGN, "facts": 3, "spend": 60_000_000, "missing": neither},
        {"level": Level.AD_SET, "facts": 3, "spend": 60_000_000, "missing": Missing.CONVERSION_VALUE},
        {"level": Level.AD, "facts": 3, "spend": 60_000_000, "missing": 0},
    ]
    assert report.orphans == ()
    assert [note.split(" of the stream ")[1].split(" were")[0] for note in report.notes if "stream" in note] == [
        "campaigns_audience_reports_by_country_daily",
    ]
    assert len(await standing(database, "ad_account", str(ADVERTISER))) == 8


async def test_importing_the_real_export_again_changes_nothing(database: Database, org_id: int):
    await take(database, org_id, read([real("airbyte_tiktok/records.jsonl")]))
    first = await contents(database)
    await take(database, org_id, read([real("airbyte_tiktok/records.jsonl")]))

    assert await contents(database) == first


def test_ids_keep_every_digit(tmp_path: Path):
    path = make_file(tmp_path, {"stream": "advertiser_ids", "data": {"advertiser_id": 9007199254740993}})
    (entity,) = without_reported(read([path]))

    assert isinstance(entity, Entity)
    assert entity.external_id == "9007199254740993"


def test_an_advertisers_own_row_comes_before_its_name_in_the_list(tmp_path: Path):
    path = make_file(
        tmp_path,
        {"stream": "advertisers", "data": {"advertiser_id": 1, "name": "A", "currency": "USD"}, "emitted_at": 1},
        {"stream": "advertiser_ids", "data": {"advertiser_id": 1, "advertiser_name": "A"}, "emitted_at": 2},
    )
    full, listed = without_reported(read([path]))

    assert isinstance(full, Entity)
    assert isinstance(listed, Entity)
    assert (full.currency, full.version > listed.version) == ("USD", True)


async def test_of_rows_synced_twice_the_latest_counts(database: Database, org_id: int, tmp_path: Path):
    entity = {
        "stream": "ads",
        "data": {"ad_id": 1714125051115569, "adgroup_id": 3, "campaign_id": 2, "advertiser_id": 1},
    }
    path = make_file(tmp_path, entity, make_report("2.00", 2), make_report("3.00", 3), make_report("1.00", 1))
    await take(database, org_id, read([path]))

    assert list((await standing(database, "ad_account", "1")).values()) == [3_000_000]


def test_a_message_of_the_protocol_is_read_like_its_record(tmp_path: Path):
    (fact,) = without_reported(read([make_file(tmp_path, {"type": "RECORD", "record": make_report(20.1)})]))

    assert isinstance(fact, Fact)
    assert (fact.spend_micros, fact.reach, fact.conversions_millionths) == (20_100_000, 9, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"stream": "ads", ', "is not JSON"),
        ("[1]", "is no Airbyte record"),
        ('{"stream": "ads"}', "is no Airbyte record"),
        ('{"stream": "ads", "data": {"ad_id": 1.7e15}}', "floating-point"),
        (json.dumps(make_report("-1")), "is negative"),
        (json.dumps(make_report("1", impressions=True)), "is not a number"),
    ],
)
def test_a_bad_line_is_told(tmp_path: Path, line: str, reason: str):
    (bad_row,) = without_reported(read([make_file(tmp_path, "", line)]))

    assert isinstance(bad_row, BadRow)
    assert bad_row.place.line == 2
    assert reason in bad_row.reason


def test_a_lifetime_report_brings_the_reach_of_a_whole_life_as_of_its_sync(tmp_path: Path):
    report = make_report("5.00", 1_700_000_000_000) | {"stream": "ads_reports_lifetime"}
    (window,) = without_reported(read([make_file(tmp_path, report)]))

    assert isinstance(window, WindowReach)
    assert (window.level, window.since, window.until, window.reach) == (Level.AD, None, None, 9)
    assert window.extracted_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_real_time_conversions_may_count(tmp_path: Path):
    path = make_file(tmp_path, make_report("1", conversion=3, real_time_conversion=5))
    fact, reported = read([path], Choices(conversion="real_time_conversion"))

    assert isinstance(fact, Fact)
    assert isinstance(reported, Reported)
    assert (fact.conversions_millionths, reported.dating) == (5_000_000, Dating.CONVERSION)


def test_an_empty_file_is_told(tmp_path: Path):
    (tmp_path / "records.jsonl").touch()

    (bad_row,) = without_reported(read([tmp_path / "records.jsonl"]))
    assert isinstance(bad_row, BadRow)
    assert bad_row.reason == "the file is empty: records are needed"


def test_other_streams_are_counted(tmp_path: Path):
    path = make_file(tmp_path, *[{"stream": "videos", "data": {}}] * 3)
    (note,) = without_reported(read([path]))

    assert isinstance(note, Note)
    assert note.text.startswith("3 records of the stream videos were left out")


def test_a_directory_or_nothing_is_told(tmp_path: Path):
    with pytest.raises(Invalid, match="is a directory"):
        list(read([tmp_path]))
    with pytest.raises(Invalid, match="does not exist"):
        list(read([tmp_path / "absent"]))
