"""The server process, as an operator runs it: asked to end, it finishes what is in flight."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import httpx
import pytest

from graph.server import grace
from graph.settings import CHECKOUT, Settings
from tests.graph.processes import free_port, until_it_waits

SERVE = "from graph.cli import main; main()"
PATIENCE = 20


@asynccontextmanager
async def server(database_url: str, port: int, **settings: str) -> AsyncIterator[Process]:
    """`adgraph serve` in a process of its own, answering."""
    environment = {"DATABASE_URL": database_url, "ADGRAPH_PORT": str(port), "ADGRAPH_LOG_FORMAT": "json"} | settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, "serve", cwd=CHECKOUT, env=os.environ | environment, stderr=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_it_answers(client: httpx.AsyncClient) -> None:
    while True:
        try:
            (await client.get("/healthz")).raise_for_status()
            return
        except httpx.TransportError:
            await asyncio.sleep(0.05)


async def until_it_refuses(port: int) -> None:
    while True:
        # Who arrives while the port closes may be let in and dropped.
        with suppress(ConnectionResetError):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
            except ConnectionRefusedError:
                return
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
async def test_asked_to_end_it_takes_no_more_requests_and_finishes_those_in_flight(
    database_url: str, asked_by: signal.Signals
) -> None:
    port = free_port()
    connection = await asyncpg.connect(database_url)
    async with (
        asyncio.timeout(PATIENCE),
        server(database_url, port) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client,
    ):
        await until_it_answers(client)
        # Another session holds the table that the query needs, for as long as the test wants.
        async with connection.transaction():
            await connection.execute("lock table project in access exclusive mode")
            text = "{ projects { nodes { name } } }"
            in_flight = asyncio.create_task(client.post("/graphql", json={"query": text}))
            await until_it_waits(connection)
            process.send_signal(asked_by)
            await until_it_refuses(port)
            assert not in_flight.done()
        response = await in_flight
        output, log = await process.communicate()

    await connection.close()
    assert (response.status_code, response.json()) == (200, {"data": {"projects": {"nodes": []}}})
    assert process.returncode == 0
    assert b"Traceback" not in output + log


async def test_asked_to_end_it_still_tells_a_request_that_its_time_ran_out(database_url: str) -> None:
    port = free_port()
    connection = await asyncpg.connect(database_url)
    async with (
        asyncio.timeout(PATIENCE),
        server(database_url, port, ADGRAPH_REQUEST_TIMEOUT="0.8") as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client,
    ):
        await until_it_answers(client)
        async with connection.transaction():
            await connection.execute("lock table project in access exclusive mode")
            text = "{ projects { nodes { name } } }"
            in_flight = asyncio.create_task(client.post("/graphql", json={"query": text}))
            await until_it_waits(connection)
            process.terminate()
            response = await in_flight
            _, log = await process.communicate()

    await connection.close()
    assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert process.returncode == 0
    assert b"graceful shutdown exceeded" not in log


def test_a_request_in_flight_is_given_its_whole_time() -> None:
    assert all(grace(Settings(request_timeout=seconds)) > seconds for seconds in (0.5, 30, 3600))


async def test_a_large_body_is_answered_on_a_real_connection_and_the_server_serves_on(database_url: str) -> None:
    port = free_port()
    async with (
        asyncio.timeout(PATIENCE),
        server(database_url, port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client,
    ):
        await until_it_answers(client)
        for _ in range(5):
            response = await client.post("/graphql", json={"query": "#" * 3_000_000})
            assert response.status_code == 413
            assert response.json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        answer = await client.post("/graphql", json={"query": "{ __typename }"})

    assert answer.json() == {"data": {"__typename": "Query"}}
