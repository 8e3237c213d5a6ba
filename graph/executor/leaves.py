"""Leaves: whole columns of scalars and enums, checked by type at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def coercer(leaf: GraphQLLeafType) -> Callable[[Any], Any]:
    """What brings one value of the leaf into the answer; enums and dates remember, since they have few values."""
    if isinstance(leaf, GraphQLEnumType) or leaf.name == "Date":
        known: dict[Any, Any] = {}

        def remembered(value: Any) -> Any:
            # True and 1 are equal, but not the same value.
            key = (type(value), value)
            try:
                hash(key)
            except TypeError:
                return _coerced(leaf, value)
            if key not in known:
                known[key] = _coerced(leaf, value)
            return known[key]

        return remembered
    return lambda value: _coerced(leaf, value)


def _coerced(leaf: GraphQLLeafType, value: Any) -> Any:
    # graphql-core's own rule, and its words where the value breaks it.
    return Executor.complete_leaf_value(leaf, value)
