"""The records of one import as they come in: facts to staging, entities to the tree, the rest counted and told."""

from __future__ import annotations

import asyncio
import gc
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

from db.importers.records import BadRow, Entity, Fact, Facts, Note, Orphan, Record, Reported, WindowReach
from db.importing.facts import Staging
from db.importing.options import Options
from db.importing.refusals import ImportRefused
from db.importing.rejects import Rejects
from db.importing.tree import Key, Tree
from db.importing.windows import Windows

# Of endless bad rows the first tell enough; all are counted.
MOST_BAD_ROWS = 10_000


class _Sending:
    """What was staged on its way to the server, while more is read."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        if self._task and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def begin(self) -> None:
        """Sends what has gathered, once what was sent before is there."""
        if self._task:
            await self._task
            # Sending leaves cycles that hold what was sent, and nothing else looks for them while an import runs.
            gc.collect(1)
        self._task = asyncio.create_task(self._staging.send())

    async def all(self) -> None:
        """Sends what has gathered, to its end."""
        await self.begin()
        assert self._task
        await self._task


@dataclass
class Reading:
    """What the records amount to, besides the tree and the facts.

    Bad rows refuse the import, unless there is a place to keep them: then they are its `rejects`.
    """

    tree: Tree
    staging: Staging
    options: Options
    rejects: Rejects | None = None
    bad_rows: list[BadRow] = field(default_factory=list)
    bad_count: int = 0
    # Of the bad rows those that may be of any day.
    unread: int = 0
    orphans: dict[Key, set[date]] = field(default_factory=lambda: defaultdict(set))
    notes: list[str] = field(default_factory=list)
    # What conversions are, each choice once.
    reported: dict[Reported, None] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)
    windows: Windows = field(init=False)
    # Facts of days that are not to be imported.
    outside: int = 0

    def __post_init__(self) -> None:
        self.windows = Windows(self.tree)

    async def read(self, records: Iterable[Record], progress: Callable[[int], None] | None) -> None:
        """Takes all records; `progress` hears how many, now and then."""
        await self._read(records, progress)
        self.files.update(self.staging.files)

    async def _read(self, records: Iterable[Record], progress: Callable[[int], None] | None) -> None:
        add, number, reading = self.staging.add, 0, iter(records)
        within = self.options.names if self.options.since or self.options.until else None
        async with _Sending(self.staging) as sending:
            record = next(reading, None)
            while record is not None:
                if isinstance(record, Facts):
                    # While these are put in order and sent the next ones are read, mostly without Python's lock.
                    ahead = asyncio.create_task(asyncio.to_thread(next, reading, None))
                    number += len(record)
                    try:
                        await self._take(record, sending)
                        if progress:
                            progress(number)
                    finally:
                        record = await ahead
                    continue
                number += 1
                if not isinstance(record, Fact):
                    self._note(record)
                elif within and not within(record.day):
                    self._leave_out(record)
                elif add(record):
                    await sending.all()
                    if progress:
                        progress(number)
                record = next(reading, None)
            await sending.all()
        if progress:
            progress(number)

    async def _take(self, facts: Facts, sending: _Sending) -> None:
        """Takes facts that are side by side: those that are not all to be imported one by one."""
        if not (self.options.since or self.options.until):
            self.staging.add_all(facts)
            await sending.begin()
            return
        for fact in facts.each():
            if not self.options.names(fact.day):
                self._leave_out(fact)
            elif self.staging.add(fact):
                await sending.all()

    def _leave_out(self, fact: Fact) -> None:
        self.outside += 1
        self.staging.leave_out(fact)

    def _note(self, record: Record) -> None:
        if isinstance(record, Entity):
            self.files.add(record.place.file)
            self.tree.describe(record)
        elif isinstance(record, BadRow):
            self.files.add(record.place.file)
            self.refuse([record])
        elif isinstance(record, Orphan):
            self.orphans[Key(record.platform, record.level, record.external_id)].add(record.day)
        elif isinstance(record, WindowReach):
            self.files.add(record.place.file)
            if bad_row := self.windows.add(record):
                self.refuse([bad_row])
        elif isinstance(record, Reported):
            self.reported[record] = None
        elif isinstance(record, Note):
            self.notes.append(record.text)

    def refuse(self, bad_rows: Iterable[BadRow]) -> None:
        """Notes rows that cannot be taken."""
        for bad_row in bad_rows:
            self.bad_count += 1
            self.unread += not bad_row.describes
            if self.rejects:
                self.rejects.keep(bad_row)
            elif len(self.bad_rows) < MOST_BAD_ROWS:
                self.bad_rows.append(bad_row)

    def check(self) -> None:
        """Raises `ImportRefused` where bad rows are no mere rejects."""
        if self.bad_rows:
            raise ImportRefused(self.bad_rows, self.bad_count)
