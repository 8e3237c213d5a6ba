"""Tables where a connector landed them, in a PostgreSQL schema."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from db.database import Database
from db.errors import Invalid, NotFound, Unavailable
from db.importers import SOURCES
from db.importers.landed import landed
from db.importers.records import Fact
from tests.db.importers.exports import real
from tests.records import contents, standing, take

CAMPAIGN_REPORT = """
create schema "Apple Ads";
create table "Apple Ads".campaign_report (
    id bigint, date date, impressions integer, taps integer, local_spend_amount double precision,
    local_spend_currency text, conversions integer, _fivetran_synced timestamptz
);
insert into "Apple Ads".campaign_report values
    (50, '2024-05-06', 100, 5, 5.09, 'USD', 2, '2024-05-07 01:02:03.456+02'),
    (50, '2024-05-07', 0, 0, 0, 'USD', null, null);
create table "Apple Ads".campaign_history (
    id bigint, organization_id bigint, name text, deleted boolean, modification_time timestamptz
);
insert into "Apple Ads".campaign_history values
    (50, 5, 'new, "quoted"', true, '2024-01-02 00:00+00'), (50, 5, 'old', false, '2024-01-02 00:00+02');
create table "Apple Ads".unrelated (id xml);
"""


async def run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def csv_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.csv"))


def header(path: Path) -> list[str]:
    return path.read_text().split("\n", 1)[0].split(",")


async def copy(url: str, schema: str, exported: Iterable[Path], prefix: str) -> None:
    """Lands exported CSV files, every column as text."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"create schema {schema}")
        for path in exported:
            table = path.stem.removeprefix(prefix).removesuffix("_data")
            defined = ", ".join(f'"{column}" text' for column in header(path))
            await connection.execute(f"create table {schema}.{table} ({defined})")
            await connection.copy_to_table(
                table, source=path, schema_name=schema, format="csv", header=True
            )  # fmt: skip
    finally:
        await connection.close()


async def test_the_real_export_is_the_same_from_a_schema_as_from_files(
    database: Database, org_id: int, empty_database_url: str
):
    directory = real("fivetran_facebook")
    await copy(empty_database_url, "facebook_ads", csv_files(directory), "facebook_ads_")
    source = SOURCES["fivetran-facebook"]
    async with landed(empty_database_url, "facebook_ads", source.tables, 5) as copied:
        from_schema = [record[1:] for record in source.read([copied]) if isinstance(record, Fact)]
        await take(database, org_id, source.read([copied]))
    taken = await contents(database)

    assert from_schema == [record[1:] for record in source.read([directory]) if isinstance(record, Fact)]
    assert len(from_schema) > 0
    await take(database, org_id, source.read([directory]))
    assert await contents(database) == taken


async def test_cells_of_every_type_are_read(database: Database, org_id: int, empty_database_url: str):
    await run(empty_database_url, CAMPAIGN_REPORT)
    source = SOURCES["fivetran-apple"]
    async with landed(empty_database_url, "Apple Ads", source.tables, 5) as copied:
        await take(database, org_id, source.read([copied]))

        assert sorted(path.name for path in copied.iterdir()) == ["campaign_history.csv", "campaign_report.csv"]
    assert not copied.exists()
    assert await standing(database, "campaign", "50") == {date(2024, 5, 6): 5_090_000, date(2024, 5, 7): 0}
    assert await standing(database, "ad_account", "5", "conversions_millionths") == {
        date(2024, 5, 6): 2_000_000, date(2024, 5, 7): 0,
    }  # fmt: skip


async def test_what_is_not_there_is_told_with_what_is(empty_database_url: str):
    await run(empty_database_url, CAMPAIGN_REPORT)

    with pytest.raises(
        NotFound, match="no table in a schema 'apple' that its user may read: there are the schemas Apple Ads"
    ):
        async with landed(empty_database_url, "apple", ("campaign_report",), 5):
            pass
    with pytest.raises(NotFound, match="has none of the tables basic_ad: it has campaign_history, campaign_report"):
        async with landed(empty_database_url, "Apple Ads", ("basic_ad",), 5):
            pass


@pytest.mark.parametrize(
    ("url", "error", "reason"),
    [
        ("postgresql://user:secret@127.0.0.1:1/x", Unavailable, "cannot be reached"),
        ("mysql://user:secret@host/x", Invalid, "is no address like postgresql://"),
        ("postgresql://user:secret@host:port/x", Invalid, "is no address like postgresql://"),
    ],
)
async def test_a_database_that_cannot_be_reached_is_told_without_the_password(
    url: str, error: type[Exception], reason: str
):
    with pytest.raises(error, match=reason) as raised:
        async with landed(url, "facebook_ads", ("basic_ad",), 2):
            pass

    assert "secret" not in str(raised.value)


async def test_tables_that_may_not_be_read_are_told(empty_database_url: str):
    role = f"reader_{os.getpid()}"
    await run(
        empty_database_url,
        CAMPAIGN_REPORT,
        f"create role {role} login password 'word'",
        f'grant select on "Apple Ads".campaign_report to {role}',
    )
    there = urlsplit(empty_database_url)
    query = f"?{there.query}" if there.query else ""
    address = f"postgresql://{role}:word@{there.netloc.rpartition('@')[2]}{there.path}{query}"
    try:
        with pytest.raises(Invalid, match="may not be read: permission denied for schema Apple Ads"):
            async with landed(address, "Apple Ads", ("campaign_report",), 5):
                pass
    finally:
        await run(empty_database_url, f"drop owned by {role}", f"drop role {role}")
