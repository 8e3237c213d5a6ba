"""Making a batch of events ready without the database: which of them are one conversion, and as what it is written.

What comes out is plain (numbers, texts, bytes), so that it goes from one process to another for next to nothing. What
only the database knows is left open: the numbers of conversions, names, users and ads.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from db.binary_rows import (
    NULL,
    boolean,
    cells,
    elements_in,
    moment,
    moment_in,
    moments,
    moments_begin,
    number_in,
    numeric,
    numeric_in,
    repeated_smallints,
    repeated_text,
    repeated_texts,
    smallint,
    text,
    text_in,
    texts,
)
from db.conversions.event import CONVERSION, Event, Touch
from db.conversions.groups import Key, group, keys
from db.conversions.merging import EVERY_AD, merge, told

# Columns as rows are written: first what is known only in the end.
MESSAGE = (
    "org_id", "project_id", "conversion_id", "event_name_id", "received_at", "kind", "source", "event_id",
    "transaction_id", "refund_of", "occurred_at", "app", "platform", "user_id", "value", "currency",
    "currency_assumed", "touch_platforms", "touch_ads", "touch_kinds", "touch_times", "properties",
)  # fmt: skip
CONVERSION_ROW = (
    "org_id", "project_id", "id", "event_name_id", "app_id", "platform_id", "user_key", "click_ad_id", "view_ad_id",
    "occurred_at", "source", "value", "currency", "clicked_at", "viewed_at",
)  # fmt: skip
KEY = ("org_id", "project_id", "event_name_id", "conversion_id", "key", "type")
_NO_TOUCHES = NULL * 4
# Kinds, sources and types of ids.
_SMALL = [smallint(number) for number in range(5)]
_SMALL_LENGTH = len(_SMALL[0])
# Later versions look for what is there several times.
_MARSHAL = 2
_FALSE, _TRUE = boolean(False), boolean(True)


class Group(NamedTuple):
    """Events of a batch that are one conversion or refund. Names, users and ads are places in the batch's lists.

    `first`: the place of the first of them; `keys`: how many ids they go by. `row`: what is known of the conversion's
    row, if nothing of it was there before and the project has all of the `ads` that they touch; None for a refund.
    """

    first: int
    kind: int
    keys: int
    name: int
    app: int
    platform: int
    user: int
    click: int
    view: int
    row: bytes | None
    ads: tuple[int, ...]
    # The rows of those that say something of their own, from where `message` begins.
    messages: tuple[bytes, ...]


class Batch(NamedTuple):
    """So many events that came together, in groups; the ids that they go by, group after group, as rows have them.

    The first name, user and ad is that of a group without one.
    """

    size: int
    names: list[str | None]
    users: list[str | None]
    ads: list[tuple[str, str] | None]
    key_rows: list[bytes]
    groups: list[Group]

    def keys_of(self, each: Group, start: int) -> tuple[Key, ...]:
        """The ids of a group, which are those from `start` on."""
        name = self.names[each.name] or ""
        return tuple([(key_in(row), row[-1], name) for row in self.key_rows[start : start + each.keys]])


def prepare(events: Sequence[Event], received_at: datetime) -> Batch:
    """The events in groups, as if nothing had been there before."""
    received = moment(received_at)
    # Each with its place.
    names: dict[str | None, int] = {None: 0}
    users: dict[str | None, int] = {None: 0}
    ads: dict[tuple[str, str] | None, int] = {None: 0}
    key_rows: list[bytes] = []
    groups = []
    events_keys = list(map(keys, events))
    for members in group(events_keys, {}):
        places = members.events
        first = events[places[0]]
        own: Sequence[Event] = (first,)
        own_keys = events_keys[places[0]]
        if len(places) > 1:
            saying: dict[Event, Event] = {}
            for place in places:
                saying.setdefault(told(events[place]), events[place])
            own = list(saying.values())
            own_keys = tuple(dict.fromkeys(chain.from_iterable(events_keys[place] for place in places)))
        for key, type_, _ in own_keys:
            key_rows.append(text(key) + _SMALL[type_])
        touched = tuple([ads.setdefault(touch[:2], len(ads)) for event in own for touch in event.touches])
        app = platform = user = click = view = 0
        row = None
        if first.kind == CONVERSION:
            (
                _, occurred_at, app_name, platform_name, source, user_id, value, currency, last_click, last_view,
            ) = merge(own, EVERY_AD)  # fmt: skip
            app = names.setdefault(app_name, len(names))
            platform = names.setdefault(platform_name, len(names))
            user = users.setdefault(user_id, len(users))
            clicked_at = viewed_at = NULL
            if last_click:
                click, clicked_at = ads[last_click[:2]], moment(last_click.at)
            if last_view:
                view, viewed_at = ads[last_view[:2]], moment(last_view.at)
            row = b"".join((
                moment(occurred_at), _SMALL[source], numeric(value), repeated_text(currency), clicked_at, viewed_at,
            ))  # fmt: skip
        groups.append(Group(
            places[0], first.kind, len(own_keys), names.setdefault(first.event_name, len(names)), app, platform, user,
            click, view, row, touched, tuple([message(event, received) for event in own]),
        ))  # fmt: skip
    return Batch(len(events), list(names), list(users), list(ads), key_rows, groups)


def message(event: Event, received: bytes) -> bytes:
    """The row of an event, from the cell on with the time at which it came."""
    (
        kind, source, _, event_id, transaction_id, refund_of, occurred_at, app, platform, user, value, currency,
        assumed, touches, properties,
    ) = event  # fmt: skip
    return b"".join((
        received, _SMALL[kind], _SMALL[source], text(event_id),
        NULL if transaction_id is None else text(transaction_id), NULL if refund_of is None else text(refund_of),
        moment(occurred_at), repeated_text(app), repeated_text(platform), NULL if user is None else text(user),
        numeric(value), repeated_text(currency), _TRUE if assumed else _FALSE,
        _touched(touches) if touches else _NO_TOUCHES, NULL if properties is None else text(properties),
    ))  # fmt: skip


def _touched(touches: tuple[Touch, ...]) -> bytes:
    """The cells of touches."""
    if len(touches) == 1:
        platform, ad, kind, at = touches[0]
        return _touched_once(platform, ad, kind) + moment(at)
    platforms, ads, kinds, times = zip(*touches, strict=True)
    return b"".join((repeated_texts(platforms), texts(ads), repeated_smallints(kinds), moments(times)))


# Many touch the same ad.
@lru_cache(maxsize=10_000)
def _touched_once(platform: str, ad: str, kind: int) -> bytes:
    """The cells of one touch, up to its time."""
    return repeated_texts((platform,)) + texts((ad,)) + repeated_smallints((kind,)) + moments_begin(1)


def key_in(row: bytes) -> str:
    """The id in a row of ids; its type is the last of the row's bytes."""
    return text_in(row[:-_SMALL_LENGTH])


def told_by(row: bytes, name: str) -> Event:
    """The event of that name that a row was made of."""
    (
        _, kind, source, event_id, transaction_id, refund_of, occurred_at, app, platform, user, value, currency,
        assumed, platforms, ads, kinds, times, properties,
    ) = cells(row)  # fmt: skip
    assert kind is not None
    assert source is not None
    assert occurred_at is not None
    touches: tuple[Touch, ...] = ()
    if platforms and ads and kinds and times:
        touches = tuple(map(
            Touch, map(bytes.decode, elements_in(platforms)), map(bytes.decode, elements_in(ads)),
            map(number_in, elements_in(kinds)), map(moment_in, elements_in(times)),
        ))  # fmt: skip
    return Event(
        number_in(kind), number_in(source), name, _text(event_id) or "", _text(transaction_id), _text(refund_of),
        moment_in(occurred_at), _text(app), _text(platform), _text(user), None if value is None else numeric_in(value),
        _text(currency) or "", assumed != b"\0", touches, _text(properties),
    )  # fmt: skip


def _text(cell: bytes | None) -> str | None:
    return None if cell is None else cell.decode()


def to_bytes(batch: Batch) -> bytes:
    """The batch, to be handed to another process of this same Python."""
    return marshal.dumps((*batch[:-1], list(map(tuple, batch.groups))), _MARSHAL)


def from_bytes(packed: bytes) -> Batch:
    """The batch again."""
    *others, groups = marshal.loads(packed)  # noqa: S302  # our own
    return Batch._make((*others, list(map(Group._make, groups))))
