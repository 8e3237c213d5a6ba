"""Tables that a connector landed in a PostgreSQL schema: copied to CSV files, which are read as exported ones are."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from db.database import UNREACHABLE, Row, statement
from db.errors import Invalid, NotFound, Unavailable

# Whatever that server is set to, cells are to be written as the files of other exports are.
_SETTINGS = {
    "application_name": "adgraph", "DateStyle": "ISO", "TimeZone": "UTC", "extra_float_digits": "1",
    "client_encoding": "UTF8", "statement_timeout": "0",
}  # fmt: skip


class _NameRow(Row):
    name: str


@asynccontextmanager
async def landed(url: str, schema: str, wanted: Collection[str], connect_timeout: float) -> AsyncIterator[Path]:
    """A directory with those of the tables `wanted` that `schema` of the database at `url` has, while it is needed.

    All are as they were at one moment. Raises `Unavailable`, `NotFound` where there is no such schema or none of the
    tables, `Invalid` where they may not be read.
    """
    with tempfile.TemporaryDirectory(prefix="adgraph-") as temporary:
        # The name is what a bad row's place shows.
        directory = Path(temporary) / schema.replace("/", "_")
        directory.mkdir()
        connection = await _connect(url, connect_timeout)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                for table in await _tables(connection, schema, wanted):
                    await connection.copy_from_query(
                        statement("landed_rows", table=f"{_quoted(schema)}.{_quoted(table)}").rstrip("; \n"),
                        output=directory / f"{table.lower()}.csv", format="csv", header=True,
                    )  # fmt: skip
        except asyncpg.InsufficientPrivilegeError as error:
            raise Invalid(f"The tables in --from may not be read: {error}. Grant the user select on them.") from error
        except UNREACHABLE as error:
            raise Unavailable(f"The database in --from was lost: {error}.") from error
        finally:
            await connection.close(timeout=connect_timeout)
        yield directory


async def _connect(url: str, connect_timeout: float) -> asyncpg.Connection[Any]:
    try:
        return await asyncpg.connect(url, timeout=connect_timeout, server_settings=_SETTINGS)
    except UNREACHABLE as error:
        raise Unavailable(f"The database in --from cannot be reached: {str(error) or type(error).__name__}.") from error
    except (ValueError, asyncpg.InterfaceError):
        # What the driver says of it may repeat the password.
        raise Invalid("--from is no address like postgresql://user@host:5432/database.") from None


async def _tables(connection: asyncpg.Connection[Any], schema: str, wanted: Collection[str]) -> list[str]:
    found = [row.name for row in await connection.fetch(statement("landed_tables"), schema, record_class=_NameRow)]
    tables = [name for name in found if name.lower() in wanted]
    if not found:
        schemas = [row.name for row in await connection.fetch(statement("landed_schemas"), record_class=_NameRow)]
        there = ", ".join(schemas[:20]) or "none with a table"
        raise NotFound(
            f"The database in --from has no table in a schema {schema!r} that its user may read: there are the schemas "
            f"{there}."
        )
    if not tables:
        raise NotFound(
            f"The schema {schema!r} has none of the tables {', '.join(wanted)}: it has {', '.join(found[:20])}."
        )
    return tables


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
