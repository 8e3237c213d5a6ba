"""Records to import in tests: each builder gives one record, or what an import left in the tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from db.database import Database
from db.importers.records import Entity, Fact, Place, Record
from db.importing import ImportReport, Options, Rejects, run_import
from db.level import Level, Platform

DAY = date(2025, 3, 10)
FILE = Path("export.csv")
_lines = itertools.count(2)
TABLES = (
    "project", "ad_account", "campaign", "ad_set", "ad", "daily_fact", "daily_rollup", "staged_fact", "window_reach",
)  # fmt: skip


def make_place() -> Place:
    return Place(FILE, next(_lines))


def make_entity(level: Level, external_id: str, parent: str | None = None, **fields: Any) -> Entity:
    return Entity(make_place(), fields.pop("platform", Platform.META), level, external_id, parent, **fields)


def make_record(level: Level, external_id: str, day: date = DAY, **fields: Any) -> Fact:
    """A fact that reports every additive metric, unless `fields` say otherwise."""
    known: dict[str, Any] = {
        "spend_micros": 0, "impressions": 0, "clicks": 0, "link_clicks": 0, "conversions_millionths": 0,
        "conversion_value_micros": 0,
    }  # fmt: skip
    return Fact(make_place(), fields.pop("platform", Platform.META), level, external_id, day, **(known | fields))


def make_tree(account: str = "1", campaign: str = "10", ad_set: str = "100", ad: str = "1000") -> list[Entity]:
    """An ad account in USD with one campaign, one ad set and one ad."""
    return [
        make_entity(Level.AD_ACCOUNT, account, name="Account", currency="USD", timezone="Europe/Berlin"),
        make_entity(Level.CAMPAIGN, campaign, account, name="Campaign"),
        make_entity(Level.AD_SET, ad_set, campaign, name="Ad set"),
        make_entity(Level.AD, ad, ad_set, name="Ad"),
    ]


async def take(
    database: Database, org_id: int, records: Iterable[Record], *, progress: Callable[[int], None] | None = None,
    rejects: Rejects | None = None, **options: Any,
) -> ImportReport:  # fmt: skip
    """Imports `records` into the project "Shop"."""
    known: dict[str, Any] = {"project": "Shop", "skip_bad_rows": rejects is not None}
    chosen = Options(**(known | options))
    return await run_import(
        database, org_id, chosen, source="test", records=records, rejects=rejects, progress=progress
    )


async def rows(database: Database, sql: str, *arguments: object) -> list[dict[str, Any]]:
    """What a query of the test's own finds."""
    async with database.transaction() as transaction:
        return [dict(row) for row in await transaction._connection.fetch(sql, *arguments)]


async def contents(database: Database) -> dict[str, list[Any]]:
    """Every row of every table that an import writes, without when it was written."""
    found = {}
    for table in TABLES:
        all_of_them = await rows(database, f"select * from {table}")
        found[table] = sorted(str(row | {"import_id": None}) for row in all_of_them)
    covered = await rows(database, "select ad_account_id, level, day, missing from coverage")
    return found | {"coverage": sorted(map(str, covered))}


async def named(database: Database, table: str, external_id: str) -> dict[str, Any]:
    """The entity of `table` with that external id."""
    found = await rows(database, f"select * from {table} where external_id = $1", external_id)
    assert len(found) == 1, f"{len(found)} rows of {table} have the external id {external_id}"
    return found[0]


async def standing(database: Database, table: str, external_id: str, column: str = "spend_micros") -> dict[date, int]:
    """What stands for an entity above the ads, by day."""
    found = await rows(
        database,
        f"""select day, sum({column})::bigint as value from daily_rollup
        join {table} on {table}.id = daily_rollup.entity_id
        where external_id = $1 group by day""",
        external_id,
    )
    return {row["day"]: row["value"] for row in found}
