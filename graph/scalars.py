"""The scalars beyond GraphQL's own."""

from typing import NewType

import strawberry
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
