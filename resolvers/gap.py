"""Gaps: what we attribute ourselves against what platforms report, and whether the two can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from resolvers.definition import Primitive
from resolvers.metric import CONVERSION_VALUE, CONVERSIONS, TRACKED_CONVERSIONS, TRACKED_VALUE
from resolvers.options import Attribution, AttributionWindow, CountBy
from resolvers.sums import Sums

# As 7d_click_1d_view, which Meta writes, or 7-day click, 1-day view.
_WINDOW = re.compile(r"(\d+)(?:-day |d_)(click|view)")
_WORDS = re.compile(rf"(?:{_WINDOW.pattern}[\s,_]*)+")
_SAME_DAY = {CountBy.CONVERSION_TIME: "CONVERSION", CountBy.TOUCH_TIME: "IMPRESSION"}


class GapReason(Enum):
    """Why tracked and reported conversions cannot be compared."""

    NOT_WHOLE = "NOT_WHOLE"
    ATTRIBUTION_UNKNOWN = "ATTRIBUTION_UNKNOWN"
    ATTRIBUTION_DIFFERS = "ATTRIBUTION_DIFFERS"
    DATING_UNKNOWN = "DATING_UNKNOWN"
    DATING_DIFFERS = "DATING_DIFFERS"


class Gap(NamedTuple):
    """Tracked minus reported, and tracked / reported; None where either is null or incomplete."""

    conversions: float | None
    conversion_value: float | None
    conversions_ratio: float | None
    conversion_value_ratio: float | None
    reason: GapReason | None

    @property
    def comparable(self) -> bool:
        """Whether both count the same conversions the same way."""
        return self.reason is None


def gaps(blocks: Sequence[Sums]) -> list[Gap]:
    """The gap of each."""
    return [_gap(sums) for sums in blocks]


def _gap(sums: Sums) -> Gap:
    conversions, value = _sides(sums, TRACKED_CONVERSIONS, CONVERSIONS), _sides(sums, TRACKED_VALUE, CONVERSION_VALUE)
    reason = GapReason.NOT_WHOLE if conversions is None else _reason(sums)
    return Gap(_minus(conversions), _minus(value), _ratio(conversions), _ratio(value), reason)


def _sides(sums: Sums, tracked: Primitive, reported: Primitive) -> tuple[Fraction, Fraction] | None:
    """Both numbers, exactly; None where either is null or not the whole of what it says."""
    (one, why), (other, why_other) = sums.exact(tracked), sums.exact(reported)
    if one is None or other is None or why or why_other or sums.uncovered:
        return None
    return Fraction(*one), Fraction(*other)


def _minus(sides: tuple[Fraction, Fraction] | None) -> float | None:
    return float(sides[0] - sides[1]) if sides else None


def _ratio(sides: tuple[Fraction, Fraction] | None) -> float | None:
    return float(sides[0] / sides[1]) if sides and sides[1] else None


def _reason(sums: Sums) -> GapReason | None:
    """Why the two count differently; None where they count alike."""
    ours = sums.terms.attribution
    attributions = {_windows(one.attribution) for one in sums.reporting}
    if not attributions or None in attributions or ours is None:
        return GapReason.ATTRIBUTION_UNKNOWN
    if attributions != {_own(ours)}:
        return GapReason.ATTRIBUTION_DIFFERS
    datings = {one.dating for one in sums.reporting}
    if "UNKNOWN" in datings:
        return GapReason.DATING_UNKNOWN
    return None if datings == {_SAME_DAY[ours.count_by]} else GapReason.DATING_DIFFERS


def _windows(attribution: str) -> frozenset[tuple[str, int]] | None:
    """The windows that a platform's words name, such as 7d_click_1d_view; None where they say something else."""
    if not _WORDS.fullmatch(attribution.strip()):
        return None
    return frozenset((kind, int(days)) for days, kind in _WINDOW.findall(attribution))


def _own(ours: Attribution) -> frozenset[tuple[str, int]]:
    windows = (("click", ours.click), ("view", ours.view))
    return frozenset((kind, window.days) for kind, window in windows if window is not AttributionWindow.NONE)
