"""Reading CSV files, whole and broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.importers.csv_table import rows
from db.importers.records import BadRow


def make_file(directory: Path, content: str | bytes) -> Path:
    path = directory / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def bad_rows(path: Path, *needed: str) -> list[tuple[int, str, str]]:
    return [(row.place.line, row.column, row.reason) for row in rows(path, *needed) if isinstance(row, BadRow)]


def test_headers_are_read_in_any_case_and_a_byte_order_mark_is_skipped(tmp_path: Path):
    path = make_file(tmp_path, b"\xef\xbb\xbfAd_ID , Spend\r\n1,2\r\n")
    (row,) = rows(path, "ad_id")

    assert not isinstance(row, BadRow)
    assert (row.text("ad_id"), row.text("spend"), row.text("absent"), row.place.line) == ("1", "2", "", 2)


def test_a_quoted_cell_over_two_lines_keeps_the_lines_right(tmp_path: Path):
    found = list(rows(make_file(tmp_path, 'id,name\n1,"a\nb"\n2,c\n\n3,d\n')))

    assert [row.place.line for row in found] == [2, 4, 6]


def test_every_row_of_another_width_is_told(tmp_path: Path):
    assert bad_rows(make_file(tmp_path, "id,name\n1\n2,b\n3,c,d\n")) == [
        (2, "", "the row has 1 cells, the header has 2"),
        (4, "", "the row has 3 cells, the header has 2"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "column", "reason"),
    [
        (b"", 1, "", "the file is empty"),
        (b"id,name\n1,a\n", 1, "spend", "the column is missing; there are id, name"),
        (b"spend,spend\n", 1, "spend", "the column is there twice"),
        (b"spend\n1\n\xff\xfe\n", 3, "", "is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "", "is not UTF-8"),
        (b"PAR1\x00\x00\x15", 1, "", "is not text"),
        ("spend\n1\n".encode("utf-16"), 1, "", "is not UTF-8"),
        (b'spend\n"1\n2\n', 3, "", "is not CSV"),
        (b"spend\n" + b"1" * 200_000 + b"\n", 2, "", "is not CSV: field larger than field limit"),
    ],
)
def test_a_file_that_is_no_such_table_is_told_with_the_line(
    tmp_path: Path, content: bytes, line: int, column: str, reason: str
):
    ((at, where, why),) = bad_rows(make_file(tmp_path, content), "spend")

    assert (at, where) == (line, column)
    assert reason in why
