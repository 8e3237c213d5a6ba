"""The import workload: a file of ad days into an empty organization, against COPY into a table with the same key."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.measure import Answer, Subject, Workload
from bench.world import World
from db.database import Database
from db.generate import generate_file
from db.importers import table
from db.importing.options import Options
from db.importing.run import run_import
from db.migrate import migrate
from db.organization import organization_id

# Beside what other workloads read: what is imported here goes with it.
SCRATCH = "imports"
COPIED = """
    create table if not exists copied (
        date date, account_id text, account_name text, currency text, timezone text, campaign_id text,
        campaign_name text, ad_set_id text, ad_set_name text, ad_id text, ad_name text, spend numeric,
        impressions bigint, clicks bigint, link_clicks bigint, conversions bigint, conversion_value numeric,
        reach bigint, primary key (account_id, ad_id, date)
    )"""
_numbers = itertools.count()


def _subject(name: str, suffix: str, load: Callable[[Database, str, Path], Awaitable[int]]) -> Subject:
    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        size = world.scale.broad
        with TemporaryDirectory() as directory:
            path = Path(directory) / f"facts.{suffix}"
            async with scratch(world.url) as url, Database.connect(url, statement_timeout=0) as database:
                await generate_file(
                    database, path, accounts=1, campaigns=size.campaigns, ad_sets=size.ad_sets, ads=size.ads,
                    days=size.days, seed=1, until=world.until,
                )  # fmt: skip

                async def answer() -> bytes:
                    return b"%d" % await load(database, url, path)

                yield answer

    return Subject(name, ready)


@asynccontextmanager
async def scratch(url: str) -> AsyncIterator[str]:
    """The URL of an empty database beside that of `url`, gone with the block."""
    name = f"{SCRATCH}_{next(_numbers)}"
    await run(url, f"drop database if exists {name}")
    await run(url, f"create database {name}")
    parts = urlsplit(url)
    scratch = urlunsplit(parts._replace(path=f"/{name}"))
    try:
        await migrate(scratch)
        yield scratch
    finally:
        await run(url, f"drop database {name} with (force)")


async def run(url: str, statement: str) -> None:
    """Runs a statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _imported(database: Database, _url: str, path: Path) -> int:
    org_id = await organization_id(database, f"organization {next(_numbers)}")
    report = await run_import(database, org_id, Options("Imported"), source="table", records=table.read([path]))
    return report.facts


async def copied(_database: Database, url: str, path: Path) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(COPIED)
        await connection.execute("truncate copied")
        done = await connection.copy_to_table("copied", source=path, format="csv", header=True)
        return int(done.split()[-1])
    finally:
        await connection.close()


COPY = _subject("COPY", "csv", copied)
IMPORTS = (
    Workload("import of CSV", COPY, (_subject("adgraph", "csv", _imported),)),
    Workload("import of Parquet", COPY, (_subject("adgraph", "parquet", _imported),)),
)
