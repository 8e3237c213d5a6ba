"""Reading a table from a Parquet file, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pyarrow.parquet  # type: ignore[import-untyped]  # … nor have its parts

from db.importers.files import have_read
from db.importers.records import BadRow, Place
from db.importers.table_columns import Block

_BATCH = 20_000
# Of a column's bytes so many are read at once: else a file of one row group would be in memory whole.
_BUFFER = 2**20


def header(path: Path) -> list[str] | BadRow:
    """The names of a table's columns, as they are there."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            return list(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        return _damaged(path, 0, error)


def blocks(path: Path, columns: Mapping[str, int]) -> Iterator[Block | BadRow]:
    """The rows of a table, each with its number from 1: the cells of the `columns`, fields and their numbers."""
    done = 0
    try:
        with pa.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            schema = file.schema_arrow
            for number in columns.values():
                if reason := _unreadable(schema.field(number).type):
                    yield BadRow(Place(path, 0), schema.names[number], "", reason, ends_file=True)
                    return
            names = {field: schema.names[number] for field, number in columns.items()}
            wanted = list(dict.fromkeys(names.values()))
            size, number = path.stat().st_size, max(1, file.metadata.num_rows)
            for batch in file.iter_batches(_BATCH, columns=wanted, use_threads=False):
                # Its library reads by itself, here and there: the bytes of as many rows.
                have_read(size * len(batch) // number)
                lines = pa.array(range(done + 1, done + len(batch) + 1), pa.int32())
                done += len(batch)
                yield Block(lines, {field: batch.column(name) for field, name in names.items()})
    except (pa.ArrowException, OSError) as error:
        yield _damaged(path, done + 1, error)


def _damaged(path: Path, line: int, error: Exception) -> BadRow:
    reason = f"is no Parquet file that can be read: {' '.join(str(error).split())}"
    return BadRow(Place(path, line), "", "", reason, ends_file=True)


def _unreadable(type_: Any) -> str | None:
    """Why the column cannot be read as text."""
    if pa.types.is_nested(type_) or pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return f"holds {type_}: neither text, numbers nor dates"
    return None
