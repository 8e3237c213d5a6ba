"""Whatever is killed, an event that was answered is there, an import of events leaves all or nothing."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest

from db.database import Database
from db.embedded import serving
from db.migrate import migrate
from db.organization import organization_id
from graph.settings import CHECKOUT
from tests.db.conversions.worlds import make_tree
from tests.graph.processes import free_port
from tests.graph.test_recording import RECORD, event, given
from tests.graph.test_shutdown import server, until_it_answers

IMPORT = "from graph.cli import main; main()"


async def stored(url: str) -> tuple[set[str], int]:
    """The ids of the events that are there, and how many conversions rollups count."""
    connection = await asyncpg.connect(url)
    try:
        ids = {row[0] for row in await connection.fetch("select event_id from conversion_message")}
        return ids, int(await connection.fetchval("select coalesce(sum(count), 0) from conversion_quarter"))
    finally:
        await connection.close()


async def send(client: httpx.AsyncClient, project_id: int, name: str, acknowledged: set[str]) -> None:
    """Records events until the server is gone; those that were answered are `acknowledged`."""
    with suppress(httpx.TransportError):
        for number in range(10_000):
            events = [event(f"{name}-{number}-{place}") for place in range(10)]
            answer = await client.post("/graphql", json={"query": RECORD, "variables": given(project_id, *events)})
            told: dict[str, Any] = answer.json()
            if not told.get("errors"):
                acknowledged |= {each["eventId"] for each in told["data"]["recordConversions"]["events"]}


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["server", "database"])
async def test_what_was_answered_survives_whatever_is_killed(server_dir: Path, victim: str) -> None:
    acknowledged: set[str] = set()
    port = free_port()
    with serving(server_dir) as url:
        await migrate(url)
        async with Database.connect(url) as database:
            project_id = await make_tree(database, await organization_id(database, "default"))
        async with server(url, port) as process, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await until_it_answers(client)
            sending = [asyncio.create_task(send(client, project_id, f"c{number}", acknowledged)) for number in range(4)]
            while len(acknowledged) < 100:  # noqa: ASYNC110  # four tasks add to it
                await asyncio.sleep(0.05)
            if victim == "database":
                postmaster = int((server_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
                psutil.Process(postmaster).send_signal(signal.SIGKILL)
                await asyncio.sleep(0.3)
            process.kill()
            await asyncio.gather(*sending)
    with serving(server_dir) as url:
        ids, count = await stored(url)

    assert acknowledged <= ids
    assert count == len(ids)


def import_events(path: Path, url: str, seconds: float | None) -> int:
    """The exit code of an import in a process of its own, killed after so many seconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT, "import", "events", str(path), "--project", "Shop"], cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    return process.wait()


@pytest.mark.slow
async def test_an_import_of_events_that_is_killed_leaves_all_or_nothing(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    fields = {"event_name": "purchase", "source": "SDK", "occurred_at": "2025-06-10T12:00:00Z"}
    path.write_text("".join(json.dumps(fields | {"event_id": f"e{number}"}) + "\n" for number in range(60_000)))

    for _ in range(3):
        import_events(path, database_url, random.uniform(1, 6))
        ids, count = await stored(database_url)
        assert len(ids) == count
        assert count in (0, 60_000)

    assert import_events(path, database_url, None) in (0, 6)
    assert (await stored(database_url))[1] == 60_000
