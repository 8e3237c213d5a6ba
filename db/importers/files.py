"""Opening what a source was given: a directory of tables or single files, or the reason why they cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from db.errors import Invalid
from db.importers.records import BadRow, Place


class LineError(Exception):
    """A line of a file is not text; `bad_row` says where."""

    def __init__(self, bad_row: BadRow) -> None:
        super().__init__(bad_row.reason)
        self.bad_row = bad_row


def one(paths: Sequence[Path], what: str) -> Path:
    """The one path that a source takes, which must be there."""
    if len(paths) != 1:
        raise Invalid(f"This source takes one path, {what}: {len(paths)} were given.")
    if not paths[0].exists():
        raise Invalid(f"{paths[0]} does not exist: give the path of {what}.")
    return paths[0]


def one_file(paths: Sequence[Path], what: str) -> Path:
    """The one file that a source takes."""
    path = one(paths, what)
    if path.is_dir():
        raise Invalid(f"{path} is a directory: give the path of {what}.")
    return path


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
        matching = [path for path in files if re.search(rf"(^|_){name}(_data)?$", path.stem.lower())]
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
        return sorted(path for path in directory.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    except OSError as error:
        raise Invalid(f"{directory} cannot be read: {error.strerror or error}.") from error


def lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 text file, byte order mark removed, with their line ends."""
    try:
        with path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            for number, line in enumerate(file, 1):
                yield _text(path, number, line)
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error


def _text(path: Path, number: int, line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} of the line is not UTF-8: export the file as UTF-8 text"
        raise LineError(BadRow(Place(path, number), "", _shown(line, error.start), reason)) from None
    if "\0" in text:
        reason = "is not text: it holds zero bytes, as binary files and UTF-16 do"
        raise LineError(BadRow(Place(path, number), "", _shown(line, line.index(0)), reason))
    return text


def _shown(line: bytes, at: int) -> str:
    return line[max(0, at - 20) : at + 20].decode(errors="replace")
