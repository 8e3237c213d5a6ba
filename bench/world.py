"""The database that benchmarks run on: generated once, found again by later runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import asyncpg

from bench.sales import sell
from db.database import Database
from db.generate import generate
from db.migrate import MigrationRefused, migrate
from db.organization import organization_id

UNTIL = date(2026, 1, 1)


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


@dataclass(frozen=True)
class Scale:
    """The sizes of the projects: many accounts over some months, an account over a year, one of many ads, and one of
    more than anybody looks at.
    """

    broad: Size
    long: Size
    wide: Size
    many: Size
    # made when a workload first asks for them
    conversions: int = 20_000
    events: int = 6_000

    @property
    def facts(self) -> int:
        return sum(size.facts for size in self.projects.values())

    @property
    def projects(self) -> dict[str, Size]:
        return {
            "Benchmark": self.broad, "Benchmark of a year": self.long, "Benchmark of many ads": self.wide,
            "Benchmark of ordering": self.many,
        }  # fmt: skip


FULL = Scale(
    Size(accounts=10, campaigns=50, ad_sets=500, ads=2_500, days=120),
    Size(accounts=1, campaigns=100, ad_sets=200, ads=400, days=365),
    Size(accounts=1, campaigns=10, ad_sets=100, ads=1_000, days=365),
    Size(accounts=1, campaigns=20, ad_sets=200, ads=10_000, days=90),
    conversions=10_000_000,
    events=300_000,
)
QUICK = Scale(
    Size(accounts=2, campaigns=5, ad_sets=20, ads=100, days=40),
    Size(accounts=1, campaigns=5, ad_sets=10, ads=20, days=365),
    Size(accounts=1, campaigns=2, ad_sets=4, ads=40, days=365),
    Size(accounts=1, campaigns=2, ad_sets=4, ads=80, days=90),
)


@dataclass(frozen=True)
class World:
    """A generated database, and what workloads ask about: an ad account in its middle, one of that account's campaigns,
    the ad account of a year, the many ads, and the ad account of the most.
    """

    url: str
    org_id: int
    ad_account_id: int
    campaign_id: int
    long_ad_account_id: int
    wide_ad_ids: list[int]
    many_ad_account_id: int
    scale: Scale
    until: date


async def prepare(url: str, scale: Scale, progress: Callable[[int], None]) -> World:
    """The data at `url`: as a former run left it, or generated anew where that one did not finish or had other tables.

    Whatever else the database holds is dropped then, so it must be one for benchmarks alone.
    """
    try:
        await migrate(url)
    except MigrationRefused:
        await _empty(url)
    async with Database.connect(url, statement_timeout=0) as database:
        org_id = await organization_id(database, "default")
        for project, size in scale.projects.items():
            # Each account comes with its facts or not at all.
            if len(await _accounts(url, org_id, project)) not in (0, size.accounts):
                await _empty(url)
                org_id = await organization_id(database, "default")
        done = 0
        for project, size in scale.projects.items():
            if not await _accounts(url, org_id, project):
                told = _beyond(done, progress)
                await generate(database, org_id, project=project, until=UNTIL, progress=told, **vars(size))
            done += size.facts
    broad, long, wide, many = [await _accounts(url, org_id, project) for project in scale.projects]
    account = broad[len(broad) // 2]
    campaigns = await _ids(url, "select id from campaign where org_id = $1 and ad_account_id = $2", org_id, account)
    ads = await _ids(url, "select id from ad where org_id = $1 and ad_account_id = $2", org_id, wide[0])
    async with Database.connect(url, statement_timeout=0) as database:
        await sell(url, database, org_id, ads, UNTIL)
    return World(url, org_id, account, campaigns[len(campaigns) // 2], long[0], ads, many[0], scale, UNTIL)


def _beyond(done: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    return lambda facts: progress(done + facts)


async def _accounts(url: str, org_id: int, project: str) -> list[int]:
    return await _ids(
        url,
        "select ad_account.id from ad_account join project on project.id = project_id where project.org_id = $1"
        " and ad_account.org_id = $1 and project.name = $2",
        org_id, project,
    )  # fmt: skip


async def _ids(url: str, sql: str, *arguments: object) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return sorted(row["id"] for row in await connection.fetch(sql, *arguments))
    finally:
        await connection.close()


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("drop schema public cascade; create schema public")
    finally:
        await connection.close()
    await migrate(url)
