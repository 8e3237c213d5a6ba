"""One import from its first record to its report: one transaction, all or nothing."""

from __future__ import annotations

import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg

from db import stale
from db.conversions import restating
from db.database import Database, Row, Transaction
from db.errors import Invalid, NotFound
from db.importers.records import Record
from db.importing import accounts, covered, entities, moves
from db.importing.covered import Coverage
from db.importing.entities import Node, Stored
from db.importing.facts import Staging, Taken
from db.importing.options import Options
from db.importing.reading import Reading
from db.importing.record import record
from db.importing.rejects import Rejects
from db.importing.report import ImportReport, Orphans, covered_days, warnings
from db.importing.tree import Key, Placement, Tree
from db.level import Level
from db.rollup import roll_up

MOST_EXAMPLES = 5
# From here on the tables may have changed so much that queries should not wait for PostgreSQL to notice by itself.
MANY_FACTS = 5_000


class _IdRow(Row):
    id: int


class _Undone(Exception):
    """Nothing of what was done is to be kept: it was rehearsed, or there was nothing to do."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


async def run_import(
    database: Database, org_id: int, options: Options, *, source: str, records: Iterable[Record],
    rejects: Rejects | None = None, progress: Callable[[int], None] | None = None,
    stage: Callable[[str], None] = lambda _name: None,
) -> ImportReport:  # fmt: skip
    """Takes everything that `records` say, or nothing.

    Rows that cannot be taken go to `rejects`, which importing with `skip_bad_rows` needs. `progress` hears how many
    records were read, `stage` what goes on after that. Raises `ImportRefused` with every bad row,
    `AccountInAnotherProject`, `CurrencyChanged`, or `Invalid`.
    """
    started = time.monotonic()
    options = options.checked()
    assert (rejects is not None) == options.skip_bad_rows
    try:
        with garbage_left_alone():
            async with database.transaction() as transaction:
                run = _Run(transaction, org_id, source, options, rejects, stage)
                report = await run.import_all(records, progress, started)
                if report.empty:
                    raise _Undone(replace(report, project_created=False, changed=False))
                if options.dry_run:
                    raise _Undone(report)
                if rejects:
                    rejects.publish()
    except _Undone as undone:
        return undone.report
    except asyncpg.NumericValueOutOfRangeError:
        raise Invalid("Nothing was imported: numbers of one day add up to more than 64 bits hold.") from None
    if report.added + report.replaced + report.removed >= MANY_FACTS:
        await database.execute("gather_statistics")
    return report


@contextmanager
def garbage_left_alone() -> Iterator[None]:
    """Rows and entities come and go without cycles: to look for some among them takes long, and finds none."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Run:
    def __init__(
        self, transaction: Transaction, org_id: int, source: str, options: Options, rejects: Rejects | None,
        stage: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.transaction = transaction
        self.org_id = org_id
        self.source = source
        self.options = options
        self.rejects = rejects
        self.stage = stage
        self.tree = Tree()

    async def import_all(
        self, records: Iterable[Record], progress: Callable[[int], None] | None, started: float
    ) -> ImportReport:
        transaction, org_id = self.transaction, self.org_id
        await transaction.execute("lift_statement_timeout")
        staging = Staging(transaction, org_id, await self._next_id(), self.tree)
        self.reading = reading = Reading(self.tree, staging, self.options, self.rejects)
        await reading.read(records, progress)
        unread = reading.unread
        self.stage("looking for repeats")
        reading.refuse(await staging.tidy())
        reading.check()
        self.stage("waiting for its turn")
        # From here on the tree and the facts are read and written: one import at a time.
        if not await transaction.fetch("lock_organization", org_id, row=_IdRow):
            raise NotFound(f"There is no organization {org_id}.")
        # So ids and times of imports are in the order in which these take effect.
        import_id, imported_at = await self._next_id(), datetime.now(UTC)
        self.stage("placing what was read")
        project_id, created = await self._project()

        stored = await entities.load(transaction, org_id, self.tree.named())
        placement = self.tree.place(stored)
        settled = await self._settle(project_id, placement, stored)
        account_of = {
            key: account for key in placement.parents
            if (account := placement.ad_account(key)) not in settled.refused
        }  # fmt: skip
        nodes = self._nodes(placement, account_of, settled.nodes, stored)
        moved = [stored[node.key] for node in nodes if node.key in stored and stored[node.key].parent != node.parent]
        moving = await moves.begin(transaction, org_id, moved)
        restated = await self._begin_restating(project_id, moving, settled.nodes, stored)
        ids, written = await entities.write(transaction, org_id, project_id, nodes, stored, account_of)
        await moves.finish(transaction, org_id, moving)
        new_ads = [ids[key] for key in account_of if key.level == Level.AD and key not in stored]

        self.stage("taking the facts")
        partly = await staging.partly_reported()
        refused = await staging.days_of([key for key in placement.parents if key not in account_of])
        orphans = await staging.days_of(sorted(placement.orphans))
        taken = await staging.take(import_id, ids, account_of)
        windows = await reading.windows.take(transaction, org_id, import_id, {key: ids[key] for key in account_of})
        # Of rows that could not be read nobody knows which days they are of: none is known as a whole.
        coverage = [] if unread else self._coverage(taken, settled.nodes, ids, account_of, imported_at)
        newly_covered = await covered.cover(transaction, org_id, coverage, imported_at) if coverage else 0
        removed = await self._remove_unnamed(coverage, ids, account_of)
        await self._roll_up(taken, moving, removed, ids, account_of)
        await moves.drop_empty(transaction, org_id, moved, stored)
        await staging.clear()
        self.stage("looking for conversions")
        # At the end: whoever records conversions of the project waits from here on.
        await restating.finish(transaction, org_id, restated, new_ads, imported_at)

        levels = Counter(key.level for key in account_of)
        external_ids = {ids[key]: key.external_id for key in account_of if key.level == Level.AD_ACCOUNT}
        report = ImportReport(
            import_id=import_id,
            source=self.source,
            project=self.options.project,
            project_created=created,
            dry_run=self.options.dry_run,
            ad_accounts=levels[Level.AD_ACCOUNT],
            campaigns=levels[Level.CAMPAIGN],
            ad_sets=levels[Level.AD_SET],
            ads=levels[Level.AD],
            placeholders=sum(node.placeholder for node in nodes),
            moved=len(moved),
            facts=taken.facts,
            added=taken.added,
            replaced=taken.replaced,
            removed=sum(row.facts for row in removed),
            rejected=reading.bad_count + sum(refused.values()),
            outside=reading.outside,
            days=len({row.day for row in taken.days}),
            covered=covered_days(coverage, external_ids),
            windows=windows,
            changed=bool(written or windows or taken.added or taken.replaced or removed or newly_covered or created),
            orphans=self._orphans(placement, orphans),
            warnings=warnings(placement, moved, nodes, partly, taken.shorter, unread),
            notes=tuple(reading.notes),
            seconds=time.monotonic() - started,
        )
        await record(transaction, org_id, project_id, report, coverage, reading.files, reading.reported, imported_at)
        return report

    async def _next_id(self) -> int:
        return (await self.transaction.fetch("next_import_id", row=_IdRow))[0].id

    async def _project(self) -> tuple[int, bool]:
        name = self.options.project
        created = await self.transaction.fetch("create_project_of_import", self.org_id, name, row=_IdRow)
        found = created or await self.transaction.fetch("project_of_import", self.org_id, name, row=_IdRow)
        return found[0].id, bool(created)

    async def _settle(self, project_id: int, placement: Placement, stored: Mapping[Key, Stored]) -> accounts.Accounts:
        settled = await accounts.settle(
            self.transaction, self.org_id, (project_id, self.options.project),
            [key for key in placement.parents if key.level == Level.AD_ACCOUNT],
            self.tree.own, stored, self.options.currency, self.options.timezone,
        )  # fmt: skip
        self.reading.refuse(settled.bad_rows)
        self.reading.check()
        self.reading.notes.extend(settled.notes)
        return settled

    async def _begin_restating(
        self, project_id: int, moving: moves.Moving, settled: Sequence[Node], stored: Mapping[Key, Stored]
    ) -> restating.Restating:
        other_days = [
            before.id for node in settled
            if (before := stored.get(node.key)) and before.node.timezone != node.timezone
        ]  # fmt: skip
        return await restating.begin(self.transaction, self.org_id, project_id, moving.ids, other_days)

    def _nodes(
        self, placement: Placement, placed: Collection[Key], settled: Sequence[Node], stored: Mapping[Key, Stored]
    ) -> list[Node]:
        below = (
            entities.merged(key, parent, self.tree.own.get(key), stored.get(key))
            for key, parent in placement.parents.items() if parent is not None and key in placed
        )  # fmt: skip
        return [*settled, *below]

    def _coverage(
        self, taken: Taken, settled: Sequence[Node], ids: Mapping[Key, int], account_of: Mapping[Key, Key],
        now: datetime,
    ) -> list[Coverage]:  # fmt: skip
        known = {
            node.key: covered.Account(ids[node.key], node.key.platform, now.astimezone(ZoneInfo(node.timezone)).date())
            for node in settled
        }
        named = {(known[account_of[key]], key.level) for key in self.tree.number_of if key in account_of}
        return covered.covered(taken.days, named, self.reading.staging.lacking, self.options)

    async def _remove_unnamed(
        self, coverage: Sequence[Coverage], ids: Mapping[Key, int], account_of: Collection[Key]
    ) -> list[covered.RemovedRow]:
        if not (coverage and self.options.replace_days):
            return []
        staging = self.reading.staging
        numbers = {number: ids[key] for number, key in staging.placed(account_of).items()}
        return await covered.remove_unnamed(self.transaction, self.org_id, staging.id, coverage, numbers)

    async def _roll_up(
        self, taken: Taken, moving: moves.Moving, removed: Sequence[covered.RemovedRow], ids: Mapping[Key, int],
        account_of: Mapping[Key, Key],
    ) -> None:  # fmt: skip
        touched: moves.Days = defaultdict(set, {account: set(days) for account, days in moving.days.items()})
        for row in (*taken.days, *removed):
            touched[row.ad_account_id].add(row.day)
        ads: dict[int, list[int]] = defaultdict(list)
        for key in self.tree.number_of:
            if key.level == Level.AD and key in account_of:
                ads[ids[account_of[key]]].append(ids[key])
        for number, ad_account_id in enumerate(sorted(touched), 1):
            self.stage(f"adding up ad account {number:,} of {len(touched):,}")
            # Of what moved or was removed nobody has a list.
            changed = None if moving.ids or removed else ads[ad_account_id]
            await roll_up(self.transaction, self.org_id, ad_account_id, sorted(touched[ad_account_id]), changed)
        await stale.note(self.transaction, self.org_id, touched)

    def _orphans(self, placement: Placement, staged: Mapping[Key, int]) -> tuple[Orphans, ...]:
        facts = Counter(staged)
        for key, days in self.reading.orphans.items():
            facts[key] += len(days)
        by_level: dict[Level, list[Key]] = defaultdict(list)
        about = self.tree.own.keys() | self.tree.number_of.keys() | self.tree.mentioned.keys()
        for key in sorted(set(facts) | (placement.orphans & about)):
            by_level[key.level].append(key)
        return tuple(
            Orphans(
                level, len(keys), sum(facts[key] for key in keys),
                tuple(key.external_id for key in keys[:MOST_EXAMPLES]),
            )
            for level, keys in sorted(by_level.items())
        )  # fmt: skip
