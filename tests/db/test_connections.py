"""Connections are kept from one statement to the next, never more than allowed, and replaced once they broke."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from db.connections import Connections, Planning

OWN = "select pg_backend_pid()"


async def own_pid(connections: Connections) -> Any:
    async with connections.one() as connection:
        return await connection.fetchval(OWN)


async def test_statements_one_after_another_take_one_connection(database_url: str):
    async with Connections.open(database_url, 5) as connections:
        assert len({await own_pid(connections) for _ in range(5)}) == 1


async def test_many_at_a_time_share_as_many_as_there_may_be(database_url: str):
    async with Connections.open(database_url, 3) as connections:
        pids = await asyncio.gather(*(own_pid(connections) for _ in range(20)))

    assert len(set(pids)) == 3


async def test_who_waits_for_a_connection_gets_the_one_that_comes_back(database_url: str):
    async with Connections.open(database_url, 1) as connections:
        async with connections.one() as first:
            waiting = asyncio.create_task(own_pid(connections))
            pid = await first.fetchval(OWN)
            assert not waiting.done()

        assert await waiting == pid


async def test_a_statement_that_is_given_up_leaves_nothing_behind(database_url: str):
    async with Connections.open(database_url, 1) as connections:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), connections.one() as connection:
                    await connection.fetch("select pg_sleep(60)")

        async with asyncio.timeout(5):
            assert await own_pid(connections)


async def test_a_connection_that_was_cut_is_replaced(database_url: str):
    async with asyncio.timeout(10), Connections.open(database_url, 1) as connections:
        pid = await own_pid(connections)
        other = await asyncpg.connect(database_url)
        await other.execute("select pg_terminate_backend($1, 5000)", pid)
        await other.close()

        # Whether it is noticed before or while it is used, the next one is another.
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
            await own_pid(connections)
        assert await own_pid(connections) != pid


async def test_one_that_could_not_be_opened_may_be_tried_again():
    async with Connections.open("postgresql://someone@127.0.0.1:1/adgraph", 1) as connections:
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await own_pid(connections)


async def test_what_is_in_use_at_the_end_is_waited_for(database_url: str):
    async with Connections.open(database_url, 2) as connections:
        begun = asyncio.Event()
        slow = asyncio.create_task(_slow(connections, begun))
        await begun.wait()

    assert await slow == 1


async def _slow(connections: Connections, begun: asyncio.Event) -> Any:
    async with connections.one() as connection:
        begun.set()
        return await connection.fetchval("select 1 from pg_sleep(0.2)")


async def test_a_connection_plans_as_whoever_takes_it_says(database_url: str):
    async with Connections.open(database_url, 1) as connections:
        pids = set()
        for planning in (Planning.ONCE, Planning.ONCE, Planning.EACH_TIME, Planning.ONCE):
            async with connections.one(planning) as connection:
                assert await connection.fetchval("show plan_cache_mode") == planning
                assert await connection.fetchval("show enable_seqscan") == (
                    "off" if planning == Planning.ONCE else "on"
                )
                pids.add(await connection.fetchval(OWN))

    assert len(pids) == 1


async def test_who_plans_alike_finds_the_same_connection(database_url: str):
    async with Connections.open(database_url, 2) as connections:
        async with connections.one(Planning.ONCE) as first, connections.one(Planning.EACH_TIME) as second:
            pids = {Planning.ONCE: await first.fetchval(OWN), Planning.EACH_TIME: await second.fetchval(OWN)}
        for planning in (*Planning, *reversed(Planning)):
            async with connections.one(planning) as connection:
                assert await connection.fetchval(OWN) == pids[planning]
