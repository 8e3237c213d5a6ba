"""Metrics of many sums side by side: what each of them gives by itself, without its questions where they are plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import repeat
from math import inf
from operator import attrgetter, is_, itemgetter, sub
from typing import Any

from db.level import Level
from resolvers.alike import Alike
from resolvers.definition import Difference, Primitive, Ratio
from resolvers.metric import METRICS, REACH, SPEND, Metric, Reason, definitions
from resolvers.sums import PLAIN_TERMS, WHOLE, Columns, Sums, Terms, Told, hundred

# The currencies of many sums: of all, or of each.
Shared = frozenset[str] | Sequence[frozenset[str]]
_COLUMNS, _TERMS = attrgetter("columns"), attrgetter("terms")


class PlainBlocks(Alike[Sums]):
    """Many sums that are all plain but for those at `absent`, of which nothing is known.

    One that somebody changes stays as it was for the next who looks at it.
    """

    one_is = Sums

    def __init__(
        self, columns: Columns, places: Sequence[int], currencies: Shared, terms: Terms, absent: Sequence[int] = ()
    ) -> None:
        self.unclear = absent
        self._absent = frozenset(absent)
        self._shared = columns
        self._places = places
        self.currencies = currencies
        self.terms: Terms | None = terms
        self._columns: dict[str, Sequence[int]] = {}
        # Brings one column's numbers into the order of these sums.
        self._pick: Callable[[Sequence[int]], Sequence[int]] | None = None

    def __len__(self) -> int:
        return len(self._places)

    def at(self, number: int) -> Sums:
        """One of them."""
        known = self.currencies
        currencies = known if isinstance(known, frozenset) else known[number]
        place = self._places[number]
        days = self._shared.get("days")
        terms = self.terms or PLAIN_TERMS
        missing = frozenset[int]() if number in self._absent else WHOLE
        return Sums(self._shared, place, missing, days=days[place] if days else 0, currencies=currencies, terms=terms)

    def picked(self, numbers: Sequence[int]) -> PlainBlocks:
        """Those of these numbers."""
        known = self.currencies
        currencies = known if isinstance(known, frozenset) else [known[number] for number in numbers]
        absent = [place for place, number in enumerate(numbers) if number in self._absent]
        places = [self._places[number] for number in numbers]
        return PlainBlocks(self._shared, places, currencies, self.terms or PLAIN_TERMS, absent)

    def has(self, columns: Iterable[str]) -> bool:
        """Whether all of these sums are there, rather than none of them asked for."""
        return all(map(self._shared.__contains__, columns))

    def column(self, column: str) -> Sequence[int]:
        """One column's sums."""
        found = self._columns.get(column)
        if found is None:
            numbers = self._shared.get(column)
            if self._pick is None:
                self._pick = _picking(self._places)
            found = self._columns[column] = [0] * len(self) if numbers is None else self._pick(numbers)
        return found


def _picking(places: Sequence[int]) -> Callable[[Sequence[int]], Sequence[int]]:
    """What picks the numbers at these places."""
    if isinstance(places, range):
        return itemgetter(slice(places.start, places.stop))
    # Of one place, it would give the number alone.
    several: Sequence[Any] = places if len(places) > 1 else [slice(place, place + 1) for place in places] or [slice(0)]
    return itemgetter(*several)


class Blocks(list[Sums]):
    """Many sums, and their numbers side by side: what one metric of all of them is computed from."""

    def __init__(self, blocks: Iterable[Sums]) -> None:
        super().__init__(blocks)
        self._columns: dict[str, Sequence[int]] = {}
        shared = self[0].columns if self else {}
        self._shared = shared if all(map(is_, map(_COLUMNS, self), repeat(shared))) else {}
        self._places = [sums.at for sums in self] if self._shared else []
        terms = self[0].terms if self else PLAIN_TERMS
        # None: there are several, so that each answers for itself.
        self.terms = terms if all(map(is_, map(_TERMS, self), repeat(terms))) else None
        # Those that answer for themselves: something of them may be null or incomplete.
        self.unclear = [number for number, sums in enumerate(self) if not sums.plain]

    @cached_property
    def currencies(self) -> Shared:
        """Those of all, or of each."""
        first = self[0].currencies if self else frozenset[str]()
        return first if all(sums.currencies == first for sums in self) else [sums.currencies for sums in self]

    def has(self, columns: Iterable[str]) -> bool:
        """Whether all of these sums are there and side by side."""
        return all(column in self._shared for column in columns)

    def column(self, column: str) -> Sequence[int]:
        """One column's sums."""
        found = self._columns.get(column)
        if found is None:
            found = self._columns[column] = self._side_by_side(column)
        return found

    def _side_by_side(self, column: str) -> Sequence[int]:
        if column in self._shared:
            return list(map(self._shared[column].__getitem__, self._places))
        return [sums.sum(column) for sums in self]


# Many sums whose numbers are side by side.
Together = Blocks | PlainBlocks


def picked(blocks: Sequence[Sums], numbers: Sequence[int]) -> Together:
    """Those of these numbers, side by side."""
    return blocks.picked(numbers) if isinstance(blocks, PlainBlocks) else Blocks(blocks[number] for number in numbers)


def levels_of(blocks: Sequence[Sums]) -> Sequence[Level | None]:
    """The level of each of many sums; None: a project's."""
    if isinstance(blocks, Together) and blocks.terms:
        return [blocks.terms.level] * len(blocks)
    return [sums.terms.level for sums in blocks]


def values(
    name: Metric, blocks: Sequence[Sums], *, tracked: bool | None = None, percent: bool = False
) -> list[float | int | None]:
    """One metric of many sums: what `Sums.told` gives for each, without its questions where they are plain.

    `tracked` chooses whose conversions are meant (None: those of the terms); `percent` gives fractions times 100.
    """
    together = blocks if isinstance(blocks, Together) else Blocks(blocks)
    if not together:
        return []
    if together.terms is None:
        return [sums.told(name, tracked=tracked, percent=percent)[0] for sums in together]
    definition = definitions(tracked=together.terms.tracked if tracked is None else tracked)[name]
    if REACH in definition.parts:
        return [sums.told(name)[0] for sums in together]
    if isinstance(definition, Ratio):
        found = _plain_ratios(definition, together, hundred(definition, percent=percent), together.terms)
    else:
        found = _plain_sums(definition, together)
    for number in together.unclear:
        found[number] = together[number].told(name, tracked=tracked, percent=percent)[0]
    return found


def told(name: Metric, blocks: Sequence[Sums], *, tracked: bool | None = None, percent: bool = False) -> list[Told]:
    """One metric of many sums, each value with its reason."""
    together = blocks if isinstance(blocks, Together) else Blocks(blocks)
    found: list[Told] = [
        (value, Reason.ZERO_DENOMINATOR if value is None else None)
        for value in values(name, together, tracked=tracked, percent=percent)
    ]
    asking = range(len(found)) if REACH in METRICS[name].parts or together.terms is None else together.unclear
    for number in asking:
        found[number] = together[number].told(name, tracked=tracked, percent=percent)
    return found


def sort_values(name: Metric, blocks: Sequence[Sums], *, worst: bool) -> list[float | int | None]:
    """What many sums are ordered, and conditions are checked, by: one metric's values.

    `worst`: what was spent on and got nothing costs infinitely much; anything else that is null stays so.
    """
    found = list(values(name, blocks))
    if worst and METRICS[name].inputs[:1] == (SPEND,):
        for number, value in enumerate(found):
            sums = blocks[number] if value is None else None
            if sums and sums.reason(name) is Reason.ZERO_DENOMINATOR and sums.sum(SPEND.column) > 0:
                found[number] = inf
    return found


def _plain_sums(definition: Primitive | Difference, blocks: Together) -> list[float | int | None]:
    scale, numbers = definition.scale, _side_by_side(definition, blocks)
    return list(numbers) if scale == 1 else [number / scale for number in numbers]


def _plain_ratios(ratio: Ratio, blocks: Blocks | PlainBlocks, hundred: int, terms: Terms) -> list[float | int | None]:
    above, below = ratio.above * hundred, ratio.below
    tops, bottoms = _side_by_side(ratio.numerator, blocks), blocks.column(ratio.denominator.column)
    if terms.floored:
        least = ratio.denominator.floor
        bottoms = [max(bottom, least) for bottom in bottoms]
    if above == below:
        return [top / bottom if bottom else None for top, bottom in zip(tops, bottoms, strict=True)]
    return [above * top / (below * bottom) if bottom else None for top, bottom in zip(tops, bottoms, strict=True)]


def exact_columns(
    name: Metric, blocks: Together, *, tracked: bool | None = None
) -> tuple[Iterable[int], Iterable[int]]:
    """One metric of sums that are plain, before it is rounded: numerators, and denominators, 0 where there is none."""
    assert blocks.terms
    definition = definitions(tracked=blocks.terms.tracked if tracked is None else tracked)[name]
    if not isinstance(definition, Ratio):
        return _side_by_side(definition, blocks), repeat(definition.scale, len(blocks))
    above, below = definition.above, definition.below
    bottoms = blocks.column(definition.denominator.column)
    if blocks.terms.floored:
        bottoms = [max(bottom, definition.denominator.floor) for bottom in bottoms]
    return [above * top for top in _side_by_side(definition.numerator, blocks)], [below * bottom for bottom in bottoms]


def _side_by_side(definition: Primitive | Difference, blocks: Together) -> Sequence[int]:
    if isinstance(definition, Difference):
        return list(map(sub, blocks.column(definition.plus.column), blocks.column(definition.minus.column)))
    return blocks.column(definition.column)
