"""Reading a table from a CSV file in blocks of columns as long as its lines are plain, from where they are not by rows.

Plain are lines of UTF-8 that end like lines, with as many cells as the header and no quotes: then every way to read CSV
understands the same. Of lines with quotes each is read by itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pyarrow.compute  # type: ignore[import-untyped]  # … nor have its parts …
import pyarrow.csv  # type: ignore[import-untyped]  # … whichever is imported

from db.importers import csv_table
from db.importers.files import DAMAGED, opened
from db.importers.records import BadRow
from db.importers.table_columns import SEPARATOR, Block

_SIZE = 2**22
# Beyond it what has no line end is no text: the rows say so.
_LONGEST = 2**24
_MARK = b"\xef\xbb\xbf"

RawRow = tuple[int, Sequence[str]] | BadRow


def blocks(path: Path, columns: Mapping[str, int], size: int = _SIZE) -> Iterator[Block | RawRow]:
    """The rows of a table, whose header is one: of the `columns`, fields and their numbers, blocks of cells.

    From where the file is not plain on, its rows come one by one.
    """
    with opened(path) as file:
        first = file.readline().removeprefix(_MARK)
        if b'"' in first:
            yield from islice(csv_table.raw(path), 1, None)
            return
        header = first.decode().rstrip("\r\n")
        delimiter = csv_table.delimiter_of(header)
        plain = _Plain(delimiter, header.count(delimiter) + 1, columns)
        lines = _Lines(file, size)
        line = 1
        while data := lines.take():
            block = plain.block(data, line)
            if block is None:
                lines.left = data + lines.left
                break
            yield block
            line += data.count(b"\n")
        if lines.left or lines.error:
            yield from csv_table.rest(path, _Rest(lines), line, plain.width, delimiter)


class _Lines:
    """Whole lines of a file, many at a time; `left` is what was read of the next one, `error` why no more can be."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.left = b""
        self.error: Exception | None = None
        self._file: Any = file
        self._size = size

    def take(self) -> bytes:
        """About as many bytes as the size says; none at the end, or where they are no lines."""
        pieces = [self.left]
        length = len(self.left)
        while piece := self.more():
            pieces.append(piece)
            length += len(piece)
            if length >= self._size and (b"\n" in piece or length >= _LONGEST):
                break
        data = b"".join(pieces)
        if self.error or (piece and b"\n" not in data):
            self.left = data
            return b""
        if not piece:
            self.left = b""
            return data
        whole, end, self.left = data.rpartition(b"\n")
        return whole + end

    def more(self) -> bytes:
        """What comes next, if anything can be read."""
        if not self.error:
            try:
                return bytes(self._file.read1(self._size))
            except DAMAGED as error:
                self.error = error
        return b""


class _Rest(io.BufferedIOBase):
    """What is left of a file, to be read line by line."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._read = io.BytesIO(lines.left)

    def readline(self, size: int | None = -1, /) -> bytes:
        line = self._read.readline(size or -1)
        while not line.endswith(b"\n") and len(line) != size:
            piece = self._lines.more()
            if not piece:
                if self._lines.error and not line:
                    raise self._lines.error
                break
            self._read = io.BytesIO(line + piece)
            line = self._read.readline(size or -1)
        return line


class _Plain:
    """The plain lines of a table as columns."""

    def __init__(self, delimiter: str, width: int, columns: Mapping[str, int]) -> None:
        self.width = width
        self._delimiter = delimiter
        self._columns = columns
        names = [str(number) for number in range(width)]
        self._wanted = {field: names[number] for field, number in columns.items()}
        self._parse = pa.csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False)
        self._convert = pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), include_columns=list(dict.fromkeys(self._wanted.values())),
            strings_can_be_null=False, check_utf8=False,
        )  # fmt: skip
        self._names = names

    def block(self, data: bytes, before: int) -> Block | None:
        """The rows in whole lines, of which as many were `before`; None where they are not plain."""
        unusual = (
            b"\0" in data or SEPARATOR.encode() in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n"))
        )
        if unusual or not (data.isascii() or _is_text(data)):
            return None
        numbers = range(before + 1, before + data.count(b"\n") + (not data.endswith(b"\n")) + 1)
        try:
            return self._block(data, numbers) if b'"' not in data else self._quoted(data, numbers)
        except (pa.ArrowInvalid, csv.Error, ValueError):
            return None

    def _quoted(self, data: bytes, numbers: Sequence[int]) -> Block:
        """The same where some lines have quotes: those are read by themselves."""
        lines = list(zip(numbers, data.split(b"\n"), strict=False))
        plain = [(number, line) for number, line in lines if b'"' not in line]
        quoted = [(number, line) for number, line in lines if b'"' in line]
        # A cell over several lines opens in one that has no pair for its quote.
        if any(line.count(b'"') % 2 for _, line in quoted):
            raise ValueError("a cell over several lines")
        rows = list(csv.reader((line.decode() for _, line in quoted), strict=True, delimiter=self._delimiter))
        if len(rows) != len(quoted) or any(len(row) != self.width for row in rows):
            raise ValueError("a row that is none")
        block = self._block(b"".join(line + b"\n" for _, line in plain), [number for number, _ in plain])
        places = pa.concat_arrays([block.lines, pa.array([number for number, _ in quoted], pa.int32())])
        order = pa.compute.sort_indices(places)
        cells = {
            field: pa.concat_arrays([block.cells[field], pa.array([row[number] for row in rows], pa.string())])
            for field, number in self._columns.items()
        }
        return Block(places.take(order), {field: column.take(order) for field, column in cells.items()})

    def _block(self, data: bytes, numbers: Sequence[int]) -> Block:
        if not data:
            return Block(pa.array([], pa.int32()), dict.fromkeys(self._wanted, pa.array([], pa.string())))
        read = pa.csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=self._names)
        table = pa.csv.read_csv(
            pa.py_buffer(data), read_options=read, parse_options=self._parse, convert_options=self._convert
        )
        if table.num_rows != len(numbers):
            raise ValueError(table.num_rows)
        lines = pa.array(numbers, pa.int32())
        return Block(lines, {field: table.column(name).combine_chunks() for field, name in self._wanted.items()})


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
