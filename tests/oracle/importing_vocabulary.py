"""A random world as adgraph gets to know it: by imports, one after the other, and by what projects have set."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from db.database import Database
from db.importers.records import Fact, Record
from db.level import Level, Platform
from tests.make import set_project
from tests.oracle.vocabulary_world import ADDITIVE, KINDS, WEEKDAYS, Batch, Entity, World
from tests.records import make_entity, make_place, rows, take

COLUMNS = dict(
    zip(
        ADDITIVE,
        ("spend_micros", "impressions", "clicks", "link_clicks", "conversions_millionths", "conversion_value_micros"),
        strict=True,
    )
)
TABLES = ("project", "ad_account", "campaign", "ad_set", "ad")


async def bring(database: Database, org_id: int, world: World, name: str) -> dict[Entity, int]:
    """Imports the world, whose projects and ids all begin with `name`; the id of each entity."""
    await _bring_rates(database, world)
    for number, project in enumerate(world.projects):
        tree = [_described(world, entity, name) for entity in world.parents if _project(world, entity) == number]
        await take(database, org_id, tree, project=f"{name} {number}")
        found = await rows(database, f"select id from project where name = '{name} {number}'")
        await set_project(
            database, found[0]["id"], timezone=project.timezone, reporting_currency=project.reporting_currency,
            week_starts_on=WEEKDAYS[project.week_start],
        )  # fmt: skip
    for batch in world.batches:
        await take(
            database, org_id, [_fact(world, batch, number, name) for number, _ in enumerate(batch.rows)],
            project=f"{name} {world.accounts[batch.account].project}", since=batch.since, until=batch.until,
            replace_days=batch.replace_days,
        )  # fmt: skip
    return await _ids(database, world, name)


async def _bring_rates(database: Database, world: World) -> None:
    """All worlds of a database share them: those of the one before go."""
    async with database.transaction() as transaction:
        await transaction._connection.execute("delete from exchange_rate")
        given = [(currency, day, Decimal(rate)) for (currency, day), rate in world.rates.items()]
        await transaction.copy("exchange_rate", ("currency", "day", "units_per_eur"), given)


def _described(world: World, entity: Entity, name: str) -> Record:
    kind, number = entity
    account = world.accounts[world.account_of(entity)]
    told: dict[str, Any] = {"platform": Platform(account.platform), "name": f"{kind} {number}"}
    if kind == "AdAccount":
        told |= {"timezone": account.timezone, "currency": None if account.currency == "XXX" else account.currency}
    parent = None if kind == "AdAccount" else _external(name, world.parents[entity])
    return make_entity(Level(KINDS.index(kind)), _external(name, entity), parent, **told)


def _fact(world: World, batch: Batch, number: int, name: str) -> Fact:
    row = batch.rows[number]
    return Fact(
        make_place(), Platform(world.accounts[batch.account].platform), Level(KINDS.index(batch.kind)),
        _external(name, row.entity), row.day, reach=row.numbers["reach"],
        **{COLUMNS[metric]: row.numbers[metric] for metric in ADDITIVE},  # type: ignore[arg-type]  # named so
    )  # fmt: skip


async def _ids(database: Database, world: World, name: str) -> dict[Entity, int]:
    found: dict[Entity, int] = {}
    for kind, table in zip(KINDS, TABLES, strict=True):
        own = "name" if table == "project" else "external_id"
        ids = {row[own]: row["id"] for row in await rows(database, f"select id, {own} from {table}")}
        found |= {
            entity: ids[f"{name} {entity[1]}" if kind == "Project" else _external(name, entity)]
            for entity in world.entities if entity[0] == kind
        }  # fmt: skip
    return found


def _external(name: str, entity: Entity) -> str:
    return f"{name}-{entity[0]}-{entity[1]}"


def _project(world: World, entity: Entity) -> int:
    return world.accounts[world.account_of(entity)].project
