"""Conversion events: the conversions themselves, what each was merged from, and why it counts where it does."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from db import conversion_event
from db.conversion_event import EventRow, MessageRow, RefundRow, Wanted
from resolvers import conversion
from resolvers.batching import many_per_key
from resolvers.context import Request
from resolvers.conversion import Question, Report
from resolvers.conversion_group import EventSource
from resolvers.cursor import Cursor, Stamp
from resolvers.options import CountBy
from resolvers.recording import TouchKind

_CLICK = 1


class TouchOutcome(Enum):
    """What became of a touch."""

    COUNTS = "COUNTS"
    NOT_THE_LAST = "NOT_THE_LAST"
    AFTER_A_CLICK = "AFTER_A_CLICK"
    TOO_LONG_AGO = "TOO_LONG_AGO"
    AFTER_CONVERSION = "AFTER_CONVERSION"
    UNKNOWN_AD = "UNKNOWN_AD"


class Cause(Enum):
    """Why a conversion counts where it does."""

    LAST_CLICK = "LAST_CLICK"
    LAST_VIEW = "LAST_VIEW"
    NO_TOUCH = "NO_TOUCH"
    TOO_LONG_AGO = "TOO_LONG_AGO"
    UNKNOWN_AD = "UNKNOWN_AD"


class Filter(NamedTuple):
    """Which conversions; None: any."""

    platform: str | None = None
    source: EventSource | None = None
    attributed: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """A conversion of a report."""

    report: Report
    row: EventRow


@dataclass(frozen=True, slots=True, eq=False)
class Refund:
    """What was given back of a conversion."""

    row: RefundRow
    messages: list[MessageRow]


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """A click on an ad or a view of it, and what became of it. `ad_id`: of an ad that the project has."""

    platform: str
    external_id: str
    ad_id: int | None
    kind: TouchKind
    at: datetime
    lag: timedelta
    outcome: TouchOutcome


class Page(NamedTuple):
    """Some of a report's conversions."""

    events: list[Event]
    has_next: bool
    has_previous: bool
    stamp: Stamp

    @property
    def cursors(self) -> list[str]:
        """The cursor of each of them."""
        rows = [event.row for event in self.events]
        return [self.stamp.write(Cursor((), row.counted_at.isoformat(), (row.id,))) for row in rows]


async def pages(
    request: Request, reports: Sequence[Report], chosen: Filter, after: str | None, first: int
) -> list[Any]:
    """Batch: a page of each report's conversions, the latest first, or why `after` is no cursor of it."""
    return await conversion.pages(request, reports, _pages, after, chosen, first)


async def _pages(
    request: Request, reports: Sequence[Report], question: Question, start: Cursor | None, chosen: Filter, first: int
) -> list[Page]:
    attribution = question.attribution
    rows = await conversion_event.page(
        request.database, request.org_id,
        Wanted(
            question.level, [report.node_id for report in reports], question.window.since, question.window.until,
            question.events, question.app, chosen.platform,
            None if chosen.source is None else list(EventSource).index(chosen.source) + 1,
            attribution.click.days, attribution.view.days, attribution.count_by is CountBy.TOUCH_TIME,
            chosen.attributed, _behind(start), first + 1,
        ),
    )  # fmt: skip
    request.spend(len(rows))
    own = many_per_key([report.node_id for report in reports], rows, key=lambda row: row.scope_id)
    return [
        Page(
            [Event(report, row) for row in those[:first]],
            len(those) > first,
            start is not None,
            conversion.stamp(report, chosen),
        )
        for report, those in zip(reports, own, strict=True)
    ]


def _behind(start: Cursor | None) -> tuple[datetime, int] | None:
    return (datetime.fromisoformat(str(start.key)), int(start.place[0])) if start else None


async def messages(request: Request, ids: Sequence[int]) -> list[list[MessageRow]]:
    """Batch: what was received of each conversion, or of each refund."""
    rows = await conversion_event.messages(request.database, request.org_id, ids)
    return many_per_key(ids, rows, key=lambda row: row.conversion_id)


async def refunds(request: Request, ids: Sequence[int]) -> list[list[Refund]]:
    """Batch: the refunds of each conversion."""
    rows = await conversion_event.refunds(request.database, request.org_id, ids)
    told = await request.load_all(messages, (row.id for row in rows))
    return [
        [Refund(row, told[row.id]) for row in own] for own in many_per_key(ids, rows, key=lambda row: row.conversion_id)
    ]


async def touches(request: Request, events: Sequence[Event]) -> list[list[Touch]]:
    """Batch: the touches of each conversion, the last first."""
    told = await request.load_all(messages, (event.row.id for event in events))
    sent = [{touch for message in told[event.row.id] for touch in _sent(message)} for event in events]
    keys: dict[int, set[tuple[str, str]]] = {}
    for event, those in zip(events, sent, strict=True):
        keys.setdefault(event.report.question.project_id, set()).update((one.platform, one.ad) for one in those)
    ads = {id_: await _ads(request, id_, own) for id_, own in keys.items()}
    return [
        _told(event, those, ads[event.report.question.project_id]) for event, those in zip(events, sent, strict=True)
    ]


async def causes(request: Request, events: Sequence[Event]) -> list[Cause]:
    """Batch: why each conversion counts where it does."""
    undue = [event for event in events if event.row.ad_id is None]
    told = await request.load_all(touches, undue)
    return [_cause(event, told[event] if event.row.ad_id is None else ()) for event in events]


class _Sent(NamedTuple):
    """A touch as it was sent."""

    at: datetime
    platform: str
    ad: str
    kind: TouchKind


def _sent(message: MessageRow) -> Iterable[_Sent]:
    kinds = (TouchKind.CLICK if kind == _CLICK else TouchKind.VIEW for kind in message.touch_kinds or ())
    return map(_Sent, message.touch_times or (), message.touch_platforms or (), message.touch_ads or (), kinds)


async def _ads(request: Request, project_id: int, keys: set[tuple[str, str]]) -> Mapping[Hashable, int]:
    rows = await conversion_event.touched_ads(request.database, request.org_id, project_id, sorted(keys))
    return {(row.platform, row.external_id): row.id for row in rows}


def _told(event: Event, sent: set[_Sent], ads: Mapping[Hashable, int]) -> list[Touch]:
    """The touches, the last first; of those at one time the smallest (platform, id) is the last."""
    found: list[Touch] = []
    seen: set[TouchKind] = set()
    for at, platform, ad, kind in sorted(sent, key=lambda one: (-one.at.timestamp(), one.platform, one.ad)):
        lag = event.row.occurred_at - at
        outcome = _outcome(event, kind, lag, known=(platform, ad) in ads, seen=seen)
        found.append(Touch(platform, ad, ads.get((platform, ad)), kind, at, lag, outcome))
    return found


def _outcome(event: Event, kind: TouchKind, lag: timedelta, *, known: bool, seen: set[TouchKind]) -> TouchOutcome:
    if not known:
        return TouchOutcome.UNKNOWN_AD
    if lag < timedelta():
        return TouchOutcome.AFTER_CONVERSION
    if kind in seen:
        return TouchOutcome.NOT_THE_LAST
    seen.add(kind)
    attribution = event.report.question.attribution
    days = (attribution.click if kind is TouchKind.CLICK else attribution.view).days
    if not days or lag > timedelta(days=days):
        return TouchOutcome.TOO_LONG_AGO
    return TouchOutcome.AFTER_A_CLICK if kind is TouchKind.VIEW and event.row.clicked else TouchOutcome.COUNTS


def _cause(event: Event, told: Sequence[Touch]) -> Cause:
    if event.row.clicked:
        return Cause.LAST_CLICK
    if event.row.viewed:
        return Cause.LAST_VIEW
    outcomes = {touch.outcome for touch in told}
    if TouchOutcome.TOO_LONG_AGO in outcomes:
        return Cause.TOO_LONG_AGO
    return Cause.UNKNOWN_AD if TouchOutcome.UNKNOWN_AD in outcomes else Cause.NO_TOUCH
