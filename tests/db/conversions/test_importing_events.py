"""The import of events: all of a file or nothing of it, again without effect, and alone in its project meanwhile."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
from pathlib import Path
from random import Random

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pytest
from pyarrow import parquet

from db.conversions import importing, reading
from db.conversions.importing import EventsReport, import_events
from db.database import Database
from db.errors import Invalid
from db.importers.files import bytes_read
from db.importing import ImportRefused, Rejects
from tests.db.conversions.worlds import (
    NOW,
    Fields,
    check_rollups,
    event,
    make_tree,
    random_events,
    rows,
    take,
    told,
)


def write(path: Path, events: list[Fields]) -> Path:
    path.write_text("".join(json.dumps(fields) + "\n" for fields in events))
    return path


async def count(database: Database) -> int:
    return int((await rows(database, "select count(*) from conversion_message"))[0][0])


async def into(database: Database, org_id: int, project_id: int, path: Path, **options: object) -> EventsReport:
    name = (await rows(database, "select name from project where id = $1", project_id))[0][0]
    return await import_events(database, org_id, name, [path], now=NOW, **options)  # type: ignore[arg-type]  # options


async def test_a_file_comes_to_the_same_as_calls_and_again_to_nothing(
    database: Database, org_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)
    monkeypatch.setattr(importing, "_BATCHES_TO_ADD_UP", 2)
    events = random_events(Random(5), 60)
    path = write(tmp_path / "events.jsonl", events)
    project_id = await make_tree(database, org_id, "a1", "a2")

    first = await into(database, org_id, project_id, path)
    imported = await told(database, project_id)
    again = await into(database, org_id, project_id, path)

    assert (first.events, first.changed) == (60, True)
    assert (again.new, again.duplicates, again.changed) == (0, 60, False)
    await check_rollups(database, project_id)
    await take(database, org_id, project_id, events)
    assert await told(database, project_id) == imported


@pytest.mark.parametrize("packed", [False, True])
async def test_a_process_of_its_own_reads_large_files_to_the_same(
    database: Database, org_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)
    events = [*random_events(Random(9), 40), event("bad", occurred_at="then"), *random_events(Random(8), 30)]
    path = write(tmp_path / "events.jsonl", events)
    if packed:
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
        path = path.with_suffix(".gz")
    project_id = await make_tree(database, org_id, "a1", "a2")
    read_before = bytes_read()

    monkeypatch.setattr(reading, "LARGE", 0)
    with pytest.raises(ImportRefused) as refused:
        await into(database, org_id, project_id, path)
    heard = bytes_read() - read_before
    with Rejects.beside(path) as rejects:
        report = await into(database, org_id, project_id, path, rejects=rejects)

    assert [(bad.place.file, bad.place.line, bad.column) for bad in refused.value.bad_rows] == [
        (path, 41, "occurred_at")
    ]
    assert heard == path.stat().st_size
    assert (report.events, report.rejected) == (71, 1)
    imported = await told(database, project_id)
    await check_rollups(database, project_id)
    del events[40]
    await take(database, org_id, project_id, events)
    assert await told(database, project_id) == imported


async def test_what_stops_the_process_that_reads_stops_the_import(
    database: Database, org_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGE", 0)
    project_id = await make_tree(database, org_id)
    broken = tmp_path / "events.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")

    with pytest.raises(Invalid, match="cannot be unpacked"):
        await into(database, org_id, project_id, broken)
    monkeypatch.setattr(reading, "_PROGRAM", "import os; os._exit(9)  # {path} {wanted}")
    with pytest.raises(RuntimeError, match="before their end"):
        await into(database, org_id, project_id, write(tmp_path / "events.jsonl", [event("e1")]))

    assert await count(database) == 0


async def test_a_bad_row_refuses_the_file_unless_it_is_to_be_left_out(
    database: Database, org_id: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "events.jsonl", [event("e1"), event("e2", occurred_at="then"), event("e3", source="FAX")])
    project_id = await make_tree(database, org_id)

    with pytest.raises(ImportRefused) as refused:
        await into(database, org_id, project_id, path)
    kept = await count(database)
    with Rejects.beside(path) as rejects:
        report = await into(database, org_id, project_id, path, rejects=rejects)

    assert [(bad.place.line, bad.column) for bad in refused.value.bad_rows] == [(2, "occurred_at"), (3, "source")]
    assert kept == 0
    assert (report.new, report.rejected, await count(database)) == (1, 2, 1)
    assert rejects.path.read_text().count("\n") == 3


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
async def test_what_was_left_out_is_kept_as_lines_that_can_be_mended_and_imported(
    database: Database, org_id: int, tmp_path: Path, suffix: str
) -> None:
    touch = {"platform": "META", "ad": "a1", "kind": "CLICK", "at": "2025-06-01T00:00:00Z"}
    fields = event("e1", occurred_at="then", revenue_amount="1.10", currency="USD", touches=[touch])
    path = write(tmp_path / f"events{suffix}", [fields])
    if suffix == ".csv":
        cells = [json.dumps(value) if isinstance(value, list) else str(value) for value in fields.values()]
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([list(fields), cells])
    elif suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist([fields]), path)
    project_id = await make_tree(database, org_id, "a1")

    with Rejects.beside(path) as rejects:
        await into(database, org_id, project_id, path, rejects=rejects)
    with rejects.path.open(newline="") as file:
        (left_out,) = csv.DictReader(file)
    mended = write(tmp_path / "mended.jsonl", [json.loads(left_out["row"]) | {"occurred_at": "2025-06-02T00:00:00Z"}])
    await into(database, org_id, project_id, mended)

    assert left_out["column"] == "occurred_at"
    found = await told(database, project_id)
    await take(database, org_id, project_id, [fields | {"occurred_at": "2025-06-02T00:00:00Z"}])
    assert await told(database, project_id) == found


@pytest.mark.parametrize("platform", [[], {"META": 1}, 7, None])
async def test_a_touch_of_no_platform_is_a_bad_row_of_whatever_type_it_is(
    database: Database, org_id: int, tmp_path: Path, platform: object
) -> None:
    touch = {"platform": platform, "ad": "a1", "kind": "CLICK", "at": "2026-01-01T00:00:00Z"}
    path = write(tmp_path / "events.jsonl", [event("e1", touches=[touch])])
    project_id = await make_tree(database, org_id, "a1")

    with pytest.raises(ImportRefused) as refused:
        await into(database, org_id, project_id, path)

    assert [bad.column for bad in refused.value.bad_rows] == ["touches[0].platform"]


async def test_a_rehearsal_keeps_nothing(database: Database, org_id: int, tmp_path: Path) -> None:
    project_id = await make_tree(database, org_id)

    report = await into(database, org_id, project_id, write(tmp_path / "e.jsonl", [event("e1")]), dry_run=True)

    assert (report.new, report.dry_run, await count(database)) == (1, True, 0)


async def test_imports_and_calls_of_the_same_events_at_once_count_each_once(
    database: Database, org_id: int, tmp_path: Path
) -> None:
    events = random_events(Random(6), 80)
    path = write(tmp_path / "events.jsonl", events)
    project_id = await make_tree(database, org_id, "a1", "a2")

    await asyncio.gather(
        *(into(database, org_id, project_id, path) for _ in range(2)),
        *(take(database, org_id, project_id, events[start::3], 5) for start in range(3)),
    )

    at_once = await told(database, project_id)
    await check_rollups(database, project_id)
    await take(database, org_id, project_id, events)
    assert await told(database, project_id) == at_once
