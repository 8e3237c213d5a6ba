"""Imports that are killed, or whose database goes away under them, leave all or nothing; so do two at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from db.embedded import serving
from db.importers import table
from graph.settings import CHECKOUT

KILLS = 12
ADS, DAYS = 50, 60
FIRST = date(2025, 1, 1)
ALL_OF_IT = """
    select
        (select array_agg(distinct spend_micros) from daily_fact) as spends,
        (select count(*) from daily_fact) as facts,
        (select array_agg(distinct spend_micros) from daily_rollup where level = 1) as sums,
        (select count(*) from coverage) as covered,
        (select array_agg(distinct name) from ad) as names,
        (select count(*) from data_import) as imports,
        (select count(*) from staged_fact) as staged
"""


def written(directory: Path, number: int) -> Path:
    """An export in which every ad is called `number` and spent as much, on every day."""
    directory.mkdir(exist_ok=True)
    ads = [f"{ad},100,10,1,v{number},2025-01-01 00:00:{number:02}" for ad in range(1, ADS + 1)]
    days = [FIRST + timedelta(day) for day in range(DAYS)]
    delivery = [f"{ad},{day},1,100,3,{number},80" for day in days for ad in range(1, ADS + 1)]
    for name, header, lines in (
        ("ad_history", "id,ad_set_id,campaign_id,account_id,name,updated_time", ads),
        ("basic_ad", "ad_id,date,account_id,impressions,inline_link_clicks,spend,reach", delivery),
    ):
        (directory / f"{name}.csv").write_text("\n".join([header, *lines, ""]))
    return directory


def written_large(directory: Path, number: int) -> Path:
    """The same as a table that is read by columns."""
    path = directory.with_suffix(".csv")
    days = [FIRST + timedelta(day) for day in range(DAYS)]
    lines = [
        f"{day},1,10,{'A long campaign ' * 4},100,{ad},v{number},{number},100,3,80"
        for day in days for ad in range(1, ADS + 1)
    ]  # fmt: skip
    header = "date,account_id,campaign_id,campaign_name,ad_set_id,ad_id,ad_name,spend,impressions,clicks,reach"
    path.write_text("\n".join([header, *lines, ""]))
    assert path.stat().st_size > table._LARGE
    return path


def importing(export: Path, **environment: str) -> subprocess.Popen[str]:
    """The command at work: it has a database, and is about to read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "graph", "import", "fivetran-facebook" if export.is_dir() else "table", str(export),
         "--project", "p", "--currency", "USD"],
        cwd=CHECKOUT, env=os.environ | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Importing")
    return process


def finished(export: Path, **environment: str) -> tuple[int, float]:
    """The exit code of an import that nothing disturbs, and how long it was at work."""
    with importing(export, **environment) as process:
        began = time.monotonic()
        return process.wait(60), time.monotonic() - began


async def state(url: str) -> dict[str, Any]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchrow(ALL_OF_IT)
        assert found is not None
        return dict(found)
    finally:
        await connection.close()


def whole(number: int, imports: int) -> dict[str, Any]:
    """The state after `number` was imported as the last of so many imports."""
    return {
        "spends": [number * 1_000_000], "facts": ADS * DAYS, "sums": [number * ADS * 1_000_000], "covered": DAYS,
        "names": [f"v{number}"], "imports": imports, "staged": 0,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("written", [written, written_large])
async def test_an_import_killed_at_any_moment_leaves_all_or_nothing(
    database_url: str, tmp_path: Path, written: Callable[[Path, int], Path]
):
    code, took = finished(written(tmp_path / "export", 1), DATABASE_URL=database_url)
    assert code == 0
    seed = random.randrange(10**6)
    moments, imports, survived = random.Random(seed), 1, 0
    for number in range(2, 2 + KILLS):
        export = written(tmp_path / "export", number)
        with importing(export, DATABASE_URL=database_url) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(moments.uniform(0, took * 1.1))
            process.kill()

        found = await state(database_url)
        # What the killed one staged stays where nobody sees it only until its transaction has been undone.
        committed = found["spends"] == [number * 1_000_000]
        assert found == whole(number if committed else number - 1, imports + committed), f"seed {seed}"
        survived += committed
        code, _ = finished(export, DATABASE_URL=database_url)
        imports += 1 + committed
        assert code == (6 if committed else 0), f"seed {seed}"
        assert await state(database_url) == whole(number, imports), f"seed {seed}"
    assert survived < KILLS, "no import was killed before its end"


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["stopped", "broken", "killed"])
async def test_an_import_whose_database_goes_away_leaves_all_or_nothing(
    server_dir: Path, tmp_path: Path, sent: signal.Signals
):
    here = {"ADGRAPH_DATA_DIR": str(server_dir), "DATABASE_URL": ""}
    code, took = finished(written(tmp_path / "export", 1), **here)
    assert code == 0
    export = written(tmp_path / "export", 2)
    with importing(export, **here) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, took))
        with suppress(FileNotFoundError):
            postmaster = int((server_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            psutil.Process(postmaster).send_signal(sent)
        assert process.stderr is not None
        said, code = process.stderr.read(), process.wait(60)

    assert code in (0, 4), said
    with serving(server_dir) as url:
        found = await state(url)
        assert found == (whole(2, 2) if code == 0 or found["imports"] == 2 else whole(1, 1))
    again, _ = finished(export, **here)
    with serving(server_dir) as url:
        assert await state(url) == whole(2, found["imports"] + 1)
    assert again == (0 if found["imports"] == 1 else 6)


@pytest.mark.slow
async def test_two_commands_at_once_end_in_one_of_the_two_orders(database_url: str, tmp_path: Path):
    exports = [written(tmp_path / f"export{number}", number) for number in (1, 2)]
    processes = [importing(export, DATABASE_URL=database_url) for export in exports]
    for process in processes:
        with process:
            assert process.wait(60) == 0

    found = await state(database_url)
    assert found in (whole(1, 2), whole(2, 2))
