"""Exports to read in tests: the real ones, where the machine has them, and small ones made up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from db.importers.records import Record, Reported

REAL = Path(__file__).parents[4] / "shared" / "data"


def real(name: str) -> Path:
    """A real export; the test is skipped where it is absent."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real exports are not here: {path}")
    return path


def make_table(directory: Path, name: str, header: str, rows: Iterable[Sequence[object]]) -> Path:
    """A CSV file with that header and those rows."""
    path = directory / f"{name}.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def without_reported(records: Iterable[Record]) -> list[Record]:
    """The records, apart from the one that says what the conversions are."""
    return [record for record in records if not isinstance(record, Reported)]
