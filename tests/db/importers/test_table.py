"""Any table of one row per entity and day: CSV and Parquet."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.parquet  # type: ignore[import-untyped]  # nor has this part of it
import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.choices import Choices
from db.importers.records import BadRow, Entity, Fact, Facts, Note, Record, Reported
from db.importers.table import read
from db.level import Level, Platform
from tests.records import named, standing, take

HEADER = (
    "date,account_id,currency,campaign_id,campaign_name,ad_set_id,ad_id,spend,impressions,clicks,link_clicks,"
    "conversions,conversion_value,reach"
)
ROW = "2025-03-10,1,EUR,10,Autumn,100,1000,12.34,1200,30,20,1.5,99.90,900"


def make_csv(directory: Path, *lines: str, name: str = "table.csv") -> Path:
    path = directory / name
    path.write_text("\n".join(lines) + "\n")
    return path


def make_parquet(directory: Path, columns: Mapping[str, Sequence[Any]], **types: Any) -> Path:
    path = directory / "table.parquet"
    arrays = {name: pa.array(values, types.get(name)) for name, values in columns.items()}
    pa.parquet.write_table(pa.table(arrays), path)
    return path


def facts(records: list[Record]) -> list[Fact]:
    found: list[Fact] = []
    for record in records:
        found += record.each() if isinstance(record, Facts) else [record] if isinstance(record, Fact) else []
    return found


def bad_rows(path: Path, choices: Choices = Choices()) -> list[tuple[int, str, str, str]]:  # noqa: B008  # it is frozen
    found = [record for record in read([path], choices) if isinstance(record, BadRow)]
    return [(row.place.line, row.column, row.value, row.reason) for row in found]


def test_columns_are_taken_by_our_names(tmp_path: Path):
    records = list(read([make_csv(tmp_path, HEADER, ROW)]))

    (fact,) = facts(records)
    assert (fact.place.line, fact.platform, fact.level, fact.external_id, fact.day) == (
        2, Platform.META, Level.AD, "1000", date(2025, 3, 10),
    )  # fmt: skip
    assert fact[5:12] == (12_340_000, 1200, 30, 20, 1_500_000, 99_900_000, 900)
    assert fact.parents == ((Level.AD_ACCOUNT, "1"), (Level.CAMPAIGN, "10"), (Level.AD_SET, "100"))
    told = [(each.level, each.name, each.currency) for each in records if isinstance(each, Entity)]
    assert told == [(Level.AD_ACCOUNT, None, "EUR"), (Level.CAMPAIGN, "Autumn", None)]
    assert [each.conversion for each in records if isinstance(each, Reported)] == ["conversions"]


def test_columns_of_other_names_are_mapped(tmp_path: Path):
    path = make_csv(tmp_path, "Day;Cost;Link_Clicks;Ad;Agency", "31.03.2025;1.5;7;x1;us")
    columns = {"date": "day", "spend": "Cost", "clicks": "link_clicks", "ad_id": "ad"}
    records = list(read([path], Choices(columns=columns, date_format="%d.%m.%Y", account="9")))

    (fact,) = facts(records)
    assert (fact.day, fact.spend_micros, fact.clicks, fact.link_clicks) == (date(2025, 3, 31), 1_500_000, 7, None)
    assert (fact.external_id, fact.parents) == ("x1", ((Level.AD_ACCOUNT, "9"),))
    assert [each.text for each in records if isinstance(each, Note)] == [
        "table.csv: these columns mean nothing here: agency. --map takes them in."
    ]


@pytest.mark.parametrize(
    ("level", "account", "external_id", "parents"),
    [
        (Level.AD_SET, None, "100", ((Level.AD_ACCOUNT, "1"), (Level.CAMPAIGN, "10"))),
        (Level.CAMPAIGN, None, "10", ((Level.AD_ACCOUNT, "1"),)),
        (Level.AD_ACCOUNT, "7", "1", ()),
    ],
)
def test_the_level_may_be_said(
    tmp_path: Path, level: Level, account: str | None, external_id: str, parents: tuple[object, ...]
):
    choices = Choices(level=level, account=account, platform=Platform.TIKTOK)
    (fact,) = facts(list(read([make_csv(tmp_path, HEADER, ROW)], choices)))

    assert (fact.platform, fact.level, fact.external_id, fact.parents) == (Platform.TIKTOK, level, external_id, parents)


def test_an_account_that_no_column_names_may_be_said(tmp_path: Path):
    (fact,) = facts(list(read([make_csv(tmp_path, "date,spend", "2025-03-10,5")], Choices(account="7"))))

    assert (fact.level, fact.external_id, fact.spend_micros) == (Level.AD_ACCOUNT, "7", 5_000_000)


def test_hours_are_parts_of_the_day_without_reach(tmp_path: Path):
    path = make_csv(tmp_path, "date,hour,ad_id,spend,reach", "2025-03-10,5,1,1.0,9", "2025-03-10,,1,1.0,9")

    assert [(fact.part, fact.reach) for fact in facts(list(read([path])))] == [(5, None), (None, 9)]


def test_parquet_gives_what_the_same_csv_gives(tmp_path: Path):
    columns: dict[str, Any] = {
        "DATE": [date(2025, 3, 10), date(2025, 3, 11)], "account_id": ["1", "1"], "currency": ["EUR", None],
        "campaign_id": [10, 10], "campaign_name": ["Autumn", None], "ad_set_id": [100, 100],
        "ad_id": [9007199254740993, 2], "spend": [12.34, None], "impressions": [1200, 0], "clicks": [30.0, None],
        "link_clicks": [20, 0], "conversions": [1.5, None], "conversion_value": [Decimal("99.90"), None],
        "reach": [900, None],
    }  # fmt: skip
    types = {"currency": pa.dictionary(pa.int8(), pa.string()), "impressions": pa.uint32(), "spend": pa.float32()}
    parquet = make_parquet(tmp_path, columns, **types)
    csv = make_csv(
        tmp_path, HEADER, "2025-03-10,1,EUR,10,Autumn,100,9007199254740993,12.34,1200,30,20,1.5,99.90,900",
        "2025-03-11,1,,10,,100,2,,0,,0,,,",
    )  # fmt: skip

    from_parquet, from_csv = facts(list(read([parquet]))), facts(list(read([csv])))
    assert [fact[1:] for fact in from_parquet] == [fact[1:] for fact in from_csv]
    assert [fact.place.line for fact in from_parquet] == [1, 2]


def test_parquet_times_and_columns_of_no_use_are_read_past(tmp_path: Path):
    columns: dict[str, Any] = {
        "day": [datetime(2025, 3, 10, tzinfo=UTC)], "ad_id": ["1"], "spend": [1], "tags": [["a"]], "blob": [b"\xff"],
    }  # fmt: skip
    path = make_parquet(tmp_path, columns)

    (fact,) = facts(list(read([path], Choices(columns={"date": "day"}))))
    assert (fact.day, fact.spend_micros) == (date(2025, 3, 10), 1_000_000)


@pytest.mark.parametrize(
    ("columns", "bad"),
    [
        ({"spend": [1.0, -1.0]}, (2, "spend", "-1", "is negative")),
        ({"spend": [1.0, float("nan")]}, (2, "spend", "nan", "is not a finite number")),
        ({"spend": [[1.0], []]}, (0, "spend", "", "holds list<element: double>: neither text, numbers nor dates")),
        ({"ad_id": [1.7e15, 2.0], "spend": [1, 1]}, (1, "ad_id", "1.7e+15", "has lost digits, as spreadsheets do")),
    ],
)
def test_a_bad_cell_of_parquet_is_told_with_its_row(
    tmp_path: Path, columns: dict[str, list[Any]], bad: tuple[int, str, str, str]
):
    known: dict[str, list[Any]] = {"date": [date(2025, 3, 10)] * 2, "ad_id": ["1", "2"]}
    path = make_parquet(tmp_path, known | columns)
    ((line, column, value, reason),) = bad_rows(path)[:1]

    assert (line, column, value) == bad[:3]
    assert reason.startswith(bad[3])


def test_a_damaged_parquet_file_is_told(tmp_path: Path):
    path = make_parquet(tmp_path, {"date": [date(2025, 3, 10)], "ad_id": ["1"], "spend": [1]})
    path.write_bytes(path.read_bytes()[:-20])

    assert bad_rows(path)[0][3].startswith("is no Parquet file that can be read")


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        ("2025-02-30,1,EUR,10,a,100,1,1,1,1,1,1,1,1", "date", "2025-02-30", "is not a date of the calendar"),
        ("2025-03-10,1,EUR,10,a,100,,1,1,1,1,1,1,1", "ad_id", "", "is empty, an id is needed"),
        ("2025-03-10,1.7E+15,EUR,10,a,100,1,1,1,1,1,1,1,1", "account_id", "1.7E+15", "has lost digits"),
        ("2025-03-10,1,EUR,10,a,100,1,-0.01,1,1,1,1,1,1", "spend", "-0.01", "is negative"),
        ("2025-03-10,1,EUR,10,a,100,1,1,1.5,1,1,1,1,1", "impressions", "1.5", "is not a whole number"),
        ("2025-03-10,1,EUR,10,a,100,1,1,1,1,1,1,1,NaN", "reach", "NaN", "is not a finite number"),
        ("2025-03-10,1,USD,10,a,100,1,1,1,1,1,1,1,1", "currency", "USD", "is not that of the account before, EUR"),
        ("2025-03-10,1,EUR,10,a,100,1,1", "", "2025-03-10,1,EUR,10,a,100,1,1", "the row has 8 cells"),
    ],
)
def test_a_bad_cell_is_told_with_its_line_column_and_value(
    tmp_path: Path, line: str, column: str, value: str, reason: str
):
    path = make_csv(tmp_path, HEADER, ROW, line, ROW)
    ((at, where, what, why),) = bad_rows(path)

    assert (at, where, what) == (3, column, value)
    assert why.startswith(reason)
    assert len(facts(list(read([path])))) == 2


@pytest.mark.parametrize(
    ("header", "choices", "reason"),
    [
        ("day,ad_id,spend", Choices(), "have no date"),
        ("date,ad_id,cost", Choices(), "have none of spend, impressions"),
        ("date,spend", Choices(), "have no account_id"),
        ("date,campaign_id,spend", Choices(level=Level.AD), "have no ad_id"),
        ("date,ad_id,spend", Choices(columns={"spend": "cost"}), "the column is missing; there are date, ad_id, spend"),
        ("date,ad_id,spend,Spend", Choices(), "the column is there twice"),
    ],
)
def test_a_header_that_lacks_something_is_told(tmp_path: Path, header: str, choices: Choices, reason: str):
    ((line, _, _, why),) = bad_rows(make_csv(tmp_path, header, "2025-03-10,1,1"), choices)

    assert (line, why[: len(reason)]) == (1, reason)


@pytest.mark.parametrize("pattern", ["%d.%m", "day", "%Q", "%H:%M"])
def test_a_date_format_that_tells_no_day_is_refused(tmp_path: Path, pattern: str):
    with pytest.raises(Invalid, match="does not tell a day"):
        list(read([make_csv(tmp_path, HEADER, ROW)], Choices(date_format=pattern)))


def test_dates_of_another_format_are_told(tmp_path: Path):
    path = make_csv(tmp_path, "date,ad_id,spend", "2025-03-10,1,1")

    assert bad_rows(path, Choices(date_format="%d.%m.%Y")) == [
        (2, "date", "2025-03-10", "is not a date like 31.12.2026")
    ]


def test_a_field_that_is_none_of_ours_is_refused(tmp_path: Path):
    with pytest.raises(Invalid, match="--map cost=… names no field of ours"):
        list(read([make_csv(tmp_path, HEADER, ROW)], Choices(columns={"cost": "spend"})))


def test_a_packed_csv_is_unpacked_and_told_where_it_is_cut_short(tmp_path: Path):
    rows = [ROW.replace("2025-03-10", f"2025-03-{day:02}") for day in range(1, 31)]
    packed = gzip.compress("\n".join([HEADER, *rows]).encode())
    (tmp_path / "table.csv.gz").write_bytes(packed)
    (tmp_path / "short.csv.gz").write_bytes(packed[: len(packed) * 2 // 3])

    assert len(facts(list(read([tmp_path / "table.csv.gz"])))) == 30
    ((line, _, _, reason),) = bad_rows(tmp_path / "short.csv.gz")
    assert 2 <= line <= 31
    assert reason == "the file cannot be unpacked from here on, it is cut short"


async def test_a_table_lands_with_what_it_says_of_the_tree(database: Database, org_id: int, tmp_path: Path):
    await take(database, org_id, read([make_csv(tmp_path, HEADER, ROW, ROW.replace(",1000,", ",1001,"))]))

    assert (await named(database, "ad_account", "1"))["currency"] == "EUR"
    assert (await named(database, "campaign", "10"))["name"] == "Autumn"
    assert await standing(database, "ad_account", "1") == {date(2025, 3, 10): 24_680_000}
    assert await standing(database, "ad_set", "100", "conversions_millionths") == {date(2025, 3, 10): 3_000_000}
