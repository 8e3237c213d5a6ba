"""Taking events in: one batch after the other, in the transaction of whoever gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from db.conversions.event import CONVERSION, Event
from db.conversions.groups import Key, group, keys
from db.conversions.merging import Merged, merge, merge_refund, told
from db.conversions.rollups import Refunded, Rollups, State
from db.conversions.stored import Refund, Stored
from db.database import Transaction

_MESSAGE = (
    "org_id", "project_id", "conversion_id", "kind", "source", "event_name_id", "event_id", "transaction_id",
    "refund_of", "occurred_at", "received_at", "app", "platform", "user_id", "value", "currency", "currency_assumed",
    "touch_platforms", "touch_ads", "touch_kinds", "touch_times", "properties",
)  # fmt: skip
_CONVERSION = (
    "org_id", "project_id", "id", "event_name_id", "occurred_at", "app_id", "platform_id", "source", "user_key",
    "value", "currency", "click_ad_id", "clicked_at", "view_ad_id", "viewed_at",
)  # fmt: skip
_KEY = ("org_id", "project_id", "key", "type", "event_name_id", "conversion_id")
_REFUND = ("org_id", "project_id", "id", "conversion_id", "event_name_id", "refund_of", "value", "currency")


@dataclass(slots=True)
class _Member:
    """A conversion or refund that is to be told anew: by which events, which of them are new, and what it was."""

    kind: int
    events: list[Event]
    fresh: list[Event]
    stored: list[int] = field(default_factory=list)
    id: int = 0


class Intake:
    """Where the events of one project go in. Whoever makes one holds the lock of the project: see `locked`."""

    def __init__(self, transaction: Transaction, org_id: int, project_id: int) -> None:
        self._transaction = transaction
        self._org_id = org_id
        self._project_id = project_id
        self._stored = Stored(transaction, org_id, project_id)
        self._rollups = Rollups()
        # Touches, among those of events that were new, of ads that the project does not have.
        self.strange_touches = 0
        # Whether anything is not as it was.
        self.changed = False

    @classmethod
    async def locked(cls, transaction: Transaction, org_id: int, project_id: int) -> Intake:
        """Waits for the turn of the project. What is read from then on until the transaction ends is all there is."""
        await transaction.execute("lock_conversions", org_id, project_id)
        return cls(transaction, org_id, project_id)

    async def take(self, events: Sequence[Event], received_at: datetime) -> list[bool]:
        """Takes a batch; for each event whether it tells of something new, rather than of what was known.

        What rollups have of it is written by `finish`.
        """
        stored = self._stored
        await stored.number_names(
            chain.from_iterable((event.event_name, event.app, event.platform) for event in events)
        )
        events_keys = [keys(event) for event in events]
        found = await stored.by_keys(list(dict.fromkeys(chain.from_iterable(events_keys))))
        groups = group(events_keys, found)
        messages = await stored.messages([id_ for each in groups for id_ in each.stored])
        new = [False] * len(events)
        members = []
        for each in groups:
            if not each.stored:
                new[each.events[0]] = True
                if len(each.events) == 1:
                    own = [events[each.events[0]]]
                    members.append(_Member(own[0].kind, own, own))
                    continue
            known = list(chain.from_iterable(messages[id_] for id_ in each.stored))
            saying = set(map(told, known))
            fresh = []
            for place in each.events:
                event = events[place]
                if (says := told(event)) not in saying:
                    saying.add(says)
                    fresh.append(event)
            if fresh or len(each.stored) > 1:
                members.append(_Member(events[each.events[0]].kind, known + fresh, fresh, each.stored))
        if members:
            await self._tell(members, received_at, found)
        return new

    async def look_again(self, ids: Collection[int], received_at: datetime) -> None:
        """Tells stored conversions anew, of whose touches more may be known now."""
        messages = await self._stored.messages(ids)
        if messages:
            members = [_Member(CONVERSION, events, [], [id_]) for id_, events in sorted(messages.items())]
            await self._tell(members, received_at, {})

    async def add_up(self) -> None:
        """Brings the rollups in step with what was taken so far."""
        await self._rollups.write(self._transaction, self._org_id, self._project_id)

    async def finish(self) -> None:
        """The same, at the end: then the transaction may end."""
        if self.changed:
            await self.add_up()
            await self._transaction.execute("conversions_changed", self._org_id, self._project_id)

    async def _tell(self, members: list[_Member], received_at: datetime, found: dict[Key, int]) -> None:
        stored = self._stored
        self.changed = True
        unnumbered = [member for member in members if not member.stored]
        for member, id_ in zip(unnumbered, await stored.next_ids(len(unnumbered)), strict=True):
            member.id = id_
        for member in members:
            if member.stored:
                member.id = member.stored[0]
        await stored.number_names(
            name for member in members if member.stored for event in member.events
            for name in (event.event_name, event.app, event.platform)
        )  # fmt: skip
        conversions = [member for member in members if member.kind == CONVERSION]
        await self._write_messages(members, received_at, found)
        before = await stored.states([id_ for member in conversions for id_ in member.stored])
        after = await self._states(conversions)
        changed = {id_: state for id_, state in after.items() if before.get(id_) != state}
        gone = {id_: state for id_, state in before.items() if after.get(id_) != state}
        await self._forget("forget_conversions", gone)
        await self._copy("conversion", _CONVERSION, (state[:-1] for state in changed.values()))
        self._rollups.conversions(-1, gone.values())
        self._rollups.conversions(1, changed.values())
        await self._tell_refunds(members, gone, found)
        await self._await_ads(conversions)

    async def _states(self, members: Sequence[_Member]) -> dict[int, State]:
        stored = self._stored
        await stored.find_ads(touch for member in members for event in member.events for touch in event.touches)
        merged = [merge(member.events, stored.ads) for member in members]
        await stored.number_users(each.user_id for each in merged)
        return {member.id: self._state(member.id, each) for member, each in zip(members, merged, strict=True)}

    def _state(self, id_: int, merged: Merged) -> State:
        names = self._stored.names
        (
            name, occurred_at, app, platform, source, user, value, currency, click_ad, clicked_at, view_ad, viewed_at
        ) = merged  # fmt: skip
        return State(
            id_, names[name], occurred_at, names[app] if app is not None else 0,
            names[platform] if platform is not None else 0, source,
            self._stored.users[user] if user is not None else None, value, currency, click_ad, clicked_at, view_ad,
            viewed_at, name,
        )  # fmt: skip

    async def _write_messages(self, members: Sequence[_Member], received_at: datetime, found: dict[Key, int]) -> None:
        transaction, names = self._transaction, self._stored.names
        moved = [(id_, member.id) for member in members for id_ in member.stored[1:]]
        if moved:
            own = [(key, member.id) for member in members if len(member.stored) > 1
                   for key in dict.fromkeys(chain.from_iterable(map(keys, member.events)))]  # fmt: skip
            await transaction.execute("move_conversion_messages", self._org_id, self._project_id, *_columns(moved))
            await transaction.execute(
                "move_conversion_keys", self._org_id, self._project_id, [key[0] for key, _ in own],
                [key[1] for key, _ in own], [names[key[2]] for key, _ in own], [id_ for _, id_ in own],
            )  # fmt: skip
        await self._copy("conversion_message", _MESSAGE, self._messages(members, received_at))
        new: dict[Key, int] = {}
        for member in members:
            for event in member.fresh:
                for key in keys(event):
                    if key not in found:
                        new[key] = member.id
        await self._copy("conversion_key", _KEY, ((key[0], key[1], names[key[2]], id_) for key, id_ in new.items()))

    def _messages(self, members: Sequence[_Member], received_at: datetime) -> Iterator[tuple[object, ...]]:
        names = self._stored.names
        for member in members:
            for event in member.fresh:
                (
                    kind, source, name, event_id, transaction_id, refund_of, occurred_at, app, platform, user, value,
                    currency, assumed, touches, properties,
                ) = event  # fmt: skip
                columns: Sequence[object] = tuple(zip(*touches, strict=True)) if touches else _NO_TOUCHES
                yield (
                    member.id, kind, source, names[name], event_id, transaction_id, refund_of, occurred_at, received_at,
                    app, platform, user, value, currency, assumed, *columns, properties,
                )  # fmt: skip

    async def _tell_refunds(self, members: Sequence[_Member], gone: dict[int, State], found: dict[Key, int]) -> None:
        """Settles the refunds that are new, that are of conversions which changed, or whose purchase may have come.

        `gone` are the conversions as they were where they are otherwise now.
        """
        stored = self._stored
        own = {member.id: member for member in members if member.kind != CONVERSION}
        if not (own or await stored.has_refunds()):
            return
        naming = {
            key[0] for member in members if member.kind == CONVERSION for event in member.fresh for key in keys(event)
            if key not in found
        }  # fmt: skip
        moved = {id_ for member in members if member.kind == CONVERSION for id_ in member.stored[1:]}
        before = await stored.refunds(
            gone.keys() | moved, naming, {id_ for each in own.values() for id_ in each.stored}
        )
        if not (before or own):
            return
        told_anew = {id_: merge_refund(member.events) for id_, member in own.items()}
        merged_away = {id_ for each in own.values() for id_ in each.stored[1:]}
        after = {id_: each for id_, each in before.items() if id_ not in merged_away}
        for id_, each in told_anew.items():
            number = stored.names[each.event_name]
            after[id_] = Refund(id_, None, number, each.refund_of, each.value, each.currency, each.event_name)
        meant = await stored.purchases({(each.refund_of, each.event_name) for each in after.values()})
        after = {
            id_: refund._replace(conversion_id=meant.get((refund.refund_of, refund.event_name)))
            for id_, refund in after.items()
        }
        purchases = {each.conversion_id for each in (*before.values(), *after.values()) if each.conversion_id}
        now = await stored.states(purchases)
        then = now | gone
        self._rollups.refunds(-1, (
            Refunded(then[each.conversion_id], each.value, each.currency)
            for each in before.values() if each.conversion_id
        ))  # fmt: skip
        self._rollups.refunds(1, (
            Refunded(now[each.conversion_id], each.value, each.currency)
            for each in after.values() if each.conversion_id
        ))  # fmt: skip
        await self._forget("forget_refunds", [id_ for id_, each in before.items() if after.get(id_) != each])
        await self._copy(
            "conversion_refund", _REFUND, (each[:-1] for id_, each in after.items() if before.get(id_) != each)
        )
        stored.refund_added()

    async def _await_ads(self, members: Sequence[_Member]) -> None:
        """Notes the touches of ads that are not there, and takes notes of conversions back that were merged away."""
        ads = self._stored.ads
        waiting: set[tuple[str, str, int]] = set()
        over: set[tuple[str, str, int]] = set()
        for member in members:
            for event in member.events:
                for touch in event.touches:
                    if (touch.platform, touch.ad) not in ads:
                        waiting.add((touch.platform, touch.ad, member.id))
                        over.update((touch.platform, touch.ad, id_) for id_ in member.stored[1:])
            for event in member.fresh:
                self.strange_touches += sum((touch.platform, touch.ad) not in ads for touch in event.touches)
        for name, rows in (("stop_awaiting_ads", over), ("await_ads", waiting)):
            if rows:
                await self._transaction.execute(name, self._org_id, self._project_id, *_columns(sorted(rows)))

    async def _forget(self, name: str, ids: Collection[int]) -> None:
        if ids:
            await self._transaction.execute(name, self._org_id, self._project_id, sorted(ids))

    async def _copy(self, table: str, columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
        key = (self._org_id, self._project_id)
        records = [key + tuple(row) for row in rows]
        if records:
            await self._transaction.copy(table, columns, records)


_NO_TOUCHES = (None, None, None, None)


def _columns(rows: Sequence[tuple[object, ...]]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))
