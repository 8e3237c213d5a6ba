"""The ConversionReport type: what clients see of a node's conversions over a window of instants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeGuard, TypeVar

import strawberry

from db.database import Row
from db.entity import kind_of
from db.errors import AdgraphError
from graph import conversion_group as group
from graph.connection import After, First, checked_first
from graph.conversion_group import (
    ConversionGroupConnection,
    Groups,
    Refunds,
    UnavailableConversionMetric,
)
from graph.field import batched
from graph.options import Attribution, AttributionInput
from graph.scalars import BigInt, CurrencyCode
from graph.selection import Selection
from resolvers import conversion, conversion_group, options
from resolvers.context import Request
from resolvers.conversion import Report
from resolvers.conversion_group import BY_KEY, Dimension, Needed, Order, OrderBy, Page, Which
from resolvers.instants import TimeWindow, checked_range, checked_timezone
from resolvers.options import Options, checked_currency, checked_events

Reports = Sequence[Report]
T = TypeVar("T")


@strawberry.input(
    description="The instants from `since` to before `until`, each with its offset from UTC, such as "
    "`2026-04-11T00:00:00Z`; between 2000 and 2100, and at most 3,660 days."
)
class TimeWindowInput:
    since: datetime = strawberry.field(description="The first instant.")
    until: datetime = strawberry.field(description="The instant after the last one.")


@strawberry.input(description="An order of groups. Those that are equal in it are in the order of their keys.")
class ConversionOrder:
    by: OrderBy = strawberry.field(description="What to order by.")
    descending: bool = strawberry.field(default=True, description="Whether the largest come first.")

    def order(self) -> Order:
        """The order."""
        return Order(self.by, self.descending)


@strawberry.type(name="TimeWindow", description="The instants that an answer is about.")
class ConversionWindow:
    since: datetime = strawberry.field(description="The first instant, with the timezone's offset then.")
    until: datetime = strawberry.field(description="The instant after the last one.")
    timezone: str = strawberry.field(description="The IANA timezone of its hours, days, weeks and months.")


def _unavailable(_request: Request, _selection: Selection, groups: Groups) -> list[list[UnavailableConversionMetric]]:
    return [group.unavailable([(name, told(one)) for name, told in group.SUMS.items()]) for one in groups]


@strawberry.type(description="What conversions add up to.")
class ConversionTotals:
    count = batched(group.counts, BigInt, "How many conversions, each counted once, whoever sent it and how often.")
    unique_users = batched(
        group.users, BigInt, "How many different users made them; those without a user id do not count."
    )
    value = batched(
        group.values, float | None, "What they are worth, less refunds, in `currency`. Null (MIXED_CURRENCY) where "
        "they are in several."
    )  # fmt: skip
    currency = batched(
        group.currencies, CurrencyCode | None, "The currency of `value`; null where there are several, or "
        "none has one."
    )  # fmt: skip
    refunds = batched(group.refunds, Refunds, "What was refunded of them.")

    unavailable = batched(
        _unavailable, list[UnavailableConversionMetric], "Every metric of these that is null, with the reason."
    )


def _windows(_request: Request, _selection: Selection, reports: Reports) -> list[ConversionWindow]:
    return [_window(report.question.window) for report in reports]


def _window(window: TimeWindow) -> ConversionWindow:
    since, until = window.since.astimezone(window.zone), window.until.astimezone(window.zone)
    return ConversionWindow(since=since, until=until, timezone=window.timezone)


def _events(_request: Request, _selection: Selection, reports: Reports) -> list[list[str]]:
    return [list(report.question.events) for report in reports]


def _attributions(_request: Request, _selection: Selection, reports: Reports) -> list[options.Attribution]:
    return [report.question.attribution for report in reports]


async def _totals(request: Request, selection: Selection, reports: Reports) -> list[conversion_group.Group]:
    return await conversion_group.totals(request, reports, users="unique_users" in selection.names())


async def _groups(
    request: Request, selection: Selection, reports: Reports,
    by: Annotated[
        list[Dimension], strawberry.argument(description="What conversions of one group have in common.")
    ],
    first: First = 50, after: After = strawberry.UNSET,
    order_by: Annotated[
        ConversionOrder | None,
        strawberry.argument(description="The order; without it, that of the keys, in the order of `by`, nulls last."),
    ] = strawberry.UNSET,
) -> list[Page | AdgraphError]:  # fmt: skip
    selected = {*selection.names("nodes"), *selection.names("edges", "node")}
    which = Which(conversion_group.checked_dimensions(by), order_by.order() if order_by else BY_KEY)
    needed = Needed(
        checked_first(request, first), "unique_users" in selected, bool(selected & {"cpa", "roas", "unavailable"})
    )
    return await conversion_group.groups(request, reports, which, after if given(after) else None, needed)


@strawberry.type(
    description="A node's conversions over a window of instants: deduplicated events of the project's own."
)
class ConversionReport:
    window = batched(_windows, ConversionWindow, "The instants that the numbers are about.")
    events = batched(_events, list[str], "The names of the events that count: chosen by the query, else the project's.")
    attribution = batched(
        _attributions, Attribution, "Which ad a conversion is due to, and when it counts: chosen by the query, else "
        "the project's."
    )  # fmt: skip
    totals = batched(_totals, ConversionTotals | None, "What they add up to.")
    groups = batched(
        _groups, ConversionGroupConnection | None, "What they add up to by any dimensions; only groups that there are."
    )


Window = Annotated[TimeWindowInput, strawberry.argument(description="Which instants.")]
Events = Annotated[
    list[str] | None,
    strawberry.argument(description="The names of the events to count, 1 to 100; without them, the project's set."),
]
App = Annotated[str | None, strawberry.argument(description="Only of the app with this id.")]
Timezone = Annotated[
    str | None,
    strawberry.argument(
        description="The IANA timezone of hours, days, weeks and months; without it, the project's own."
    ),
]
Currency = Annotated[
    CurrencyCode | None,
    strawberry.argument(
        description="What to convert all money to, each value at the rate of its day in the project's timezone."
    ),
]
Attributed = Annotated[
    AttributionInput | None,
    strawberry.argument(description="Which ad a conversion is due to; what is left out is the project's setting."),
]


async def _conversions(
    request: Request, _selection: Selection, rows: Sequence[Row], window: Window, events: Events = strawberry.UNSET,
    app: App = strawberry.UNSET, timezone: Timezone = strawberry.UNSET, currency: Currency = strawberry.UNSET,
    attribution: Attributed = strawberry.UNSET,
) -> list[Report]:  # fmt: skip
    asked = conversion.Asked(
        *checked_range("window", window.since, window.until),
        checked_timezone("timezone", timezone) if given(timezone) else None,
        conversion.checked_app("app", app) if given(app) else None,
        chosen_options(events, currency, attribution),
    )
    return await conversion.reports(request, rows, kind_of(rows[0]).level, asked)


def chosen_options(
    events: list[str] | None, currency: CurrencyCode | None, attribution: AttributionInput | None
) -> Options:
    """What the arguments choose; the project's settings where they do not."""
    chosen = attribution or AttributionInput()
    return Options(
        conversion_events=checked_events("events", events) if given(events) else None,
        click=chosen.click or None, view=chosen.view or None, count_by=chosen.count_by or None,
        currency=checked_currency("currency", currency) if given(currency) else None,
    )  # fmt: skip


def given(value: T | None) -> TypeGuard[T]:
    """Whether a client gave it."""
    return value is not None and value is not strawberry.UNSET


conversions_field = batched(
    _conversions, ConversionReport | None, "Its conversions over a window of instants, deduplicated: of a project all "
    "of them, of what is below it those that its ads brought.", needs=("ad_account_id",)
)  # fmt: skip
