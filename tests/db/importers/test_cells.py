"""What one cell of an export is taken for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.importers import cells
from db.importers.cells import CellError


@pytest.mark.parametrize("text", ["", " ", "-", "null"])
def test_an_empty_cell_or_a_dash_is_not_reported(text: str):
    assert (cells.count(text), cells.micros(text), cells.optional_identity(text)) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "micros"),
    [("76.53", 76_530_000), ("144.", 144_000_000), ("0.30000000000000004", 300_000), ("1e2", 100_000_000), ("0", 0)],
)
def test_money_is_exact_to_the_millionth(text: str, micros: int):
    assert cells.micros(text) == micros


@given(st.decimals(0, 10**10, places=6))
def test_every_amount_of_six_decimals_is_kept(amount: Decimal):
    assert cells.micros(str(amount)) == int(amount * 1_000_000)


@pytest.mark.parametrize(
    ("parse", "text", "reason"),
    [
        (cells.micros, "-0.01", "negative"),
        (cells.micros, "NaN", "finite"),
        (cells.micros, "Infinity", "finite"),
        (cells.micros, "1e99", "too large"),
        (cells.micros, "1e999999999", "too large"),
        (cells.micros, "100000000001", "larger than 100000000000"),
        (cells.micros, "12,50", "not a number"),
        (cells.micros, "1_000", "not a number"),
        (cells.micros, "١٢", "not a number"),
        (cells.count, "-3", "negative"),
        (cells.count, "1.5", "whole"),
        (cells.count, "9007199254740993", "larger than"),
        (cells.day, "2025-02-30", "calendar"),
        (cells.day, "10/03/2025", "date like"),
        (cells.day, "0001-01-01", "between"),
        (cells.day, "", "date like"),
        (cells.hour, "2025-03-10 24:00:00", "hour"),
        (cells.identity, "", "id is needed"),
        (cells.identity, "1.71412E+15", "lost digits"),
        (cells.identity, "1714125051115569.0", "floating-point"),
        (cells.identity, "a\x00b", "not an id"),
    ],
)
def test_what_cannot_be_taken_says_why(parse: Callable[[str], Any], text: str, reason: str):
    with pytest.raises(CellError, match=reason):
        parse(text)


@given(st.text(max_size=40))
def test_any_text_is_taken_or_refused(text: str):
    for parse in (cells.count, cells.micros, cells.day, cells.hour, cells.identity, cells.version, cells.words):
        with suppress(CellError):
            parse(text)


def test_hours_may_have_one_digit():
    assert cells.hour("2021-09-15 5:00:00") == (date(2021, 9, 15), 5)


def test_versions_sort_by_time_however_they_are_written():
    written = ["2020-12-31T15:30:04", "2020-12-31 15:30:04.5", "2020-12-31 5:30:04", "", "2021-01-01"]
    assert sorted(written, key=cells.version) == [written[3], written[2], written[0], written[1], written[4]]


def test_counts_may_be_written_as_decimals_and_ids_keep_every_digit():
    assert cells.count("12.0") == 12
    assert cells.identity(" 7002238017842757633 ") == "7002238017842757633"
