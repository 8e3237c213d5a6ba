"""The rows that an import leaves out because they cannot be taken, kept in a file beside the input."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from db.errors import Invalid
from db.importers.files import STANDARD_INPUT
from db.importers.records import BadRow
from db.importing.refusals import ImportRefused

_HEADER = ("file", "line", "column", "value", "reason", "row")


class Rejects:
    """A CSV file of bad rows: their place, what is wrong and why, and the row itself, to be mended and imported again.

    It is there once `publish` was called.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._unfinished = path.with_name(f"{path.name}.part")
        self._file: IO[str] | None = None

    @classmethod
    @contextmanager
    def beside(cls, path: Path) -> Iterator[Self]:
        """Rejects beside the input `path` (of standard input: here); what was not published is gone at the end."""
        # A directory's own name ends no path that was given as `.` or `export/`.
        path = Path("stdin") if path == STANDARD_INPUT else path.resolve()
        rejects = cls(path.with_name(f"{path.name}.rejects.csv"))
        try:
            yield rejects
        finally:
            rejects._close()
            with suppress(OSError):
                rejects._unfinished.unlink()

    def keep(self, bad_row: BadRow) -> None:
        """Adds a row; raises `ImportRefused` where nothing beside it can be taken either."""
        if bad_row.spoils:
            raise ImportRefused([bad_row], 1)
        self.count += 1
        with self._telling():
            if self._file is None:
                self._file = self._unfinished.open("w", encoding="utf-8", newline="")
                csv.writer(self._file).writerow(_HEADER)
            place = bad_row.place
            told = (place.file, place.line, bad_row.column, bad_row.value, bad_row.reason, bad_row.row)
            csv.writer(self._file).writerow(told)

    def publish(self) -> None:
        """Gives the file its name, in place of an earlier import's; where nothing was rejected there is none."""
        with self._telling():
            self._close()
            if self.count:
                self._unfinished.replace(self.path)
            else:
                self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Invalid(
                f"Nothing was imported: {self.path}, the file for rejected rows, cannot be written: "
                f"{error.strerror or error}. Import from a directory that can be, or without --skip-bad-rows."
            ) from error
