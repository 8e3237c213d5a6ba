"""The one door to PostgreSQL: named queries, whole transactions, and failures told as what they mean."""

from __future__ import annotations

import asyncio
import socket

import asyncpg
import pytest

from db.database import Database, Row, recording, statement
from db.errors import NotMigrated, TimedOut, Unavailable
from db.organization import OrganizationId, organization_id
from tests.make import make_project


async def test_an_organization_is_created_once(database: Database) -> None:
    ids = await asyncio.gather(*(organization_id(database, "Acme") for _ in range(10)))
    assert len(set(ids)) == 1
    assert await organization_id(database, "Other") not in ids


async def test_statements_are_recorded_by_name_in_every_task(database: Database, queries_sent: list[str]) -> None:
    await asyncio.gather(organization_id(database, "a"), organization_id(database, "b"))
    assert queries_sent == ["organization_id"] * 2


async def test_what_tests_write_is_not_recorded(database: Database, org_id: int, queries_sent: list[str]) -> None:
    await make_project(database, org_id)
    assert queries_sent == []


def test_a_statement_opens_with_its_name() -> None:
    assert statement("organization_id").startswith("/* organization_id */")
    assert statement("organization_id", "who").startswith("/* who */")


async def test_a_row_has_what_was_selected_and_nothing_else(database: Database) -> None:
    (row,) = await database.fetch("organization_id", "Acme", row=OrganizationId)
    assert row.id
    with pytest.raises(AttributeError, match="was selected without 'name'"):
        _ = row.name


async def test_a_transaction_that_fails_leaves_nothing(database: Database, org_id: int) -> None:
    async def write(*, fail: bool) -> None:
        async with database.transaction() as transaction:
            await transaction.copy("project", ("org_id", "name"), [(org_id, "of that name there is one")])
            if fail:
                raise LookupError

    with pytest.raises(LookupError):
        await write(fail=True)
    await write(fail=False)


async def test_a_slow_statement_times_out_and_the_pool_goes_on(database_url: str) -> None:
    async with Database.connect(database_url, connections=1, statement_timeout=0.05) as database:
        blocker = Database.connect(database_url)
        async with blocker as other, other.transaction() as transaction:
            await transaction.execute("organization_id", "Acme")
            with pytest.raises(TimedOut):
                await database.fetch("organization_id", "Acme", row=Row)
        assert await organization_id(database, "Acme")


async def test_a_statement_that_was_prepared_and_not_run_leaves_no_connection_amid_it(database_url: str) -> None:
    async with Database.connect(database_url) as database:
        with pytest.raises(asyncpg.DataError):
            await database.fetch("data_version", "no number", row=Row)

        watching = await asyncpg.connect(database_url)
        states = (
            "select state from pg_stat_activity where datname = current_database() and application_name = 'adgraph'"
        )
        # Were it active, the time limit of that statement would befall whatever was asked next.
        assert [state for (state,) in await watching.fetch(states)] == ["idle"]
        await watching.close()


@pytest.mark.parametrize("change", ["drop table organization cascade", "alter table organization drop name cascade"])
async def test_a_database_of_another_version_says_what_to_run(database_url: str, change: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(change)
    await connection.close()
    async with Database.connect(database_url) as database:
        with pytest.raises(NotMigrated, match="adgraph migrate"):
            await organization_id(database, "Acme")


async def test_an_unreachable_database_is_unavailable() -> None:
    async with Database.connect("postgresql://someone@127.0.0.1:1/adgraph") as database:
        with pytest.raises(Unavailable):
            await organization_id(database, "Acme")


async def test_a_server_that_does_not_answer_is_unavailable_after_the_connect_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql://someone@127.0.0.1:{port}/adgraph"
        async with asyncio.timeout(2), Database.connect(url, connect_timeout=0.1) as database:
            with pytest.raises(Unavailable):
                await organization_id(database, "Acme")


def test_a_recording_inside_another_keeps_to_itself() -> None:
    with recording() as outer:
        with recording() as inner:
            inner.append("inner")
        outer.append("outer")
    assert (outer, inner) == (["outer"], ["inner"])
