"""Files of events: one JSON object a line, or a table of CSV or Parquet with a row for each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path

import orjson

from db.importers import csv_table
from db.importers.files import STANDARD_INPUT, Lines, each
from db.importers.records import BadRow, Place

HELP = (
    "FILE…: conversions and refunds, as JSON with one object a line (JSONL), CSV or Parquet, with the fields event_id, "
    "event_name, source (SDK, CONVERSION_API or PLATFORM) and occurred_at, and perhaps kind (CONVERSION or REFUND), "
    "transaction_id, refund_of, app_id, platform, user_id, revenue_amount, price_amount, currency, touches and "
    "properties. What is sent again counts once."
)
FIELDS = frozenset({
    "event_id", "event_name", "kind", "source", "occurred_at", "transaction_id", "refund_of", "app_id", "platform",
    "user_id", "revenue_amount", "price_amount", "currency", "touches", "properties",
})  # fmt: skip
_NEEDED = ("event_id", "event_name", "source", "occurred_at")
# Cells that hold JSON.
_JSON = ("touches", "properties")
_BATCH = 10_000
# Names of what is not read that are remembered, at most.
MOST_UNREAD = 10

Fields = Mapping[str, object]


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


# Amounts keep every digit.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)
_AMOUNTS = ("revenue_amount", "price_amount")
_NUMBER = re.compile(r"\s*:\s*(-?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*[,}]")


def _decoded(line: str) -> object:
    """What the line holds. The fast way has amounts as floats, so these become the digits in the text, as if quoted."""
    fields = orjson.loads(line)
    if not isinstance(fields, dict):
        return fields
    if fields.get("properties"):
        return _DECODER.decode(line)
    for name in _AMOUNTS:
        if isinstance(fields.get(name), float):
            quoted = f'"{name}"'
            found = _NUMBER.match(line, line.find(quoted) + len(quoted)) if line.count(quoted) == 1 else None
            if found is None:
                return _DECODER.decode(line)
            fields[name] = found[1]
    return fields


def read(paths: Sequence[Path], unread: dict[str, None]) -> Iterator[tuple[Place, Fields] | BadRow]:
    """The events of the files, in their order, in the fields that they have.

    `unread` gets the first names of fields that nobody reads.
    """
    for path in each(paths, "the file of events"):
        if path != STANDARD_INPUT and path.suffix.lower() == ".parquet":
            yield from _parquet(path, unread)
        else:
            yield from _text(path, unread)


def _note(names: Iterable[str], unread: dict[str, None]) -> None:
    for name in names:
        if name not in FIELDS and len(unread) < MOST_UNREAD:
            unread[name] = None


class _Begun(Lines):
    """A text of which the first line was looked at."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._following = super().__iter__()
        self.first = next(self._following, "")

    def __iter__(self) -> Iterator[str]:
        return chain([self.first] if self.first else [], self._following)


def _text(path: Path, unread: dict[str, None]) -> Iterator[tuple[Place, Fields] | BadRow]:
    begun = _Begun(path)
    if not begun.first and not begun.broken:
        yield BadRow(Place(path, 1), "", "", "the file is empty: events are needed, or a header", ends_file=True)
    elif begun.first.lstrip()[:1] in ("{", "["):
        yield from _objects(path, begun, unread)
    else:
        yield from _table(path, csv_table.raw(path, begun), unread)


def _objects(path: Path, lines: _Begun, unread: dict[str, None]) -> Iterator[tuple[Place, Fields] | BadRow]:
    broken = lines.broken
    for number, line in enumerate(lines, 1):
        if broken:
            yield from broken
            broken.clear()
            continue
        try:
            fields = _decoded(line)
        except (ValueError, RecursionError) as error:
            if line.strip():
                place = Place(path, number)
                yield BadRow(
                    place, "", line.strip()[:80], f"is not JSON with one event a line: {error}", row=line.strip()
                )
            continue
        if isinstance(fields, dict):
            if not FIELDS.issuperset(fields):
                _note(fields, unread)
            yield Place(path, number), fields
        else:
            reason = "is no JSON object: give one event a line"
            yield BadRow(Place(path, number), "", line.strip()[:80], reason, row=line.strip())
    yield from broken


def _parquet(path: Path, unread: dict[str, None]) -> Iterator[tuple[Place, Fields] | BadRow]:
    import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
    import pyarrow.parquet  # type: ignore[import-untyped]  # … nor have its parts

    number = 0
    try:
        with pa.parquet.ParquetFile(path) as file:
            header = file.schema_arrow.names
            if bad_row := csv_table.bad_header(path, header, _NEEDED):
                yield bad_row
                return
            _note(header, unread)
            for batch in file.iter_batches(_BATCH, columns=[name for name in header if name in FIELDS]):
                for fields in batch.to_pylist():
                    number += 1
                    yield _event(Place(path, number), fields)
    except (pa.ArrowException, OSError) as error:
        reason = f"is no Parquet file that can be read: {' '.join(str(error).split())}"
        yield BadRow(Place(path, number + 1), "", "", reason, ends_file=True)


def _table(
    path: Path, rows: Iterator[tuple[int, Sequence[str]] | BadRow], unread: dict[str, None]
) -> Iterator[tuple[Place, Fields] | BadRow]:
    header: list[str] | None = None
    for row in rows:
        if isinstance(row, BadRow):
            yield row
        elif header is None:
            header = csv_table.names(row[1])
            if bad_row := csv_table.bad_header(path, header, _NEEDED):
                yield bad_row
                return
            _note(header, unread)
        else:
            yield _event(Place(path, row[0]), dict[str, object](zip(header, row[1], strict=True)))


def _event(place: Place, fields: dict[str, object]) -> tuple[Place, Fields] | BadRow:
    for name in _JSON:
        text = fields.get(name)
        if text and isinstance(text, str):
            try:
                fields[name] = _DECODER.decode(text)
            except (ValueError, RecursionError) as error:
                return BadRow(place, name, text[:80], f"is not JSON: {error}", row=line_of(fields))
    return place, fields


def line_of(fields: Fields) -> str:
    """An event as the line of JSON that it is, or would be, in a file of these."""
    return json.dumps(fields, default=str)
