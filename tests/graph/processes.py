"""What tests need that run adgraph in a process of its own: a port for it, and a way to know that it waits."""

from __future__ import annotations

import asyncio
import socket

import asyncpg

_WAITING = """
    select count(*) from pg_locks
    where not granted and database = (select oid from pg_database where datname = current_database())
"""


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def until_it_waits(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Returns once another session of the database waits for a lock."""
    while not await connection.fetchval(_WAITING):  # noqa: ASYNC110  # nothing in this process knows when
        await asyncio.sleep(0.02)
