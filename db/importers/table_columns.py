"""One table column by column: the plain rows of a block become facts all at once, the others are read row by row.

Plain is a row whose numbers are digits, whose day is one and whose ids are ids: nearly all of them are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pyarrow.compute as pc  # type: ignore[import-untyped]  # … nor have its parts

from db.importers import cells
from db.importers.cells import CellError
from db.importers.records import METRICS as FACT_METRICS
from db.importers.records import BadRow, Fact, Facts, Measured, Place
from db.importers.table_rows import METRICS, Entity, Rows, hour

# Stands between the cells of a description; a row that holds it is not plain.
SEPARATOR = "\x1f"
_ABSENT = pa.array(sorted(cells.ABSENT))
_AMOUNT = r"^[0-9]{1,9}(\.[0-9]{1,6})?$"
_MILLION = 1_000_000.0
# Below it a double times a million is off by less than a quarter.
_LARGEST = 1e9


class Block(NamedTuple):
    """Rows of a table: the line of each, and the cells of each field that the table has, as text or as numbers."""

    lines: Any
    cells: Mapping[str, Any]


class Columns:
    """Reads the blocks of one table, and what is not plain in them by its `rows`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        # By all that their rows say, as it stands there.
        self._known: dict[str, Entity] = {}

    def read(self, block: Block) -> Iterator[Facts | Fact | BadRow]:
        """The facts of a block."""
        odd: list[Any] = []
        metrics = {
            ours: _numbers(block.cells[name], METRICS[name], odd) if name in block.cells else None
            for name, ours in zip(METRICS, FACT_METRICS, strict=True)
        }
        day = _understood(block.cells["date"], self._rows.table.day, pa.date32(), odd)
        part = _understood(block.cells["hour"], hour, pa.int16(), odd) if "hour" in block.cells else None
        entities, entity = self._entities(block, odd)
        lines = block.lines
        columns: dict[str, Any] = {"line": lines, "entity": entity, "day": day, "part": part, **metrics}
        wrong = reduce(pc.or_, odd)
        if any_wrong := pc.any(wrong).as_py():
            plain = pc.invert(wrong)
            columns = {name: None if column is None else column.filter(plain) for name, column in columns.items()}
            lines = columns["line"]
        for name in (name for name, column in columns.items() if column is None):
            columns[name] = pa.nulls(len(lines), pa.int16() if name == "part" else pa.int64())
        if part is not None:
            # An hour's reach says nothing of the day's.
            columns["reach"] = pc.if_else(pc.is_null(columns["part"]), columns["reach"], None)
        if len(lines):
            yield self._facts(entities, columns)
        if any_wrong:
            cells = {name: column.filter(wrong) for name, column in block.cells.items()}
            odd_rows = Block(block.lines.filter(wrong), cells)
            yield from (self._rows.read(*row) for row in self.texts(odd_rows))

    def _entities(self, block: Block, odd: list[Any]) -> tuple[Sequence[Entity | None], Any]:
        """What the rows are about, and the number of each row's among them."""
        described = [_text(block.cells[name]) for name in self._rows.described]
        if not described:
            return [self._rows.entity(())], pa.array([0] * len(block.lines), pa.int32())
        joined = described[0] if len(described) == 1 else pc.binary_join_element_wise(*described, SEPARATOR)
        encoded = joined.dictionary_encode()
        entities = [self._entity(text, len(described)) for text in encoded.dictionary.to_pylist()]
        if None in entities:
            unknown = pa.array([entity is None for entity in entities])
            odd.append(unknown.take(encoded.indices))
        return entities, encoded.indices

    def _entity(self, text: str, cells_in_it: int) -> Entity | None:
        found = self._known.get(text)
        if found is None:
            said = tuple(text.split(SEPARATOR))
            try:
                if len(said) == cells_in_it:
                    found = self._known[text] = self._rows.entity(said)
            except CellError:
                pass
        return found

    def _facts(self, entities: Sequence[Entity | None], columns: dict[str, Any]) -> Facts:
        table = self._rows.table
        # Of each entity the first line, and the first of its last day: the largest of day and distance to the end.
        line = columns["line"].cast(pa.int64())
        key = pc.subtract(pc.multiply(columns["day"].cast(pa.int32()).cast(pa.int64()), 2**32), line)
        grouped = pa.table([columns["entity"], line, key], ["entity", "line", "key"]).group_by("entity")
        found = grouped.aggregate([("line", "min"), ("key", "max")]).to_pydict()
        measured: list[Measured | None] = [None] * len(entities)
        for number, first, key_max in zip(found["entity"], found["line_min"], found["key_max"], strict=True):
            days, left = -(-key_max // 2**32), -key_max % 2**32
            entity = entities[number]
            assert entity is not None
            entity.seen(first, date.fromordinal(_EPOCH + days), left)
            if entity.measured is None:
                about = (table.platform, table.level, entity.external_id, entity.parents)
                entity.measured = Measured(Place(table.path, first), *about)
            measured[number] = entity.measured
        return Facts(table.path, measured, columns)

    def texts(self, block: Block) -> Iterator[tuple[int, list[str]]]:
        """The rows of a block one by one, as a CSV would have them: a line and its cells."""
        table = self._rows.table
        texts = {name: _text(column).to_pylist() for name, column in block.cells.items()}
        for number, line in enumerate(block.lines.to_pylist()):
            row = [""] * len(table.header)
            for name, column in texts.items():
                row[table.number_of[name]] = column[number]
            yield line, row


_EPOCH = date(1970, 1, 1).toordinal()


def _text(column: Any) -> Any:
    """A column as a CSV would have it."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if pa.types.is_string(column.type) and not column.null_count else pc.fill_null(
        column.cast(pa.string()), ""
    )  # fmt: skip


def _understood(column: Any, parse: Callable[[str], object], type_: Any, odd: list[Any]) -> Any:
    """A column of few different texts, each understood once; `odd` hears of those that cannot be."""
    encoded = _text(column).dictionary_encode()
    values, wrong = [], []
    for text in encoded.dictionary.to_pylist():
        try:
            values.append(parse(text))
            wrong.append(False)
        except CellError:
            values.append(None)
            wrong.append(True)
    if any(wrong):
        odd.append(pa.array(wrong).take(encoded.indices))
    return pa.array(values, type_).take(encoded.indices)


def _numbers(column: Any, parse: Callable[[str], int | None], odd: list[Any]) -> Any:
    """A column of counts or, in millionths, of amounts; `odd` hears which cells are not plainly one."""
    amounts = parse is cells.micros
    if pa.types.is_integer(column.type) or (amounts and pa.types.is_float64(column.type)):
        return _of_numbers(column, amounts, odd)
    text = _text(column)
    absent = pc.is_in(text, value_set=_ABSENT)
    if amounts:
        plain = pc.match_substring_regex(text, _AMOUNT)
        number = pc.cast(pc.if_else(plain, text, None), pa.float64())
        number = pc.round(pc.multiply(number, _MILLION)).cast(pa.int64())
    else:
        plain = pc.and_(pc.ascii_is_decimal(text), pc.less(pc.binary_length(text), 16))
        number = pc.cast(pc.if_else(plain, text, None), pa.int64())
    odd.append(pc.invert(pc.or_(plain, absent)))
    return number


def _of_numbers(column: Any, amounts: bool, odd: list[Any]) -> Any:  # noqa: FBT001  # which of the two it is
    """The same of a column that holds numbers already."""
    largest = _LARGEST if amounts else cells.MAX_COUNT
    plain = pc.and_(pc.greater_equal(column, 0), pc.less_equal(column, largest))
    number = column
    if amounts:
        exact = pc.multiply(column.cast(pa.float64()), _MILLION)
        number = pc.round(exact)
        # What is nearly half-way between two is rounded by its digits.
        plain = pc.and_(plain, pc.less(pc.abs(pc.subtract(exact, number)), 0.25))
    plain = pc.or_(pc.fill_null(plain, False), pc.is_null(column))
    odd.append(pc.invert(plain))
    return pc.if_else(plain, number, None).cast(pa.int64())
