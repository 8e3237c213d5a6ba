"""Rows to test with: each `make_…` writes one entity, or one entity-day, with good defaults, and returns its id."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from db.database import Database, Transaction, recording
from db.level import Level, Missing, Platform
from db.rollup import roll_up

IMPORTED_AT = datetime(2025, 6, 18, 6, tzinfo=UTC)
MICROS = 1_000_000
_numbers = itertools.count(1)

_PARENTS = {Level.CAMPAIGN: "ad_account", Level.AD_SET: "campaign", Level.AD: "ad_set"}
_ADDITIVE = {
    Missing.SPEND: "spend_micros",
    Missing.IMPRESSIONS: "impressions",
    Missing.CLICKS: "clicks",
    Missing.LINK_CLICKS: "link_clicks",
    Missing.CONVERSIONS: "conversions_millionths",
    Missing.CONVERSION_VALUE: "conversion_value_micros",
}


async def make_project(database: Database, org_id: int, name: str | None = None, *, timezone: str | None = None) -> int:
    """A project; without a `timezone` it is the one that its accounts share."""
    name = name or f"Project {next(_numbers)}"
    return await _insert(database, "project", org_id=org_id, name=name, timezone=timezone)


async def make_ad_account(
    database: Database, org_id: int, project_id: int, name: str | None = None, *,
    platform: Platform = Platform.META, external_id: str | None = None, currency: str = "USD", timezone: str = "UTC",
    status: str = "ACTIVE", placeholder: bool = False,
) -> int:  # fmt: skip
    """An ad account of META in USD and UTC."""
    number = next(_numbers)
    return await _insert(
        database, "ad_account", org_id=org_id, project_id=project_id, platform=platform.value,
        external_id=external_id or f"account-{number}", name=name or f"Account {number}", currency=currency,
        timezone=timezone, status=status, placeholder=placeholder,
    )  # fmt: skip


async def make_campaign(
    database: Database, org_id: int, ad_account_id: int, name: str | None = None, *,
    external_id: str | None = None, status: str = "ACTIVE", objective: str | None = None,
    budget_micros: int | None = None, budget_period: str | None = None, placeholder: bool = False,
) -> int:  # fmt: skip
    """A campaign of the ad account, on its platform."""
    return await _child(
        database, Level.CAMPAIGN, org_id, ad_account_id, name=name, external_id=external_id, status=status,
        objective=objective, budget_micros=budget_micros, budget_period=budget_period, placeholder=placeholder,
    )  # fmt: skip


async def make_ad_set(
    database: Database, org_id: int, campaign_id: int, name: str | None = None, *,
    external_id: str | None = None, status: str = "ACTIVE",
    budget_micros: int | None = None, budget_period: str | None = None, placeholder: bool = False,
) -> int:  # fmt: skip
    """An ad set of the campaign."""
    return await _child(
        database, Level.AD_SET, org_id, campaign_id, name=name, external_id=external_id, status=status,
        budget_micros=budget_micros, budget_period=budget_period, placeholder=placeholder,
    )  # fmt: skip


async def make_ad(
    database: Database, org_id: int, ad_set_id: int, name: str | None = None, *,
    external_id: str | None = None, status: str = "ACTIVE", placeholder: bool = False,
) -> int:  # fmt: skip
    """An ad of the ad set."""
    return await _child(
        database, Level.AD, org_id, ad_set_id, name=name, external_id=external_id, status=status,
        placeholder=placeholder,
    )  # fmt: skip


async def make_fact(
    database: Database, org_id: int, entity_id: int, day: date, *,
    spend: float | None = None, impressions: int | None = None, clicks: int | None = None,
    link_clicks: int | None = None, conversions: float | None = None, conversion_value: float | None = None,
    reach: int | None = None, covered: bool = True,
) -> None:  # fmt: skip
    """What the platform reported for the entity on `day`, covered and rolled up. Money in units; None: not reported."""
    given = {
        Missing.SPEND: None if spend is None else round(spend * MICROS),
        Missing.IMPRESSIONS: impressions,
        Missing.CLICKS: clicks,
        Missing.LINK_CLICKS: link_clicks,
        Missing.CONVERSIONS: None if conversions is None else round(conversions * MICROS),
        Missing.CONVERSION_VALUE: None if conversion_value is None else round(conversion_value * MICROS),
    }
    missing = sum(metric for metric, value in given.items() if value is None)
    numbers: dict[str, Any] = {_ADDITIVE[metric]: value or 0 for metric, value in given.items()}
    with recording():
        async with database.transaction() as transaction:
            level, ad_account_id = await _place(transaction, org_id, entity_id)
            await _write(
                transaction, "daily_fact", org_id=org_id, ad_account_id=ad_account_id, entity_id=entity_id, day=day,
                level=level, missing=missing, **numbers, reach=reach,
            )  # fmt: skip
            if covered:
                await _cover(transaction, org_id, ad_account_id, level, days=[day], missing=missing)
            await roll_up(transaction, org_id, ad_account_id, [day])


async def make_rate(database: Database, currency: str, rates: Mapping[date, str]) -> None:
    """How many units of the currency one euro was worth, by day."""
    with recording():
        async with database.transaction() as transaction:
            given = [(currency, day, Decimal(rate)) for day, rate in rates.items()]
            await transaction.copy("exchange_rate", ("currency", "day", "units_per_eur"), given)


async def set_project(database: Database, project_id: int, **columns: Any) -> None:
    """What the project has set from now on."""
    with recording():
        async with database.transaction() as transaction:
            sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
            await _connection(transaction).execute(
                f"update project set {sets} where id = $1", project_id, *columns.values()
            )


async def make_coverage(
    database: Database, org_id: int, ad_account_id: int, level: Level, *, days: Sequence[date],
    missing: Missing = Missing.NONE,
) -> None:  # fmt: skip
    """Says that an import covered `days` of the ad account at `level`, whether or not there are facts."""
    with recording():
        async with database.transaction() as transaction:
            await _cover(transaction, org_id, ad_account_id, level, days=days, missing=missing)


async def _cover(
    transaction: Transaction, org_id: int, ad_account_id: int, level: int, *, days: Sequence[date], missing: int
) -> None:
    """A metric is missing from a covered day while no source reports it: every further one can only add metrics."""
    await _connection(transaction).executemany(
        """insert into coverage as known (org_id, ad_account_id, level, day, missing, imported_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (org_id, ad_account_id, level, day) do update
        set missing = known.missing & excluded.missing, imported_at = excluded.imported_at""",
        [(org_id, ad_account_id, level, day, missing, IMPORTED_AT) for day in days],
    )


async def _place(transaction: Transaction, org_id: int, entity_id: int) -> tuple[int, int]:
    """The level and the ad account of an entity, told by its id alone."""
    row = await _connection(transaction).fetchrow(
        """select 1, id from ad_account where org_id = $1 and id = $2
        union all select 2, ad_account_id from campaign where org_id = $1 and id = $2
        union all select 3, ad_account_id from ad_set where org_id = $1 and id = $2
        union all select 4, ad_account_id from ad where org_id = $1 and id = $2""",
        org_id,
        entity_id,
    )
    assert row is not None, f"no entity has the id {entity_id}"
    return row[0], row[1]


async def _child(
    database: Database, level: Level, org_id: int, parent_id: int, *, name: str | None, external_id: str | None,
    **columns: Any,
) -> int:  # fmt: skip
    parent, number, own = _PARENTS[level], next(_numbers), level.name.lower()
    account = "id" if parent == "ad_account" else "ad_account_id"
    async with database.transaction() as transaction:
        above = await _connection(transaction).fetchrow(
            f"select platform, {account} as ad_account_id from {parent} where org_id = $1 and id = $2",
            org_id,
            parent_id,
        )
        assert above is not None, f"no {parent} has the id {parent_id}"
        values = {"org_id": org_id, "ad_account_id": above["ad_account_id"], f"{parent}_id": parent_id}
        values |= {"platform": above["platform"], "external_id": external_id or f"{own}-{number}"}
        return await _write(transaction, own, **values, name=name or f"{own} {number}", **columns, returning="id")


async def _insert(database: Database, table: str, **columns: Any) -> int:
    async with database.transaction() as transaction:
        return await _write(transaction, table, **columns, returning="id")


async def _write(transaction: Transaction, table: str, *, returning: str = "1", **columns: Any) -> int:
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    sql = f"insert into {table} ({', '.join(columns)}) values ({places}) returning {returning}"
    identity: int = await _connection(transaction).fetchval(sql, *columns.values())
    return identity


def _connection(transaction: Transaction) -> Any:
    """The driver's own connection: tests write rows that no statement of the product writes alone."""
    return transaction._connection
