"""Ranking: orders and conditions by metrics, which go by exactly the numbers that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nlargest, nsmallest
from math import isfinite
from typing import Any, NamedTuple

from db.ad_account import AdAccountScopeRow
from db.errors import Invalid, MetricUnavailable
from resolvers import ground
from resolvers.cursor import Cursor, Key, Place
from resolvers.definition import Additivity
from resolvers.metric import METRICS, Metric, definitions
from resolvers.options import ConversionSource, Options, chosen
from resolvers.window import LIFETIME, Range, WindowSpec


class MetricOrder(NamedTuple):
    """By a metric over a window. `worst`: what was spent on and got nothing costs infinitely much."""

    metric: Metric
    spec: WindowSpec
    options: Options
    worst: bool
    descending: bool


class MetricCondition(NamedTuple):
    """Bounds that a metric over a window keeps; None: no such bound. What is null keeps none."""

    metric: Metric
    spec: WindowSpec
    options: Options
    worst: bool
    gt: float | None
    gte: float | None
    lt: float | None
    lte: float | None

    def holds(self, key: Key) -> bool:
        """Whether a value keeps all of them."""
        assert not isinstance(key, str)
        return (
            key is not None
            and (self.gt is None or key > self.gt)
            and (self.gte is None or key >= self.gte)
            and (self.lt is None or key < self.lt)
            and (self.lte is None or key <= self.lte)
        )


Measure = MetricOrder | MetricCondition


def checked(name: str, condition: MetricCondition) -> MetricCondition:
    """A condition as clients give it in the argument `name`; `Invalid` where it has no bound, or one that is none."""
    bounds = {name: bound for name, bound in condition._asdict().items() if name in _BOUNDS and bound is not None}
    if not bounds:
        raise Invalid(f"`{name}`: the condition on {condition.metric.name} needs `gt`, `gte`, `lt` or `lte`.")
    for bound, value in bounds.items():
        if not isfinite(value):
            raise Invalid(f"`{name}`: `{bound}` of {condition.metric.name} must be a finite number.")
    return condition


_BOUNDS = ("gt", "gte", "lt", "lte")


def converted_into(scopes: Sequence[AdAccountScopeRow]) -> str | None:
    """What the money of these ad accounts of one project is converted into where it has to compare, and a query does
    not say: nothing, where it is in one currency.
    """
    several = len({ground.currency_of(scope) for scope in scopes}) > 1
    return scopes[0].reporting_currency if several else None


def told(measure: Measure, spec: WindowSpec, currency: str | None) -> Measure:
    """The measure over a window, in its own currency or else in the one given."""
    options = measure.options
    if currency and not options.currency:
        options = options._replace(currency=currency)
    return measure._replace(spec=spec, options=options)


def check(name: str, measure: Measure, scopes: Sequence[AdAccountScopeRow]) -> None:
    """Raises where the metric cannot order or filter, as the argument `name` asks, what is in these ad accounts."""
    if not scopes:
        return
    tracked = chosen(measure.options, scopes[0]).conversion_source is ConversionSource.TRACKED
    metric = definitions(tracked=tracked)[measure.metric]
    # An unknown currency is not even the same as another unknown one.
    several = len({ground.currency_of(scope) for scope in scopes}) > 1
    if metric.money and several and not (measure.options.currency or converted_into(scopes)):
        raise Invalid(
            f"`{name}`: {measure.metric.name} is in several currencies here, which do not compare. Choose one with "
            "`options.currency`."
        )
    platforms = {scope.platform for scope in scopes}
    if platforms.isdisjoint(metric.platforms):
        raise MetricUnavailable(
            f"`{name}`: {measure.metric.name} is not reported by {' or '.join(sorted(platforms))}. Take another metric."
        )


def resolved(measure: Measure, window: Range) -> WindowSpec:
    """The window that a measure goes on with, once its days were told by a cursor."""
    # The reach of a life is another number than that of its days so far.
    by_people = Additivity.UNIQUE in {part.additivity for part in METRICS[measure.metric].parts}
    return LIFETIME if measure.spec == LIFETIME and by_people else window


def ordered(numbers: Sequence[int], keys: Sequence[Key], *, descending: bool) -> list[int]:
    """Some numbers of keys, in the order of those: what is equal stays as it was, what is null comes last."""
    known = [number for number in numbers if keys[number] is not None]
    unknown = [number for number in numbers if keys[number] is None]
    known.sort(key=keys.__getitem__, reverse=descending)  # type: ignore[arg-type]  # keys of one order compare
    return known + unknown


def first_of(numbers: Sequence[int], keys: Sequence[Key], count: int, *, descending: bool) -> list[int]:
    """The first `count` of what `ordered` gives. Most of many are not even compared with each other."""
    known = [key for number in numbers if (key := keys[number]) is not None]
    if count * 4 > len(known):
        return ordered(numbers, keys, descending=descending)[:count]
    last: Any = (nlargest if descending else nsmallest)(count, known)[-1]
    if descending:
        near = [number for number in numbers if (key := keys[number]) is not None and key >= last]
    else:
        near = [number for number in numbers if (key := keys[number]) is not None and key <= last]
    return ordered(near, keys, descending=descending)[:count]


def behind(keys: Sequence[Key], places: Iterable[Place], cursor: Cursor, *, descending: bool) -> int:
    """How many of sorted keys come no later than the cursor, wherever the cursor's own entry is by now."""
    for number, (key, place) in enumerate(zip(keys, places, strict=True)):
        if _is_behind(key, place, cursor, descending=descending):
            return number
    return len(keys)


def _is_behind(key: Key, place: Place, cursor: Cursor, *, descending: bool) -> bool:
    if key == cursor.key:
        return place > cursor.place
    if key is None or cursor.key is None:
        return key is None
    return key < cursor.key if descending else key > cursor.key  # type: ignore[operator]  # so do they here
