"""One row of an export, whatever its format: cells by name, each parsed or told as the reason why it cannot be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


class Row(ABC):
    """A row with a place; what it lacks reads as an empty cell."""

    __slots__ = ("place",)
    place: Place

    @abstractmethod
    def text(self, column: str) -> str:
        """The cell as it is."""

    def read(self, column: str, parse: Callable[[str], T]) -> T:
        """The cell as `parse`, a function of `cells`, understands it; raises `RowError` where it does not."""
        text = self.text(column)
        try:
            return parse(text)
        except CellError as error:
            raise RowError(BadRow(self.place, column, text, str(error))) from None


class Cells(Row):
    """A row of a table: its cells, and the number of each column by its name in lower case."""

    __slots__ = ("_cells", "_columns")

    def __init__(self, place: Place, columns: Mapping[str, int], cells: Sequence[str]) -> None:
        self.place = place
        self._columns = columns
        self._cells = cells

    def text(self, column: str) -> str:
        number = self._columns.get(column)
        return "" if number is None else self._cells[number]


class Fields(Row):
    """A JSON object. Numbers read as they were written, null as an empty cell."""

    __slots__ = ("_fields",)

    def __init__(self, place: Place, fields: Mapping[str, object]) -> None:
        self.place = place
        self._fields = fields

    def text(self, column: str) -> str:
        value = self._fields.get(column)
        return value if isinstance(value, str) else "" if value is None else str(value)


def parsed(rows: Iterable[R | BadRow], parse: Callable[[R], T]) -> Iterator[T | BadRow]:
    """What `parse` makes of each row; bad rows, found before or by it, pass through."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            record = parse(row)
        except RowError as error:
            yield error.bad_row
        else:
            yield record
