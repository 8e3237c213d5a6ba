"""Reading a table from a CSV file: rows by column name, and every broken row told with its line and reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from db.importers.files import Lines
from db.importers.records import BadRow, Place
from db.importers.row import Cells, csv_line

# What spreadsheets put between cells, where it is no comma.
_DELIMITERS = ",;\t|"


def rows(path: Path, *needed: str) -> Iterator[Cells | BadRow]:
    """The rows of the table in the file `path`, which must have the columns `needed`; a `BadRow` for each broken one.

    A file whose header is wrong, or that stops being CSV, ends with its `BadRow`.
    """
    columns: dict[str, int] | None = None
    for row in raw(path):
        if isinstance(row, BadRow):
            yield row
        elif columns is None:
            header = names(row[1])
            if bad_row := bad_header(path, header, needed):
                yield bad_row
                return
            columns = {name: number for number, name in enumerate(header)}
        else:
            yield Cells(Place(path, row[0]), columns, row[1])


def raw(path: Path, lines: Lines | None = None) -> Iterator[tuple[int, Sequence[str]] | BadRow]:
    """The header and then the rows of a table, each with its line; all have as many cells as the header.

    `lines`: those of the file, where somebody has looked at them already.
    """
    lines = lines or Lines(path)
    broken = lines.broken
    numbered = iter(lines)
    first = next(numbered, "")
    delimiter = delimiter_of(first)
    reader = csv.reader(chain([first], numbered), strict=True, delimiter=delimiter)
    try:
        header = next(reader, [])
        if broken or not any(header):
            yield from broken or [BadRow(Place(path, 1), "", "", "the file is empty: a header line is needed", True)]
            return
        yield 1, header
        yield from _rows(lines, reader, len(header), 0)
    except csv.Error as error:
        yield from broken
        yield BadRow(Place(path, reader.line_num), "", "", f"is not CSV: {error}", ends_file=True)


def rest(
    path: Path, file: io.BufferedIOBase, before: int, width: int, delimiter: str
) -> Iterator[tuple[int, Sequence[str]] | BadRow]:
    """The rows in what is left of a table's file after as many lines as `before`, as `raw` gives them."""
    lines = Lines(path, file, before)
    reader = csv.reader(iter(lines), strict=True, delimiter=delimiter)
    try:
        yield from _rows(lines, reader, width, before)
    except csv.Error as error:
        yield from lines.broken
        yield BadRow(Place(path, before + reader.line_num), "", "", f"is not CSV: {error}", ends_file=True)


def delimiter_of(header: str) -> str:
    """What stands between the cells of the table whose first line this is."""
    return next((character for character in _DELIMITERS if character in header), ",")


def _rows(lines: Lines, reader: Any, width: int, before: int) -> Iterator[tuple[int, Sequence[str]] | BadRow]:
    broken = lines.broken
    line = before + reader.line_num
    for cells in reader:
        # A quoted cell may span lines: the row is where it starts.
        start, line = line + 1, before + reader.line_num
        if broken:
            yield from broken
            broken.clear()
        elif len(cells) == width:
            yield start, cells
        elif cells:
            reason = f"the row has {len(cells)} cells, the header has {width}"
            yield BadRow(Place(lines.path, start), "", ",".join(cells)[:80], reason, row=csv_line(cells))
    yield from broken


def names(header: Sequence[str]) -> list[str]:
    """The names of the columns, in lower case."""
    return [name.strip().lower() for name in header]


def bad_header(path: Path, header: Sequence[str], needed: Sequence[str]) -> BadRow | None:
    """What is wrong with the names of the columns, if anything is."""
    place = Place(path, 1)
    for name in needed:
        if name not in header:
            reason = f"the column is missing; there are {', '.join(header)[:200]}"
            return BadRow(place, name, "", reason, ends_file=True)
    twice = next((name for name in header if header.count(name) > 1), None)
    return BadRow(place, twice, "", "the column is there twice", ends_file=True) if twice is not None else None
