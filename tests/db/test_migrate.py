"""Migrations: in order, once each, one migrator at a time, and never over what they do not understand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from db.database import Database, recording
from db.errors import Invalid, Unavailable
from db.migrate import (
    DatabaseAhead,
    Migration,
    MigrationChanged,
    MigrationFailed,
    PostgresTooOld,
    _check_version,
    migrate,
    pending,
    pending_at,
    read,
)

NAMES = [migration.name for migration in read()]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Three small migrations."""
    (tmp_path / "0001_book.sql").write_text(
        "-- Books; what's in them.\ncreate table book (title text default 'a;b');\n\ncreate index on book (title);\n"
    )
    (tmp_path / "0002_shelf.sql").write_text("create table shelf (id bigint);\n-- the end;\n")
    (tmp_path / "0003_count.sql").write_text(
        "create function books() returns bigint language plpgsql as $$\n"
        "begin return (select count(*) from book); end;\n$$;\ninsert into book values ('one');\n"
    )
    return tmp_path


async def value(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_is_missing_is_applied_in_order_and_once(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) == NAMES
    assert await migrate(empty_database_url) == []


async def test_statements_go_one_by_one(directory: Path, empty_database_url: str) -> None:
    statements = [migration.statements for migration in read(directory)]
    assert [len(one) for one in statements] == [2, 1, 2], "comments and bodies of functions are no statements"
    await migrate(empty_database_url, directory=directory)
    assert await value(empty_database_url, "select books()") == 1


async def test_any_number_of_migrators_may_run_at_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(migrate(empty_database_url) for _ in range(8)))
    assert sorted(applied) == [[]] * 7 + [NAMES]


async def test_only_new_files_are_applied(directory: Path, empty_database_url: str) -> None:
    await migrate(empty_database_url, directory=directory)
    (directory / "0004_room.sql").write_text("create table room (id bigint);")
    assert await migrate(empty_database_url, directory=directory) == ["0004_room"]


async def test_a_changed_file_is_refused(directory: Path, empty_database_url: str) -> None:
    await migrate(empty_database_url, directory=directory)
    (directory / "0002_shelf.sql").write_text("create table shelf (id integer);")
    with pytest.raises(MigrationChanged, match="0002_shelf was changed"):
        await migrate(empty_database_url, directory=directory)


async def test_a_database_that_is_ahead_is_refused(directory: Path, empty_database_url: str) -> None:
    await migrate(empty_database_url, directory=directory)
    (directory / "0003_count.sql").unlink()
    with pytest.raises(DatabaseAhead, match="0003_count"):
        await migrate(empty_database_url, directory=directory)


async def test_a_migration_that_fails_leaves_nothing_behind(directory: Path, empty_database_url: str) -> None:
    (directory / "0003_count.sql").write_text("create table half (id bigint);\ncreate table book (id bigint);")
    with pytest.raises(MigrationFailed, match='0003_count: relation "book" already exists'):
        await migrate(empty_database_url, directory=directory)
    assert await value(empty_database_url, "select to_regclass('half')") is None
    assert await value(empty_database_url, "select count(*) from migration") == 2


def test_numbers_run_without_a_gap(directory: Path) -> None:
    (directory / "0002_shelf.sql").rename(directory / "0005_shelf.sql")
    with pytest.raises(ValueError, match=r"0003_count\.sql: migration 2 must be named 0002_"):
        read(directory)


def test_line_ends_do_not_change_a_checksum(directory: Path) -> None:
    before = read(directory)[0].checksum
    path = directory / "0001_book.sql"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read(directory)[0].checksum == before
    assert Migration(1, "0001_book", "").checksum != before


async def test_pending_says_what_is_missing(empty_database_url: str) -> None:
    async with Database.connect(empty_database_url) as database:
        assert await pending(database) == NAMES
        assert await pending_at(empty_database_url) == NAMES
        await migrate(empty_database_url)
        with recording() as sent:
            assert await pending(database) == []
        assert await pending_at(empty_database_url) == []
    assert sent == ["applied_migrations"]


def test_an_old_postgresql_is_refused() -> None:
    for major in (9, 14):
        with pytest.raises(PostgresTooOld, match="15 or newer"):
            _check_version(asyncpg.ServerVersion(major, 0, 0, "final", 0))
    _check_version(asyncpg.ServerVersion(15, 0, 0, "final", 0))


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://someone:secret@127.0.0.1:1/adgraph", Unavailable),
        ("postgresql:///adgraph?host=/nowhere", Unavailable),
        ("postgresql://someone:secret@127.0.0.1:port/adgraph", Invalid),
        ("postgresql://someone:secret@127.0.0.1:1/adgraph?sslmode=maybe", Invalid),
    ],
)
async def test_a_database_out_of_reach_is_told_without_the_password(url: str, error: type[Exception]) -> None:
    for ask in (migrate, pending_at):
        with pytest.raises(error) as told:
            await ask(url)
        assert "secret" not in str(told.value)


async def test_a_database_that_does_not_exist_is_told(server_url: str) -> None:
    with pytest.raises(Unavailable, match='"adgraph_absent" does not exist'):
        await migrate(urlunsplit(urlsplit(server_url)._replace(path="/adgraph_absent")))
