"""The command `adgraph import`: what it says and how it ends."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from db.database import Database
from db.importers.files import have_read
from graph import import_command
from graph.settings import CHECKOUT
from tests.graph.test_cli import adgraph, environ
from tests.records import rows

HEADER = "ad_id,date,account_id,impressions,inline_link_clicks,spend\n"
GOOD = "1000,2025-03-10,1,100,3,1.50\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A directory with one report of one ad-day."""
    directory = tmp_path / "fb"
    directory.mkdir()
    (directory / "basic_ad.csv").write_text(HEADER + GOOD)
    return directory


def run(export: Path, url: str, *options: str):
    return adgraph(
        "import", "fivetran-facebook", str(export), "--project", "p", "--currency", "USD", *options, DATABASE_URL=url
    )


def test_the_exit_code_tells_an_import_from_a_repeated_one(database_url: str, export: Path) -> None:
    first, again = run(export, database_url), run(export, database_url)

    assert (first.returncode, again.returncode) == (0, 6)
    assert "facts: new: 1" in first.stdout
    assert "facts: new: 0" in again.stdout
    assert "nothing changed" in again.stderr


@pytest.mark.parametrize(
    "options", [[], ["--dry-run"], ["--skip-bad-rows"], ["--since", "2025-03-01", "--replace-days"]]
)
async def test_files_without_a_row_leave_nothing_and_are_nothing_to_do(
    database: Database, org_id: int, database_url: str, export: Path, options: list[str]
) -> None:
    (export / "basic_ad.csv").write_text(HEADER)

    done = await asyncio.to_thread(run, export, database_url, *options)

    assert (done.returncode, done.stdout) == (6, "")
    assert "note: The files have no rows: nothing was imported, and no day counts as covered." in done.stderr
    assert await rows(database, "select id from project union all select id from data_import") == []
    assert not export.with_name("fb.rejects.csv").exists()


async def test_events_without_a_row_leave_nothing_and_are_nothing_to_do(
    database: Database, org_id: int, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.csv"
    path.write_text("event_id,event_name,source,occurred_at\n")

    done = await asyncio.to_thread(adgraph, "import", "events", str(path), "--project", "p", DATABASE_URL=database_url)

    assert (done.returncode, done.stdout) == (6, "")
    assert "note: The files have no rows: nothing was imported." in done.stderr
    assert await rows(database, "select id from project") == []


def test_fields_of_events_that_nobody_reads_are_named(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("event_id,event_name,source,occurred_at,revenue\n1,purchase,SDK,2025-06-10T12:00:00Z,5\n")

    done = adgraph("import", "events", str(path), "--project", "p", DATABASE_URL=database_url)

    assert (done.returncode, "new: 1" in done.stdout) == (0, True)
    assert "note: The files have fields that are not read: revenue." in done.stderr


def test_verifying_says_that_there_was_nothing_to_compare(database_url: str, export: Path) -> None:
    nothing = run(export, database_url, "--verify")
    (export / "basic_ad.csv").write_text(HEADER.replace("spend", "spend,cpm") + GOOD.replace("1.50", "1.50,15.0"))
    something = run(export, database_url, "--verify")

    assert ("agree" in nothing.stdout, "note: Nothing was compared: the files have no numbers" in nothing.stderr) == (
        False, True,
    )  # fmt: skip
    assert "agree: 1" in something.stdout


def test_a_rehearsal_says_what_it_would_do_and_does_not(database_url: str, export: Path) -> None:
    rehearsed, done = run(export, database_url, "--dry-run"), run(export, database_url)

    assert (rehearsed.returncode, done.returncode) == (0, 0)
    assert rehearsed.stdout.startswith("Rehearsed, and undone")
    assert "facts: new: 1" in done.stdout


def test_bad_rows_refuse_the_file_unless_they_may_be_left_out(database_url: str, export: Path) -> None:
    (export / "basic_ad.csv").write_text(HEADER + GOOD + "1001,2025-03-10,1,100,3,-1.50\n1002,2025-03-32,1,1,1,1\n")

    refused = run(export, database_url)
    taken = run(export, database_url, "--skip-bad-rows")

    assert refused.returncode == 2
    assert f"{export}/basic_ad.csv:3: spend '-1.50' is negative" in refused.stderr
    assert taken.returncode == 7
    assert "facts: new: 1" in taken.stdout
    assert "rows rejected: 2" in taken.stdout
    kept = export.with_name("fb.rejects.csv")
    assert f"note: The rows that were left out are in {kept}." in taken.stderr
    assert [line.split(",")[1] for line in kept.read_text().splitlines()] == ["line", "3", "4"]


def test_days_are_given_as_dates(database_url: str, export: Path) -> None:
    done = run(export, database_url, "--since", "2025-03-01", "--until", "2025-03-31")

    assert "covered: 1, ad: 2025-03-01 to 2025-03-30" in done.stdout
    wrong = run(export, database_url, "--since", "March")
    assert (wrong.returncode, "'--since'" in wrong.stderr) == (2, True)


TABLE = "date,account_id,ad_id,spend,conversions\n2025-03-10,1,2,3.50,1\n"


@pytest.mark.parametrize("packed", [False, True])
async def test_standard_input_is_read_and_its_hash_recorded(
    database: Database, org_id: int, database_url: str, packed: bool
) -> None:
    content = gzip.compress(TABLE.encode()) if packed else TABLE.encode()
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "graph", "import", "table", "-", "--project", "p", "--dating", "click"],
        input=content, cwd=CHECKOUT, env=environ(DATABASE_URL=database_url), capture_output=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert await rows(database, "select file_names, file_hashes, reported_datings from data_import") == [{
        "file_names": ["-"], "file_hashes": [hashlib.sha256(content).hexdigest()], "reported_datings": ["CLICK"],
    }]  # fmt: skip


def test_how_much_is_left_follows_from_the_bytes_that_were_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"x" * 1000)
    total = import_command._total([path])
    assert total(0) is None

    have_read(250)
    assert total(10) == 40
    assert import_command._total([tmp_path / "none"])(1) is None
