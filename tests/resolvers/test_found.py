"""What is found of entities follows from the lines alone, however often it is made of the same."""

from __future__ import annotations

from itertools import repeat

from db.delivery import Lines
from resolvers.found import Found
from resolvers.sums import PLAIN_TERMS


def found(lines: Lines) -> Found[int]:
    return Found(lines.entity_ids, lines, ("impressions",))


def test_who_is_silent_has_zeros_where_a_copy_of_the_lines_was_looked_at_before() -> None:
    lines = Lines([1, 1], {"missing": [1, 0], "days": [1, 0], "impressions": [5, 7]})

    assert not found(lines.copy()).plain
    spoke, silent = found(lines).sums([1, 2], frozenset({"USD"}), repeat(True), PLAIN_TERMS)

    assert (spoke.sum("impressions"), spoke.days, spoke.missing) == (12, 1, frozenset({0, 1}))
    assert (silent.sum("impressions"), silent.days, silent.missing) == (0, 0, frozenset())
