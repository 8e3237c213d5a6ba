"""Telling conversions and refunds anew from all of their events, where more than a new conversion has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from db.binary_rows import bigint, columns, integer, moment
from db.conversions.event import CONVERSION, Event
from db.conversions.groups import Key, group, keys
from db.conversions.merging import Merged, merge, merge_refund, told
from db.conversions.preparing import MESSAGE, message
from db.conversions.rollups import Refunded, Rollups, State
from db.conversions.stored import Refund, Stored
from db.database import Transaction

_CONVERSION = (
    "org_id", "project_id", "id", "event_name_id", "occurred_at", "app_id", "platform_id", "source", "user_key",
    "value", "currency", "click_ad_id", "clicked_at", "view_ad_id", "viewed_at",
)  # fmt: skip
_KEY = ("org_id", "project_id", "key", "type", "event_name_id", "conversion_id")
_REFUND = ("org_id", "project_id", "id", "conversion_id", "event_name_id", "refund_of", "value", "currency")


@dataclass(slots=True)
class Member:
    """A conversion or refund that is to be told anew: by which events, which of them are new, and what it was."""

    kind: int
    events: list[Event]
    fresh: list[Event]
    stored: list[int] = field(default_factory=list)
    id: int = 0


class Telling:
    """The conversions of one project as their events tell them. Who has one holds the lock of the project."""

    def __init__(self, transaction: Transaction, org_id: int, project_id: int, rollups: Rollups) -> None:
        self._transaction = transaction
        self._org_id = org_id
        self._project_id = project_id
        self._rollups = rollups
        self._stored = Stored(transaction, org_id, project_id)
        # Touches, among those of events that were new, of ads that the project does not have.
        self.strange_touches = 0

    @property
    def stored(self) -> Stored:
        """What the database has."""
        return self._stored

    async def next_ids(self, count: int) -> list[int]:
        """New numbers for conversions and refunds."""
        ids = await self._stored.next_ids(count) if count else []
        self._rollups.expect(ids)
        return ids

    async def met(
        self, groups: Sequence[tuple[tuple[Key, ...], list[Event]]], found: Mapping[Key, int]
    ) -> list[Member]:
        """What is to be told anew since events, by the ids that they go by, have met what was there before."""
        joined = group([own_keys for own_keys, _ in groups], found)
        messages = await self._stored.messages([id_ for each in joined for id_ in each.stored])
        members = []
        for each in joined:
            events = list(chain.from_iterable(groups[place][1] for place in each.events))
            known = list(chain.from_iterable(messages[id_] for id_ in each.stored))
            saying = set(map(told, known))
            fresh = []
            for event in events:
                if (says := told(event)) not in saying:
                    saying.add(says)
                    fresh.append(event)
            if fresh or len(each.stored) > 1:
                members.append(Member(events[0].kind, known + fresh, fresh, each.stored))
        return members

    async def tell(
        self, members: list[Member], received_at: datetime, found: Mapping[Key, int], naming: Iterable[str]
    ) -> None:
        """Writes the members as they are told by their events, by one of the ids `found` or by none.

        Beside conversions with the ids `naming`, for which some refund may have waited.
        """
        stored = self._stored
        unnumbered = [member for member in members if not member.stored]
        for member, id_ in zip(unnumbered, await self.next_ids(len(unnumbered)), strict=True):
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
        await self._tell_refunds(members, gone, found, naming)
        await self._await_ads(conversions)

    async def _states(self, members: Sequence[Member]) -> dict[int, State]:
        stored = self._stored
        await stored.find_ads(
            (touch.platform, touch.ad) for member in members for event in member.events for touch in event.touches
        )
        merged = [merge(member.events, stored.ads) for member in members]
        await stored.number_users(each.user_id for each in merged)
        return {member.id: self._state(member.id, each) for member, each in zip(members, merged, strict=True)}

    def _state(self, id_: int, merged: Merged) -> State:
        names, ads = self._stored.names, self._stored.ads
        name, occurred_at, app, platform, source, user, value, currency, click, view = merged
        return State(
            id_, names[name], occurred_at, names[app] if app is not None else 0,
            names[platform] if platform is not None else 0, source,
            self._stored.users[user] if user is not None else None, value, currency,
            ads[click.platform, click.ad] if click else None, click.at if click else None,
            ads[view.platform, view.ad] if view else None, view.at if view else None, name,
        )  # fmt: skip

    async def _write_messages(self, members: Sequence[Member], received_at: datetime, found: Mapping[Key, int]) -> None:
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
        received = moment(received_at)
        began = columns(len(MESSAGE)) + bigint(self._org_id) + bigint(self._project_id)
        await self.copy_rows("conversion_message", MESSAGE, [
            began + bigint(member.id) + integer(names[event.event_name]) + message(event, received)
            for member in members for event in member.fresh
        ])  # fmt: skip
        new: dict[Key, int] = {}
        for member in members:
            for event in member.fresh:
                for key in keys(event):
                    if key not in found:
                        new[key] = member.id
        await self._copy("conversion_key", _KEY, ((key[0], key[1], names[key[2]], id_) for key, id_ in new.items()))

    async def _tell_refunds(
        self, members: Sequence[Member], gone: dict[int, State], found: Mapping[Key, int], naming: Iterable[str]
    ) -> None:
        """Settles the refunds that are new, that are of conversions which changed, or whose purchase may have come.

        `gone` are the conversions as they were where they are otherwise now.
        """
        stored = self._stored
        own = {member.id: member for member in members if member.kind != CONVERSION}
        if not (own or await stored.has_refunds()):
            return
        named = {
            key[0] for member in members if member.kind == CONVERSION for event in member.fresh for key in keys(event)
            if key not in found
        }  # fmt: skip
        moved = {id_ for member in members if member.kind == CONVERSION for id_ in member.stored[1:]}
        before = await stored.refunds(
            gone.keys() | moved, named | set(naming), {id_ for each in own.values() for id_ in each.stored}
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

    async def _await_ads(self, members: Sequence[Member]) -> None:
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

    async def copy_rows(self, table: str, columns: tuple[str, ...], rows: list[bytes]) -> None:
        """Appends rows to a table."""
        if rows:
            await self._transaction.copy_rows(table, columns, rows)

    async def _copy(self, table: str, columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
        key = (self._org_id, self._project_id)
        records = [key + tuple(row) for row in rows]
        if records:
            await self._transaction.copy(table, columns, records)


def _columns(rows: Sequence[tuple[object, ...]]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))
