"""Rows as bytes, in the binary format of COPY: what is the same in many rows, or known early, is written only once.

A row is its number of columns, then each cell: its length and its bytes. Pieces of rows stand one behind the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from functools import cache, lru_cache
from struct import Struct

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH = Struct("!i").pack
_COLUMNS = Struct("!h").pack
_SMALL = Struct("!ih").pack
_INTEGER = Struct("!ii").pack
_BIG = Struct("!iq").pack
_FLAG = Struct("!i?").pack
_DIGITS = Struct("!hhHH").pack
# Its length, one dimension, no nulls, the type of the elements, how many there are, counted from 1.
_ARRAY = Struct("!iiiIii").pack
_READ_LENGTH = Struct("!i").unpack_from
_READ_DIGITS = Struct("!hhHH").unpack_from
_EXACT = Context(prec=100)
_TEXT_TYPE, _SMALLINT_TYPE, _MOMENT_TYPE = 25, 21, 1184
_MOMENT_LENGTH = 12


def columns(number: int) -> bytes:
    """How each row begins."""
    return _COLUMNS(number)


def smallint(number: int) -> bytes:
    return _SMALL(2, number)


def integer(number: int) -> bytes:
    return _INTEGER(4, number)


def bigint(number: int) -> bytes:
    return _BIG(8, number)


def boolean(value: bool) -> bytes:  # noqa: FBT001  # the value itself
    return _FLAG(1, value)


def text(value: str | None) -> bytes:
    if value is None:
        return NULL
    told = value.encode()
    return _LENGTH(len(told)) + told


# For texts that are in most rows.
repeated_text = lru_cache(maxsize=10_000)(text)


def moment(at: datetime | None) -> bytes:
    return NULL if at is None else _BIG(8, (at - _EPOCH) // _MICROSECOND)


def numeric(value: Decimal | None) -> bytes:
    """As many decimals as the number has."""
    return NULL if value is None else _numeric(str(value))


# Prices are mostly the same.
@lru_cache(maxsize=50_000)
def _numeric(value: str) -> bytes:
    """Digits to the base of 10,000."""
    if "E" in value:
        value = f"{Decimal(value):f}"
    whole, _, part = value.lstrip("-").partition(".")
    digits = whole.zfill(-(-len(whole) // 4) * 4) + part.ljust(-(-len(part) // 4) * 4, "0")
    groups = [int(digits[place : place + 4]) for place in range(0, len(digits), 4)]
    weight = -(-len(whole) // 4) - 1
    while groups and not groups[-1]:
        groups.pop()
    leading = next((place for place, group in enumerate(groups) if group), 0)
    groups, weight = groups[leading:], weight - leading if groups else 0
    sign = 0x4000 if groups and value.startswith("-") else 0
    told = _DIGITS(len(groups), weight, sign, len(part)) + b"".join(map(_COLUMNS, groups))
    return _LENGTH(len(told)) + told


def texts(values: Iterable[str]) -> bytes:
    """A list of texts that are in other lists as well."""
    return _array(_TEXT_TYPE, list(map(repeated_text, values)))


def moments(values: Sequence[datetime]) -> bytes:
    return b"".join((moments_begin(len(values)), *map(moment, values)))


@cache
def moments_begin(number: int) -> bytes:
    """What comes before so many moments that are a list."""
    return _ARRAY(20 + number * _MOMENT_LENGTH, 1, 0, _MOMENT_TYPE, number, 1)


# For lists that are in most rows.
@lru_cache(maxsize=10_000)
def repeated_texts(values: tuple[str, ...]) -> bytes:
    return texts(values)


@lru_cache(maxsize=10_000)
def repeated_smallints(values: tuple[int, ...]) -> bytes:
    return _array(_SMALLINT_TYPE, list(map(smallint, values)))


def _array(type_: int, elements: list[bytes]) -> bytes:
    told = b"".join(elements)
    return _ARRAY(20 + len(told), 1, 0, type_, len(elements), 1) + told


def text_in(cell: bytes) -> str:
    """The text in a cell that has its length before it."""
    return cell[4:].decode()


def cells(row: bytes) -> list[bytes | None]:
    """The cells that a piece of a row, or of an array, is made of."""
    found: list[bytes | None] = []
    place = 0
    while place < len(row):
        (length,) = _READ_LENGTH(row, place)
        place += 4
        found.append(None if length < 0 else row[place : place + length])
        place += max(length, 0)
    return found


def number_in(cell: bytes) -> int:
    """The integer in a cell, of whatever size."""
    return int.from_bytes(cell, signed=True)


def moment_in(cell: bytes) -> datetime:
    """The moment in a cell."""
    return _EPOCH + timedelta(microseconds=number_in(cell))


def numeric_in(cell: bytes) -> Decimal:
    """The number in a cell."""
    count, weight, sign, decimals = _READ_DIGITS(cell)
    groups = [number_in(cell[place : place + 2]) for place in range(8, 8 + 2 * count, 2)]
    whole = sum(group * 10_000 ** (len(groups) - 1 - place) for place, group in enumerate(groups))
    value = Decimal((1 if sign else 0, tuple(map(int, str(whole))), 4 * (weight + 1 - count)))
    return value.quantize(Decimal((0, (1,), -decimals)), context=_EXACT)


def elements_in(cell: bytes) -> list[bytes]:
    """The elements of the array in a cell, none of which is null."""
    return [element for element in cells(cell[20:]) if element is not None]
