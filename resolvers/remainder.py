"""Remainders and shares: what a whole has beyond some of its parts, and how much of it a part is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resolvers.definition import Additivity
from resolvers.metric import ADDED_UP, OTHER_MONEY, OWN_MONEY, UNRATED, Metric, definitions
from resolvers.sums import Sums, divided

# What marks money that is no number, rather than being any: a remainder of such a whole is as little known.
_MARKS = frozenset({OTHER_MONEY, OWN_MONEY, *UNRATED.values()})


def remainder(whole: Sums, parts: Sequence[Sums]) -> Sums:
    """The sums of a whole without those of parts of it, in the same currency. Nobody knows of people how many are left.

    What the whole is null for, the remainder is; what a part lacks is in the remainder.
    """
    left: dict[str, list[Any]] = {}
    for column in ADDED_UP:
        if column in whole.columns:
            taken = 0 if column in _MARKS else sum(part.sum(column) for part in parts)
            left[column] = [whole.sum(column) - taken]
    return Sums(
        left, 0, whole.missing, None, True, whole.days, whole.currencies, whole.terms,  # as reach was seen
        uncovered=whole.uncovered, careful=whole.careful, reporting=whole.reporting,
    )  # fmt: skip


def share(part: Sums, whole: Sums, name: Metric) -> float | None:
    """How much of a whole a part is; None where parts do not add up, where either is null, or the whole is nothing."""
    definition = definitions(tracked=whole.terms.tracked)[name]
    if definition.additivity is not Additivity.ADDITIVE or (part.currencies != whole.currencies and definition.money):
        return None
    (own, _), (of, _) = part.exact(definition), whole.exact(definition)
    if own is None or of is None or not of[0]:
        return None
    above: Any = own[0] * of[1]
    return divided(above, own[1] * of[0])
