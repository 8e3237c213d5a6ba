"""The database that benchmarks run on: generated once, found again by later runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import asyncpg

from db.database import Database
from db.generate import generate
from db.migrate import MigrationRefused, migrate
from db.organization import organization_id

UNTIL = date(2026, 1, 1)
PROJECT = "Benchmark"


@dataclass(frozen=True)
class Size:
    """How much to generate: numbers per account."""

    accounts: int
    campaigns: int
    ad_sets: int
    ads: int
    days: int

    @property
    def facts(self) -> int:
        return self.accounts * self.ads * self.days


FULL = Size(accounts=10, campaigns=50, ad_sets=500, ads=2_500, days=120)
QUICK = Size(accounts=2, campaigns=5, ad_sets=20, ads=100, days=40)


@dataclass(frozen=True)
class World:
    """A generated database, and the ad account in the middle of it that workloads ask about."""

    url: str
    org_id: int
    ad_account_id: int
    size: Size
    until: date


async def prepare(url: str, size: Size, progress: Callable[[int], None]) -> World:
    """The data at `url`: as a former run left it, or generated anew where that one did not finish or had other tables.

    Whatever else the database holds is dropped then, so it must be one for benchmarks alone.
    """
    try:
        await migrate(url)
    except MigrationRefused:
        await _empty(url)
    async with Database.connect(url, statement_timeout=0) as database:
        org_id = await organization_id(database, "default")
        accounts = await _accounts(url, org_id)
        # Each account comes with its facts or not at all.
        if len(accounts) != size.accounts:
            if accounts:
                await _empty(url)
                org_id = await organization_id(database, "default")
            await generate(database, org_id, project=PROJECT, until=UNTIL, progress=progress, **vars(size))
            accounts = await _accounts(url, org_id)
    return World(url, org_id, accounts[len(accounts) // 2], size, UNTIL)


async def _accounts(url: str, org_id: int) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("select id from ad_account where org_id = $1 order by id", org_id)
        return [row["id"] for row in rows]
    finally:
        await connection.close()


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("drop schema public cascade; create schema public")
    finally:
        await connection.close()
    await migrate(url)
