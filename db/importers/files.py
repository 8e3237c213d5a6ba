"""Opening what a source was given: files, standard input or a directory of tables, or the reason why they cannot be."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, cast

from db.errors import Invalid
from db.importers.records import BadRow, Place

STANDARD_INPUT = Path("-")
# What a file that is cut short or damaged raises while it is unpacked.
DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error)
# Far above any row of a table: what has no line ends is no text, and must not fill the memory.
_LONGEST_LINE = 2**24
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def one(paths: Sequence[Path], what: str) -> Path:
    """The one path that a source takes, which must be there."""
    if len(paths) != 1:
        raise Invalid(f"This source takes one path, {what}: {len(paths)} were given.")
    if not paths[0].exists():
        raise Invalid(f"{paths[0]} does not exist: give the path of {what}.")
    return paths[0]


def each(paths: Sequence[Path], what: str) -> Sequence[Path]:
    """The files that a source takes, one or more; `-` is standard input."""
    if not paths:
        raise Invalid(f"Nothing was given: give the path of {what}.")
    for path in paths:
        if path != STANDARD_INPUT:
            if not path.exists():
                raise Invalid(f"{path} does not exist: give the path of {what}.")
            if path.is_dir():
                raise Invalid(f"{path} is a directory: give the path of {what}.")
    return paths


def tables(paths: Sequence[Path], what: str, names: Iterable[str]) -> dict[str, Path]:
    """The files of a directory that hold the tables `names`, by table.

    A connector or warehouse puts its schema before a table's name (facebook_ads_ad_history), an export `_data` behind.
    """
    directory = one(paths, what)
    if not directory.is_dir():
        raise Invalid(f"{directory} is a file: give the path of {what}.")
    files = _csv_files(directory)
    found: dict[str, Path] = {}
    for name in names:
        matching = [path for path in files if re.search(rf"(^|_){name}(_data)?\.csv(\.gz)?$", path.name.lower())]
        if len(matching) > 1:
            both = " and ".join(path.name for path in matching[:2])
            raise Invalid(f"{directory} has more than one file for the table {name}: {both}. Keep one of them there.")
        if matching:
            found[name] = matching[0]
    return found


def missing_tables(directory: Path, names: Iterable[str]) -> Invalid:
    """The error of a directory in which none of the tables `names` is."""
    csv = _csv_files(directory)
    names_there = ", ".join(path.name for path in csv[:8]) + (" …" if len(csv) > 8 else "")
    there = f"it has {names_there}" if csv else "it has no .csv file at all"
    return Invalid(f"{directory} has no table {' or '.join(names)} (a file like {next(iter(names))}.csv): {there}.")


def _csv_files(directory: Path) -> list[Path]:
    try:
        return sorted(
            path for path in directory.iterdir() if path.name.lower().endswith((".csv", ".csv.gz")) and path.is_file()
        )
    except OSError as error:
        raise Invalid(f"{directory} cannot be read: {error.strerror or error}.") from error


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """The bytes of a file or of standard input, unpacked where they are gzip or the one file of a zip.

    Reading may raise one of `DAMAGED`.
    """
    try:
        with io.BufferedReader(_raw(path), 2**18) as file:
            # No text starts with this byte. What comes through a pipe may come one byte at a time.
            if file.peek(1)[:1] == b"\x1f":
                with gzip.GzipFile(fileobj=file) as packed, io.BufferedReader(_Unpacked(packed), 2**18) as unpacked:
                    yield unpacked
            elif name := _alone_in_zip(path, file.peek(4)[:4]):
                with zipfile.ZipFile(path) as archive, archive.open(name) as file_of_it:
                    yield io.BufferedReader(_Unpacked(cast("zipfile.ZipExtFile", file_of_it)), 2**18)
            else:
                yield file
    except DAMAGED:
        raise
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error


class _Unpacked(io.RawIOBase):
    """What a packed file holds, piece by piece: where it is damaged, all that came before has been read."""

    def __init__(self, packed: gzip.GzipFile | zipfile.ZipExtFile) -> None:
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._packed.read1(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _alone_in_zip(path: Path, begin: bytes) -> str | None:
    """The name of the file that a zip holds alone; None of anything else. A pipe cannot be read from its end."""
    if begin != b"PK\x03\x04" or path == STANDARD_INPUT:
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
    except zipfile.BadZipFile:
        raise Invalid(f"{path} cannot be unpacked: it is cut short or damaged.") from None
    if len(files) != 1:
        return None
    if files[0].flag_bits & 1 or files[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Invalid(f"{path} is under a password, or packed in a way of its own: unpack it first.")
    return files[0].filename


def _raw(path: Path) -> io.FileIO:
    if path == STANDARD_INPUT:
        return _StandardInput(sys.stdin.fileno(), closefd=False)
    return _File(path)


class _File(io.FileIO):
    """A file that counts what is read of it."""

    def readinto(self, buffer: Any, /) -> int | None:
        length = super().readinto(buffer)
        _Read.bytes += length or 0
        return length


class _StandardInput(_File):
    """Standard input, which nobody can read again: so its hash is taken on the way."""

    def readinto(self, buffer: Any, /) -> int | None:
        length = super().readinto(buffer)
        _Read.of_standard_input.update(memoryview(buffer)[: length or 0])
        return length


class _Read:
    """What this process has read: of all files, and of the one standard input that it has."""

    bytes = 0
    of_standard_input = hashlib.sha256()


def bytes_read() -> int:
    """How many bytes this process has read of files so far, as they are there."""
    return _Read.bytes


def have_read(number: int) -> None:
    """Counts bytes that a library has read."""
    _Read.bytes += number


def bytes_of(paths: Iterable[Path]) -> int | None:
    """How many bytes the files have, or the tables in a directory; None where nobody knows, as of standard input."""
    try:
        files = [file for path in paths for file in (_csv_files(path) if path.is_dir() else [path])]
        return sum(file.stat().st_size for file in files) if files and all(map(Path.is_file, files)) else None
    except (OSError, Invalid):
        return None


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, as they are there; of standard input that of all that this process has read."""
    if path == STANDARD_INPUT:
        return _Read.of_standard_input.hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error


def damaged(path: Path, line: int, error: Exception) -> BadRow:
    """The bad row of a compressed file that cannot be unpacked any further."""
    cut = isinstance(error, EOFError)
    why = "it is cut short" if cut else "it is damaged, and what comes before may be wrong"
    # Whether what was unpacked is what was packed, only the checksum behind all of it tells.
    reason = f"the file cannot be unpacked from here on, {why}"
    return BadRow(Place(path, line), "", "", reason, ends_file=True, spoils=not cut)


class Lines:
    """The lines of a UTF-8 text file, byte order mark removed, with their line ends.

    A line that is no text comes with its bad characters replaced, and is told in `broken`. Where the first one is no
    text the file is none, and where it cannot be unpacked nothing more can be read: it ends there, told in `broken`.
    """

    def __init__(self, path: Path, rest: io.BufferedIOBase | None = None, before: int = 0) -> None:
        """`rest`: what of the file comes after as many lines as were read `before`."""
        self.path = path
        self.number = before
        self.broken: list[BadRow] = []
        self._rest = rest

    def __iter__(self) -> Iterator[str]:
        with nullcontext(self._rest) if self._rest else opened(self.path) as file:
            try:
                for line in iter(partial(file.readline, _LONGEST_LINE), b""):
                    self.number += 1
                    text = self._text(line.removeprefix(_BYTE_ORDER_MARK) if self.number == 1 else line)
                    if self.broken and self.broken[-1].ends_file:
                        return
                    yield text
            except DAMAGED as error:
                self.broken.append(damaged(self.path, self.number + 1, error))

    def _text(self, line: bytes) -> str:
        if len(line) == _LONGEST_LINE:
            self._break(line, 0, f"is not text: it is longer than {_LONGEST_LINE:,} bytes")
            return ""
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            reason = f"byte {error.start + 1} of the line is not UTF-8: export the file as UTF-8 text"
            if self.number == 1 and line.startswith(b"PAR1"):
                reason = "is Parquet, which is read from its end: give it as a file, unpacked"
            self._break(line, error.start, reason)
            return line.decode(errors="replace").replace("\0", "")
        if "\0" in text:
            self._break(line, line.index(0), "is not text: it holds zero bytes, as binary files and UTF-16 do")
            return text.replace("\0", "")
        return text

    def _break(self, line: bytes, at: int, reason: str) -> None:
        ends_file = self.number == 1 or len(line) == _LONGEST_LINE
        shown = line[max(0, at - 20) : at + 20].decode(errors="replace")
        self.broken.append(BadRow(Place(self.path, self.number), "", shown, reason, ends_file))
