"""Blended numbers: all conversions of a project, due to an ad or not, over all that its ad accounts spent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from resolvers import conversion_group, freshness, node_sums, performance
from resolvers.calendar import DAY, Weekday
from resolvers.context import Request
from resolvers.conversion import Question, Report
from resolvers.conversion_group import Group
from resolvers.instants import TimeWindow
from resolvers.metric import MILLION, SPEND, TRACKED_CONVERSIONS, Reason
from resolvers.options import CountBy, chosen
from resolvers.performance import Performance
from resolvers.sums import Sums
from resolvers.window import Window, project_scopes


class BlendedMetric(Enum):
    """What is told of the whole, each with the name of its field."""

    CONVERSIONS = "conversions"
    CONVERSION_VALUE = "conversionValue"
    CPA = "cpa"
    MER = "mer"


class Told(NamedTuple):
    """A number, and why it is null."""

    value: float | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Blended:
    """A project's conversions and its spend over the same days. `whole`: whether imports cover all of them."""

    group: Group
    spent: Sums
    whole: bool

    def told(self, metric: BlendedMetric) -> Told:
        """One of its metrics."""
        match metric:
            case BlendedMetric.CONVERSIONS:
                return Told(float(self.group.count))
            case BlendedMetric.CONVERSION_VALUE:
                why = self._why_no_value()
                return Told(None if why else self.group.value.shown[0], why)
            case BlendedMetric.CPA:
                return self._over(*self._spend(), (Fraction(self.group.count), None), TRACKED_CONVERSIONS.floor)
            case BlendedMetric.MER:
                why = self._why_no_value()
                return self._over(None if why else Fraction(self.group.value.amount), why, self._spend(), SPEND.floor)

    def _why_no_value(self) -> Reason | None:
        value = self.group.value
        if value.reason or value.currency in (None, self.spent.currency):
            return value.reason
        return Reason.MIXED_CURRENCY

    def _spend(self) -> tuple[Fraction | None, Reason | None]:
        exact, why = self.spent.exact(SPEND)
        if exact is None or why or not self.whole:
            return None, why or Reason.NOT_IMPORTED
        return Fraction(*exact), None

    def _over(
        self, top: Fraction | None, why: Reason | None, denominator: tuple[Fraction | None, Reason | None], floor: int
    ) -> Told:
        bottom, why_bottom = denominator
        if top is None or bottom is None:
            return Told(None, why if top is None else why_bottom)
        if self.spent.terms.floored:
            bottom = max(bottom, Fraction(floor, MILLION))
        return Told(float(top / bottom)) if bottom else Told(None, Reason.ZERO_DENOMINATOR)


async def of(request: Request, asked: Sequence[Performance]) -> list[Blended | None]:
    """Batch: the blended numbers of each project; None of anything else."""
    projects = [
        one for one in await performance.settled(request, asked) if one.level is None and isinstance(one.key, int)
    ]
    windows, spent, known = await asyncio.gather(
        performance.windows(request, projects),
        node_sums.totals(request, projects, (SPEND.column,)),
        freshness.of(request, projects),
    )
    reports = await _reports(request, projects, windows, [sums.currency for sums in spent])
    groups = await conversion_group.totals(request, reports, users=False)
    found = iter(
        Blended(group, sums, fresh.missing_days == 0) for group, sums, fresh in zip(groups, spent, known, strict=True)
    )
    return [next(found) if one.level is None and isinstance(one.key, int) else None for one in asked]


async def _reports(
    request: Request, asked: Sequence[Performance], windows: Sequence[Window], currencies: Sequence[str | None]
) -> list[Report]:
    """All conversions of each project on the days of its window that have begun, as its clocks count days. Where its
    money is in its reporting currency, so is what they are worth.
    """
    scopes = await request.load_all(project_scopes, {one.node_id for one in asked})
    reports = []
    for one, window, currency in zip(asked, windows, currencies, strict=True):
        scope = scopes[one.node_id]
        into = currency if currency == scope.reporting_currency else None
        choice, zone = chosen(one.options, scope), ZoneInfo(scope.timezone)
        tomorrow = request.now.astimezone(zone).date() + DAY
        since, until = (_start(day, zone) for day in (window.since, max(window.since, min(window.until, tomorrow))))
        days = TimeWindow(since, until, scope.timezone)
        # Those that no ad brought have no touch: all are dated alike, whatever dates what is tracked.
        attribution = choice.attribution._replace(count_by=CountBy.CONVERSION_TIME)
        reports.append(
            Report(one.node_id, Question(
                None, days, choice.conversion_events, None, attribution, choice.currency or into, one.node_id,
                scope.timezone, Weekday(scope.week_starts_on),
            ))
        )  # fmt: skip
    return reports


def _start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day: where clocks are put back over midnight, the earlier one."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
