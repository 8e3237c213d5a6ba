"""Every way in which a row of a file can be wrong: told with its place, and by default a reason to take nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from db.database import Database
from db.importers.fivetran_facebook import read
from db.importing import ImportRefused, Rejects
from tests.records import contents, rows, take

HEADER = "ad_id,date,account_id,impressions,inline_link_clicks,spend,reach"
GOOD = "1,2025-03-10,7,100,3,1.50,80"
WRONG: list[tuple[str | bytes, str, str, str]] = [
    ("2,10.03.2025,7,100,3,1.50,80", "date", "10.03.2025", "is not a date like 2026-01-31"),
    ("2,2025-02-30,7,100,3,1.50,80", "date", "2025-02-30", "is not a date of the calendar"),
    ("2,1999-12-31,7,100,3,1.50,80", "date", "1999-12-31", "is not between 2000-01-01 and 2099-12-31"),
    ("2,2025-03-10,7,100,3,-1.50,80", "spend", "-1.50", "is negative"),
    ("2,2025-03-10,7,NaN,3,1.50,80", "impressions", "NaN", "is not a finite number"),
    ("2,2025-03-10,7,Infinity,3,1.50,80", "impressions", "Infinity", "is not a finite number"),
    ("2,2025-03-10,7,1.5,3,1.50,80", "impressions", "1.5", "is not a whole number"),
    ("2,2025-03-10,7,100,3,100000000001,80", "spend", "100000000001", "is larger than 100000000000"),
    ("2,2025-03-10,7,9007199254740993,3,1,80", "impressions", "9007199254740993", "is larger than 9007199254740992"),
    ("2,2025-03-10,7,many,3,1.50,80", "impressions", "many", "is not a number like 1234.56"),
    (",2025-03-10,7,100,3,1.50,80", "ad_id", "", "is empty, an id is needed"),
    ("1.2E+15,2025-03-10,7,100,3,1.50,80", "ad_id", "1.2E+15", "has lost digits"),
    ("2,2025-03-10,7,100", "", "2,2025-03-10,7,100", "the row has 4 cells, the header has 7"),
    (b"2,2025-03-10,7,100,3,\xff1,80", "", "�1", "byte 22 of the line is not UTF-8"),
    ("1,2025-03-10,7,100,3,9.99,80", "", "ad 1, 2025-03-10", "is there before with other numbers (basic_ad.csv:2)"),
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    directory = tmp_path / "export"
    directory.mkdir()
    return directory


def written(directory: Path, *lines: str | bytes) -> Path:
    told = [line if isinstance(line, bytes) else line.encode() for line in (HEADER, *lines)]
    (directory / "basic_ad.csv").write_bytes(b"\n".join(told) + b"\n")
    return directory


@pytest.mark.parametrize(("row", "column", "value", "reason"), WRONG, ids=[f"{one[1]} {one[3]}" for one in WRONG])
async def test_a_wrong_row_is_told_and_refuses_the_file_or_is_left_out(
    database: Database, org_id: int, export: Path, row: str | bytes, column: str, value: str, reason: str
):
    written(export, GOOD, row, GOOD)
    before = await contents(database)

    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, read([export]))

    (bad_row,) = refused.value.bad_rows
    assert (bad_row.place, bad_row.column) == ((export / "basic_ad.csv", 3), column)
    assert value in bad_row.value
    assert bad_row.reason.startswith(reason)
    assert await contents(database) == before

    with Rejects.beside(export) as rejects:
        report = await take(database, org_id, read([export]), rejects=rejects)
    assert (report.facts, report.rejected) == (1, 1)
    assert await rows(database, "select spend_micros from daily_fact") == [{"spend_micros": 1_500_000}]


async def test_wrong_rows_and_repeats_are_told_together(database: Database, org_id: int, export: Path):
    written(export, GOOD, *(row for row, *_ in WRONG))

    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, read([export]))

    assert refused.value.count == len(WRONG)


async def test_a_packed_file_that_is_cut_short_is_told_and_its_beginning_may_be_taken(
    database: Database, org_id: int, export: Path
):
    lines = [HEADER, *(f"{number},2025-03-10,7,100,3,1.50,80" for number in range(5_000))]
    packed = gzip.compress("\n".join(lines).encode())
    file = export / "basic_ad.csv.gz"
    file.write_bytes(packed[: len(packed) * 9 // 10])

    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, read([export]))
    (bad_row,) = refused.value.bad_rows
    assert bad_row.place.file == file
    assert "it is cut short" in bad_row.reason

    with Rejects.beside(export) as rejects:
        report = await take(database, org_id, read([export]), rejects=rejects)
    assert 0 < report.facts < 5_000
    # Nobody knows what was behind.
    assert report.covered == ()
