"""Conversion groups: what conversions add up to by any dimensions, and the metrics derived from that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from db import conversion_group
from db.conversion_group import Conversions, Grouping, GroupRow, Part
from db.errors import Invalid
from db.level import Level, Platform
from resolvers import conversion
from resolvers.context import Request
from resolvers.conversion import Question, Report
from resolvers.conversion_money import Money, Told
from resolvers.cursor import Cursor, Stamp
from resolvers.instants import Reading, Segment, TimeUnit, by_days, cut, reading
from resolvers.metric import Reason
from resolvers.options import CountBy


class Dimension(Enum):
    """What conversions may be grouped by."""

    PLATFORM = "PLATFORM"
    AD_PLATFORM = "AD_PLATFORM"
    APP = "APP"
    EVENT_NAME = "EVENT_NAME"
    SOURCE = "SOURCE"
    CURRENCY = "CURRENCY"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    AD_ACCOUNT = "AD_ACCOUNT"
    CAMPAIGN = "CAMPAIGN"
    AD_SET = "AD_SET"
    AD = "AD"


UNITS = {Dimension(unit.value): unit for unit in TimeUnit}
# From the top of the tree down.
LEVELS = {Dimension[level.name]: level for level in Level}
_OF_ADS = {Dimension.AD_PLATFORM, *LEVELS}


class OrderBy(Enum):
    """What groups may be ordered by."""

    KEY = "KEY"
    COUNT = "COUNT"
    UNIQUE_USERS = "UNIQUE_USERS"
    VALUE = "VALUE"


class ConversionMetric(Enum):
    """The metrics of conversions that may be null."""

    VALUE = "value"
    REFUND_VALUE = "refunds"
    SHARE = "share"
    AOV = "aov"
    SPEND = "spend"
    CPA = "cpa"
    ROAS = "roas"


class EventSource(Enum):
    """Who sent an event."""

    SDK = "SDK"
    CONVERSION_API = "CONVERSION_API"
    PLATFORM = "PLATFORM"


class Order(NamedTuple):
    """An order of groups; those that are equal in it are in the order of their keys."""

    by: OrderBy
    descending: bool


BY_KEY = Order(OrderBy.KEY, descending=False)


class Which(NamedTuple):
    """Which list of groups, as a query asks for it."""

    by: tuple[Dimension, ...]
    order: Order


class Needed(NamedTuple):
    """How much of it: how many groups, and whether with their `users` and what of them ads brought (`attributed`)."""

    first: int
    users: bool
    attributed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Conversions with the same keys. `parts` are the instants that their keys of time and the window leave."""

    report: Report
    keys: Mapping[Dimension, Any]
    parts: Sequence[tuple[datetime, datetime]]
    count: int
    users: int
    value: Money
    refund_count: int
    refund_value: Money
    attributed_count: int
    attributed_value: Money
    # conversions in all groups
    whole: int

    @property
    def currency(self) -> str | None:
        """The currency of its money: what was asked for, else its own; None where it has several or none."""
        if self.report.question.currency:
            return self.report.question.currency
        return None if self.value.reason else self.value.currency

    @property
    def entity(self) -> tuple[Level, int] | None:
        """The lowest entity among its keys, if it is due to one."""
        lowest = max((LEVELS[key] for key in self.keys if key in LEVELS), default=None)
        id_ = None if lowest is None else self.keys[Dimension[lowest.name]]
        return None if lowest is None or id_ is None else (lowest, id_)

    @property
    def of_no_ad(self) -> bool:
        """Whether its keys say that no ad brought it."""
        return any(key in _OF_ADS and value is None for key, value in self.keys.items())


class Page(NamedTuple):
    """Some of a report's groups: those behind the first `after`; `total` is how many there are."""

    groups: list[Group]
    after: int
    total: int
    stamp: Stamp

    @property
    def cursors(self) -> list[str]:
        """The cursor of each of them."""
        places = range(self.after + 1, self.after + len(self.groups) + 1)
        return [self.stamp.write(Cursor((), None, (place,))) for place in places]


def checked_dimensions(by: Sequence[Dimension]) -> tuple[Dimension, ...]:
    """The dimensions that a client gave."""
    if not by or len(set(by)) < len(by):
        raise Invalid("`by` must name at least one dimension, and each of them once.")
    return tuple(by)


async def totals(request: Request, reports: Sequence[Report], *, users: bool) -> list[Group]:
    """Batch: all of each report's conversions as one group."""
    found = await groups(request, reports, Which((), BY_KEY), None, Needed(1, users, attributed=False))
    return [page.groups[0] if page.groups else _nothing(report) for page, report in zip(found, reports, strict=True)]


async def groups(
    request: Request, reports: Sequence[Report], which: Which, after: str | None, needed: Needed
) -> list[Any]:
    """Batch: a page of each report's groups, or why `after` is no cursor of it."""
    return await conversion.pages(request, reports, _pages, after, which, needed)


async def _pages(
    request: Request, reports: Sequence[Report], question: Question, start: Cursor | None, which: Which, needed: Needed
) -> list[Page]:
    after = int(start.place[0]) if start else 0
    units = [UNITS[one] for one in which.by if one in UNITS]
    segments = cut(question.window, units, question.week_starts_on)
    by_hour = conversion_group.rolled_up_by_hour([one.value for one in which.by], question.app)
    if question.currency:
        segments = by_days(segments, question.window, question.project_timezone)
    keys, read = reading(segments, by_hour=by_hour)
    rows = await conversion_group.groups(
        request.database, request.org_id,
        Conversions(
            question.level, [report.node_id for report in reports], question.events, question.app,
            question.attribution.click.days, question.attribution.view.days,
            question.attribution.count_by is CountBy.TOUCH_TIME,
            *_parts_of(read), question.currency,
        ),
        Grouping(
            tuple(one.value for one in which.by), _ranks(keys), which.order.by.value, which.order.descending,
            after, needed.first, needed.users or which.order.by is OrderBy.UNIQUE_USERS, needed.attributed,
        ),
    )  # fmt: skip
    if which.order.by is OrderBy.VALUE and any(row.all_mixed for row in rows):
        raise Invalid(
            "`orderBy` VALUE needs money in one currency, and these groups are in several. Ask for a `currency`."
        )
    parts = _parts(segments, keys)
    own: dict[int, list[GroupRow]] = {report.node_id: [] for report in reports}
    for row in rows:
        own[row.scope_id].append(row)
    request.spend(len(rows))
    return [
        Page(
            [
                _group(report, row, which.by, keys[row.place], parts[row.place])
                for row in own[report.node_id]
                if row.position > after
            ],
            after,
            own[report.node_id][0].groups if own[report.node_id] else 0,
            conversion.stamp(report, which),
        )
        for report in reports
    ]


def _group(
    report: Report, row: GroupRow, by: Sequence[Dimension], times: Sequence[date | datetime],
    parts: Sequence[tuple[datetime, datetime]],
) -> Group:  # fmt: skip
    time = iter(times)
    keys = {one: next(time) if one in UNITS else _key(one, row[_column(one)]) for one in by}
    return Group(
        report, keys, parts,
        row.count, row.users, _money(row.value, row.currency, row.mixed, row.unrated),
        row.refund_count, _refunded(row),
        row.due_count, _money(row.due_value, row.due_currency, row.due_mixed, row.due_unrated),
        row.whole,
    )  # fmt: skip


def _column(dimension: Dimension) -> str:
    return "currency_key" if dimension is Dimension.CURRENCY else dimension.value.lower()


def _key(dimension: Dimension, stored: Any) -> Any:
    if stored is None:
        return None
    if dimension is Dimension.SOURCE:
        return list(EventSource)[stored - 1]
    return Platform(stored) if dimension is Dimension.AD_PLATFORM else stored


def _money(amount: Decimal, currency: str | None, mixed: bool | None, unrated: int) -> Money:  # noqa: FBT001  # of a row
    reason = Reason.MIXED_CURRENCY if mixed else Reason.NO_RATE if unrated else None
    return Money(amount, currency, reason)


def _refunded(row: GroupRow) -> Money:
    # Where nothing was refunded that is 0 in any currency, whatever was sold in.
    if not row.refund_count:
        return Money(Decimal(0), row.currency)
    return _money(row.refund_value, row.currency, row.mixed, row.unrated)


def _nothing(report: Report) -> Group:
    window, none = report.question.window, Money(Decimal(0), report.question.currency)
    return Group(report, {}, [(window.since, window.until)], 0, 0, none, 0, none, 0, none, 0)


def _parts_of(read: Reading) -> tuple[list[Part], list[Part], list[Part], list[Part]]:
    parts, hours, quarters, edges = ([Part(*span) for span in spans] for spans in read)
    return parts, hours, quarters, edges


def _ranks(keys: Sequence[Sequence[Any]]) -> tuple[tuple[int, ...], ...]:
    """Of each unit of time the rank of each place's key."""
    ranks = []
    for of_unit in zip(*keys, strict=True):
        rank = {key: number for number, key in enumerate(sorted(set(of_unit)))}
        ranks.append(tuple(rank[key] for key in of_unit))
    return tuple(ranks)


def _parts(segments: Iterable[Segment], keys: Sequence[Any]) -> list[list[tuple[datetime, datetime]]]:
    places = {key: place for place, key in enumerate(keys)}
    parts: list[list[tuple[datetime, datetime]]] = [[] for _ in keys]
    for since, until, own, _ in segments:
        parts[places[own]].append((since, until))
    return parts


def value(group: Group) -> Told:
    """What the conversions are worth, less refunds."""
    return group.value.shown


def refund_value(group: Group) -> Told:
    """What was refunded of it."""
    return group.refund_value.shown


def share(group: Group) -> Told:
    """The part of the report's conversions that is in the group."""
    return (group.count / group.whole, None) if group.whole else (None, Reason.ZERO_DENOMINATOR)


def aov(group: Group) -> Told:
    """The average value of a conversion."""
    if group.value.reason:
        return None, group.value.reason
    return (float(group.value.amount / group.count), None) if group.count else (None, Reason.ZERO_DENOMINATOR)
