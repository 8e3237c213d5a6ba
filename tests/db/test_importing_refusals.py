"""How a bad row is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.importers.records import BadRow, Place
from db.importing.refusals import describe


@pytest.mark.parametrize(
    ("column", "value", "reason", "told"),
    [
        ("spend", "-1", "is negative", "a.csv:3: spend '-1' is negative"),
        ("ad_id", "", "is empty, an id is needed", "a.csv:3: ad_id: is empty, an id is needed"),
        ("", "\x00", "is not text", "a.csv:3: '\\x00' is not text"),
        ("", "", "is not CSV", "a.csv:3: is not CSV"),
        ("name", "x" * 99, "is long", f"a.csv:3: name '{'x' * 59}…' is long"),
    ],
)
def test_a_bad_row_is_one_line_with_all_that_is_known(column: str, value: str, reason: str, told: str) -> None:
    assert describe(BadRow(Place(Path("a.csv"), 3), column, value, reason)) == told
