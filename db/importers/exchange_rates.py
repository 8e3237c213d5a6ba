"""Files of exchange rates: the European Central Bank's history, or a rate a row from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from db.importers.csv_table import raw
from db.importers.records import BadRow, Place

HELP = (
    "FILE: the European Central Bank's history of reference rates (eurofxref-hist.csv, or the .zip that it comes in), "
    "or a CSV with the columns date, currency and rate, and perhaps base: one base (by default one EUR) is worth rate "
    "units of the currency. Shared by all projects."
)
_CODE = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Before the point, and behind it: no currency was ever worth as much more, or less, than another.
_MOST_DIGITS = 15
# What the European Central Bank writes where it gave no rate.
_NONE = frozenset({"", "-", "N/A"})


class Rate(NamedTuple):
    """One `base` was worth `rate` units of `currency` on a day."""

    place: Place
    currency: str
    base: str
    day: date
    rate: Decimal


def read(path: Path) -> Iterator[Rate | BadRow]:
    """The rates of the file, in its order."""
    header: list[str] | None = None
    for row in raw(path):
        if isinstance(row, BadRow):
            yield row
        elif header is None:
            header = [name.strip() for name in row[1]]
            if bad_row := _bad_header(path, header):
                yield bad_row
                return
        else:
            take = _generic if {"currency", "rate"} <= set(map(str.lower, header)) else _history
            yield from take(Place(path, row[0]), header, row[1])


def _bad_header(path: Path, header: Sequence[str]) -> BadRow | None:
    names = [name.lower() for name in header]
    if "date" not in names:
        reason = f"the column is missing; there are {', '.join(header)[:200]}"
        return BadRow(Place(path, 1), "date", "", reason, ends_file=True)
    if {"currency", "rate"} <= set(names):
        expected = {"date", "currency", "rate", "base"}
        twice = next((name for name in names if name in expected and names.count(name) > 1), None)
    else:
        expected = {"date", ""}
        strange = next((name for name in header if name.lower() not in expected and not _CODE.fullmatch(name)), None)
        if strange is not None or len(header) < 2:
            reason = "is no currency code: give the history of the European Central Bank, or date, currency and rate"
            return BadRow(Place(path, 1), "", strange or "", reason, ends_file=True)
        twice = next((name for name in header if name and header.count(name) > 1), None)
    return BadRow(Place(path, 1), twice, "", "the column is there twice", ends_file=True) if twice else None


def _history(place: Place, header: Sequence[str], row: Sequence[str]) -> Iterator[Rate | BadRow]:
    """A day with a column for each currency: units of it for one EUR."""
    at = next(number for number, name in enumerate(header) if name.lower() == "date")
    day = _day(row[at])
    if isinstance(day, str):
        yield BadRow(place, header[at], row[at], day)
        return
    for number, (name, text) in enumerate(zip(header, row, strict=True)):
        if number != at and name and text.strip() not in _NONE:
            yield _rate(place, name, text, name, "EUR", day)


def _generic(place: Place, header: Sequence[str], row: Sequence[str]) -> Iterator[Rate | BadRow]:
    """One rate."""
    named = {name.lower(): text.strip() for name, text in zip(header, row, strict=True)}
    codes = {column: named.get(column) or "EUR" for column in ("currency", "base")}
    if not named["currency"]:
        codes["currency"] = ""
    for column, code in codes.items():
        if not _CODE.fullmatch(code) or code == "XXX":
            yield BadRow(place, column, code, "is no currency code like USD")
            return
    day = _day(named["date"])
    if isinstance(day, str):
        yield BadRow(place, "date", named["date"], day)
        return
    yield _rate(place, "rate", named["rate"], codes["currency"], codes["base"], day)


def _day(text: str) -> date | str:
    """A day, or why it is none. Rates reach further back than facts."""
    text = text.strip()
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else "is not a date like 2026-01-31"
    except ValueError:
        return "is not a date of the calendar"


def _rate(place: Place, column: str, text: str, currency: str, base: str, day: date) -> Rate | BadRow:
    text = text.strip()
    try:
        rate = Decimal(text) if text.isascii() and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite():
        return BadRow(place, column, text, "is not a number like 1.0832")
    if rate <= 0:
        return BadRow(place, column, text, "is not above 0")
    if abs(rate.adjusted()) > _MOST_DIGITS or len(text) > 2 * _MOST_DIGITS:
        return BadRow(place, column, text, "has too many digits for a rate")
    if currency == base and rate != 1:
        return BadRow(place, column, text, f"cannot be: one {base} is worth one")
    return Rate(place, currency, base, day, rate)
