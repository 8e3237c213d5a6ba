"""Reading a table from a CSV file: rows by column name, and every broken row told with its line and reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from db.importers.files import Lines
from db.importers.records import BadRow, Place
from db.importers.row import Cells


def rows(path: Path, *needed: str) -> Iterator[Cells | BadRow]:
    """The rows of the table in the file `path`, which must have the columns `needed`; a `BadRow` for each broken one.

    A file whose header is wrong, or that stops being CSV, ends with its `BadRow`.
    """
    lines = Lines(path)
    reader = csv.reader(lines, strict=True)
    broken = lines.broken
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if bad := (broken[0] if broken else bad_header(path, header, needed)):
            yield bad
            return
        columns = {name: number for number, name in enumerate(header)}
        width = len(header)
        line = reader.line_num
        for cells in reader:
            # A quoted cell may span lines: the row is where it starts.
            start, line = line + 1, reader.line_num
            if broken:
                yield from broken
                broken.clear()
            elif len(cells) == width:
                yield Cells(Place(path, start), columns, cells)
            elif cells:
                reason = f"the row has {len(cells)} cells, the header has {width}"
                yield BadRow(Place(path, start), "", ",".join(cells)[:80], reason)
        yield from broken
    except csv.Error as error:
        yield from broken
        yield BadRow(Place(path, reader.line_num), "", "", f"is not CSV: {error}", ends_file=True)


def bad_header(path: Path, header: list[str], needed: tuple[str, ...]) -> BadRow | None:
    """What is wrong with the names of the columns, in lower case, if anything is."""
    place = Place(path, 1)
    if not any(header):
        return BadRow(place, "", "", "the file is empty: a header line is needed", ends_file=True)
    for name in needed:
        if name not in header:
            reason = f"the column is missing; there are {', '.join(header)[:200]}"
            return BadRow(place, name, "", reason, ends_file=True)
    twice = next((name for name in header if header.count(name) > 1), None)
    return BadRow(place, twice, "", "the column is there twice", ends_file=True) if twice is not None else None
