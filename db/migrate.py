"""Migrations: plain SQL files, applied in order, once each, by one migrator at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import sqlparse

from db.database import UNREACHABLE, Database, Row
from db.errors import AdgraphError, Invalid, NotMigrated, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST_POSTGRESQL = 15
# Any number will do, as long as every adgraph asks for the same one.
_LOCK = 0x616467726170

_CREATE = """
    create table if not exists migration (
        number integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now()
    )"""
_APPLIED = "select number, name, checksum from migration order by number"
_RECORD = "insert into migration (number, name, checksum) values ($1, $2, $3)"


class MigrationRefused(AdgraphError):
    """The database cannot be brought to this version as it is."""

    code = "UNAVAILABLE"
    exit_code = 2


class MigrationChanged(MigrationRefused):
    """A migration file differs from what was applied under its number."""


class DatabaseAhead(MigrationRefused):
    """The database has had migrations that this version of adgraph does not know."""


class MigrationFailed(MigrationRefused):
    """PostgreSQL refused a statement of a migration; nothing of that migration stays."""


class MigrationsPending(MigrationRefused):
    """The database lacks migrations, and it is not for this command to apply them."""


class PostgresTooOld(MigrationRefused):
    """The server is older than adgraph can use."""


class Applied(NamedTuple):
    """A migration as the database remembers it."""

    number: int
    name: str
    checksum: str


class AppliedRow(Row):
    """`number`, `name` and `checksum` of a migration that was applied."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the directory: `0001_tree.sql` has the number 1 and the name `0001_tree`."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hexadecimal; the same whatever line ends a checkout has."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """One by one, because Citus takes one schema change per call."""
        parts = sqlparse.split(self.sql)
        return [part for part in parts if sqlparse.format(part, strip_comments=True).strip("; \n")]


def read(directory: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of the directory, in order; their numbers run from 1 without a gap."""
    found = []
    for expected, path in enumerate(sorted(directory.glob("*.sql")), start=1):
        if not (match := re.fullmatch(r"(\d{4})_[a-z0-9_]+", path.stem)) or int(match[1]) != expected:
            raise ValueError(f"{path.name}: migration {expected} must be named {expected:04}_what_it_does.sql")
        found.append(Migration(expected, path.stem, path.read_text(encoding="utf-8")))
    return found


def missing(migrations: Sequence[Migration], applied: Iterable[Applied]) -> list[Migration]:
    """What is still to be applied; raises where the database's past is not the beginning of `migrations`."""
    known = {migration.number: migration for migration in migrations}
    done = set()
    for number, name, checksum in applied:
        if number not in known:
            raise DatabaseAhead(
                f"The database has had migration {name}, which this adgraph does not know. Run the newer adgraph."
            )
        if checksum != known[number].checksum:
            raise MigrationChanged(
                f"Migration {name} was changed after it had been applied. "
                "Restore the file and put the change into a new migration."
            )
        done.add(number)
    return [migration for migration in migrations if migration.number not in done]


async def migrate(url: str, *, directory: Path = MIGRATIONS, connect_timeout: float = 2) -> list[str]:
    """Applies what is missing, in order, each file in a transaction of its own; returns the names.

    Any number of migrators may run at once: one works, the others wait and then find nothing to do.
    """
    migrations = read(directory)
    async with _connected(url, connect_timeout) as connection:
        # Ending the session also gives the lock back.
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        return await _apply(connection, migrations)


async def pending_at(url: str, *, connect_timeout: float = 2) -> list[str]:
    """The names of the migrations that the database at `url` still lacks, asked on a connection of its own."""
    migrations = read()
    async with _connected(url, connect_timeout) as connection:
        there = await connection.fetchval("select to_regclass('migration')")
        rows = await connection.fetch(_APPLIED) if there else []
        return [migration.name for migration in missing(migrations, (Applied(*row) for row in rows))]


async def pending(database: Database) -> list[str]:
    """The names of the migrations that the database still lacks; one short statement."""
    try:
        rows = await database.fetch("applied_migrations", row=AppliedRow)
    except NotMigrated:
        rows = []
    return [migration.name for migration in missing(read(), (Applied(*row) for row in rows))]


@asynccontextmanager
async def _connected(url: str, connect_timeout: float) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection without limits on how long a statement takes; tells why there is none, without the password."""
    settings = {"application_name": "adgraph migrate", "timezone": "UTC", "statement_timeout": "0"}
    try:
        connection = await asyncpg.connect(url, timeout=connect_timeout, server_settings=settings)
    except UNREACHABLE as error:
        reason = str(error).rstrip(".") or "no answer in time"
        raise Unavailable(
            f"The database cannot be reached: {reason}. Check DATABASE_URL, or unset it to use the embedded server."
        ) from error
    except ValueError as error:
        raise Invalid(f"DATABASE_URL cannot be used: {error}.") from error
    try:
        _check_version(connection.get_server_version())
        yield connection
    except UNREACHABLE as error:
        raise Unavailable("The connection to the database was lost; what was not finished is undone.") from error
    finally:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=connect_timeout)


async def _apply(connection: asyncpg.Connection[Any], migrations: Sequence[Migration]) -> list[str]:
    with _told("the table of migrations"):
        await connection.execute(_CREATE)
        applied = [Applied(*row) for row in await connection.fetch(_APPLIED)]
    names = []
    for migration in missing(migrations, applied):
        with _told(f"migration {migration.name}"):
            async with connection.transaction():
                for statement in migration.statements:
                    await connection.execute(statement)
                await connection.execute(_RECORD, migration.number, migration.name, migration.checksum)
        names.append(migration.name)
    return names


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except UNREACHABLE:
        raise
    except asyncpg.PostgresError as error:
        raise MigrationFailed(f"PostgreSQL refused {what}: {error}.") from error


def _check_version(version: asyncpg.ServerVersion) -> None:
    if version.major < OLDEST_POSTGRESQL:
        raise PostgresTooOld(
            f"This is PostgreSQL {version.major}; adgraph needs {OLDEST_POSTGRESQL} or newer. "
            "Upgrade it, or unset DATABASE_URL to use the embedded server."
        )
