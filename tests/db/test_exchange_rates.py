"""Exchange rates from a file to the table: what is taken, what is refused, and what a second import leaves alone."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.importing.exchange_rates import RatesReport, import_rates
from db.importing.refusals import ImportRefused
from db.version import Versions
from tests.graph.test_cli import adgraph
from tests.records import rows

# As the European Central Bank writes it: newest first, no weekend, and a comma at the end.
HISTORY = """Date,USD,JPY,CYP,
2025-03-10,1.0844,159.50,N/A,
2025-03-07,1.0857,160.1,N/A,
1999-01-04,1.1789,133.73,0.58231,
"""
KNOWN = [
    ("CYP", date(1999, 1, 4), Decimal("0.58231")),
    ("JPY", date(1999, 1, 4), Decimal("133.73")),
    ("JPY", date(2025, 3, 7), Decimal("160.1")),
    ("JPY", date(2025, 3, 10), Decimal("159.50")),
    ("USD", date(1999, 1, 4), Decimal("1.1789")),
    ("USD", date(2025, 3, 7), Decimal("1.0857")),
    ("USD", date(2025, 3, 10), Decimal("1.0844")),
]


async def stored(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await rows(database, "select * from exchange_rate order by currency, day")]


async def taken(database: Database, directory: Path, text: str, **options: bool) -> RatesReport:
    path = directory / "rates.csv"
    path.write_text(text)
    return await import_rates(database, path, **options)


async def refusals(database: Database, directory: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ImportRefused) as refused:
        await taken(database, directory, text)
    assert await stored(database) == []
    return [(bad.place.line, bad.column, bad.reason) for bad in refused.value.bad_rows]


async def test_the_history_of_the_european_central_bank_is_taken_as_it_is(database: Database, tmp_path: Path):
    report = await taken(database, tmp_path, HISTORY)

    assert await stored(database) == KNOWN
    assert (report.rates, report.added, report.replaced, report.currencies) == (7, 7, 0, 3)
    assert (report.first, report.last) == (date(1999, 1, 4), date(2025, 3, 10))


@pytest.mark.parametrize("packed", ["gzip", "zip"])
async def test_a_packed_history_is_read_as_it_is(database: Database, tmp_path: Path, packed: str):
    path = tmp_path / "eurofxref-hist"
    if packed == "gzip":
        path.write_bytes(gzip.compress(HISTORY.encode()))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("eurofxref-hist.csv", HISTORY)

    assert (await import_rates(database, path)).added == 7


async def test_a_damaged_zip_is_refused(database: Database, tmp_path: Path):
    path = tmp_path / "eurofxref-hist.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", HISTORY * 100)
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises((ImportRefused, Invalid)):
        await import_rates(database, path)


async def test_the_same_file_changes_nothing_and_a_newer_one_replaces_what_differs(database: Database, tmp_path: Path):
    await taken(database, tmp_path, HISTORY)
    again = await taken(database, tmp_path, HISTORY.replace("159.50", "159.5"))
    newer = await taken(database, tmp_path, "Date,USD,JPY,\n2025-03-11,1.0912,161.07,\n2025-03-10,1.0845,N/A,\n")

    assert (again.added, again.replaced, again.changed) == (0, 0, False)
    assert (newer.added, newer.replaced, newer.changed) == (2, 1, True)
    found = {(currency, day): rate for currency, day, rate in await stored(database)}
    assert found["USD", date(2025, 3, 10)] == Decimal("1.0845")
    # N/A says nothing of what was known.
    assert found["JPY", date(2025, 3, 10)] == Decimal("159.50")


async def test_rates_by_row_may_have_any_base_that_leads_to_the_euro(database: Database, tmp_path: Path):
    text = (
        "date,currency,rate,base\n"
        "2025-03-10,USD,1.08,\n2025-03-10,VND,25500,USD\n2025-03-11,EUR,0.8,USD\n2025-03-11,GBP,0.7,USD\n"
    )

    await taken(database, tmp_path, text)

    assert await stored(database) == [
        ("GBP", date(2025, 3, 11), Decimal("0.875")),
        ("USD", date(2025, 3, 10), Decimal("1.08")),
        ("USD", date(2025, 3, 11), Decimal("1.25")),
        ("VND", date(2025, 3, 10), Decimal(27540)),
    ]


async def test_a_base_may_be_known_from_an_earlier_import(database: Database, tmp_path: Path):
    await taken(database, tmp_path, HISTORY)

    await taken(database, tmp_path, "date,currency,base,rate\n2025-03-10,VND,USD,25000\n")

    assert ("VND", date(2025, 3, 10), Decimal(27110)) in await stored(database)


async def test_every_row_that_cannot_be_taken_is_told(database: Database, tmp_path: Path):
    found = await refusals(
        database, tmp_path,
        "date,currency,rate,base\n2025-03-10,usd,1,\n2025-02-30,USD,1,\n2025-03-10,USD,0,\n2025-03-10,USD,1e999,\n"
        "2025-03-10,USD,1.1,\n2025-03-10,USD,1.2,\n2025-03-10,XXX,1.2,\n10.03.2025,USD,1,\n2025-03-10,EUR,2,\n",
    )  # fmt: skip

    assert found == [
        (2, "currency", "is no currency code like USD"),
        (3, "date", "is not a date of the calendar"),
        (4, "rate", "is not above 0"),
        (5, "rate", "has too many digits for a rate"),
        (7, "USD", "is another rate of that day than the 1.1 on line 6"),
        (8, "currency", "is no currency code like USD"),
        (9, "date", "is not a date like 2026-01-31"),
        (10, "rate", "cannot be: one EUR is worth one"),
    ]


async def test_a_base_without_a_rate_of_that_day_is_refused(database: Database, tmp_path: Path):
    ((line, column, reason),) = await refusals(
        database, tmp_path, "date,currency,rate,base\n2025-03-10,VND,25500,USD\n"
    )

    assert (line, column) == (2, "base")
    assert reason == "has no rate to EUR on 2025-03-10, neither here nor imported before"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty: a header line is needed"),
        ("day,USD\n", "the column is missing; there are day, USD"),
        ("Date,Usd,\n2025-03-10,1,\n",
         "is no currency code: give the history of the European Central Bank, or date, currency and rate"),
        ("Date,USD,USD\n", "the column is there twice"),
    ],
)  # fmt: skip
async def test_a_file_of_something_else_is_refused(database: Database, tmp_path: Path, text: str, reason: str):
    ((line, _, why),) = await refusals(database, tmp_path, text)

    assert (line, why) == (1, reason)


async def test_a_file_without_rates_is_refused(database: Database, tmp_path: Path):
    with pytest.raises(Invalid, match="holds no rate"):
        await taken(database, tmp_path, "Date,USD,\n2025-03-10,N/A,\n")


async def test_an_import_of_rates_is_recorded_and_moves_the_version_of_all_answers(
    database: Database, org_id: int, tmp_path: Path
):
    versions = Versions(database, org_id)
    before = await versions.read()
    await taken(database, tmp_path, HISTORY)

    assert await versions.read() > before
    (record,) = await rows(database, "select * from exchange_rate_import")
    assert (record["file_name"], len(record["file_hash"]), record["rate_count"]) == ("rates.csv", 64, 7)
    assert (record["currencies"], record["since"], record["until"]) == (
        ["CYP", "JPY", "USD"], date(1999, 1, 4), date(2025, 3, 11),
    )  # fmt: skip


async def test_a_rehearsal_leaves_nothing(database: Database, tmp_path: Path):
    report = await taken(database, tmp_path, HISTORY, dry_run=True)

    assert (report.added, await stored(database)) == (7, [])
    assert await rows(database, "select * from exchange_rate_import") == []


def test_the_command_takes_a_file_without_a_project(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text(HISTORY)
    command = ("import", "fx-rates", str(tmp_path / "rates.csv"))

    done, again = (adgraph(*command, DATABASE_URL=database_url) for _ in range(2))
    wrong = adgraph(*command, "--project", "Shop", DATABASE_URL=database_url)

    assert (done.returncode, again.returncode, wrong.returncode) == (0, 6, 2)
    assert "rates: 7" in done.stdout
    assert "new: 7" in done.stdout
    assert "nothing changed" in again.stderr
    assert wrong.stderr == "adgraph: --project means nothing to fx-rates: leave it out.\n"
