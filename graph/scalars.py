"""The scalars beyond GraphQL's own."""

from contextlib import suppress
from datetime import date
from typing import NewType

import strawberry
from graphql import GraphQLError
from graphql.pyutils import inspect
from strawberry.types.scalar import ScalarDefinition

from db.errors import Invalid, WindowTooLarge

MAX_EXACT = 2**53 - 1

BigInt = NewType("BigInt", int)
CurrencyCode = NewType("CurrencyCode", str)
Amount = NewType("Amount", object)
Properties = NewType("Properties", object)


def exact(value: object) -> int:
    """The integer, if a JSON number has every digit of it."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"BigInt cannot represent {value!r}: it is no integer.")
    if abs(value) > MAX_EXACT:
        raise WindowTooLarge(
            f"{value} is past {MAX_EXACT}, up to which a JSON number is exact. Take a shorter window or a lower level."
        )
    return value


def _currency(value: object) -> str:
    """A text; whether it is a currency is told by whoever knows the argument's name."""
    if not isinstance(value, str):
        raise GraphQLError(f'{inspect(value)} is no currency. Write a code like "USD".')
    return value


def _day(value: object) -> date:
    if isinstance(value, str):
        with suppress(ValueError):
            day = date.fromisoformat(value)
            # Of the ways to write a day only this one.
            if str(day) == value:
                return day
    raise GraphQLError(f'{inspect(value)} is no day of the calendar. Write one like "2026-04-11".')


def _as_it_is(value: object) -> object:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer, exact in a JSON number: at most 2^53 - 1 either way. Beyond that an error, never a "
        "wrong digit.",
        serialize=exact,
        parse_value=exact,
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="A currency as ISO 4217 names it, such as `USD`. `XXX`: no source has told which.",
        serialize=str,
        parse_value=_currency,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar, such as `2026-04-11`.",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    Amount: strawberry.scalar(
        name="Amount",
        description="Money in units of its currency: a number, or a text that is one where every digit of a long one "
        "matters. What is neither is answered for its event.",
        parse_value=_as_it_is,
    ),
    Properties: strawberry.scalar(
        name="Properties",
        description="A JSON object, of any shape.",
        parse_value=_as_it_is,
    ),
}
