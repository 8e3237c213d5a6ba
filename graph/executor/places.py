"""Where the objects of a level stand in the answer. Paths are only spelled out for errors, so levels keep offsets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

Step = str | int


class Root:
    """The one place at the top."""

    def path(self, _number: int) -> list[Step]:
        """The response path of the object of that number."""
        return []


@dataclass(slots=True, eq=False)  # a frozen one takes three times as long to make, and each field of a level has one
class Under:
    """The values of one field of all objects above."""

    above: Places
    key: str

    def path(self, number: int) -> list[Step]:
        """The response path of the value of that number."""
        return [*self.above.path(number), self.key]


@dataclass(slots=True, eq=False)
class Picked:
    """Some of the values above."""

    above: Places
    numbers: Sequence[int]

    def path(self, number: int) -> list[Step]:
        """The response path of the value of that number."""
        return self.above.path(self.numbers[number])


class Items:
    """The items of all lists above, one list after the other."""

    __slots__ = ("_above", "_ends")

    def __init__(self, above: Places, lengths: Sequence[int]) -> None:
        self._above = above
        self._ends = list(accumulate(lengths))

    def path(self, number: int) -> list[Step]:
        """The response path of the item of that number."""
        which = bisect_right(self._ends, number)
        first = self._ends[which - 1] if which else 0
        return [*self._above.path(which), number - first]


Places = Root | Under | Picked | Items
