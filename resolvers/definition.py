"""What a metric may be: a number that is added up, a difference, or a ratio of two; all that follows from that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING

from db.level import Platform

if TYPE_CHECKING:
    from resolvers.metric import Metric


class Unit(Enum):
    """What one of a metric is."""

    COUNT = "COUNT"
    CURRENCY = "CURRENCY"
    FRACTION = "FRACTION"
    RATIO = "RATIO"


class Direction(Enum):
    """Which way a metric gets better."""

    UP_IS_BETTER = "UP_IS_BETTER"
    DOWN_IS_BETTER = "DOWN_IS_BETTER"
    NEUTRAL = "NEUTRAL"


class Additivity(Enum):
    """How a metric of a whole follows from its parts: of days, or of what lies below an entity."""

    ADDITIVE = "ADDITIVE"
    QUOTIENT = "QUOTIENT"
    UNIQUE = "UNIQUE"


@dataclass(frozen=True, eq=False)
class Primitive:
    """A number that is added up as it was told. It is stored as an integer: `scale` of them make one.

    `floor` is the least that it is as a denominator where quotients are floored; `instead` what takes its place where
    conversions are tracked. `bit` marks rows that lack it.
    """

    name: Metric
    column: str
    words: str
    direction: Direction
    scale: int = 1
    bit: int = 0
    money: bool = False
    floor: int = 1
    additivity: Additivity = Additivity.ADDITIVE
    platforms: tuple[Platform, ...] = tuple(Platform)
    instead: str = ""
    tracked: bool = False

    @property
    def description(self) -> str:
        """What it is, in words."""
        return f"{self.words} Additive." if self.additivity is Additivity.ADDITIVE else self.words

    @property
    def plain_description(self) -> str:
        """What it is where a query, or the project, says whose conversions are meant."""
        return f"{self.words} {self.instead} Additive." if self.instead else self.description

    @property
    def unit(self) -> Unit:
        """Money, or a number of things."""
        return Unit.CURRENCY if self.money else Unit.COUNT

    @property
    def formula(self) -> None:
        """None: it follows from nothing else."""
        return

    @property
    def inputs(self) -> tuple[Primitive | Difference, ...]:
        """What it follows from: nothing."""
        return ()

    @property
    def parts(self) -> tuple[Primitive, ...]:
        """The stored numbers that it is made of."""
        return (self,)


@dataclass(frozen=True, eq=False)
class Difference:
    """`plus` − `minus`, both sums over the same days, stored in the same scale."""

    name: Metric
    label: str
    plus: Primitive
    minus: Primitive
    direction: Direction
    additivity: Additivity = Additivity.ADDITIVE

    @property
    def description(self) -> str:
        """What it is, in words, with its formula."""
        return f"{self.label}: {self.formula}, in `currency`. Additive."

    @property
    def plain_description(self) -> str:
        """The same, whosever conversions are meant."""
        return self.description

    @property
    def formula(self) -> str:
        """How it follows from its inputs."""
        return f"{self.plus.name.value} − {self.minus.name.value}"

    @property
    def scale(self) -> int:
        """How many of the integers make one."""
        assert self.plus.scale == self.minus.scale
        return self.plus.scale

    @property
    def money(self) -> bool:
        """Whether it is in a currency."""
        return self.plus.money

    @property
    def unit(self) -> Unit:
        """That of both sides."""
        return self.plus.unit

    @property
    def inputs(self) -> tuple[Primitive | Difference, ...]:
        """Both sides."""
        return self.plus, self.minus

    @property
    def parts(self) -> tuple[Primitive, ...]:
        """The stored numbers that it is made of."""
        return self.plus, self.minus

    @cached_property
    def across(self) -> bool:
        """Whether it holds what we attribute against what platforms report."""
        return len({part.tracked for part in self.parts}) > 1

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Those that report both."""
        return _of_all(self.parts)


@dataclass(frozen=True, eq=False)
class Ratio:
    """`factor` × `numerator` / `denominator`, both sums over the same days."""

    name: Metric
    label: str
    numerator: Primitive | Difference
    denominator: Primitive
    direction: Direction
    unit: Unit
    factor: int = 1
    additivity: Additivity = Additivity.QUOTIENT

    @property
    def description(self) -> str:
        """What it is, in words, with its formula."""
        unit = {Unit.CURRENCY: ", in `currency`", Unit.FRACTION: ", a fraction"}.get(self.unit, "")
        return f"{self.label}: {self.formula}{unit}."

    @property
    def plain_description(self) -> str:
        """The same, whosever conversions are meant."""
        return self.description

    @property
    def formula(self) -> str:
        """How it follows from its inputs."""
        factor = f"{self.factor} × " if self.factor != 1 else ""
        return f"{factor}{self.numerator.name.value} / {self.denominator.name.value}"

    @property
    def money(self) -> bool:
        """Whether it is in a currency; where both sides are money, the currency cancels."""
        return self.unit is Unit.CURRENCY

    @property
    def inputs(self) -> tuple[Primitive | Difference, ...]:
        """Both sides."""
        return self.numerator, self.denominator

    @cached_property
    def parts(self) -> tuple[Primitive, ...]:
        """The stored numbers that it is made of."""
        return tuple(dict.fromkeys((*self.numerator.parts, self.denominator)))

    @cached_property
    def across(self) -> bool:
        """Whether it holds what we attribute against what platforms report."""
        return len({part.tracked for part in self.parts}) > 1

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Those that report both."""
        return _of_all(self.parts)

    @cached_property
    def above(self) -> int:
        """What the numerator's integer is multiplied by."""
        return self.factor * self.denominator.scale // self._common

    @cached_property
    def below(self) -> int:
        """What the denominator's integer is multiplied by, so that the scales cancel."""
        return self.numerator.scale // self._common

    @property
    def _common(self) -> int:
        return gcd(self.factor * self.denominator.scale, self.numerator.scale)


Definition = Primitive | Difference | Ratio


def _of_all(parts: Iterable[Primitive]) -> tuple[Platform, ...]:
    return tuple(platform for platform in Platform if all(platform in part.platforms for part in parts))
