"""Opening what a source was given: files, packed or not, and standard input."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.errors import Invalid
from db.importers import csv_table
from db.importers.files import STANDARD_INPUT, Lines, each, opened
from db.importers.records import BadRow

TEXT = b"id,name\n1,a\n2,b\n"


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What writes to it, writes to standard input."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield write


def drip(descriptor: int, content: bytes) -> threading.Thread:
    """Writes byte by byte, as a slow command before a pipe does."""

    def write() -> None:
        with os.fdopen(descriptor, "wb", buffering=0) as pipe:
            for byte in content:
                pipe.write(bytes([byte]))

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "content",
    [TEXT, gzip.compress(TEXT), gzip.compress(TEXT[:8]) + gzip.compress(TEXT[8:])],
    ids=["plain", "packed", "packed in two"],
)
def test_standard_input_is_read_and_unpacked_however_slowly_it_comes(piped: int, content: bytes):
    thread = drip(piped, content)
    with opened(STANDARD_INPUT) as file:
        assert file.read() == TEXT
    thread.join()


def test_a_table_comes_through_standard_input(piped: int):
    thread = drip(piped, TEXT)

    assert [row.text("name") for row in csv_table.rows(STANDARD_INPUT, "id") if not isinstance(row, BadRow)] == [
        "a",
        "b",
    ]
    thread.join()


def test_a_line_that_is_no_text_costs_itself_alone(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"id,name\n1,a\n2,caf\xe9\n3,c\n4,\x00\n5,e\n")
    found = list(csv_table.rows(path))

    assert [(row.place.line, isinstance(row, BadRow)) for row in found] == [
        (2, False), (3, True), (4, False), (5, True), (6, False),
    ]  # fmt: skip


def test_a_quoted_cell_over_a_line_that_is_no_text_costs_its_row(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes(b'id,name\n1,"a\n\xff\n"\n2,b\n')
    found = list(csv_table.rows(path))

    assert [(row.place.line, isinstance(row, BadRow)) for row in found] == [(3, True), (5, False)]


def test_what_has_no_line_ends_does_not_fill_the_memory(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"id,name\n" + b"x" * 2**25)
    lines = Lines(path)

    assert [len(line) for line in lines] == [8]
    assert [(bad_row.place.line, bad_row.ends_file) for bad_row in lines.broken] == [(2, True)]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_characters_between_cells_are_known_from_the_header(tmp_path: Path, delimiter: str):
    path = tmp_path / "table.csv"
    path.write_text(f"id{delimiter}name\n1{delimiter}a,b\n")
    (row,) = csv_table.rows(path)

    assert not isinstance(row, BadRow)
    assert row.text("name") == "a,b"


def test_files_that_cannot_be_are_told(tmp_path: Path):
    for paths, reason in (([], "Nothing was given"), ([tmp_path], "is a directory"), ([tmp_path / "x"], "not exist")):
        with pytest.raises(Invalid, match=reason):
            each(paths, "the file")
