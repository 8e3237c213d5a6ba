"""One import from its first record to its report: one transaction, all or nothing."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import asyncpg

from db.database import Database, Row, Transaction
from db.errors import Invalid, NotFound
from db.importers.records import BadRow, Entity, Fact, Note, Orphan, Record
from db.importing import accounts, entities, moves
from db.importing.entities import Node, Stored
from db.importing.facts import Coverage, StagedDayRow, Staging
from db.importing.refusals import ImportRefused
from db.importing.report import Covered, ImportReport, Orphans
from db.importing.tree import Key, Placement, Tree
from db.level import Level, Missing
from db.rollup import roll_up

# Of endless bad rows or warnings the first tell enough; all are counted.
MOST_BAD_ROWS = 10_000
MOST_WARNINGS = 100
MOST_EXAMPLES = 5
# From here on the tables may have changed so much that queries should not wait for PostgreSQL to notice by itself.
MANY_FACTS = 5_000


class _IdRow(Row):
    id: int


@dataclass
class _Read:
    """What the records amount to, besides the tree and the facts."""

    bad_rows: list[BadRow] = field(default_factory=list)
    bad_count: int = 0
    orphans: dict[Key, set[date]] = field(default_factory=lambda: defaultdict(set))
    notes: list[str] = field(default_factory=list)

    def refuse(self, bad_rows: Iterable[BadRow]) -> None:
        for bad_row in bad_rows:
            self.bad_count += 1
            if len(self.bad_rows) < MOST_BAD_ROWS:
                self.bad_rows.append(bad_row)

    def check(self) -> None:
        if self.bad_rows:
            raise ImportRefused(self.bad_rows, self.bad_count)


def checked_options(
    project: str, currency: str | None, timezone: str | None
) -> tuple[str, str | None, str | None]:  # fmt: skip
    """The options of an import, tidied; raises `Invalid` with an example of what would be right."""
    project = project.strip()
    if not project or len(project) > 200 or not project.isprintable():
        raise Invalid("--project needs a name of 1 to 200 characters, such as --project 'Spring sale'.")
    return project, accounts.checked_currency(currency), accounts.checked_timezone(timezone)


async def run_import(
    database: Database, org_id: int, *, source: str, records: Iterable[Record], project: str,
    currency: str | None = None, timezone: str | None = None, progress: Callable[[int], None] | None = None,
) -> ImportReport:  # fmt: skip
    """Takes everything that `records` say into `project`, or nothing.

    `currency` (ISO 4217) and `timezone` (IANA) stand in where the records give none. `progress` hears how many records
    were read. Raises `ImportRefused` with every bad row, `AccountInAnotherProject`, `CurrencyChanged`, or `Invalid`.
    """
    started = time.monotonic()
    project, currency, timezone = checked_options(project, currency, timezone)
    try:
        async with database.transaction() as transaction:
            run = _Run(transaction, org_id, source, project, currency, timezone)
            report = await run.import_all(records, progress, started)
    except asyncpg.NumericValueOutOfRangeError:
        raise Invalid("Nothing was imported: numbers of one day add up to more than 64 bits hold.") from None
    if report.facts >= MANY_FACTS:
        await database.execute("gather_statistics")
    return report


class _Run:
    def __init__(
        self, transaction: Transaction, org_id: int, source: str, project: str, currency: str | None,
        timezone: str | None,
    ) -> None:  # fmt: skip
        self.transaction = transaction
        self.org_id = org_id
        self.source = source
        self.project = project
        self.currency = currency
        self.timezone = timezone
        self.tree = Tree()
        self.read = _Read()

    async def import_all(
        self, records: Iterable[Record], progress: Callable[[int], None] | None, started: float
    ) -> ImportReport:
        transaction, org_id = self.transaction, self.org_id
        await transaction.execute("lift_statement_timeout")
        import_id = (await transaction.fetch("next_import_id", row=_IdRow))[0].id
        staging = Staging(transaction, org_id, import_id, self.tree)
        await self._read_all(records, staging, progress)
        # From here on the tree and the facts are read and written: one import at a time.
        if not await transaction.fetch("lock_organization", org_id, row=_IdRow):
            raise NotFound(f"There is no organization {org_id}.")
        imported_at = datetime.now(UTC)
        self.read.refuse(await staging.tidy())
        self.read.check()
        project_id, created = await self._project()

        stored = await entities.load(transaction, org_id, self.tree.named())
        placement = self.tree.place(stored)
        account_of = {key: placement.ad_account(key) for key in placement.parents}
        nodes = await self._nodes(project_id, placement, stored)
        moved = [stored[node.key] for node in nodes if node.key in stored and stored[node.key].parent != node.parent]
        moving = await moves.begin(transaction, org_id, moved)
        ids = await entities.write(transaction, org_id, project_id, nodes, stored, account_of)
        await moves.finish(transaction, org_id, moving)

        partly = await staging.partly_reported()
        orphans = await staging.orphans(sorted(placement.orphans))
        days = await staging.take(ids, account_of)
        coverage = _coverage(days, {ids[key]: key for key in account_of if key.level == Level.AD_ACCOUNT})
        await staging.cover(coverage, imported_at)
        await self._roll_up(days, moving)
        await moves.drop_empty(transaction, org_id, moved, stored)
        await staging.clear()

        set_aside = self._orphans(placement, orphans)
        facts = sum(row.entities for row in days)
        await transaction.execute(
            "record_import", org_id, import_id, project_id, self.source, imported_at, facts,
            sum(orphans.facts for orphans in set_aside),
        )  # fmt: skip
        levels = Counter(key.level for key in placement.parents)
        external_ids = {ids[key]: key.external_id for key in account_of if key.level == Level.AD_ACCOUNT}
        return ImportReport(
            import_id=import_id,
            source=self.source,
            project=self.project,
            project_created=created,
            ad_accounts=levels[Level.AD_ACCOUNT],
            campaigns=levels[Level.CAMPAIGN],
            ad_sets=levels[Level.AD_SET],
            ads=levels[Level.AD],
            placeholders=sum(node.placeholder for node in nodes),
            moved=len(moved),
            facts=facts,
            days=len({row.day for row in days}),
            covered=tuple(
                Covered(external_ids[each.ad_account_id], Level(each.level), each.first, each.last) for each in coverage
            ),
            orphans=set_aside,
            warnings=_warnings(placement, moved, nodes, partly),
            notes=tuple(self.read.notes),
            seconds=time.monotonic() - started,
        )

    async def _read_all(
        self, records: Iterable[Record], staging: Staging, progress: Callable[[int], None] | None
    ) -> None:
        read, describe, add = self.read, self.tree.describe, staging.add
        count = 0
        for count, record in enumerate(records, 1):
            if isinstance(record, Fact):
                if add(record):
                    await staging.send()
                    if progress:
                        progress(count)
            elif isinstance(record, Entity):
                describe(record)
            elif isinstance(record, BadRow):
                read.refuse([record])
            elif isinstance(record, Orphan):
                read.orphans[Key(record.platform, record.level, record.external_id)].add(record.day)
            elif isinstance(record, Note):
                read.notes.append(record.text)
        await staging.send()
        if progress:
            progress(count)
        read.check()

    async def _project(self) -> tuple[int, bool]:
        created = await self.transaction.fetch("create_project_of_import", self.org_id, self.project, row=_IdRow)
        found = created or await self.transaction.fetch("project_of_import", self.org_id, self.project, row=_IdRow)
        return found[0].id, bool(created)

    async def _nodes(self, project_id: int, placement: Placement, stored: Mapping[Key, Stored]) -> list[Node]:
        settled = await accounts.settle(
            self.transaction, self.org_id, (project_id, self.project),
            [key for key in placement.parents if key.level == Level.AD_ACCOUNT],
            self.tree.own, stored, self.currency, self.timezone,
        )  # fmt: skip
        self.read.refuse(settled.bad_rows)
        self.read.check()
        self.read.notes.extend(settled.notes)
        below = (
            entities.merged(key, parent, self.tree.own.get(key), stored.get(key))
            for key, parent in placement.parents.items() if parent is not None
        )  # fmt: skip
        return [*settled.nodes, *below]

    async def _roll_up(self, days: Sequence[StagedDayRow], moving: moves.Moving) -> None:
        touched: moves.Days = defaultdict(set, {account: set(days) for account, days in moving.days.items()})
        for row in days:
            touched[row.ad_account_id].add(row.day)
        await self.transaction.execute("plan_nested_loops", self.org_id, "off")
        for ad_account_id in sorted(touched):
            await roll_up(self.transaction, self.org_id, ad_account_id, sorted(touched[ad_account_id]))
        await self.transaction.execute("plan_nested_loops", self.org_id, "on")

    def _orphans(self, placement: Placement, staged: Mapping[Key, int]) -> tuple[Orphans, ...]:
        facts = Counter(staged)
        for key, days in self.read.orphans.items():
            facts[key] += len(days)
        by_level: dict[Level, list[Key]] = defaultdict(list)
        for key in sorted(set(facts) | (placement.orphans & (self.tree.own.keys() | self.tree.number_of.keys()))):
            by_level[key.level].append(key)
        return tuple(
            Orphans(
                level, len(keys), sum(facts[key] for key in keys),
                tuple(key.external_id for key in keys[:MOST_EXAMPLES]),
            )
            for level, keys in sorted(by_level.items())
        )  # fmt: skip


def _coverage(days: Sequence[StagedDayRow], account_by_id: Mapping[int, Key]) -> list[Coverage]:
    """From the first to the last day named for each ad account and level.

    A metric that any row of the platform and level reports is one that the source has.
    """
    missing: dict[tuple[str, int], int] = defaultdict(lambda: int(Missing.ALL))
    span: dict[tuple[int, int], tuple[date, date]] = {}
    for row in days:
        missing[account_by_id[row.ad_account_id].platform.value, row.level] &= row.missing
        first, last = span.get((row.ad_account_id, row.level), (row.day, row.day))
        span[row.ad_account_id, row.level] = min(first, row.day), max(last, row.day)
    return [
        Coverage(account, level, first, last, missing[account_by_id[account].platform.value, level])
        for (account, level), (first, last) in sorted(span.items())
    ]


def _warnings(placement: Placement, moved: Sequence[Stored], nodes: Sequence[Node], partly: int) -> tuple[str, ...]:
    parents = {node.key: node.parent for node in nodes}
    all_of_them = [str(disagreement) for disagreement in placement.disagreements]
    all_of_them += [
        f"The {entity.node.key} moved from the {entity.parent} to the {parents[entity.node.key]}, with its past."
        for entity in moved
    ]
    if partly:
        all_of_them.append(
            f"{partly:,} entity-days lack a metric in some of their hours: it counts as not reported on those days."
        )
    if len(all_of_them) > MOST_WARNINGS:
        more = len(all_of_them) - MOST_WARNINGS
        return (*all_of_them[:MOST_WARNINGS], f"And {more:,} more like these.")
    return tuple(all_of_them)
