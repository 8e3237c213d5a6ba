"""Comparisons: what some numbers are against those of other days, and whether that is better."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple

from resolvers import completeness, performance
from resolvers.calendar import Against
from resolvers.context import Request
from resolvers.formulas import Sums, divided
from resolvers.metric import Direction, Metric, Reason, Unit, definitions
from resolvers.performance import Performance
from resolvers.window import Before, Window, WindowSpec


class Verdict(Enum):
    """Whether a change is one for the better."""

    BETTER = "BETTER"
    WORSE = "WORSE"
    NEUTRAL = "NEUTRAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Change:
    """How one metric moved; None where `reason` says why. `percent` is of the previous value's size."""

    absolute: float | None
    percent: float | None
    reason: Reason | None
    verdict: Verdict


class Changes(NamedTuple):
    """Two blocks of numbers, the later one first."""

    current: Sums
    previous: Sums


@dataclass(frozen=True, slots=True)
class Comparison:
    """The numbers of a window beside those of another. `partial`: some day of either is not over, or not covered."""

    window: Window
    partial: bool
    previous: Sums
    changes: Changes


def spec_of(current: WindowSpec, to: Against | WindowSpec) -> WindowSpec:
    """The window that `current` is compared with: one relative to it, or any other."""
    if isinstance(to, Against):
        assert not isinstance(current, Before)
        return Before(current, to)
    return to


async def of(
    request: Request, asked: Sequence[Performance], to: Against | WindowSpec, columns: tuple[str, ...]
) -> list[Comparison]:
    """Batch: each one's sums of `columns` beside those of the window that it is compared with."""
    earlier = performance.elsewhen(asked, lambda spec: spec_of(spec, to))
    current, previous, windows, whole, whole_before = await asyncio.gather(
        performance.totals(request, asked, columns),
        performance.totals(request, earlier, columns),
        performance.windows(request, earlier),
        completeness.whole(request, asked),
        completeness.whole(request, earlier),
    )
    return [
        Comparison(window, not (own and own_before), before, Changes(now, before))
        for now, before, window, own, own_before in zip(current, previous, windows, whole, whole_before, strict=True)
    ]


def change(name: Metric, current: Sums, previous: Sums, *, percent: bool = False) -> Change:
    """How a metric moved. `percent` gives the absolute change of fractions times 100."""
    definition = definitions(tracked=current.terms.tracked)[name]
    (now, why), (before, why_before) = current.exact(definition), previous.exact(definition)
    if now is None or before is None:
        return Change(None, None, Reason.NO_BASELINE, Verdict.UNKNOWN)
    if definition.money and current.currencies != previous.currencies:
        return Change(None, None, Reason.MIXED_CURRENCY, Verdict.UNKNOWN)
    # Both as numerators over denominators above 0, each an integer or a fraction.
    (above, below), (above_before, below_before) = _any(now), _any(before)
    moved = above * below_before - above_before * below
    scale = 100 if percent and definition.unit is Unit.FRACTION else 1
    absolute = divided(scale * moved, below * below_before)
    # Of a sum that lacks something no change is the whole of what it says.
    reason = why or why_before
    if above_before:
        relative: float | None = divided(100 * moved, below * abs(above_before))
    else:
        relative, reason = (None, Reason.ZERO_BASELINE) if moved else (0.0, reason)
    return Change(absolute, relative, reason, _verdict(definition.direction, moved))


def _any(number: tuple[int | Fraction, int | Fraction]) -> tuple[Any, Any]:
    """The same pair, for a type checker that does not multiply integers by fractions."""
    return number


def _verdict(direction: Direction, moved: int | Fraction) -> Verdict:
    if direction is Direction.NEUTRAL or not moved:
        return Verdict.NEUTRAL
    return Verdict.BETTER if (moved > 0) is (direction is Direction.UP_IS_BETTER) else Verdict.WORSE
