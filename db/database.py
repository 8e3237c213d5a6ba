"""The one door to PostgreSQL: a pool, named queries, and failures told as what they mean."""

from __future__ import annotations

import asyncio
import contextvars
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
from aiosql.query_loader import QueryLoader
from asyncpg.pool import PoolConnectionProxy

from db.errors import Invalid, NotMigrated, TimedOut, Unavailable

QUERIES = Path(__file__).parent / "queries"
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

# The names of the statements sent, in order, while someone records them (tests do).
_recording: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("recording", default=None)


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


def statement(name: str, label: str | None = None, **slots: str) -> str:
    """The text of the statement `name`, opening with `label` (or its name) as a comment for the server's log.

    `slots` fill the `{slot}`s of a template: SQL fragments from closed tables in `db`, never from a client.
    """
    sql = _statements()[name]
    for slot, fragment in slots.items():
        sql = sql.replace("{" + slot + "}", fragment)
    return f"/* {label or name} */ {sql}"


@contextmanager
def recording() -> Iterator[list[str]]:
    """Collects the names of the statements that this context, and the tasks it starts, send."""
    names: list[str] = []
    token = _recording.set(names)
    try:
        yield names
    finally:
        _recording.reset(token)


@contextmanager
def _told() -> Iterator[None]:
    """Turns the driver's failures into the errors that clients know."""
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise TimedOut(
            "The database took longer than allowed. Ask for less: fewer entities, a shorter window."
        ) from error
    except asyncpg.CharacterNotInRepertoireError as error:
        raise Invalid("PostgreSQL holds no text with the character NUL (\\u0000). Leave it out.") from error
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise NotMigrated("The database lacks tables of this version of adgraph. Run adgraph migrate.") from error
    except asyncpg.InterfaceError as error:
        if "closed" not in str(error) and "closing" not in str(error):
            raise
        raise Unavailable("The database connection was lost. Try again shortly.") from error
    except UNREACHABLE as error:
        raise Unavailable("The database cannot be reached. Try again shortly.") from error


class Transaction:
    """Named queries on one connection, all of them or none."""

    def __init__(self, connection: PoolConnectionProxy[asyncpg.Record]) -> None:
        self._connection = connection

    async def fetch(
        self, name: str, *arguments: object, row: type[R], label: str | None = None, **slots: str
    ) -> list[R]:
        """The rows of the statement `name`; see `statement` for `label` and `slots`."""
        if (names := _recording.get()) is not None:
            names.append(label or name)
        sql = statement(name, label, **slots)
        with _told():
            try:
                return await self._connection.fetch(sql, *arguments, record_class=row)
            except asyncpg.InvalidCachedStatementError:
                # After a migration the first use of a prepared statement fails and drops it; the second prepares anew.
                if self._connection.is_in_transaction():
                    raise
                return await self._connection.fetch(sql, *arguments, record_class=row)

    async def execute(self, name: str, *arguments: object, label: str | None = None, **slots: str) -> None:
        """Runs the statement `name` for its effect."""
        await self.fetch(name, *arguments, row=Row, label=label, **slots)

    async def copy(self, table: str, columns: tuple[str, ...], records: Iterable[tuple[object, ...]]) -> None:
        """Appends `records` to `table` with COPY, PostgreSQL's fastest way in."""
        with _told():
            await self._connection.copy_records_to_table(table, columns=columns, records=records)


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


async def _nothing(_connection: object) -> None:
    pass


class Database:
    """A pool of connections. It connects when first asked, so that a server starts before its database does."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, url: str, *, connections: int = 10, connect_timeout: float = 2, statement_timeout: float = 30
    ) -> AsyncIterator[Self]:
        """A database at `url` until the block ends. Times in seconds; a `statement_timeout` of 0 means no limit."""
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            timeout=connect_timeout,
            connect=_Connect(),
            statement_cache_size=500,
            # Nothing here changes a session beyond its transaction, so a connection goes back without a statement of
            # asyncpg's own, which would cost as much as a small query.
            reset=_nothing,
            server_settings={
                "application_name": "adgraph",
                "timezone": "UTC",
                "statement_timeout": str(round(statement_timeout * 1000)),
                # Compiling costs more than these short statements take.
                "jit": "off",
                # One statement asks for one entity or for thousands: a plan for any number is several times slower for
                # many than a plan for the number at hand, and planning takes a fraction of a millisecond.
                "plan_cache_mode": "force_custom_plan",
            },
        )
        async with pool:
            yield cls(pool)

    async def fetch(
        self, name: str, *arguments: object, row: type[R], label: str | None = None, **slots: str
    ) -> list[R]:
        """The rows of the statement `name`, on any free connection; see `statement` for `label` and `slots`."""
        with _told():
            async with self._pool.acquire() as connection:
                return await Transaction(connection).fetch(name, *arguments, row=row, label=label, **slots)

    async def execute(self, name: str, *arguments: object, label: str | None = None, **slots: str) -> None:
        """Runs the statement `name` for its effect, in a transaction of its own."""
        await self.fetch(name, *arguments, row=Row, label=label, **slots)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with _told():
            async with self._pool.acquire() as connection, connection.transaction():
                yield Transaction(connection)
