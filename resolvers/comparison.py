"""Comparisons: what some numbers are against those of other days, and whether that is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple

from resolvers import completeness, node_sums, performance
from resolvers.alike import Alike
from resolvers.batching import both
from resolvers.calendar import Against
from resolvers.context import Request
from resolvers.definition import Direction, Unit
from resolvers.formulas import Blocks, PlainBlocks, Together, exact_columns
from resolvers.metric import METRICS, REACH, Metric, Reason, definitions
from resolvers.performance import Performance
from resolvers.sums import Sums, divided
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


class Pairs(Alike[Changes]):
    """Many pairs of blocks side by side."""

    one_is = Changes

    def __init__(self, current: Sequence[Sums], previous: Sequence[Sums]) -> None:
        self.current = current
        self.previous = previous

    def __len__(self) -> int:
        return len(self.current)

    def at(self, number: int) -> Changes:
        """One of them."""
        return Changes(self.current[number], self.previous[number])


class Comparisons(Alike[Comparison]):
    """Many of them side by side."""

    one_is = Comparison

    def __init__(
        self, windows: Sequence[Window], partial: Sequence[bool], current: Sequence[Sums], previous: Sequence[Sums]
    ) -> None:
        self._columns: dict[str, Sequence[Any]] = {
            "window": windows,
            "partial": partial,
            "previous": previous,
            "changes": Pairs(current, previous),
        }

    def __len__(self) -> int:
        return len(self._columns["window"])

    def every(self, name: str) -> Sequence[Any]:
        """One attribute of all of them."""
        return self._columns[name]

    def at(self, number: int) -> Comparison:
        """One of them."""
        return Comparison(**{name: column[number] for name, column in self._columns.items()})


def spec_of(current: WindowSpec, to: Against | WindowSpec) -> WindowSpec:
    """The window that `current` is compared with: one relative to it, or any other."""
    if isinstance(to, Against):
        assert not isinstance(current, Before)
        return Before(current, to)
    return to


async def of(
    request: Request, asked: Sequence[Performance], to: Against | WindowSpec, columns: tuple[str, ...], *,
    with_partial: bool,
) -> Comparisons:  # fmt: skip
    """Batch: each one's sums of `columns` beside those of the window that it is compared with. `with_partial`: whether
    anybody wants to know that days are missing.
    """
    earlier = performance.elsewhen(asked, lambda spec: spec_of(spec, to))
    previous, current = await both(
        node_sums.totals(request, earlier, columns), node_sums.totals(request, asked, columns)
    )
    return await between(request, asked, earlier, current, previous, with_partial=with_partial)


async def between(
    request: Request, asked: Sequence[Performance], earlier: Sequence[Performance], current: Sequence[Sums],
    previous: Sequence[Sums], *, with_partial: bool,
) -> Comparisons:  # fmt: skip
    """Batch: the sums of each one beside those of the same over an earlier window."""
    # What it takes is at hand since the sums are.
    windows = await performance.windows(request, earlier)
    partial = [False] * len(asked)
    if with_partial:
        sides = await completeness.whole(request, asked), await completeness.whole(request, earlier)
        partial = [not (own and own_before) for own, own_before in zip(*sides, strict=True)]
    return Comparisons(windows, partial, current, previous)


# How far an exact value moved: `by` / `over`, which is `by` / `of` of what it was, unless it was 0 (then `of` is); and
# why one of the values is not whole. Each number is an integer or a fraction.
_Moved = tuple[Any, Any, Any, Reason | None]


class Moves(Alike[Change]):
    """How one metric moved between many pairs of blocks; what nobody asks of it is not computed."""

    one_is = Change

    def __init__(
        self, name: Metric, pairs: Sequence[Changes], *, tracked: bool | None = None, percent: bool = False
    ) -> None:
        """`tracked` chooses whose conversions are meant; `percent` gives the absolute change of fractions times 100."""
        self._definition = METRICS[name]
        self._hundred = 100 if percent and self._definition.unit is Unit.FRACTION else 1
        self._moved = _all_moved(name, pairs, tracked=tracked)

    def __len__(self) -> int:
        return len(self._moved)

    def at(self, number: int) -> Change:
        """One of them."""
        one = [self._moved[number]]
        return Change(self._absolute(one)[0], _percent(one)[0], _reason(one)[0], self._verdict(one)[0])

    def every(self, name: str) -> Sequence[Any]:
        """One attribute of all of them."""
        found: dict[str, Callable[..., Sequence[Any]]] = {
            "absolute": self._absolute, "percent": _percent, "reason": _reason, "verdict": self._verdict
        }  # fmt: skip
        return found[name](self._moved)

    def _absolute(self, moved: Sequence[_Moved | Reason]) -> list[float | None]:
        hundred = self._hundred
        return [None if isinstance(one, Reason) else divided(hundred * one[0], one[1]) for one in moved]

    def _verdict(self, moved: Sequence[_Moved | Reason]) -> list[Verdict]:
        return [_verdict(self._definition.direction, one) for one in moved]


def _percent(moved: Sequence[_Moved | Reason]) -> list[float | None]:
    return [
        None if isinstance(one, Reason)
        else divided(100 * one[0], one[2]) if one[2]
        else None if one[0] else 0.0
        for one in moved
    ]  # fmt: skip


def _reason(moved: Sequence[_Moved | Reason]) -> list[Reason | None]:
    return [
        one if isinstance(one, Reason) else Reason.ZERO_BASELINE if one[0] and not one[2] else one[3] for one in moved
    ]


def _verdict(direction: Direction, moved: _Moved | Reason) -> Verdict:
    if isinstance(moved, Reason):
        return Verdict.UNKNOWN
    by, *_ = moved
    if direction is Direction.NEUTRAL or not by:
        return Verdict.NEUTRAL
    return Verdict.BETTER if (by > 0) is (direction is Direction.UP_IS_BETTER) else Verdict.WORSE


def _all_moved(name: Metric, pairs: Sequence[Changes], *, tracked: bool | None) -> list[_Moved | Reason]:
    sides = _side_by_side(name, pairs.current, pairs.previous) if isinstance(pairs, Pairs) else None
    if sides is None:
        return [_moved(name, *pair, tracked=tracked) for pair in pairs]
    now, before = (exact_columns(name, side, tracked=tracked) for side in sides)
    found: list[_Moved | Reason] = [
        (a * d - c * b, b * d, b * abs(c), None) if b and d else Reason.NO_BASELINE
        for a, b, c, d in zip(*now, *before, strict=True)
    ]
    for number in {number for side in sides for number in side.unclear}:
        found[number] = _moved(name, *pairs[number], tracked=tracked)
    return found


def _side_by_side(name: Metric, current: Sequence[Sums], previous: Sequence[Sums]) -> tuple[Together, Together] | None:
    """Both sides, where what is plain of them can be computed from columns, in one currency."""
    if REACH in METRICS[name].parts:
        return None
    if not (isinstance(current, Blocks | PlainBlocks) and isinstance(previous, Blocks | PlainBlocks)):
        return None
    known = (current.currencies, current.terms)
    alike = current.terms and isinstance(current.currencies, frozenset)
    alike = alike and known == (previous.currencies, previous.terms)
    return (current, previous) if alike else None


def _moved(name: Metric, current: Sums, previous: Sums, *, tracked: bool | None) -> _Moved | Reason:
    definition = definitions(tracked=current.terms.tracked if tracked is None else tracked)[name]
    (now, why), (before, why_before) = current.exact(definition), previous.exact(definition)
    if now is None or before is None:
        return Reason.NO_BASELINE
    if definition.money and current.currencies != previous.currencies:
        return Reason.MIXED_CURRENCY
    (a, b), (c, d) = _any(now), _any(before)
    # Of a sum that lacks something no change is the whole of what it says.
    return a * d - c * b, b * d, b * abs(c), why or why_before


def _any(number: tuple[int | Fraction, int | Fraction]) -> tuple[Any, Any]:
    """The same pair, for a type checker that does not multiply integers by fractions."""
    return number
