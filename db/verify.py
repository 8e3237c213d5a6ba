"""Verifying: everything that is kept in step with the facts, computed anew from them and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from db.database import Database, Row, Transaction
from db.errors import NotFound
from db.level import Level
from db.verify_conversions import ConversionDifference, Found, compare_conversions, compare_sums, compare_tracked

MOST_DIFFERENCES = 100

# Where the children of each level stand, which column names their parent, and how many rows of theirs report reach.
_CHILDREN = {
    Level.AD_SET: (
        "ad.ad_set_id", "daily_fact as child join ad on ad.org_id = $1 and ad.id = child.entity_id",
        "(child.reach is not null)::integer",
    ),
    Level.CAMPAIGN: (
        "ad_set.campaign_id", "daily_rollup as child join ad_set on ad_set.org_id = $1 and ad_set.id = child.entity_id",
        "child.reach_rows",
    ),
    Level.AD_ACCOUNT: ("child.ad_account_id", "daily_rollup as child", "child.reach_rows"),
}  # fmt: skip


class _NameRow(Row):
    id: int
    external_id: str


class _AdAccountRow(_NameRow):
    facts: int


class _DifferenceRow(Row):
    entity_id: int
    day: date
    missing: int
    expected: str | None
    found: str | None
    count: int


@dataclass(frozen=True)
class Difference:
    """One number or more of an entity's day that are not what the facts say; each by column, None: no such row."""

    what: str
    ad_account: str
    level: Level
    external_id: str
    day: date
    expected: dict[str, int] | None
    found: dict[str, int] | None

    def __str__(self) -> str:
        level = self.level.name.lower().replace("_", " ")
        where = f"ad account {self.ad_account}, {level} {self.external_id}, {self.day}: {self.what}"
        if self.expected is None or self.found is None:
            return f"{where} {'that should not be there' if self.expected is None else 'that is not there'}"
        other = [f"{name} {self.found[name]}, should be {number}" for name, number in self.expected.items()
                 if self.found.get(name) != number]  # fmt: skip
        return f"{where}: {'; '.join(other) or 'a line is not where it was the day before'}"


@dataclass
class Verified:
    """What was compared, and what is not as the facts say: the first such rows, and how many there are."""

    ad_accounts: int = 0
    facts: int = 0
    count: int = 0
    differences: list[Difference | ConversionDifference] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """So many differences more, of which some are told."""
        self.count += found[0]
        self.differences += found[1][: MOST_DIFFERENCES - len(self.differences)]


async def verify(
    database: Database, org_id: int, project: str | None = None, progress: Callable[[int], None] | None = None
) -> Verified:
    """Compares what stands at every level, and the running totals, with the facts as they were imported.

    And conversions with the events that tell of them, their sums, and what is tracked of ads, with the conversions.

    Of one project, or of all of the organization. `progress` hears of how many facts this has been done. Changes
    nothing, and lets imports go on. Raises `NotFound` where there is no such project.
    """
    verified = Verified()
    async with database.transaction() as transaction:
        await transaction.execute("read_one_moment")
        await transaction.execute("lift_statement_timeout")
        if project is not None and not await transaction.fetch("project_of_import", org_id, project, row=Row):
            raise NotFound(f"There is no project {project!r}.")
        for account in await transaction.fetch("ad_accounts_to_verify", org_id, project, row=_AdAccountRow):
            # Bottom up: each level is compared with the facts there and the one below.
            for level in sorted(Level, reverse=True):
                await _compare(transaction, org_id, account, level, verified)
            verified.add(await compare_tracked(transaction, org_id, account.id, account.external_id, MOST_DIFFERENCES))
            verified.ad_accounts += 1
            verified.facts += account.facts
            if progress:
                progress(verified.facts)
        for each in await transaction.fetch("projects_to_verify", org_id, project, row=_NameRow):
            told = (transaction, org_id, each.id, each.external_id, MOST_DIFFERENCES)
            verified.add(await compare_conversions(*told))
            verified.add(await compare_sums(*told))
    return verified


async def _compare(
    transaction: Transaction, org_id: int, account: _AdAccountRow, level: Level, verified: Verified
) -> None:
    key = (org_id, account.id, level, MOST_DIFFERENCES)
    found: dict[str, list[_DifferenceRow]] = {}
    if level is Level.AD:
        stands = {"table": "daily_fact", "days": "1", "reach_rows": "(reach is not null)::integer"}
    else:
        stands = {"table": "daily_rollup", "days": "days", "reach_rows": "reach_rows"}
        parent, children, reach_rows = _CHILDREN[level]
        found["what stands"] = await transaction.fetch(
            "verify_rollup", *key, row=_DifferenceRow, parent=parent, children=children, reach_rows=reach_rows
        )
    found["a running total"] = await transaction.fetch("verify_running_totals", *key, row=_DifferenceRow, **stands)
    ids = {row.entity_id for rows in found.values() for row in rows}
    names = {
        row.id: row.external_id
        for row in await transaction.fetch(
            "external_ids", org_id, sorted(ids), row=_NameRow, table=level.name.lower()
        )
    } if ids else {}  # fmt: skip
    for what, rows in found.items():
        verified.count += rows[0].count if rows else 0
        for row in rows[: MOST_DIFFERENCES - len(verified.differences)]:
            expected, stored = (json.loads(told) if told else None for told in (row.expected, row.found))
            verified.differences.append(
                # What is gone from the tree has no name there.
                Difference(
                    what=what,
                    ad_account=account.external_id,
                    level=level,
                    external_id=names.get(row.entity_id, f"number {row.entity_id}"),
                    day=row.day,
                    expected=expected,
                    found=stored,
                )
            )
