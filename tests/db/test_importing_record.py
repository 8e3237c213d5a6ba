"""The record that an import leaves of itself."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from db.database import Database
from db.importers.records import Dating, Place, Reported
from db.importing import Rejects
from db.level import Level
from tests.db.test_importing_rejects import BAD
from tests.records import DAY, make_record, make_tree, named, rows, take

NEXT = DAY + timedelta(days=1)


async def records_of_imports(database: Database) -> list[dict[str, Any]]:
    return await rows(database, "select * from data_import order by id")


async def test_an_import_records_its_files_with_their_hashes(database: Database, org_id: int, tmp_path: Path):
    files = [tmp_path / name for name in ("b.csv", "a.csv")]
    for file in files:
        file.write_bytes(file.name.encode())
    facts = [
        make_record(Level.AD, "1000", day)._replace(place=Place(file, 2))
        for day, file in zip((DAY, NEXT), files, strict=True)
    ]

    await take(database, org_id, [*make_tree(), *facts])

    (record,) = await records_of_imports(database)
    assert record["file_names"] == ["a.csv", "b.csv"]
    assert record["file_hashes"] == [hashlib.sha256(name.encode()).hexdigest() for name in ("a.csv", "b.csv")]


async def test_an_import_records_what_it_took_and_what_it_left(database: Database, org_id: int, tmp_path: Path):
    choice = Reported("omni_purchase", "7-day click", Dating.CONVERSION)
    facts = [make_record(Level.AD, "1000", day, spend_micros=1) for day in (DAY, NEXT)]
    await take(database, org_id, [*make_tree(), *facts, choice, choice])
    restated = [make_record(Level.AD, "1000", spend_micros=2)]
    await take(database, org_id, restated, replace_days=True, since=DAY, until=NEXT + timedelta(1))
    with Rejects.beside(tmp_path / "export.csv") as rejects:
        await take(database, org_id, [BAD], rejects=rejects)

    first, second, third = await records_of_imports(database)
    account = (await named(database, "ad_account", "1"))["id"]
    assert (first["fact_count"], first["added_count"], first["replaced_count"]) == (2, 2, 0)
    assert (first["covered_ad_account_ids"], first["covered_levels"]) == ([account], [Level.AD])
    assert (first["covered_since"], first["covered_until"]) == ([DAY], [NEXT + timedelta(1)])
    assert (first["reported_conversions"], first["reported_attributions"], first["reported_datings"]) == (
        ["omni_purchase"], ["7-day click"], ["CONVERSION"],
    )  # fmt: skip
    assert (second["fact_count"], second["replaced_count"], second["removed_count"]) == (1, 1, 1)
    assert (third["rejected_count"], third["covered_levels"]) == (1, [])


async def test_a_fact_knows_the_import_that_its_numbers_are_from(database: Database, org_id: int):
    facts = [make_record(Level.AD, "1000", day, spend_micros=1) for day in (DAY, NEXT)]
    own = make_record(Level.CAMPAIGN, "10", DAY, spend_micros=1)
    first = await take(database, org_id, [*make_tree(), *facts, own])
    second = await take(database, org_id, [facts[0], facts[1]._replace(spend_micros=2), own])

    found = await rows(database, "select level, day, import_id from daily_fact order by level, day")
    # Above the ads it is the import that confirmed the numbers last.
    assert [(row["level"], row["import_id"]) for row in found] == [
        (Level.CAMPAIGN, second.import_id), (Level.AD, first.import_id), (Level.AD, second.import_id),
    ]  # fmt: skip
