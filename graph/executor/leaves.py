"""Leaves: whole columns of scalars and enums, checked by type at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from math import isfinite
from typing import Any

from graphql import GraphQLEnumType, GraphQLLeafType
from graphql.execution import Executor

NULL = type(None)
INT32 = 2**31
INT53 = 2**53

# Of values of exactly this Python type, what holds for a whole column that may go out as it is.
_AS_IS: dict[str, tuple[type, Callable[[Sequence[Any]], bool]]] = {
    "String": (str, lambda _: True),
    "ID": (str, lambda _: True),
    "CurrencyCode": (str, lambda _: True),
    "Boolean": (bool, lambda _: True),
    "Int": (int, lambda values: min(values) >= -INT32 and max(values) < INT32),
    "BigInt": (int, lambda values: min(values) > -INT53 and max(values) < INT53),
    # An infinity or NaN among them would make the sum one.
    "Float": (float, lambda values: isfinite(sum(values))),
}


def as_is(leaf: GraphQLLeafType, values: Sequence[Any]) -> bool:
    """Whether a column may go out unchanged: each value null, or what the leaf's own coercion would leave alone."""
    known = _AS_IS.get(leaf.name)
    if known is None:
        return False
    wanted, holds = known
    kinds = set(map(type, values))
    if kinds == {wanted}:
        return holds(values)
    if kinds == {wanted, NULL}:
        return holds([value for value in values if value is not None])
    return kinds <= {NULL}


def of_few(leaf: GraphQLLeafType, values: Sequence[Any]) -> list[Any] | None:
    """A column of dates, or of an enum with each different value coerced once; None where that is not so simple."""
    kinds = set(map(type, values))
    if leaf.name == "Date" and kinds == {date}:
        return list(map(date.isoformat, values))
    # True and 1 are equal, but not the same value, and null is none.
    if not isinstance(leaf, GraphQLEnumType) or len(kinds) != 1 or NULL in kinds:
        return None
    try:
        known = {value: coerced(leaf, value) for value in set(values)}
    except Exception:  # noqa: BLE001  # one by one tells which
        return None
    return list(map(known.__getitem__, values))


def coerced(leaf: GraphQLLeafType, value: Any) -> Any:
    """What one value of the leaf is in the answer, by graphql-core's own rule, and its words where it breaks that."""
    return Executor.complete_leaf_value(leaf, value)
