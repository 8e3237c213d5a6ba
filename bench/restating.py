"""The restating workload: the last 3 days of 25,000 ads with other numbers, against COPY of the same rows."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.imports import copied, scratch
from bench.measure import Answer, Subject, Workload
from bench.world import Size, World
from db.database import Database
from db.generate import generate_file
from db.importers import table
from db.importing.options import Options
from db.importing.run import run_import
from db.organization import organization_id

DAYS = 3
# What was imported before: more takes longer to prepare, and makes no difference.
HISTORY = 30


async def _write(database: Database, path: Path, size: Size, days: int, seed: int, world: World) -> Path:
    await generate_file(
        database, path, accounts=size.accounts, campaigns=size.campaigns, ad_sets=size.ad_sets, ads=size.ads,
        days=days, seed=seed, until=world.until,
    )  # fmt: skip
    return path


@asynccontextmanager
async def _restated(world: World) -> AsyncIterator[Answer]:
    size = world.scale.broad
    with TemporaryDirectory() as directory:
        async with scratch(world.url) as url, Database.connect(url, statement_timeout=0) as database:
            org_id = await organization_id(database, "default")

            async def take(path: Path) -> bytes:
                report = await run_import(
                    database, org_id, Options("Imported"), source="table", records=table.read([path])
                )
                return b"%d" % (report.added + report.replaced)

            await take(await _write(database, Path(directory) / "before.csv", size, min(HISTORY, size.days), 1, world))
            turns = itertools.cycle([
                await _write(database, Path(directory) / f"{seed}.csv", size, DAYS, seed, world) for seed in (2, 3)
            ])  # fmt: skip

            async def answer() -> bytes:
                return await take(next(turns))

            yield answer


@asynccontextmanager
async def _copied(world: World) -> AsyncIterator[Answer]:
    with TemporaryDirectory() as directory:
        async with scratch(world.url) as url, Database.connect(url) as database:
            path = await _write(database, Path(directory) / "facts.csv", world.scale.broad, DAYS, 2, world)

            async def answer() -> bytes:
                return b"%d" % await copied(database, url, path)

            yield answer


RESTATING = Workload(
    "restating 3 days of 25,000 ads", Subject("COPY", _copied), (Subject("adgraph", _restated),)
)  # fmt: skip
