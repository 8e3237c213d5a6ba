"""What every test may ask for: a real PostgreSQL with a fresh, migrated database, and a way to run a query."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil
import pytest

from db.database import Database, recording
from db.embedded import serving
from db.migrate import migrate
from db.organization import organization_id
from graph.settings import CHECKOUT

# Nothing here has to survive a crash.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "200"}
OURS = f"adgraph_test_{os.getpid()}"
_numbers = itertools.count(1)


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def _execute(url: str, *statements: str) -> None:
    async with _connection(url) as connection:
        for statement in statements:
            await connection.execute(statement)


async def _drop_left_overs(url: str) -> None:
    """Drops the databases of test runs that were killed: their processes ran on this machine, and are gone."""
    async with _connection(url) as connection:
        for (name,) in await connection.fetch(
            "select datname from pg_database where datname like 'adgraph\\_test\\_%'"
        ):
            if not psutil.pid_exists(int(name.split("_")[2])):
                await connection.execute(f"drop database if exists {name} with (force)")


@contextmanager
def open_directory() -> Iterator[Path]:
    """A directory for an embedded server, let in to by every account.

    Under root, PostgreSQL runs as another account, and a run of the tests that starts closes pytest's `tmp_path` to it.
    """
    with tempfile.TemporaryDirectory(prefix="adgraph-test-") as name:
        directory = Path(name).resolve()
        directory.chmod(0o711)
        yield directory


@pytest.fixture
def server_dir() -> Iterator[Path]:
    """An open directory of the test's own."""
    with open_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The PostgreSQL of the tests: TEST_DATABASE_URL, else an embedded one that concurrent test runs share."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with serving(CHECKOUT / ".adgraph" / "test", FAST) as url:
        asyncio.run(_drop_left_overs(url))
        yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated, empty database to clone."""
    name = f"{OURS}_template"
    asyncio.run(_execute(server_url, f"create database {name} template template0"))
    asyncio.run(migrate(_named(server_url, name)))
    yield name
    asyncio.run(_execute(server_url, f"drop database {name} with (force)"))


@pytest.fixture
async def empty_database_url(server_url: str) -> AsyncIterator[str]:
    """A database of its own without a table in it."""
    name = f"{OURS}_{next(_numbers)}"
    await _execute(server_url, f"create database {name} template template0")
    yield _named(server_url, name)
    await _execute(server_url, f"drop database {name} with (force)")


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A database of its own with every table, all empty."""
    name = f"{OURS}_{next(_numbers)}"
    await _execute(server_url, f"create database {name} template {template} strategy file_copy")
    yield _named(server_url, name)
    await _execute(server_url, f"drop database {name} with (force)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The door to a fresh database."""
    async with Database.connect(database_url) as database:
        yield database


@pytest.fixture
async def org_id(database: Database) -> int:
    """The organization that a test works for."""
    return await organization_id(database, "default")


@pytest.fixture
def queries_sent() -> Iterator[list[str]]:
    """The names of the statements that the test has sent so far, in order; what `make_…` writes does not count."""
    with recording() as names:
        yield names


@pytest.fixture
def now() -> datetime:
    """The moment at which queries are asked: a Wednesday noon in UTC."""
    return datetime(2025, 6, 18, 12, tzinfo=UTC)


@pytest.fixture
def execute(database: Database, org_id: int, now: datetime) -> Callable[..., Awaitable[Any]]:
    """Runs a query in this process and returns the whole result, errors and all."""
    from graph.schema import schema
    from resolvers.context import Request

    async def execute(query: str, variables: dict[str, Any] | None = None, **context: Any) -> Any:
        known: dict[str, Any] = {
            "database": database,
            "org_id": org_id,
            "now": now,
            "max_page": 1_000,
            "max_nodes": 250_000,
        }
        return await schema.execute(query, variable_values=variables, context_value=Request(**(known | context)))

    return execute


@pytest.fixture
def ask(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Runs a query in this process and returns its data; an error fails the test."""

    async def ask(query: str, variables: dict[str, Any] | None = None, **context: Any) -> dict[str, Any]:
        result = await execute(query, variables, **context)
        assert not result.errors, [(error.message, error.path) for error in result.errors]
        data: dict[str, Any] = result.data
        return data

    return ask
