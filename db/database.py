"""The one door to PostgreSQL: a pool, named queries, and failures told as what they mean."""

from __future__ import annotations

import contextvars
import io
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

import asyncpg
from aiosql.query_loader import QueryLoader

from db.binary_rows import END, HEADER
from db.connections import Connection, Connections, Planning
from db.errors import AdgraphError, Invalid, NotMigrated, TimedOut, Unavailable

QUERIES = Path(__file__).parent / "queries"
# Stands in a statement for the look-up of the version of the data.
VERSION = "{version}"
UNREACHABLE = (
    OSError,
    TimeoutError,
    ssl.SSLError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


class Sent(list[str]):
    """The names of the statements that a context, and the tasks it starts, send while it is entered, in order.

    `version` is that of the data which they found, where they told; `untold`: whether one did not, or they differ.
    """

    version: int | None = None
    untold = False

    def __enter__(self) -> Self:
        self._token = _recording.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _recording.reset(self._token)

    def told(self, version: int | None) -> None:
        """Takes in which version a statement found."""
        self.untold |= version is None or self.version not in (None, version)
        self.version = version

    def add(self, other: Sent) -> None:
        """Takes in those that were sent for several, and for this context."""
        self += other
        self.told(None if other.untold else other.version)


# What is sent while somebody records it.
_recording: contextvars.ContextVar[Sent | None] = contextvars.ContextVar("recording", default=None)


class Row(asyncpg.Record):
    """A row whose selected columns are attributes: frozen, decoded once, holding only what the statement returned."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} was selected without {name!r}") from None


R = TypeVar("R", bound=Row)


class _PlainSql:
    """aiosql finds the statements in the files; their `$n` parameters are PostgreSQL's own and stay as they are."""

    is_aio_driver = True

    def process_sql(self, _query_name: str, _op_type: object, sql: str) -> str:
        return sql


@cache
def _statements() -> dict[str, str]:
    loader = QueryLoader(_PlainSql(), None, mandatory_parameters=False)  # type: ignore[arg-type]  # its one used method
    found = [query for path in sorted(QUERIES.glob("*.sql")) for query in loader.load_query_data_from_file(path)]
    return {query.query_name: query.sql for query in found}


@cache
def _telling() -> frozenset[str]:
    """The statements whose rows tell, each, the version of the data that they were found in."""
    return frozenset(name for name, sql in _statements().items() if VERSION in sql)


@lru_cache(maxsize=1_000)
def statement(name: str, label: str | None = None, **slots: str) -> str:
    """The text of the statement `name`, opening with `label` (or its name) as a comment for the server's log.

    `slots` fill the `{slot}`s of a template: SQL fragments from closed tables in `db`, never from a client.
    """
    sql = _statements()[name].replace(VERSION, f"({_statements()['data_version'].rstrip().rstrip(';')})")
    for slot, fragment in slots.items():
        sql = sql.replace("{" + slot + "}", fragment)
    return f"/* {label or name} */ {sql}"


def recording() -> Sent:
    """Collects what the block sends."""
    return Sent()


def recorded(shared: Sent) -> None:
    """Tells whoever records this context of statements that were sent for several."""
    if (sent := _recording.get()) is not None:
        sent.add(shared)


class _Told:
    """Turns the driver's failures into the errors that clients know. A class, since a generator takes ten times as
    long.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and (meaning := _meaning(error)):
            raise meaning from error


_told = _Told()


def _meaning(error: BaseException) -> AdgraphError | None:
    match error:
        case asyncpg.QueryCanceledError():
            return TimedOut("The database took longer than allowed. Ask for less: fewer entities, a shorter window.")
        case asyncpg.CharacterNotInRepertoireError():
            return Invalid("PostgreSQL holds no text with the character NUL (\\u0000). Leave it out.")
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return NotMigrated("The database lacks tables of this version of adgraph. Run adgraph migrate.")
        case asyncpg.InterfaceError() if "closed" in str(error) or "closing" in str(error):
            return Unavailable("The database connection was lost. Try again shortly.")
    return Unavailable("The database cannot be reached. Try again shortly.") if isinstance(error, UNREACHABLE) else None


class Transaction:
    """Named queries on one connection, all of them or none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(
        self, name: str, *arguments: object, row: type[R], label: str | None = None, **slots: str
    ) -> list[R]:
        """The rows of the statement `name`; see `statement` for `label` and `slots`."""
        with _told:
            return await _fetch(self._connection, name, arguments, row, label, slots)

    async def execute(self, name: str, *arguments: object, label: str | None = None, **slots: str) -> None:
        """Runs the statement `name` for its effect."""
        await self.fetch(name, *arguments, row=Row, label=label, **slots)

    async def copy_out(self, name: str, *arguments: object, output: BinaryIO, header: bool, **slots: str) -> None:
        """Writes the rows of the statement `name` to `output` as CSV."""
        with _told:
            await self._connection.copy_from_query(
                statement(name, **slots).rstrip(";\n"), *arguments, output=output, format="csv", header=header
            )

    async def copy(self, table: str, columns: tuple[str, ...], records: Iterable[tuple[object, ...]]) -> None:
        """Appends `records` to `table` with COPY, PostgreSQL's fastest way in."""
        with _told:
            await self._connection.copy_records_to_table(table, columns=columns, records=records)

    async def copy_rows(self, table: str, columns: tuple[str, ...], rows: Iterable[bytes]) -> None:
        """The same with rows as `db.binary_rows` makes them."""
        with _told:
            source = io.BytesIO(b"".join((HEADER, *rows, END)))
            await self._connection.copy_to_table(table, columns=columns, source=source, format="binary")

    async def copy_text(self, table: str, columns: tuple[str, ...], lines: bytes) -> None:
        """The same with rows as text: a line each, with tabs between cells and nothing in those that are null."""
        with _told:
            await self._connection.copy_to_table(
                table, columns=columns, source=io.BytesIO(lines), format="text", null=""
            )


async def _fetch(
    connection: Connection, name: str, arguments: tuple[object, ...], row: type[R],
    label: str | None, slots: Mapping[str, str],
) -> list[R]:  # fmt: skip
    sent = _recording.get()
    if sent is not None:
        sent.append(label or name)
    sql = statement(name, label, **slots)
    try:
        rows = await connection.fetch(sql, *arguments, record_class=row)
    except asyncpg.InvalidCachedStatementError:
        # After a migration the first use of a prepared statement fails and drops it; the second prepares anew.
        if connection.is_in_transaction():
            raise
        rows = await connection.fetch(sql, *arguments, record_class=row)
    if sent is not None:
        sent.told(rows[0]["version"] if rows and name in _telling() else None)
    return rows


class Database:
    """A database, connected to when first asked, so that a server starts before its database does."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, url: str, *, connections: int = 10, connect_timeout: float = 2, statement_timeout: float = 30
    ) -> AsyncIterator[Self]:
        """A database at `url` until the block ends. Times in seconds; a `statement_timeout` of 0 means no limit."""
        opening = Connections.open(
            url,
            connections,
            timeout=connect_timeout,
            statement_cache_size=500,
            server_settings={
                "application_name": "adgraph",
                "timezone": "UTC",
                "statement_timeout": str(round(statement_timeout * 1000)),
                # Compiling costs more than these short statements take.
                "jit": "off",
            },
        )
        async with opening as opened:
            yield cls(opened)

    async def fetch(
        self, name: str, *arguments: object, row: type[R], label: str | None = None,
        planning: str = Planning.EACH_TIME, **slots: str,
    ) -> list[R]:  # fmt: skip
        """The rows of the statement `name`, on any free connection; see `statement` for `label` and `slots`.

        One statement asks for one entity or for thousands: a plan for any number is several times slower for many than
        a plan for the number at hand. Where there are few of whatever is asked for, to plan takes several times as long
        as to run, and a `planning` of ONCE leaves that out.
        """
        connections = self._connections
        with _told:
            connection = await connections.take(planning)
            try:
                rows = await _fetch(connection, name, arguments, row, label, slots)
            except BaseException:
                await connections.give_up(connection)
                raise
            connections.give_back(connection, planning)
            return rows

    async def execute(self, name: str, *arguments: object, label: str | None = None, **slots: str) -> None:
        """Runs the statement `name` for its effect, in a transaction of its own."""
        await self.fetch(name, *arguments, row=Row, label=label, **slots)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with _told:
            async with self._connections.one() as connection, connection.transaction():
                yield Transaction(connection)
