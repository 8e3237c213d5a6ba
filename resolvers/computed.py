"""What platforms computed themselves, held against what we answer for the same entities and days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import NamedTuple

from db import entity
from db.importers.records import Computed
from db.level import Level
from resolvers import delivery
from resolvers.context import Request
from resolvers.entity import Entity
from resolvers.metric import Metric, columns_of
from resolvers.options import ConversionSource, Options
from resolvers.sums import Sums
from resolvers.window import Range

_CHUNK = 10_000
MOST_TOLD = 20
# What platforms compute is about the conversions that they report.
REPORTED = Options(ConversionSource.REPORTED)
_KINDS = {kind.level: kind for kind in entity.KINDS if kind.level}
# Whoever writes 2.5 may mean 2.50: no platform rounds to less than hundredths.
_COARSEST = -2


class Difference(NamedTuple):
    """A number of the platform's that is not ours; None: there is no such number of ours."""

    computed: Computed
    metric: Metric
    theirs: str
    ours: float | None


@dataclass
class Comparison:
    """How many of the platform's numbers are ours, rounded as the platform does, and which are not: the first."""

    agreeing: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)


async def compare(new_request: Callable[[], Request], computed: Iterable[Computed]) -> Comparison:
    """Compares everything that platforms computed. `new_request` makes what reaches the numbers, for some at a time."""
    comparison = Comparison()
    rest = iter(computed)
    while chunk := list(islice(rest, _CHUNK)):
        of_window: dict[tuple[Level, date, date], list[Computed]] = defaultdict(list)
        for one in chunk:
            of_window[one.level, one.since, one.until].append(one)
        for (level, since, until), together in of_window.items():
            await _compare(new_request(), level, Range(since, until), together, comparison)
    return comparison


async def _compare(
    request: Request, level: Level, window: Range, computed: Sequence[Computed], comparison: Comparison
) -> None:
    columns = columns_of({Metric(name) for one in computed for name, _, _ in one.numbers})
    kind = _KINDS[level]
    rows = await entity.by_external_ids(
        request.database, request.org_id, kind, () if level == Level.AD_ACCOUNT else ("ad_account_id",),
        [(one.platform, one.external_id) for one in computed],
    )  # fmt: skip
    accounts = {row.id: row.id if level == Level.AD_ACCOUNT else row.ad_account_id for row in rows}
    found = {(row.platform, row.external_id): Entity(row.id, accounts[row.id]) for row in rows}
    there = [one for one in computed if (one.platform.value, one.external_id) in found]
    entities = [found[one.platform.value, one.external_id] for one in there]
    for one, sums in zip(
        there, await delivery.totals(request, entities, level, window, REPORTED, columns), strict=True
    ):
        for name, theirs, unit in one.numbers:
            metric = Metric(name)
            ours = _ours(sums, metric)
            if _agree(theirs, ours, unit):
                comparison.agreeing += 1
                continue
            comparison.differing += 1
            if len(comparison.differences) < MOST_TOLD:
                comparison.differences.append(Difference(one, metric, theirs, None if ours is None else ours * unit))


def _ours(sums: Sums, metric: Metric) -> float | None:
    value = sums.value(metric)
    return None if value is None else float(value)


def _agree(theirs: str, ours: float | None, unit: int) -> bool:
    """Whether ours is theirs where it is rounded as theirs is. No ratio of ours and a zero of theirs are the same."""
    try:
        number = Decimal(theirs.strip())
        exponent = number.as_tuple().exponent
    except InvalidOperation:
        return False
    if not isinstance(exponent, int) or ours is None:
        return ours is None and number == 0
    half = Decimal(5).scaleb(min(exponent, _COARSEST) - 1)
    # Doubles are exact to fifteen digits.
    return abs(Decimal(ours) * unit - number) <= half + abs(number) * Decimal("1e-14")
