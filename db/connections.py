"""Connections: opened by asyncpg's pool when first needed, and kept at hand from one statement to the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


class Connections:
    """At most `most` connections. To go through the pool takes longer than a small statement, so a connection goes
    back there only where a statement failed, for the pool knows what then has to be done.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], most: int) -> None:
        self._pool = pool
        # None: not opened yet. The last to come back goes first, so that no more are opened than are needed.
        self._free = asyncio.LifoQueue["Connection | None"]()
        for _ in range(most):
            self._free.put_nowait(None)
        self._ending = False

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, most: int, **options: Any) -> AsyncIterator[Connections]:
        """Connections to `url` until the block ends; `options` are those of asyncpg's pool."""
        async with asyncpg.create_pool(url, min_size=0, max_size=most, connect=_Connect(), **options) as pool:
            connections = cls(pool, most)
            try:
                yield connections
            finally:
                await connections._end()

    def one(self) -> _One:
        """A connection for the length of an `async with`; waits while all are in use."""
        return _One(self)

    async def take(self) -> Connection:
        """A connection that has to be given back."""
        known = await self._free.get()
        if known is not None and _is_open(known):
            return known
        try:
            if known is not None:
                await self._pool.release(known)
            return await self._pool.acquire()
        except BaseException:
            self._free.put_nowait(None)
            raise

    async def give_back(self, connection: Connection, *, sound: bool) -> None:
        """Takes it back; `sound`: whether all that was done with it succeeded."""
        if sound and not self._ending:
            self._free.put_nowait(connection)
            return
        try:
            await self._pool.release(connection)
        finally:
            self._free.put_nowait(None)

    async def _end(self) -> None:
        self._ending = True
        while not self._free.empty():
            if (connection := self._free.get_nowait()) is not None:
                await self._pool.release(connection)


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool itself took it back when the server closed it
        return False


class _One:
    """What `Connections.one` gives. A class, since a generator takes ten times as long."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __aenter__(self) -> Connection:
        self._connection = await self._connections.take()
        return self._connection

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        await self._connections.give_back(self._connection, sound=failure is None)


class _Connect:
    """Opens connections. When one was not answered in time, all that wait for their turn fail with it, not in turn."""

    # Long enough for whoever waits, short enough not to be noticed once the database is back.
    PAUSE = 0.25

    def __init__(self) -> None:
        self._silent_until = 0.0

    async def __call__(self, *arguments: Any, **named: Any) -> asyncpg.Connection[asyncpg.Record]:
        now = asyncio.get_running_loop().time
        if now() < self._silent_until:
            raise TimeoutError("the database did not answer another connection just now")
        try:
            return await asyncpg.connect(*arguments, **named)
        except TimeoutError:
            self._silent_until = now() + self.PAUSE
            raise
