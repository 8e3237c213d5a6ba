"""The import of events: a file of them into an empty project, against COPY into a table with one key."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from bench.imports import run
from bench.invented import FIELDS, PROJECT, TOLD, events, shop
from bench.measure import Answer, Subject, Workload
from bench.world import FULL, World
from db.conversions.importing import import_events

EMPTIED = """
    truncate conversion, conversion_hour, conversion_key, conversion_message, conversion_quarter, conversion_refund,
        conversion_user, tracked_day, tracked_span, tracked_through"""


def _file(directory: str, world: World, ads: list[str], *, table: bool) -> Path:
    path = Path(directory) / ("events.csv" if table else "events.jsonl")
    made = islice(events(ads, datetime.combine(world.until, time(), UTC)), world.scale.events)
    with path.open("w", newline="") as file:
        if table:
            rows = (event | {"touches": json.dumps(event["touches"])} for event in made)
            csv.writer(file).writerows([row[name] for name in FIELDS] for row in rows)
        else:
            file.writelines(json.dumps(event) + "\n" for event in made)
    return path


@asynccontextmanager
async def _imported(world: World) -> AsyncIterator[Answer]:
    async with shop(world) as own:
        with TemporaryDirectory() as directory:
            path = _file(directory, world, own.ads, table=False)

            async def answer() -> bytes:
                await run(own.url, EMPTIED)
                report = await import_events(own.database, own.org_id, PROJECT, [path])
                return b"%d" % report.events

            yield answer


@asynccontextmanager
async def _copied(world: World) -> AsyncIterator[Answer]:
    async with shop(world) as own:
        connection = await asyncpg.connect(own.url)
        try:
            await connection.execute(TOLD)
            with TemporaryDirectory() as directory:
                path = _file(directory, world, own.ads, table=True)

                async def answer() -> bytes:
                    await connection.execute("truncate told")
                    done = await connection.copy_to_table("told", source=path, format="csv")
                    return done.split()[-1].encode()

                yield answer
        finally:
            await connection.close()


# Times are of 1,000 events.
EVENTS = Workload(
    "events imported, by the thousand", Subject("COPY", _copied), (Subject("adgraph", _imported),),
    requests=FULL.events // 1_000,
)  # fmt: skip
