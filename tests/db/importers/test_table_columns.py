"""Tables column by column: whatever they hold, the records are those that they have row by row."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pyarrow.parquet  # type: ignore[import-untyped]  # … nor have its parts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.importers import csv_columns, table
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.records import BadRow, Entity, Fact, Facts, Record

HEADER = (
    "date", "hour", "account_id", "currency", "campaign_id", "ad_id", "ad_name", "spend", "impressions", "conversions",
    "reach", "other",
)  # fmt: skip
IDS = st.sampled_from(["1", "2", "3", "1", "2", "3", "", "1.7E+15", " 4 ", "5.0", "é"])
COUNTS = st.integers(0, 10**6).map(str) | st.sampled_from(
    ["", "-", "--", "null", "None", "-1", "1.0", "1.5", " 7 ", "1e3", "9007199254740992", "9007199254740993", "nan",
     "٣", "0123", "+1", "1_000", "0x1F", "99999999999999999999"]
)  # fmt: skip
AMOUNTS = COUNTS | st.decimals(0, 10**7, places=2).map(str) | st.sampled_from(
    ["1.1234565", "0.0000005", "0.0000015", "123456789.123456", "1234567890.12", "99999999999.999999", ".5", "5.",
     "1,5", "inf", "1e-7", "100000000000000000"]
)  # fmt: skip
CELLS = {
    "date": st.dates(date(2025, 3, 1), date(2025, 3, 9)).map(str)
    | st.sampled_from(["2025-03-10 05:00:00", "10.3.2025", "2025-02-30", "", " 2025-03-11", "1999-01-01"]),
    "hour": st.sampled_from(["", "", "", "0", "23", "24", "-", "x"]),
    "account_id": st.just("77"), "currency": st.sampled_from(["EUR", "EUR", "EUR", "EUR", "", "USD"]),
    "campaign_id": IDS, "ad_id": IDS,
    "ad_name": st.sampled_from(["", "Ad", "Ünï", '"Ad, the first"', '"say ""hi"""', '"over\ntwo lines"', 'a"b', "a\rb",
                                "\x00", "\x1f", "x\ufeff"]),
    "spend": AMOUNTS, "impressions": COUNTS, "conversions": AMOUNTS, "reach": COUNTS,
    "other": st.sampled_from(["", "", "", "", "more,cells", "\udcff", '"']),
}  # fmt: skip
PLAIN = {
    "date": "2025-03-05", "hour": "", "account_id": "77", "currency": "EUR", "campaign_id": "1", "ad_id": "1",
    "ad_name": "Ad", "spend": "1.25", "impressions": "10", "conversions": "1", "reach": "9", "other": "",
}  # fmt: skip
# Nearly all rows are right but for a cell or two.
ROWS = st.lists(
    st.dictionaries(st.sampled_from(HEADER), st.none(), max_size=2).flatmap(
        lambda odd: st.fixed_dictionaries({name: CELLS[name] for name in odd})
    ),
    max_size=12,
)


def told(records: list[Record]) -> tuple[list[Fact], list[BadRow], list[Any]]:
    """The facts and the bad rows in the order of their lines, and everything else, in its own."""
    facts = [fact for each in records if isinstance(each, Facts) for fact in each.each()]
    facts += [each for each in records if isinstance(each, Fact)]
    bad_rows = [each for each in records if isinstance(each, BadRow)]
    others = [each for each in records if not isinstance(each, Fact | Facts | BadRow)]
    return sorted(facts, key=lambda fact: fact.place), sorted(bad_rows, key=lambda row: row.place.line), others


def both(path: Path, choices: Choices = AS_THE_SOURCE_DOES) -> tuple[Any, Any]:
    """What a file holds row by row, and column by column in small blocks."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table, "_LARGE", 10**9)
        by_rows = told(list(table.read([path], choices)))
        patched.setattr(table, "_LARGE", 0)
        whole = csv_columns.blocks
        patched.setattr(csv_columns, "blocks", lambda path, columns: whole(path, columns, 200))
        return by_rows, told(list(table.read([path], choices)))


def content(rows: list[dict[str, str]], end: str) -> bytes:
    lines = [",".join(HEADER), *(",".join((PLAIN | row)[name] for name in HEADER) for row in rows)]
    return (end.join(lines) + end).encode("utf-8", "surrogateescape")


@pytest.mark.slow
@given(rows=ROWS, end=st.sampled_from(["\n", "\n", "\n", "\r\n"]), cut=st.integers(0, 40), packed=st.booleans())
@settings(deadline=None, max_examples=300)  # the machine may be busy
def test_columns_tell_what_rows_tell(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], end: str, cut: int, packed: bool
):
    data = content(rows, end)
    data = gzip.compress(data) if packed else data
    path = tmp_path_factory.mktemp("columns") / "table.csv"
    path.write_bytes(data[: len(data) - cut] if cut < 20 else data)
    by_rows, by_columns = both(path)

    if packed and 0 < cut < 20:
        # How far the damaged end can be read depends on how much is unpacked at once.
        assert by_rows[1][-1].ends_file
        assert by_columns[1][-1].ends_file
        assert set(by_rows[0]) <= set(by_columns[0])
    else:
        assert by_columns == by_rows


@given(
    rows=st.lists(st.fixed_dictionaries({
        "date": st.dates(date(2025, 3, 1), date(2025, 3, 9)),
        "spend": st.none() | st.floats(0, 1e10) | st.decimals(0, 10**6, places=2).map(float)
        | st.sampled_from([-1.0, float("nan"), float("inf"), 0.0000005, 1.1234565]),
        "impressions": st.none() | st.integers(-2, 2**60),
    }), min_size=1, max_size=8),
)  # fmt: skip
@settings(deadline=None, max_examples=200)
def test_numbers_in_parquet_are_those_that_a_csv_of_them_has(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
):
    directory = tmp_path_factory.mktemp("parquet")
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    typed = pa.table({
        "date": pa.array(columns["date"]), "spend": pa.array(columns["spend"], pa.float64()),
        "impressions": pa.array(columns["impressions"], pa.int64()),
    })  # fmt: skip
    pa.parquet.write_table(typed, directory / "typed.parquet")
    # As text nothing of it is taken for a number by its type.
    texts = pa.table([column.cast(pa.string()) for column in typed.columns], typed.column_names)
    pa.parquet.write_table(texts, directory / "texts.parquet")
    found = [
        told(list(table.read([directory / f"{name}.parquet"], Choices(account="1")))) for name in ("typed", "texts")
    ]

    assert [fact[1:] for fact in found[0][0]] == [fact[1:] for fact in found[1][0]]
    assert [row.reason for row in found[0][1]] == [row.reason for row in found[1][1]]


def test_what_all_rows_say_by_the_way_comes_in_their_order(tmp_path: Path):
    rows = [
        {"ad_name": "First"},
        {"ad_name": '"Second, quoted"'},
        {"ad_name": "Third", "spend": " 1 "},
        {"ad_name": "4th"},
    ]
    path = tmp_path / "table.csv"
    path.write_bytes(content(rows, "\n"))
    by_rows, by_columns = both(path)

    assert by_columns == by_rows
    names = [each.name for each in by_columns[2] if isinstance(each, Entity) and each.name]
    assert names == ["First", "Second, quoted", "Third", "4th"]
