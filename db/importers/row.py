"""One row of an export, whatever its format: cells by name, each parsed or told as the reason why it cannot be."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from db.importers.cells import CellError
from db.importers.records import BadRow, Place

T = TypeVar("T")
R = TypeVar("R", bound="Row")


class RowError(Exception):
    """A cell of the row at hand cannot be taken; `bad_row` says which and why."""

    def __init__(self, bad_row: BadRow) -> None:
        super().__init__(bad_row.reason)
        self.bad_row = bad_row

    def of(self, row: Row) -> BadRow:
        """The bad row, with the whole of the `row` that it was found in."""
        return replace(self.bad_row, row=row.whole())


class Row(ABC):
    """A row with a place; what it lacks reads as an empty cell."""

    __slots__ = ("place",)
    place: Place

    @abstractmethod
    def text(self, column: str) -> str:
        """The cell as it is."""

    @abstractmethod
    def whole(self) -> str:
        """All of it, as a line of its source."""

    def name(self, column: str) -> str:
        """What the column is called where the row comes from."""
        return column

    def read(self, column: str, parse: Callable[[str], T]) -> T:
        """The cell as `parse`, a function of `cells`, understands it; raises `RowError` where it does not."""
        text = self.text(column)
        try:
            return parse(text)
        except CellError as error:
            raise self.wrong(column, str(error)) from None

    def one_of(self, column: str, known: Mapping[str, T], what: str) -> T | None:
        """What the platform's word in the cell is in ours; None for an empty one. What nobody knows is wrong.

        It is of the row of an entity, so the days of other rows are not in doubt.
        """
        said = self.text(column).strip().upper()
        if not said or said in known:
            return known.get(said)
        error = self.wrong(column, f"is no {what} that is known, as {', '.join(list(known)[:5])}")
        error.bad_row = replace(error.bad_row, describes=True)
        raise error

    def wrong(self, column: str, reason: str) -> RowError:
        """The error of a row whose cell cannot be taken."""
        # Halves of a character, which JSON can spell, can be neither printed nor written.
        value = self.text(column).encode(errors="replace").decode()
        return RowError(BadRow(self.place, self.name(column), value, reason))


class Cells(Row):
    """A row of a table: its cells, and the number of each column by its name in lower case."""

    __slots__ = ("_cells", "_columns")

    def __init__(self, place: Place, columns: Mapping[str, int], cells: Sequence[str]) -> None:
        self.place = place
        self._columns = columns
        self._cells = cells

    def has(self, column: str) -> bool:
        """Whether the table has the column."""
        return column in self._columns

    def text(self, column: str) -> str:
        number = self._columns.get(column)
        return "" if number is None else self._cells[number]

    def whole(self) -> str:
        return csv_line(self._cells)


class Fields(Row):
    """A JSON object. Numbers read as they were written, null as an empty cell.

    `at` is what leads to it in its document, `data[17].`, and begins the names of its columns.
    """

    __slots__ = ("_at", "fields")

    def __init__(self, place: Place, fields: Mapping[str, object], at: str = "") -> None:
        self.place = place
        self.fields = fields
        self._at = at

    def text(self, column: str) -> str:
        value = self.fields.get(column)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def whole(self) -> str:
        return json.dumps(self.fields, ensure_ascii=False, default=str).encode(errors="replace").decode()

    def name(self, column: str) -> str:
        return f"{self._at}{column}"

    def inner(self, column: str) -> Fields:
        """The object in that field; one without fields where there is none."""
        value = self.fields.get(column)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(column, "is no JSON object")
        return Fields(self.place, value or {}, f"{self._at}{column}.")

    def each(self, column: str) -> Iterator[Fields]:
        """The objects in the list in that field; none where there is no list."""
        values = self.fields.get(column)
        if values is not None and not isinstance(values, list):
            raise self.wrong(column, "is no JSON list")
        for number, value in enumerate(values or ()):
            if not isinstance(value, dict):
                raise self.wrong(column, "has an item that is no JSON object")
            yield Fields(self.place, value, f"{self._at}{column}[{number}].")


def csv_line(cells: Sequence[str]) -> str:
    """A row as a CSV has it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def parsed(rows: Iterable[R | BadRow], parse: Callable[[R], T]) -> Iterator[T | BadRow]:
    """What `parse` makes of each row; bad rows, found before or by it, pass through."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            record = parse(row)
        except RowError as error:
            yield error.of(row)
        else:
            yield record
