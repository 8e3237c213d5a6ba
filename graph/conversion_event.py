"""The ConversionEvent type: what clients see of a conversion, what it was merged from, and why it counts there."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import strawberry

from db import entity
from db.conversion_event import MessageRow
from db.database import Row
from db.entity import kind_of
from db.errors import AdgraphError
from db.level import Platform
from graph.connection import After, First, PageInfo, checked_first
from graph.conversion import Attributed, Window, chosen_options, given
from graph.field import batched
from graph.scalars import CurrencyCode
from graph.selection import Selection
from resolvers import conversion, conversion_event, global_id, tree
from resolvers.context import Request
from resolvers.conversion_event import Cause, Event, Filter, Page, Refund, Touch, TouchOutcome
from resolvers.conversion_group import EventSource
from resolvers.conversion_money import rounded
from resolvers.instants import checked_range
from resolvers.recording import TouchKind

if TYPE_CHECKING:
    from graph.ad import Ad

Events = Sequence[Event]


class _Message(NamedTuple):
    row: MessageRow
    source: EventSource
    value: float | None


def _of_row(name: str, graphql_type: object, description: str) -> Any:
    def values(_request: Request, _selection: Selection, parents: Sequence[Any]) -> list[Any]:
        return [parent.row[name] for parent in parents]

    return batched(values, graphql_type, description)


def _message(row: MessageRow) -> _Message:
    return _Message(row, list(EventSource)[row.source - 1], _amount(row.value, row.currency))


def _amount(value: Decimal | None, currency: str | None) -> float | None:
    return None if value is None else rounded(value, currency)


@strawberry.type(description="An event as it was received. Those of one conversion are merged into it.")
class ConversionMessage:
    source: EventSource = strawberry.field(description="Who sent it.")
    event_name = _of_row("event_name", str, "Its name.")
    event_id = _of_row("event_id", str, "Its id, as sent: the same event under the same name has the same.")
    transaction_id = _of_row("transaction_id", str | None, "The id of the charge, as sent.")
    occurred_at = _of_row("occurred_at", datetime, "When it happened, as sent.")
    received_at = _of_row("received_at", datetime, "When it was received.")
    app = _of_row("app", str | None, "The app's id, as sent.")
    platform = _of_row("platform", str | None, "The app's platform, as sent.")
    user_id = _of_row("user_id", str | None, "The user's id, as sent.")
    value: float | None = strawberry.field(description="What it is worth, in `currency`.")
    currency = _of_row("currency", CurrencyCode | None, "The currency of `value`.")
    currency_assumed = _of_row(
        "currency_assumed",
        bool,
        "Whether it was sent without one, so that the project's reporting currency then stands.",
    )


async def _ads_of_touches(request: Request, selection: Selection, touches: Sequence[Touch]) -> list[Row | None]:
    return await _ads(request, selection, [touch.ad_id for touch in touches])


async def _ads_of_events(request: Request, selection: Selection, events: Events) -> list[Row | None]:
    return await _ads(request, selection, [event.row.ad_id for event in events])


async def _ads(request: Request, selection: Selection, ids: Sequence[int | None]) -> list[Row | None]:
    found = await request.load_all(tree.by_id, {id_ for id_ in ids if id_}, entity.AD, selection.columns(entity.AD))
    return [found[id_] if id_ else None for id_ in ids]


def _lags(_request: Request, _selection: Selection, touches: Sequence[Touch]) -> list[float]:
    return [touch.lag.total_seconds() for touch in touches]


@strawberry.type(description="A click on an ad or a view of it, and what became of it.")
class ConversionTouch:
    platform: Platform = strawberry.field(description="Where the ad ran.")
    external_id: str = strawberry.field(description="The platform's id of the ad, as sent.")
    ad = batched(
        _ads_of_touches, Annotated["Ad", strawberry.lazy("graph.ad")] | None, "The ad; null while it is not imported."
    )
    kind: TouchKind = strawberry.field(description="What somebody did with it.")
    at: datetime = strawberry.field(description="When.")
    lag_seconds = batched(_lags, float, "How long before the conversion, in seconds.")
    outcome: TouchOutcome = strawberry.field(description="What became of it.")


def _refund_values(_request: Request, _selection: Selection, refunds: Sequence[Refund]) -> list[float | None]:
    return [_amount(refund.row.value, refund.row.currency) for refund in refunds]


def _refund_messages(_request: Request, _selection: Selection, refunds: Sequence[Refund]) -> list[list[_Message]]:
    return [[_message(row) for row in refund.messages] for refund in refunds]


@strawberry.type(description="What was given back of a conversion.")
class ConversionRefund:
    value = batched(_refund_values, float | None, "How much, in `currency`; null where nobody said.")
    currency = _of_row("currency", CurrencyCode | None, "The currency of `value`.")
    messages = batched(_refund_messages, list[ConversionMessage], "What was received of it, the most believed first.")


def _ids(_request: Request, _selection: Selection, events: Events) -> list[str]:
    return [global_id.encode("ConversionEvent", event.row.id) for event in events]


def _sources(_request: Request, _selection: Selection, events: Events) -> list[EventSource]:
    return [list(EventSource)[event.row.source - 1] for event in events]


def _values(_request: Request, _selection: Selection, events: Events) -> list[float | None]:
    return [_amount(event.row.value, event.row.currency) for event in events]


async def _messages(request: Request, _selection: Selection, events: Events) -> list[list[_Message]]:
    found = await request.load_all(conversion_event.messages, (event.row.id for event in events))
    return [[_message(row) for row in found[event.row.id]] for event in events]


async def _refunds(request: Request, _selection: Selection, events: Events) -> list[list[Refund]]:
    found = await request.load_all(conversion_event.refunds, (event.row.id for event in events))
    return [found[event.row.id] for event in events]


async def _touches(request: Request, _selection: Selection, events: Events) -> list[list[Touch]]:
    found = await request.load_all(conversion_event.touches, events)
    return [found[event] for event in events]


async def _causes(request: Request, _selection: Selection, events: Events) -> list[Cause]:
    found = await request.load_all(conversion_event.causes, events)
    return [found[event] for event in events]


def _counted(_request: Request, _selection: Selection, events: Events) -> list[datetime]:
    return [event.row.counted_at for event in events]


@strawberry.type(
    description="A conversion: one purchase, subscription, trial or the like, however often it was told of."
)
class ConversionEvent:
    id = batched(_ids, strawberry.ID, "Opaque, and the same for as long as the conversion is not merged with another.")
    event_name = _of_row("event_name", str, "The event's name.")
    occurred_at = _of_row("occurred_at", datetime, "When it happened.")
    app = _of_row("app", str | None, "The app's id.")
    platform = _of_row("platform", str | None, "The app's platform, as it was sent: `ios`, `android`, `web` …")
    user_id = _of_row("user_id", str | None, "The user's id.")
    source = batched(_sources, EventSource, "The most believed of those who told of it.")
    value = batched(_values, float | None, "What it is worth before refunds, in `currency`; null where nobody said.")
    currency = _of_row("currency", CurrencyCode | None, "The currency of `value`.")
    counted_at = batched(
        _counted, datetime, "When it counts: when it happened, or when the touch that it is due to did."
    )
    ad = batched(
        _ads_of_events,
        Annotated["Ad", strawberry.lazy("graph.ad")] | None,
        "The ad that it is due to, if there is one.",
    )
    cause = batched(_causes, Cause | None, "Why it is due to that ad, or to none.")
    touches = batched(_touches, list[ConversionTouch] | None, "The clicks and views that were told of, the last first.")
    messages = batched(
        _messages,
        list[ConversionMessage] | None,
        "What it was merged from, the most believed first: each field is that of the first that has it.",
    )
    refunds = batched(_refunds, list[ConversionRefund] | None, "What was given back of it.")


class _Edge(NamedTuple):
    node: Event
    cursor: str


def _nodes(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[list[Event]]:
    return [page.events for page in pages]


def _edges(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[list[_Edge]]:
    return [list(map(_Edge, page.events, page.cursors)) for page in pages]


def _page_infos(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[tree.PageInfo]:
    return [
        tree.PageInfo(
            page.has_next, page.has_previous, *(page.cursors[end] if page.events else None for end in (0, -1))
        )
        for page in pages
    ]


@strawberry.type(description="A conversion and its place in the list.")
class ConversionEventEdge:
    node: ConversionEvent = strawberry.field(description="The conversion.")
    cursor: str = strawberry.field(description="Its place in the list, for `after`.")


@strawberry.type(description="A page of conversions, the latest first (by when they count).")
class ConversionEventConnection:
    edges = batched(_edges, list[ConversionEventEdge], "The conversions with their cursors.")
    nodes = batched(_nodes, list[ConversionEvent], "The conversions alone.")
    page_info = batched(_page_infos, PageInfo, "Where the page lies in the list.")


@strawberry.input(description="Which conversions to list. What is left out does not restrict.")
class ConversionEventFilter:
    events: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="The names of the events, 1 to 100; without them, the project's set."
    )
    app: str | None = strawberry.field(default=strawberry.UNSET, description="Only of the app with this id.")
    platform: str | None = strawberry.field(
        default=strawberry.UNSET, description="Only of this app's platform, as it was sent."
    )
    source: EventSource | None = strawberry.field(
        default=strawberry.UNSET, description="Only those of which this is the most believed source."
    )
    attributed: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Only those that an ad brought (true), or that none did (false)."
    )


Which = Annotated[ConversionEventFilter | None, strawberry.argument(description="Which conversions; without it, all.")]


async def _conversion_events(
    request: Request, _selection: Selection, rows: Sequence[Row], window: Window, filter: Which = strawberry.UNSET,
    first: First = 50, after: After = strawberry.UNSET, attribution: Attributed = strawberry.UNSET,
) -> list[Page | AdgraphError]:  # fmt: skip
    wanted = filter or ConversionEventFilter()
    asked = conversion.Asked(
        *checked_range("window", window.since, window.until),
        None,
        conversion.checked_app("filter.app", wanted.app) if given(wanted.app) else None,
        chosen_options(wanted.events, None, attribution),
    )
    reports = await conversion.reports(request, rows, kind_of(rows[0]).level, asked)
    return await conversion_event.pages(
        request, reports, Filter(
            conversion.checked_app("filter.platform", wanted.platform) if given(wanted.platform) else None,
            wanted.source or None, wanted.attributed if given(wanted.attributed) else None
        ),
        after if given(after) else None, checked_first(request, first),
    )  # fmt: skip


conversion_events_field = batched(
    _conversion_events, ConversionEventConnection | None, "The conversions themselves, each with what it was merged "
    "from and why it counts where it does: of a project all of them, of what is below it those that its ads brought.",
    needs=("ad_account_id",),
)  # fmt: skip
