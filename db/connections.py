"""Connections: opened by asyncpg's pool when first needed, and kept at hand from one statement to the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

# Seconds.
RESET_WITHIN = 2.0
CLOSED_WITHIN = 5.0
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


class Planning(StrEnum):
    """When PostgreSQL plans a prepared statement: each time, for the arguments at hand, or once, for any."""

    EACH_TIME = "force_custom_plan"
    ONCE = "force_generic_plan"


def planning_for(number: int) -> Planning:
    """The planning of a statement that looks up so many by a key: a plan for any number takes them to be ten."""
    return Planning.ONCE if number <= 10 else Planning.EACH_TIME


class Connections:
    """At most `most` connections. To go through the pool takes longer than a small statement, so a connection goes
    back there only where a statement failed, for the pool knows what then has to be done.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], most: int) -> None:
        self._pool = pool
        self._most = most
        self._turns = asyncio.Semaphore(most)
        # By what they were last used for. The last to come back goes first, so that no more are opened than are needed.
        self._free: dict[str, list[Connection]] = {planning: [] for planning in Planning}

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

    @asynccontextmanager
    async def one(self, planning: str = Planning.EACH_TIME) -> AsyncIterator[Connection]:
        """A connection for the length of the block; waits while all are in use."""
        connection = await self.take(planning)
        try:
            yield connection
        except BaseException:
            await self.give_up(connection)
            raise
        self.give_back(connection, planning)

    async def take(self, planning: str) -> Connection:
        """A connection that has to be given back, or given up where something failed; waits while all are in use."""
        await self._turns.acquire()
        own = self._free[planning]
        if own and _is_open(own[-1]):
            return own.pop()
        try:
            return await self._other(planning)
        except BaseException:
            self._turns.release()
            raise

    async def _other(self, planning: str) -> Connection:
        """One that plans otherwise, told to plan so; a new one where none is free."""
        known = next((free.pop() for free in (self._free[planning], *self._free.values()) if free), None)
        if known is not None and not _is_open(known):
            await self._pool.release(known)
            known = None
        connection = known or await self._pool.acquire()
        try:
            # A plan that is kept may be older than what the tables hold: nearly empty ones would be read as a whole.
            whole = "off" if planning == Planning.ONCE else "on"
            await connection.execute(f"set plan_cache_mode = {planning}; set enable_seqscan = {whole}")
        except BaseException:
            await self._pool.release(connection)
            raise
        return connection

    def give_back(self, connection: Connection, planning: str) -> None:
        """Takes it back, once all that was done with it has succeeded."""
        self._free[planning].append(connection)
        self._turns.release()

    async def give_up(self, connection: Connection) -> None:
        """Takes it back whatever it is in. The pool resets it, or ends it where that fails: amid a statement that was
        prepared and not run, the server would sooner or later time out whatever came next.
        """
        try:
            with suppress(Exception):  # what failed first is what there is to tell
                await self._pool.release(connection, timeout=RESET_WITHIN)
        finally:
            self._turns.release()

    async def _end(self) -> None:
        """Waits for what is in use, then closes all."""
        for _ in range(self._most):
            await self._turns.acquire()
        for free in self._free.values():
            while free:
                await self._pool.release(free.pop())
        for _ in range(self._most):
            self._turns.release()
        # asyncpg would wait for ever for a server that has told of an error meanwhile; cut short, it hangs up.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pool.close(), CLOSED_WITHIN)


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool itself took it back when the server closed it
        return False


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
