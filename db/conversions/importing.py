"""The import of events: all of the files or nothing, batch after batch, reading ahead while the database works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from db import tracked
from db.conversions.event import Event
from db.conversions.preparing import prepare
from db.conversions.reading import Wanted, reading
from db.conversions.taking import Intake
from db.database import Database, Row, Transaction
from db.errors import Invalid
from db.importers.records import BadRow
from db.importing.refusals import ImportRefused
from db.importing.rejects import Rejects
from db.importing.run import garbage_left_alone

BATCH = 20_000
# Rollups are written now and then: the more events between, the fewer rows of theirs are written again; the fewer, the
# less is left once all is read, when one of two cores has nothing to do.
_BATCHES_TO_ADD_UP = 6
_MOST_BAD_ROWS = 10_000


class _ProjectRow(Row):
    id: int


class _CurrencyRow(Row):
    reporting_currency: str | None


@dataclass(frozen=True)
class EventsReport:
    """What an import of events did: how many were read, told of something new, told what was known, were rejected.

    `strange_touches`: touches of ads that the project does not have. `unread`: the first names of fields that nobody
    reads.
    """

    project: str
    events: int
    new: int
    duplicates: int
    rejected: int
    strange_touches: int
    unread: list[str]
    dry_run: bool
    changed: bool
    seconds: float


class _Undone(Exception):
    """Nothing of what was done is to be kept: it was rehearsed, or there was nothing to do."""

    def __init__(self, report: EventsReport) -> None:
        super().__init__()
        self.report = report


async def import_events(
    database: Database, org_id: int, project: str, paths: Sequence[Path], *, rejects: Rejects | None = None,
    dry_run: bool = False, progress: Callable[[int], None] | None = None, now: datetime | None = None,
) -> EventsReport:  # fmt: skip
    """Takes the events of the files into the project, which is created where absent.

    What cannot be taken goes to `rejects`; without it the import raises `ImportRefused`, and takes nothing.
    """
    project = project.strip()
    if not project or len(project) > 200 or not project.isprintable():
        raise Invalid("--project needs a name of 1 to 200 characters, such as --project 'Spring sale'.")
    try:
        async with database.transaction() as transaction:
            run = _Run(transaction, org_id, project, rejects, now or datetime.now(UTC))
            with garbage_left_alone():
                report = await run.import_all(paths, progress, dry_run=dry_run)
            if dry_run or not report.events:
                raise _Undone(report)
            if rejects:
                rejects.publish()
    except _Undone as undone:
        return undone.report
    if report.new >= BATCH:
        await database.execute("gather_conversion_statistics")
    return report


async def take_events(
    database: Database, org_id: int, project: str, events: Iterable[Event], now: datetime | None = None
) -> None:
    """Takes events that need no reading into the project, which is there."""
    now = now or datetime.now(UTC)
    with garbage_left_alone():
        async with database.transaction() as transaction:
            await transaction.execute("add_up_in_memory", org_id)
            (found,) = await transaction.fetch("project_of_import", org_id, project, row=_ProjectRow)
            intake = await Intake.locked(transaction, org_id, found.id)
            await intake.expect_many()
            remaining = iter(events)
            while batch := list(islice(remaining, BATCH)):
                await intake.take(prepare(batch, now), now)
            await intake.finish()
            await tracked.add_up_spans(transaction, org_id, found.id, now.date(), late=True)
    await database.execute("gather_conversion_statistics")


class _Run:
    def __init__(
        self, transaction: Transaction, org_id: int, project: str, rejects: Rejects | None, now: datetime
    ) -> None:
        self._transaction = transaction
        self._org_id = org_id
        self._project = project
        self._rejects = rejects
        self._now = now
        self._bad_rows: list[BadRow] = []
        self._rejected = 0

    async def import_all(
        self, paths: Sequence[Path], progress: Callable[[int], None] | None, *, dry_run: bool
    ) -> EventsReport:
        started = time.monotonic()
        transaction, org_id = self._transaction, self._org_id
        await transaction.execute("lift_statement_timeout")
        await transaction.execute("add_up_in_memory", org_id)
        project_id = await self._project_id()
        rows = await transaction.fetch("project_currency", org_id, project_id, row=_CurrencyRow)
        count = new = number = 0
        unread: list[str] = []
        with reading(Wanted(paths, rows[0].reporting_currency, self._now, BATCH)) as batches:
            read = await asyncio.to_thread(next, batches, None)
            # From here on others wait: not for what comes first to be read.
            intake = await Intake.locked(transaction, org_id, project_id)
            await intake.expect_many()
            while read:
                number += 1
                for bad_row in read.bad_rows:
                    self._refuse(bad_row)
                # The next events are read while the database works on these.
                ahead = asyncio.create_task(asyncio.to_thread(next, batches, None))
                try:
                    # Where a row is bad the rest is only read, to tell what else is.
                    if not self._bad_rows:
                        new += sum(await intake.take(read.batch, self._now))
                        if number % _BATCHES_TO_ADD_UP == 0:
                            await intake.add_up()
                finally:
                    await asyncio.wait([ahead])
                count += read.batch.size
                unread = read.unread
                if progress:
                    progress(count)
                read = ahead.result()
        if self._bad_rows:
            raise ImportRefused(self._bad_rows, self._rejected)
        await intake.finish()
        await tracked.add_up_spans(transaction, org_id, project_id, self._now.date(), late=True)
        return EventsReport(
            project=self._project,
            events=count + self._rejected,
            new=new,
            duplicates=count - new,
            rejected=self._rejected,
            strange_touches=intake.strange_touches,
            unread=unread,
            dry_run=dry_run,
            changed=intake.changed,
            seconds=time.monotonic() - started,
        )

    async def _project_id(self) -> int:
        for statement in ("create_project_of_import", "project_of_import"):
            if rows := await self._transaction.fetch(statement, self._org_id, self._project, row=_ProjectRow):
                return rows[0].id
        raise AssertionError("a project that cannot be created is there")

    def _refuse(self, bad_row: BadRow) -> None:
        self._rejected += 1
        if self._rejects:
            self._rejects.keep(bad_row)
        elif len(self._bad_rows) < _MOST_BAD_ROWS:
            self._bad_rows.append(bad_row)
