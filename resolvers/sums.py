"""Sums: what stands for one entity over some days, and what every metric is of it, or why it is not.

Primitives are added up first and divided once, at the end, in exact integers: a ratio is never averaged and never
rounded before the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from db.level import Level
from db.standards import minor_unit
from resolvers.definition import Definition, Difference, Primitive, Ratio, Unit
from resolvers.metric import (
    ADDED_UP,
    METRICS,
    MILLION,
    OTHER_MONEY,
    OWN_MONEY,
    REACH,
    TRACKED_VALUE,
    UNRATED,
    Metric,
    Reason,
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
    than those that platforms report, `floored` that no denominator counts as less than its floor (Layers' rule);
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
        return divided(above * hundred(definition, percent=percent), below), reason

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
    return float(above / below)


def hundred(definition: Definition, *, percent: bool) -> int:
    """What a metric's value is multiplied by."""
    return 100 if percent and definition.unit is Unit.FRACTION else 1


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
