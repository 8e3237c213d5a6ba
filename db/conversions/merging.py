"""What the events of one conversion come to together: a pure function of their set, whatever order they came in."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from operator import attrgetter, eq
from typing import NamedTuple

from db.conversions.event import CLICK, Event, Touch

# What is longer ago counts for no choice of windows.
LONGEST_LAG = timedelta(days=28)

_EXACT = Context(prec=100)

# Ads that the project has: platform and the platform's id.
Ads = Container[tuple[str, str]]


class Merged(NamedTuple):
    """A conversion as all of its events tell it, with the last click and the last view that may count."""

    event_name: str
    occurred_at: datetime
    app: str | None
    platform: str | None
    source: int
    user_id: str | None
    value: Decimal | None
    currency: str
    click: Touch | None
    view: Touch | None


class MergedRefund(NamedTuple):
    """A refund as all of its events tell it."""

    event_name: str
    refund_of: str
    value: Decimal | None
    currency: str


class _EveryAd(Container[tuple[str, str]]):
    def __contains__(self, _ad: object) -> bool:
        return True


# As if the project had whatever ad is touched.
EVERY_AD = _EveryAd()


def told(event: Event) -> Event:
    """What the event itself says: of those that say the same one is enough, whatever currency was assumed."""
    return event._replace(currency="") if event.currency_assumed else event


def merge(events: Sequence[Event], ads: Ads) -> Merged:
    """The conversion that these events tell of."""
    if len(events) == 1:
        (only,) = events
        return Merged(
            only.event_name, only.occurred_at, only.app, only.platform, only.source, only.user_id, only.value,
            only.currency, *_last_touches(only.touches, ads, only.occurred_at),
        )  # fmt: skip
    events = _by_precedence(events)
    first = events[0]
    valued = next((event for event in events if event.value is not None), first)
    return Merged(
        first.event_name,
        first.occurred_at,
        next((event.app for event in events if event.app is not None), None),
        next((event.platform for event in events if event.platform is not None), None),
        first.source,
        next((event.user_id for event in events if event.user_id is not None), None),
        valued.value,
        valued.currency,
        *_last_touches(set().union(*(event.touches for event in events)), ads, first.occurred_at),
    )


def merge_refund(events: Sequence[Event]) -> MergedRefund:
    """The refund that these events tell of."""
    if len(events) > 1:
        events = _by_precedence(events)
    first = events[0]
    valued = next((event for event in events if event.value is not None), first)
    return MergedRefund(first.event_name, first.refund_of or "", valued.value, valued.currency)


def _by_precedence(events: Sequence[Event]) -> Sequence[Event]:
    events = sorted(events, key=_precedence)
    if any(map(eq, map(_precedence, events), map(_precedence, events[1:]))):
        # Events that contradict each other: which one wins must not depend on which came first.
        events.sort(key=lambda event: (*_precedence(event), canonical(event)))
    return events


_precedence = attrgetter("source", "occurred_at", "event_id")


def canonical(event: Event) -> str:
    """The event as one text, the same for the same event."""
    value = None if event.value is None else _EXACT.normalize(event.value)
    return repr((*event[4:6], *event[7:10], str(value), event.currency, event.touches, event.properties))


def _last_touches(touches: Iterable[Touch], ads: Ads, occurred_at: datetime) -> tuple[Touch | None, Touch | None]:
    """The last click and the last view of known ads, not after the conversion and not too long before it.

    Of those at the same time the one of the smallest platform and id is the last.
    """
    earliest = occurred_at - LONGEST_LAG
    click: Touch | None = None
    view: Touch | None = None
    for touch in touches:
        if not earliest <= touch.at <= occurred_at or (touch.platform, touch.ad) not in ads:
            continue
        before = click if touch.kind == CLICK else view
        if (
            before is None
            or touch.at > before.at
            or (touch.at == before.at and (touch.platform, touch.ad) < (before.platform, before.ad))
        ):
            if touch.kind == CLICK:
                click = touch
            else:
                view = touch
    return click, view
