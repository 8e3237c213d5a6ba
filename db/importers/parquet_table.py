"""Reading a table from a Parquet file, some rows at a time: every cell as the text that a CSV would have for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pyarrow.compute  # type: ignore[import-untyped]  # … nor have its parts …
import pyarrow.parquet  # type: ignore[import-untyped]  # … whichever is imported

from db.importers.records import BadRow, Place

_BATCH = 10_000
# Of a column's bytes so many are read at once: else a file of one row group would be in memory whole.
_BUFFER = 2**20


def raw(path: Path, wanted: Callable[[Sequence[str]], Collection[str]]) -> Iterator[tuple[int, Sequence[str]] | BadRow]:
    """The header and then the rows of a table, each with its number from 1.

    Of columns that are not `wanted`, which is asked with the header, the cells are empty.
    """
    number = 0
    try:
        with pa.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            header = file.schema_arrow.names
            yield 0, header
            names = wanted(header)
            columns = [name for name in header if name.strip().lower() in names]
            for name in columns:
                if reason := _unreadable(file.schema_arrow.field(name).type):
                    yield BadRow(Place(path, 0), name, "", reason, ends_file=True)
                    return
            for batch in file.iter_batches(_BATCH, columns=columns, use_threads=False):
                texts = [_texts(batch.column(name)) if name in columns else repeat("") for name in header]
                for cells in zip(*texts, strict=False):
                    number += 1
                    yield number, cells
    except (pa.ArrowException, OSError) as error:
        reason = f"is no Parquet file that can be read: {' '.join(str(error).split())}"
        yield BadRow(Place(path, number + 1), "", "", reason, ends_file=True)


def _unreadable(type_: Any) -> str | None:
    """Why the column cannot be read as text."""
    if pa.types.is_nested(type_) or pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return f"holds {type_}: neither text, numbers nor dates"
    return None


def _texts(column: Any) -> list[str]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pa.compute.fill_null(column.cast(pa.string()), "").to_pylist()  # type: ignore[no-any-return]  # it has no types
