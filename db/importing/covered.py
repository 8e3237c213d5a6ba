"""The days that an import accounts for: what it names, or what whoever ran it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db.database import Row, Transaction
from db.importing.facts import StagedDayRow
from db.importing.options import Options
from db.level import Level, Missing, Platform

_DAY = timedelta(days=1)


class _CountRow(Row):
    count: int


class RemovedRow(Row):
    """How many facts were removed of a day of an ad account."""

    ad_account_id: int
    day: date
    facts: int


@dataclass(frozen=True)
class Account:
    """An ad account of the import: its platform, and the day that it is there now."""

    id: int
    platform: Platform
    today: date


@dataclass(frozen=True)
class Coverage:
    """Days, both included, of one ad account and level that the import covers, and what its source lacks there."""

    ad_account_id: int
    level: Level
    first: date
    last: date
    missing: int


def covered(
    days: Iterable[StagedDayRow], named: Iterable[tuple[Account, Level]], lacking: Mapping[tuple[Platform, Level], int],
    options: Options,
) -> list[Coverage]:  # fmt: skip
    """What is covered of each ad account and level that the import has facts of, `named`.

    From the first to the last of its `days`, or from and to the days that the options say, but no day that has not
    begun: nobody can know it yet. A metric that any row of the platform and level reports is one that the source has;
    `lacking` tells of rows that are not among `days`.
    """
    accounts = {(account.id, level): account for account, level in named}
    missing: dict[tuple[Platform, Level], int] = defaultdict(lambda: int(Missing.ALL), lacking)
    span: dict[tuple[int, int], tuple[date, date]] = {}
    for row in days:
        key = row.ad_account_id, row.level
        missing[accounts[row.ad_account_id, Level(row.level)].platform, Level(row.level)] &= row.missing
        first, last = span.get(key, (row.day, row.day))
        span[key] = min(first, row.day), max(last, row.day)
    found = []
    for (id_, level), account in sorted(accounts.items()):
        # Where the files name no day and the options leave it open, there is none.
        first, last = span.get((id_, level), (date.max, date.min))
        first = options.since or first
        last = min(options.until - _DAY if options.until else last, account.today)
        if first <= last:
            found.append(Coverage(id_, level, first, last, missing[account.platform, level]))
    return found


async def cover(transaction: Transaction, org_id: int, coverage: Sequence[Coverage], imported_at: datetime) -> int:
    """Records the covered days; how many of them none covered before."""
    rows = await transaction.fetch(
        "cover_days", org_id, [days.ad_account_id for days in coverage], [days.level for days in coverage],
        [days.first for days in coverage], [days.last for days in coverage], [days.missing for days in coverage],
        imported_at, row=_CountRow,
    )  # fmt: skip
    return rows[0].count


async def remove_unnamed(
    transaction: Transaction, org_id: int, staging_id: int, coverage: Sequence[Coverage], placed: Mapping[int, int]
) -> list[RemovedRow]:
    """Removes, at the levels covered, the facts of covered days that nothing staged names; how many, by day.

    `placed` gives the entity of each number that staged facts have.
    """
    removed: list[RemovedRow] = []
    for level in Level:
        there = [days for days in coverage if days.level == level]
        if there:
            removed += await transaction.fetch(
                "remove_unnamed_facts", org_id, staging_id, list(placed), list(placed.values()),
                [days.ad_account_id for days in there], [days.first for days in there], [days.last for days in there],
                level, row=RemovedRow, entity=level.name.lower(),
                account="id" if level is Level.AD_ACCOUNT else "ad_account_id",
            )  # fmt: skip
    return removed
