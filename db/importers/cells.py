"""What stands in one cell of an export: numbers, days, identities and names, exact, or the reason why they are not."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

# Doubles, and so JSON, hold whole numbers up to here.
MAX_COUNT = 2**53
# A hundred billion of the currency: far above any entity's day, and sums of many still fit a bigint.
MAX_MICROS = 10**17
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)

# How exports write "not reported".
ABSENT = frozenset({"", "-", "--", "null", "NULL", "None"})
_MILLION = Decimal(1_000_000)
_WHOLE = Decimal(1)
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[T ](\d{1,2})(?::(\d{2}))?(?::(\d{2}(?:\.\d+)?))?\s*(?:Z|[+-]\d{2}(?::?\d{2})?|UTC)?)?",
    re.ASCII,
)
_SPREADSHEET = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
# Halves of a character, which JSON can spell, are text to nobody.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class CellError(ValueError):
    """What the cell holds cannot be taken; the text says why."""


def absent(text: str) -> bool:
    """Whether the cell says that nothing is reported."""
    return text.strip() in ABSENT


def count(text: str) -> int | None:
    """A whole number of things, 0 or more."""
    # Nearly all are plain digits.
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    number = _number(text)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise CellError("is not a whole number")
    if number > MAX_COUNT:
        raise CellError(f"is larger than {MAX_COUNT}")
    return int(number)


def micros(text: str) -> int | None:
    """An amount in millionths, 0 or more, rounded to the nearest where it has more than six decimals."""
    # Nearly all are plain digits with a few decimals.
    whole, _, decimals = text.partition(".")
    if len(whole) < 12 and len(decimals) <= 6 and text.isascii() and (whole + decimals).isdigit():
        return int(whole + decimals.ljust(6, "0"))
    number = _number(text)
    if number is None:
        return None
    if number * _MILLION > MAX_MICROS:
        raise CellError(f"is larger than {MAX_MICROS // 1_000_000}")
    return int((number * _MILLION).quantize(_WHOLE, ROUND_HALF_EVEN))


# Days, ids and times of a sync come again and again: a look-up costs a tenth of understanding them.
@lru_cache(maxsize=10_000)
def day(text: str) -> date:
    """A date, with or without a time behind it."""
    return hour(text)[0]


@lru_cache(maxsize=10_000)
def hour(text: str) -> tuple[date, int]:
    """A date and the hour of the day (0 where there is none); hours may have one digit."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise CellError("is not a date like 2026-01-31")
    try:
        then = date.fromisoformat(found[1])
    except ValueError:
        raise CellError("is not a date of the calendar") from None
    if not FIRST_DAY <= then <= LAST_DAY:
        raise CellError(f"is not between {FIRST_DAY} and {LAST_DAY}")
    of_day = int(found[2] or 0)
    if of_day > 23:
        raise CellError("has no hour between 0 and 23")
    return then, of_day


@lru_cache(maxsize=10_000)
def version(text: str) -> str:
    """A time as a text that sorts like it, however it was written; what is no time sorts before."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return ""
    try:
        second = f"{float(found[4] or 0):09.6f}"
        return datetime.fromisoformat(f"{found[1]}T{int(found[2] or 0):02}:{found[3] or '00'}:{second}").isoformat()
    except ValueError:
        return ""


@lru_cache(maxsize=100_000)
def identity(text: str) -> str:
    """An external id, digit by digit as the platform gave it."""
    text = text.strip()
    if text in ABSENT:
        raise CellError("is empty, an id is needed")
    if _SPREADSHEET.fullmatch(text):
        raise CellError("has lost digits, as spreadsheets do to long ids: export it as text")
    if text.endswith(".0") and text[:-2].isdigit():
        raise CellError("went through a floating-point number, which changes long ids: export it as text")
    if len(text) > 200 or _CONTROL.search(text):
        raise CellError("is not an id: too long, or with control characters")
    return text


def optional_identity(text: str) -> str | None:
    """An external id where there is one."""
    return None if absent(text) else identity(text)


def words(text: str) -> str | None:
    """A name or another text for people: one line, without what cannot be shown."""
    return _CONTROL.sub(" ", text).strip()[:1_000] or None


def _number(text: str) -> Decimal | None:
    stripped = text.strip()
    if stripped in ABSENT:
        return None
    try:
        number = Decimal(stripped)
    except InvalidOperation:
        raise CellError("is not a number like 1234.56") from None
    # Decimal also takes digits of other scripts, underscores and infinities.
    if not number.is_finite():
        raise CellError("is not a finite number")
    if not stripped.isascii() or "_" in stripped:
        raise CellError("is not a number like 1234.56")
    if number < 0:
        raise CellError("is negative")
    if number and number.adjusted() > 30:
        raise CellError("is too large")
    return number
