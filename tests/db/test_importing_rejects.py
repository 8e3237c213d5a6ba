"""Imports that leave bad rows out: what they take, what they keep of the rest, and what then counts as known."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers import table
from db.importers.records import BadRow, Record
from db.importing import ImportRefused, Rejects
from db.level import Level
from tests.records import DAY, contents, make_entity, make_place, make_record, make_tree, named, rows, standing, take

BAD = BadRow(make_place(), "spend", "-1", "is negative", row="2025-03-10,1000,-1")


def kept(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def test_bad_rows_are_kept_beside_the_input_and_the_rest_taken(database: Database, org_id: int, tmp_path: Path):
    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(
            database, org_id, [*make_tree(), BAD, make_record(Level.AD, "1000", spend_micros=5)], rejects=rejects
        )

    assert report.rejected == 1
    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert kept(tmp_path / "export.csv.rejects.csv") == [
        ["file", "line", "column", "value", "reason", "row"],
        ["export.csv", str(BAD.place.line), "spend", "-1", "is negative", "2025-03-10,1000,-1"],
    ]
    assert names(tmp_path) == ["export.csv.rejects.csv"]


async def test_where_rows_were_left_out_no_day_counts_as_known(database: Database, org_id: int, tmp_path: Path):
    records: list[Record] = [*make_tree(), make_record(Level.AD, "1000", spend_micros=5)]
    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(database, org_id, [*records, BAD], rejects=rejects)

    assert report.covered == ()
    assert await rows(database, "select 1 from coverage") == []
    assert "no day counts as covered" in report.warnings[0]

    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(database, org_id, records, rejects=rejects)

    assert (report.rejected, len(report.covered)) == (0, 1)
    assert names(tmp_path) == [], "what an earlier import kept is gone with its reason"


async def test_where_only_the_row_of_an_entity_is_wrong_the_days_are_known(
    database: Database, org_id: int, tmp_path: Path
):
    wrong = BadRow(make_place(), "status", "NEW", "is no status that is known", describes=True)
    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(
            database, org_id, [*make_tree(), wrong, make_record(Level.AD, "1000", spend_micros=5)], rejects=rejects
        )

    assert (report.rejected, len(report.covered)) == (1, 1)


async def test_of_rows_that_contradict_each_other_the_first_is_taken(database: Database, org_id: int, tmp_path: Path):
    facts = [make_record(Level.AD, "1000", spend_micros=spend) for spend in (5, 6, 7)]
    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(database, org_id, [*make_tree(), *facts], rejects=rejects)

    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert (report.rejected, len(report.covered)) == (2, 1)
    assert [row[1] for row in kept(rejects.path)[1:]] == [str(fact.place.line) for fact in facts[1:]]


async def test_an_account_that_tells_another_currency_is_left_out_with_all_its_facts(
    database: Database, org_id: int, tmp_path: Path
):
    await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000", spend_micros=5)])
    euro = make_entity(Level.AD_ACCOUNT, "1", currency="EUR", timezone="UTC")
    records: list[Record] = [
        euro, make_record(Level.AD, "1000", spend_micros=7), *make_tree("2", "20", "200", "2000"),
        make_record(Level.AD, "2000", spend_micros=1),
    ]  # fmt: skip

    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, records)
    (bad_row,) = refused.value.bad_rows
    assert (bad_row.place, bad_row.column, bad_row.value) == (euro.place, "currency", "EUR")
    assert "another currency than USD" in bad_row.reason

    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(database, org_id, records, rejects=rejects)

    assert (await named(database, "ad_account", "1"))["currency"] == "USD"
    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert await standing(database, "ad_account", "2") == {DAY: 1}
    # The account's row and its fact.
    assert report.rejected == 2


@pytest.mark.parametrize(("column", "value"), [("currency", "CAN"), ("timezone", "Mars/Base")])
async def test_an_account_row_that_is_left_out_changes_nothing_of_the_account(
    database: Database, org_id: int, tmp_path: Path, column: str, value: str
):
    await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000", spend_micros=5)])
    before = (await named(database, "ad_account", "1"))[column]

    with Rejects.beside(tmp_path / "export.csv") as rejects:
        await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1", **{column: value})], rejects=rejects)

    assert (await named(database, "ad_account", "1"))[column] == before
    assert kept(rejects.path)[1][2:4] == [column, value]


async def test_rejects_that_cannot_be_kept_refuse_the_import(database: Database, org_id: int, tmp_path: Path):
    before = await contents(database)
    with (
        Rejects.beside(tmp_path / "gone" / "export.csv") as rejects,
        pytest.raises(Invalid, match="the file for rejected rows, cannot be written"),
    ):
        await take(database, org_id, [*make_tree(), BAD], rejects=rejects)

    assert await contents(database) == before


async def test_a_rehearsal_keeps_no_rejects(database: Database, org_id: int, tmp_path: Path):
    with Rejects.beside(tmp_path / "export.csv") as rejects:
        report = await take(database, org_id, [*make_tree(), BAD], rejects=rejects, dry_run=True)

    assert report.rejected == 1
    assert names(tmp_path) == []


async def test_nothing_is_taken_of_a_packed_file_that_is_damaged(database: Database, org_id: int, tmp_path: Path):
    rows_of_it = "".join(f"2025-03-10,1,1000{number},1.5\n" for number in range(5_000))
    packed = bytearray(gzip.compress(f"date,account_id,campaign_id,spend\n{rows_of_it}".encode()))
    # Most of its rows can still be read, with other digits here and there.
    packed[len(packed) // 2] ^= 0x41
    path = tmp_path / "damaged.csv.gz"
    path.write_bytes(packed)
    before = await contents(database)

    with Rejects.beside(path) as rejects, pytest.raises(ImportRefused, match="it is damaged") as refused:
        await take(database, org_id, table.read([path]), rejects=rejects)

    assert refused.value.bad_rows[0].spoils
    assert await contents(database) == before
    assert names(tmp_path) == ["damaged.csv.gz"]
