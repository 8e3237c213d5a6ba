"""Taking turns at a project: the calls that wait for theirs are recorded in one transaction.

Each call is taken as if it had been alone, after those that came before it. What they share is the price of a
transaction and of the sums that change, which is more than half of what a call costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime
from typing import NamedTuple
from weakref import WeakValueDictionary

from db import tracked
from db.conversions.preparing import Batch
from db.conversions.taking import Intake
from db.database import Database
from db.errors import Unavailable

# Events of several calls that are recorded together, so that nobody waits long for others.
MOST_TOGETHER = 1_000


class Taken(NamedTuple):
    """For each event of a call whether it was new, and how many of their touches are of ads that are not there."""

    new: list[bool]
    strange_touches: int


class _Call(NamedTuple):
    batch: Batch
    now: datetime
    taken: asyncio.Future[Taken]


class Turns:
    """The calls of this process that record events of one project."""

    def __init__(self, database: Database, org_id: int, project_id: int) -> None:
        self._database = database
        self._org_id = org_id
        self._project_id = project_id
        # Who waits for a project waits here, rather than each with a connection that others need meanwhile.
        self._waiting: deque[_Call] = deque()
        self._working: asyncio.Task[None] | None = None

    @classmethod
    def at(cls, database: Database, org_id: int, project_id: int) -> Turns:
        """The turns at a project, the same for all calls."""
        return _turns.setdefault((id(database), org_id, project_id), cls(database, org_id, project_id))

    async def take(self, batch: Batch, now: datetime) -> Taken:
        """Takes the events of a call; all is kept when this returns."""
        call = _Call(batch, now, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await call.taken

    async def _work(self) -> None:
        try:
            while calls := self._next():
                await self._answer(calls)
        finally:
            self._working = None

    def _next(self) -> list[_Call]:
        """The calls whose turn it is, without those that have given up."""
        calls: list[_Call] = []
        room = MOST_TOGETHER
        while self._waiting and (not calls or self._waiting[0].batch.size <= room):
            call = self._waiting.popleft()
            if not call.taken.done():
                calls.append(call)
                room -= call.batch.size
        return calls

    async def _answer(self, calls: list[_Call]) -> None:
        # Not the work of any of them: whoever gives up leaves the others theirs.
        recording = asyncio.create_task(self._record(calls))

        def given_up(_: object) -> None:
            if all(call.taken.cancelled() for call in calls):
                recording.cancel()

        for call in calls:
            call.taken.add_done_callback(given_up)
        await asyncio.wait([recording])
        failed = not recording.cancelled() and recording.exception()
        if failed and len(calls) > 1 and not isinstance(failed, Unavailable):
            # Nothing was kept: whose fault it was shows where each is alone.
            for call in calls:
                if not call.taken.done():
                    await self._answer([call])
            return
        for place, call in enumerate(calls):
            if not call.taken.done():
                _tell(call.taken, recording, place)

    async def _record(self, calls: list[_Call]) -> list[Taken]:
        taken = []
        async with self._database.transaction() as transaction:
            await transaction.execute("commit_durably", self._org_id)
            intake = await Intake.locked(transaction, self._org_id, self._project_id)
            for call in calls:
                before = intake.strange_touches
                new = await intake.take(call.batch, call.now)
                taken.append(Taken(new, intake.strange_touches - before))
            await intake.finish()
            if intake.changed:
                today = max(call.now for call in calls).date()
                await tracked.add_up_spans(transaction, self._org_id, self._project_id, today)
        return taken


def _tell(taken: asyncio.Future[Taken], recording: asyncio.Task[list[Taken]], place: int) -> None:
    if recording.cancelled():
        taken.cancel()
    elif error := recording.exception():
        taken.set_exception(error)
    else:
        taken.set_result(recording.result()[place])


_turns: WeakValueDictionary[tuple[int, int, int], Turns] = WeakValueDictionary()
