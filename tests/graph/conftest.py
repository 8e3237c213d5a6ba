"""A served schema for tests of the HTTP face, which write nothing: one database does for a whole module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from resolvers import global_id
from tests.graph.breaking_down import ROWS, TWO
from tests.graph.listing import listing
from tests.trees import PERFORMANCE


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def shared_url(server_url: str, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database for one module's tests, which leave it as it is."""
    name = f"{template.removesuffix('_template')}_{request.module.__name__.rpartition('.')[2]}"
    asyncio.run(_execute(server_url, f"create database {name} template {template}"))
    yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    asyncio.run(_execute(server_url, f"drop database {name} with (force)"))


@pytest.fixture
async def client(shared_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the schema whose fields fail."""
    from tests.graph.failing import serving

    async with serving(shared_url) as client:
        yield client


@pytest.fixture
def performance(ask: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A node's performance over a window; `why` says of each metric what is wrong with it."""

    async def performance(type_name: str, number: int, window: dict[str, Any] | None) -> dict[str, Any]:
        variables = {"id": global_id.encode(type_name, number), "window": window}
        found: dict[str, Any] = (await ask(PERFORMANCE, variables))["node"]["performance"]
        found["why"] = {entry["metric"]: entry["reason"] for entry in found["totals"].pop("unavailable")}
        return found

    return performance


@pytest.fixture
def listed(ask):
    """A page of a list below a node."""

    async def listed(type_name, number, field, **arguments):
        variables = {"id": global_id.encode(type_name, number), **arguments}
        return (await ask(listing(type_name, field), variables))["node"][field]

    return listed


@pytest.fixture
def broken_down(ask):
    """A page of the rows of a node."""

    async def broken_down(type_name, number, by, window=TWO, **arguments):
        variables = {"id": global_id.encode(type_name, number), "by": by, "window": window, **arguments}
        return (await ask(ROWS, variables))["node"]["performance"]["breakdown"]

    return broken_down
