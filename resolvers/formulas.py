"""Computation: what the vocabulary's metrics are of some sums, or why they are not.

Primitives are added up first and divided once, at the end, in exact integers: a ratio is never averaged and never
rounded before the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import repeat
from math import inf
from operator import attrgetter, is_, sub

from db.level import Level
from db.standards import minor_unit
from resolvers.alike import Alike
from resolvers.metric import (
    ADDED_UP,
    METRICS,
    MILLION,
    OTHER_MONEY,
    OWN_MONEY,
    REACH,
    SPEND,
    TRACKED_VALUE,
    UNRATED,
    Definition,
    Difference,
    Metric,
    Primitive,
    Ratio,
    Reason,
    Unit,
    definitions,
)
from resolvers.options import Attribution
from resolvers.reporting import Reporting

# A value, and why it is null or not the whole of what it says.
Told = tuple[float | int | None, Reason | None]
# A number exactly, as a numerator over a denominator above 0, and why there is none or why it is not whole.
Exact = tuple[tuple[int | Fraction, int | Fraction] | None, Reason | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What numbers were asked for on: the same for many sums, which share them.

    `level` is that of the entity (None: a project), `tracked` says that conversions are those that we attribute rather
    than those that platforms report, `floored` that no denominator counts as less than its floor (document 000's rule);
    `attribution` is how we attribute.
    """

    level: Level | None = None
    tracked: bool = False
    floored: bool = False
    attribution: Attribution | None = None


PLAIN_TERMS = Terms()

_UNRATED = frozenset(UNRATED.values())

# Numbers by column, many sums side by side. Money that was converted is a fraction.
Columns = Mapping[str, Sequence[int]]

# Rows that lack no metric.
WHOLE = frozenset({0})


@dataclass(slots=True, repr=False)
class Sums:
    """What stands for one entity over some days, added up; every metric follows from it.

    `columns` holds sums by column, those that were asked for, of many entities at once: its own are at the place `at`.
    A column that is not there is 0. `missing` holds, for every kind of row that was added up (days without a row on
    covered days count as rows of zeros), which metrics those rows lack. Empty: no day was covered. `reach` is set only
    where it was reported for exactly these days, by one own row or of a whole window; `reach_seen` where some row at or
    below reported any, `reach_of_more` where it is of days that the sums lack. `currencies` are those of the ad
    accounts with rows (of all, where none has any); an account of unknown currency counts as a currency of its own.
    `terms` are what it was asked for on. Where tracked conversions were asked for, `uncovered` says that there are days
    that no import covers, and `careful` that their money takes a closer look; where it was asked for, `reporting` says
    what the conversions are that platforms reported.
    """

    columns: Columns = field(default_factory=dict[str, Sequence[int]])
    at: int = 0
    missing: frozenset[int] = frozenset()
    reach: int | None = None
    reach_seen: bool = False
    days: int = 0
    currencies: frozenset[str] = frozenset()
    terms: Terms = PLAIN_TERMS
    reach_of_more: bool = False
    uncovered: bool = False
    careful: bool = False
    reporting: frozenset[Reporting] = frozenset()

    def __repr__(self) -> str:
        own = {column: numbers[self.at] for column, numbers in self.columns.items()}
        told = (self.missing, self.reach, self.reach_seen, self.days, self.currencies, self.terms)
        return f"Sums({own}, {', '.join(map(repr, told))})"

    def sum(self, column: str) -> int:
        """The sum of one column."""
        numbers = self.columns.get(column)
        return numbers[self.at] if numbers else 0

    def value(self, name: Metric) -> float | int | None:
        """The metric's value, or None where `reason` says why."""
        return self.told(name)[0]

    def reason(self, name: Metric) -> Reason | None:
        """Why the metric is null or incomplete; None where it is neither."""
        return self.told(name)[1]

    def told(self, name: Metric, *, tracked: bool | None = None, percent: bool = False) -> Told:
        """The metric's value and its reason; see `values` for the choices."""
        definition = definitions(tracked=self.terms.tracked if tracked is None else tracked)[name]
        exact, reason = self.exact(definition)
        if exact is None:
            return None, reason
        above, below = exact
        if isinstance(definition, Primitive) and definition.scale == 1:
            return _whole(above), reason
        if definition is TRACKED_VALUE:
            return self.shown(above), reason
        return divided(above * _hundred(definition, percent=percent), below), reason

    def exact(self, definition: Definition) -> Exact:
        """The metric's value before it is rounded, and its reason."""
        if isinstance(definition, Ratio):
            return self._ratio(definition)
        number, reason = self._number(definition)
        return (None if number is None else (number, definition.scale)), reason

    def unavailable(self) -> list[tuple[Metric, Reason]]:
        """Every metric that is null or incomplete, and why."""
        told = ((name, self.reason(name)) for name in METRICS)
        return [(name, reason) for name, reason in told if reason is not None]

    @property
    def currency(self) -> str | None:
        """The one currency of the money here, or None where there are several."""
        return next(iter(self.currencies))[:3] if len(self.currencies) == 1 else None

    @property
    def plain(self) -> bool:
        """Whether every row reports everything, in one currency: no sum of it can be null or incomplete."""
        careful = self.uncovered or self.careful or not _UNRATED.isdisjoint(self.columns)
        return self.missing == WHOLE and len(self.currencies) == 1 and not careful

    def _number(self, definition: Primitive | Difference) -> tuple[int | Fraction | None, Reason | None]:
        """The integer (or what converted money is) that is stored for the metric, and its reason."""
        if isinstance(definition, Difference):
            return self._difference(definition)
        if definition is REACH:
            return self.reach, self._why_no_reach()
        return self._tracked(definition) if definition.tracked else self._reported(definition)

    def _tracked(self, primitive: Primitive) -> tuple[int | Fraction | None, Reason | None]:
        if primitive.money and (why := self.why_no_tracked_money(primitive.column)):
            return None, why
        return self.sum(primitive.column), None

    def why_no_tracked_money(self, column: str) -> Reason | None:
        """Why tracked money cannot be told; None where it can."""
        if len(self.currencies) > 1 or self.sum(OTHER_MONEY):
            return Reason.MIXED_CURRENCY
        return Reason.NO_RATE if self.sum(UNRATED[column]) else None

    def shown(self, micros: int | Fraction) -> float:
        """Tracked money as it is shown: to the currency's minor unit, half to even."""
        unit = minor_unit(self.currency) if self.currency else None
        return divided(micros, MILLION) if unit is None else divided(round(Fraction(micros, unit)) * unit, MILLION)

    def _reported(self, primitive: Primitive) -> tuple[int | Fraction | None, Reason | None]:
        if not self.missing:
            return None, Reason.NOT_IMPORTED
        lacking = [bool(missing & primitive.bit) for missing in self.missing]
        if all(lacking):
            return None, Reason.NOT_REPORTED
        if primitive.money and (why := self._why_no_money(primitive)):
            return None, why
        return self.sum(primitive.column), Reason.PARTLY_REPORTED if any(lacking) else None

    def _why_no_money(self, definition: Primitive) -> Reason | None:
        if len(self.currencies) > 1:
            return Reason.MIXED_CURRENCY
        return Reason.NO_RATE if self.sum(UNRATED[definition.column]) else None

    def _why_no_reach(self) -> Reason | None:
        if self.reach is not None:
            return None
        if not self.missing:
            return Reason.NOT_IMPORTED
        return Reason.NOT_ADDITIVE if self.reach_seen else Reason.NOT_REPORTED

    def _difference(self, difference: Difference) -> tuple[int | Fraction | None, Reason | None]:
        plus, why = self._number(difference.plus)
        minus, why_minus = self._number(difference.minus)
        if plus is None or minus is None:
            return None, why if plus is None else why_minus
        if difference.across and self.uncovered:
            return None, Reason.NOT_IMPORTED
        if self._parted(difference.parts):
            return None, Reason.PARTLY_REPORTED
        return plus - minus, why or why_minus

    def _ratio(self, ratio: Ratio) -> Exact:
        top, why = self._number(ratio.numerator)
        bottom, why_bottom = self._number(ratio.denominator)
        if top is None or bottom is None:
            return None, why if top is None else why_bottom
        if ratio.across and self.uncovered:
            return None, Reason.NOT_IMPORTED
        if ratio.denominator is REACH and self.reach_of_more:
            return None, Reason.NOT_IMPORTED
        if self._parted(ratio.parts):
            return None, Reason.PARTLY_REPORTED
        if self.terms.floored:
            bottom = max(bottom, ratio.denominator.floor)
        if bottom == 0:
            return None, Reason.ZERO_DENOMINATOR
        return (ratio.above * top, ratio.below * bottom), None

    def _parted(self, parts: Sequence[Primitive]) -> bool:
        """Whether some rows report one of these and not another."""
        return any(len({bool(missing & part.bit) for part in parts}) > 1 for missing in self.missing)


def _whole(number: int | Fraction) -> int:
    assert isinstance(number, int)
    return number


def divided(above: int | Fraction, below: int | Fraction) -> float:
    """The quotient, rounded once: of integers as they are divided, of fractions at the end."""
    found = above / below
    return found if isinstance(found, float) else float(found)


def _hundred(definition: Definition, *, percent: bool) -> int:
    return 100 if percent and definition.unit is Unit.FRACTION else 1


_COLUMNS, _TERMS = attrgetter("columns"), attrgetter("terms")


# The currencies of many sums: of all, or of each.
Shared = frozenset[str] | Sequence[frozenset[str]]


class PlainBlocks(Alike[Sums]):
    """Many sums that are all plain but for those at `absent`, of which nothing is known.

    One that somebody changes stays as it was for the next who looks at it.
    """

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

    def has(self, columns: Iterable[str]) -> bool:
        """Whether all of these sums are there, rather than none of them asked for."""
        return all(column in self._shared for column in columns)

    def column(self, column: str) -> Sequence[int]:
        """One column's sums."""
        found = self._columns.get(column)
        if found is None:
            numbers = self._shared.get(column)
            found = [0] * len(self) if numbers is None else list(map(numbers.__getitem__, self._places))
            self._columns[column] = found
        return found


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


def levels_of(blocks: Sequence[Sums]) -> Sequence[Level | None]:
    """The level of each of many sums; None: a project's."""
    if isinstance(blocks, Blocks | PlainBlocks) and blocks.terms:
        return [blocks.terms.level] * len(blocks)
    return [sums.terms.level for sums in blocks]


def values(
    name: Metric, blocks: Sequence[Sums], *, tracked: bool | None = None, percent: bool = False
) -> list[float | int | None]:
    """One metric of many sums: what `Sums.told` gives for each, without its questions where they are plain.

    `tracked` chooses whose conversions are meant (None: those of the terms); `percent` gives fractions times 100.
    """
    together = blocks if isinstance(blocks, Blocks | PlainBlocks) else Blocks(blocks)
    if not together:
        return []
    if together.terms is None:
        return [sums.told(name, tracked=tracked, percent=percent)[0] for sums in together]
    definition = definitions(tracked=together.terms.tracked if tracked is None else tracked)[name]
    if REACH in definition.parts:
        return [sums.told(name)[0] for sums in together]
    if isinstance(definition, Ratio):
        found = _plain_ratios(definition, together, _hundred(definition, percent=percent), together.terms)
    else:
        found = _plain_sums(definition, together)
    for number in together.unclear:
        found[number] = together[number].told(name, tracked=tracked, percent=percent)[0]
    return found


def told(name: Metric, blocks: Sequence[Sums], *, tracked: bool | None = None, percent: bool = False) -> list[Told]:
    """One metric of many sums, each value with its reason."""
    together = blocks if isinstance(blocks, Blocks | PlainBlocks) else Blocks(blocks)
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


def _plain_sums(definition: Primitive | Difference, blocks: Blocks | PlainBlocks) -> list[float | int | None]:
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
    name: Metric, blocks: PlainBlocks, *, tracked: bool | None = None
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


def _side_by_side(definition: Primitive | Difference, blocks: Blocks | PlainBlocks) -> Sequence[int]:
    if isinstance(definition, Difference):
        return list(map(sub, blocks.column(definition.plus.column), blocks.column(definition.minus.column)))
    return blocks.column(definition.column)


def shared(parts: Iterable[tuple[int, frozenset[str]]]) -> frozenset[str]:
    """The currencies of those parts that have any days with rows; of all, where none has any."""
    parts = list(parts)
    having = [currencies for days, currencies in parts if days] or [currencies for _, currencies in parts]
    return frozenset().union(*having)


def combined(parts: Sequence[Sums], currencies: frozenset[str] | None = None, terms: Terms = PLAIN_TERMS) -> Sums:
    """The sum of several entities', in the parts' currencies or those given. Reach stays with each of them."""
    if currencies is None:
        currencies = shared((part.days, part.currencies) for part in parts)
    columns = {column for part in parts for column in ADDED_UP if column in part.columns}
    sums = {column: [sum(part.sum(column) for part in parts)] for column in columns}
    if OTHER_MONEY in sums:
        # Who has no delivery says nothing about the currency, but may well have money in another one.
        sums[OTHER_MONEY][0] += sum(part.sum(OWN_MONEY) for part in parts if part.currencies != currencies)
    return Sums(
        sums,
        0,
        frozenset().union(*(part.missing for part in parts)),
        None,
        any(part.reach_seen for part in parts),
        max((part.days for part in parts), default=0),
        currencies,
        terms,
        uncovered=any(part.uncovered for part in parts),
        careful=any(part.careful for part in parts) or any(sums.get(OTHER_MONEY, ())),
        reporting=frozenset().union(*(part.reporting for part in parts)),
    )
