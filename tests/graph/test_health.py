"""Health and readiness, with databases that answer, lack migrations, refuse connections or never say a word."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator

import asyncpg
import httpx
import pytest

from db.database import Database
from db.errors import Unavailable
from db.migrate import migrate, pending
from graph.schema import schema
from tests.graph.failing import query, serving

PROJECTS = "{ projects { nodes { name } } }"


@pytest.fixture
def refusing_url() -> Iterator[str]:
    """A database at a port where nothing listens, and where nothing else can begin to while the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"postgresql://nobody@127.0.0.1:{taken.getsockname()[1]}/adgraph"


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A database that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"postgresql://nobody@127.0.0.1:{listening.getsockname()[1]}/adgraph?sslmode=disable"


@pytest.fixture(params=["refusing_url", "silent_url"])
def unreachable_url(request: pytest.FixtureRequest) -> str:
    """Both ways in which a database can be out of reach."""
    url: str = request.getfixturevalue(request.param)
    return url


async def test_a_migrated_database_is_ready(shared_url: str) -> None:
    async with serving(shared_url, schema) as client:
        response = await client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"


async def test_what_each_executor_ran_is_counted_for_prometheus(shared_url: str) -> None:
    def counted(metrics: str) -> Counter[str]:
        found = re.findall(r'^adgraph_executions_total\{executor="(\w+)"\} (\S+)$', metrics, re.MULTILINE)
        return Counter({executor: int(float(count)) for executor, count in found})

    async with serving(shared_url, schema) as client:
        before = await client.get("/metrics")
        for text in ("{ projects { nodes { name } } }", "{ nodes(ids: []) { id } }", "{ __schema { __typename } }"):
            (await query(client, text)).raise_for_status()
        after = await client.get("/metrics")

    assert counted(after.text) - counted(before.text) == {"breadth_first": 2, "depth_first": 1}
    assert after.headers["content-type"].startswith("text/plain; version=")


async def test_a_database_without_migrations_is_not_ready_and_says_what_to_do(empty_database_url: str) -> None:
    async with serving(empty_database_url, schema) as client:
        response = await client.get("/readyz")

    assert response.status_code == 503
    assert "0001_tree" in response.json()["reason"] and "adgraph migrate" in response.json()["reason"]


async def test_the_process_lives_whatever_its_database_does(unreachable_url: str) -> None:
    async with serving(unreachable_url, schema) as client:
        response = await client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_an_unreachable_database_is_not_ready_within_the_connect_timeout(unreachable_url: str) -> None:
    async with serving(unreachable_url, schema) as client:
        started = time.perf_counter()
        response = await client.get("/readyz")
        took = time.perf_counter() - started

    assert response.status_code == 503
    assert response.json()["reason"]
    assert took < 3, "the connect timeout is 2 s"


@pytest.mark.parametrize(("accept", "status"), [("application/graphql-response+json", 503), ("application/json", 200)])
async def test_a_query_without_a_database_is_unavailable_within_the_connect_timeout(
    unreachable_url: str, accept: str, status: int
) -> None:
    async with serving(unreachable_url, schema) as client:
        started = time.perf_counter()
        response = await query(client, PROJECTS, headers={"Accept": accept})
        took = time.perf_counter() - started

    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}
    assert took < 3, "the connect timeout is 2 s"


async def test_many_queries_without_a_database_fail_together_not_in_turn(silent_url: str) -> None:
    async with serving(silent_url, schema, connections=2, connect_timeout=1) as client:
        started = time.perf_counter()
        responses = await asyncio.gather(*(query(client, PROJECTS) for _ in range(20)))
        took = time.perf_counter() - started

    assert {response.json()["errors"][0]["extensions"]["code"] for response in responses} == {"UNAVAILABLE"}
    assert took < 3


async def test_statements_that_wait_for_a_silent_database_fail_together_not_in_turn(silent_url: str) -> None:
    async with Database.connect(silent_url, connections=2, connect_timeout=1) as database:
        started = time.perf_counter()
        outcomes = await asyncio.gather(*(pending(database) for _ in range(20)), return_exceptions=True)
        took = time.perf_counter() - started

    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert took < 3


async def test_wrong_queries_are_told_so_without_a_database(refusing_url: str) -> None:
    async with serving(refusing_url, schema) as client:
        response = await query(client, "{ nothing }")

    assert response.json()["errors"][0]["extensions"]["code"] == "VALIDATION"


async def test_a_database_that_becomes_ready_is_used_without_a_restart(empty_database_url: str) -> None:
    async with serving(empty_database_url, schema) as client:
        too_early = await query(client, PROJECTS)
        await migrate(empty_database_url)
        response, ready = await query(client, PROJECTS), await client.get("/readyz")

    (error,) = too_early.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}
    assert "adgraph migrate" in error["message"]
    assert response.json() == {"data": {"projects": {"nodes": []}}}
    assert ready.status_code == 200


async def test_the_password_of_the_database_is_never_told(refusing_url: str) -> None:
    url = refusing_url.replace("nobody@", "nobody:hunter2@")
    async with serving(url, schema) as client:
        answers: list[httpx.Response] = [await client.get("/readyz"), await query(client, PROJECTS)]

    assert not [answer.text for answer in answers if "hunter2" in answer.text or "nobody" in answer.text]


@pytest.mark.parametrize("platform_id", ["\0", "a\0b"])
async def test_text_that_the_database_cannot_hold_is_refused(shared_url: str, platform_id: str) -> None:
    text = "query ($id: String!) { ad(external: {platform: META, id: $id}) { id } }"
    async with serving(shared_url, schema) as client:
        response = await query(client, text, variables={"id": platform_id})

    assert response.json()["data"] == {"ad": None}
    assert response.json()["errors"][0]["extensions"] == {"code": "VALIDATION"}


async def test_a_request_that_takes_too_long_leaves_no_statement_behind(database_url: str) -> None:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    connection = await asyncpg.connect(database_url)
    async with serving(database_url, schema, request_timeout=0.5) as client:
        assert (await query(client, PROJECTS)).json() == {"data": {"projects": {"nodes": []}}}
        async with connection.transaction():
            await connection.execute("lock table project in access exclusive mode")
            response = await query(client, PROJECTS)
            async with asyncio.timeout(5):
                while await connection.fetchval(waiting):  # noqa: ASYNC110  # the database ends it in its own time
                    await asyncio.sleep(0.02)
        again = await query(client, PROJECTS)
    await connection.close()

    assert response.json()["data"] is None
    assert response.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
    assert again.json() == {"data": {"projects": {"nodes": []}}}
