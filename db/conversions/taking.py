"""Taking events in: one batch after the other, in the transaction of whoever gives them.

Most events are new conversions, of which all is known: those are written as they were prepared, the others told anew.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from db.binary_rows import NULL, bigint, columns, integer
from db.conversions.event import CONVERSION, Event
from db.conversions.groups import Key
from db.conversions.preparing import CONVERSION_ROW, KEY, MESSAGE, Batch, Group, key_in, told_by
from db.conversions.rollups import Rollups
from db.conversions.telling import Member, Telling
from db.database import Transaction


class Intake:
    """Where the events of one project go in. Whoever makes one holds the lock of the project: see `locked`."""

    def __init__(self, transaction: Transaction, org_id: int, project_id: int) -> None:
        self._transaction = transaction
        self._org_id = org_id
        self._project_id = project_id
        self._rollups = Rollups()
        self._telling = Telling(transaction, org_id, project_id, self._rollups)
        # Whether anything is not as it was.
        self.changed = False

    @classmethod
    async def locked(cls, transaction: Transaction, org_id: int, project_id: int) -> Intake:
        """Waits for the turn of the project. What is read from then on until the transaction ends is all there is."""
        await transaction.execute("lock_conversions", org_id, project_id)
        return cls(transaction, org_id, project_id)

    @property
    def strange_touches(self) -> int:
        """How many touches, among those of events that were new, are of ads that the project does not have."""
        return self._telling.strange_touches

    async def expect_many(self) -> None:
        """To be called first where many batches follow, for then it is worth to know whether the project is empty."""
        await self._telling.stored.expect_many()

    async def take(self, batch: Batch, received_at: datetime) -> list[bool]:
        """Takes a batch; for each event whether it tells of something new, rather than of what was known.

        What rollups have of it is written by `finish`.
        """
        stored = self._telling.stored
        await stored.number_names(batch.names)
        await stored.find_ads(ad for ad in batch.ads if ad)
        found = await stored.by_keys(batch)
        known = bytearray(len(batch.key_rows))
        for place in found:
            known[place] = 1
        strange = {place for place, ad in enumerate(batch.ads) if ad and ad not in stored.ads}
        new = [False] * batch.size
        alone: list[tuple[Group, int]] = []
        members = []
        stop = 0
        met: list[tuple[tuple[Key, ...], list[Event]]] = []
        by_key: dict[Key, int] = {}
        for each in batch.groups:
            start, stop = stop, stop + each.keys
            if found and known.find(1, start, stop) >= 0:
                own_keys = batch.keys_of(each, start)
                by_key |= {key: found[place] for place, key in enumerate(own_keys, start) if place in found}
                met.append((own_keys, _events(batch, each)))
                continue
            new[each.first] = True
            if each.row is None or not strange.isdisjoint(each.ads):
                own = _events(batch, each)
                members.append(Member(each.kind, own, own))
            else:
                alone.append((each, start))
        await self._write_alone(batch, alone)
        members += await self._telling.met(met, by_key)
        if members or alone:
            self.changed = True
            naming = (key_in(row) for each, start in alone for row in batch.key_rows[start : start + each.keys])
            await self._telling.tell(members, received_at, by_key, naming)
        return new

    async def _write_alone(self, batch: Batch, alone: list[tuple[Group, int]]) -> None:
        """Writes conversions as they were prepared: nothing of them was there before, all is known of their touches."""
        stored = self._telling.stored
        ids = await self._telling.next_ids(len(alone))
        await stored.number_users(batch.users[each.user] for each, _ in alone)
        names = [integer(stored.names[name] if name else 0) for name in batch.names]
        ads = [bigint(stored.ads[ad]) if ad in stored.ads else NULL for ad in batch.ads]
        users = [integer(stored.users[user]) if user in stored.users else NULL for user in batch.users]
        project = bigint(self._org_id) + bigint(self._project_id)
        of_message, of_key, of_conversion = (columns(len(row)) + project for row in (MESSAGE, KEY, CONVERSION_ROW))
        # In pieces, put together once.
        messages: list[bytes] = []
        key_rows: list[bytes] = []
        rows: list[bytes] = []
        for (each, start), number in zip(alone, map(bigint, ids), strict=True):
            _, _, keys, named, app, platform, user, click, view, row, _, told = each
            name = names[named]
            for message in told:
                messages += (of_message, number, name, message)
            for key_row in batch.key_rows[start : start + keys]:
                key_rows += (of_key, name, number, key_row)
            known = names[app], names[platform], users[user], ads[click], ads[view]
            rows += (of_conversion, number, name, *known, row or b"")
        await self._telling.copy_rows("conversion_message", MESSAGE, messages)
        await self._telling.copy_rows("conversion_key", KEY, key_rows)
        await self._telling.copy_rows("conversion", CONVERSION_ROW, rows)

    async def look_again(self, ids: Collection[int], received_at: datetime) -> None:
        """Tells stored conversions anew, of whose touches more may be known now."""
        messages = await self._telling.stored.messages(ids)
        if messages:
            members = [Member(CONVERSION, events, [], [id_]) for id_, events in sorted(messages.items())]
            self.changed = True
            await self._telling.tell(members, received_at, {}, ())

    async def add_up(self) -> None:
        """Brings the rollups in step with what was taken so far."""
        await self._rollups.write(self._transaction, self._org_id, self._project_id)

    async def finish(self) -> None:
        """The same, at the end: then the transaction may end."""
        if self.changed:
            await self.add_up()
            await self._transaction.execute("conversions_changed", self._org_id, self._project_id)


def _events(batch: Batch, each: Group) -> list[Event]:
    return [told_by(row, batch.names[each.name] or "") for row in each.messages]
