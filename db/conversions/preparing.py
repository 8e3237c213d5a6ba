"""Making a batch of events ready without the database: which of them are one conversion, and as what it is written.

What comes out is plain (numbers, texts, bytes), so that it goes from one process to another for next to nothing. What
only the database knows is left open: the numbers of conversions, names, users and ads.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from datetime import datetime
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
    number_in,
    numeric,
    numeric_in,
    repeated_smallints,
    repeated_text,
    repeated_texts,
    smallint,
    text,
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
    """So many events that came together, in groups; the ids that they go by, group after group, also as rows have them.

    The first name, user and ad is that of a group without one.
    """

    size: int
    names: list[str | None]
    users: list[str | None]
    ads: list[tuple[str, str] | None]
    keys: list[Key]
    key_rows: list[bytes]
    groups: list[Group]


def prepare(events: Sequence[Event], received_at: datetime) -> Batch:
    """The events in groups, as if nothing had been there before."""
    received = moment(received_at)
    # Each with its place.
    names: dict[str | None, int] = {None: 0}
    users: dict[str | None, int] = {None: 0}
    ads: dict[tuple[str, str] | None, int] = {None: 0}
    all_keys: list[Key] = []
    groups = []
    events_keys = [keys(event) for event in events]
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
        all_keys += own_keys
        touched = tuple({ads.setdefault(touch[:2], len(ads)) for event in own for touch in event.touches})
        app = platform = user = click = view = 0
        row = None
        if first.kind == CONVERSION:
            merged = merge(own, EVERY_AD)
            app = names.setdefault(merged.app, len(names))
            platform = names.setdefault(merged.platform, len(names))
            user = users.setdefault(merged.user_id, len(users))
            last_click, last_view = merged.click, merged.view
            click = ads[last_click.platform, last_click.ad] if last_click else 0
            view = ads[last_view.platform, last_view.ad] if last_view else 0
            row = b"".join((
                moment(merged.occurred_at), _SMALL[merged.source], numeric(merged.value),
                repeated_text(merged.currency), moment(last_click.at) if last_click else NULL,
                moment(last_view.at) if last_view else NULL,
            ))  # fmt: skip
        groups.append(Group(
            places[0], first.kind, len(own_keys), names.setdefault(first.event_name, len(names)), app, platform, user,
            click, view, row, touched, tuple([message(event, received) for event in own]),
        ))  # fmt: skip
    key_rows = [text(key[0]) + _SMALL[key[1]] for key in all_keys]
    return Batch(len(events), list(names), list(users), list(ads), all_keys, key_rows, groups)


def message(event: Event, received: bytes) -> bytes:
    """The row of an event, from the cell on with the time at which it came."""
    (
        kind, source, _, event_id, transaction_id, refund_of, occurred_at, app, platform, user, value, currency,
        assumed, touches, properties,
    ) = event  # fmt: skip
    touched = _NO_TOUCHES
    if touches:
        platforms, ads, kinds, times = zip(*touches, strict=True)
        touched = repeated_texts(platforms) + texts(ads) + repeated_smallints(kinds) + moments(times)
    return b"".join((
        received, _SMALL[kind], _SMALL[source], text(event_id),
        NULL if transaction_id is None else text(transaction_id), NULL if refund_of is None else text(refund_of),
        moment(occurred_at), repeated_text(app), repeated_text(platform), NULL if user is None else text(user),
        numeric(value), repeated_text(currency),
        _TRUE if assumed else _FALSE, touched, NULL if properties is None else text(properties),
    ))  # fmt: skip


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
    return marshal.dumps((*batch[:-1], list(map(tuple, batch.groups))))


def from_bytes(packed: bytes) -> Batch:
    """The batch again."""
    *others, groups = marshal.loads(packed)  # noqa: S302  # our own
    return Batch._make((*others, list(map(Group._make, groups))))
