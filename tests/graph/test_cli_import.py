"""The command `adgraph import`: what it says and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.test_cli import adgraph

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
