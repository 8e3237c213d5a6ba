"""A small query over HTTP while an import restates what it asks for: its slow answers, and that none is half of it."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import orjson

from bench.http_load import load
from bench.imports import scratch
from bench.measure import Answer, AnswersDiffer, Result
from bench.servers import adgraph_serve
from bench.small import asked
from bench.world import World
from db.database import Database
from db.generate import generate_file
from graph.settings import CHECKOUT

NAME = "during an import"
# As a dashboard asks, not as fast as it is answered: that would measure what is left of two cores.
PAUSE = 0.02
IDLE = 200
TURNS = 4


async def during(world: World, rounds: int) -> Result:
    """The 95th percentile of a small query's time while nothing else goes on, and while an import does.

    Raises `AnswersDiffer` where an answer is neither that before the import nor that after it.
    """
    size = world.scale.broad
    with TemporaryDirectory() as directory:
        async with scratch(world.url) as url:
            files = [Path(directory) / f"{seed}.csv" for seed in (1, 2)]
            async with Database.connect(url, statement_timeout=0) as database:
                for seed, path in enumerate(files, 1):
                    await generate_file(
                        database, path, accounts=1, campaigns=size.campaigns, ad_sets=size.ad_sets, ads=size.ads,
                        days=size.days, seed=seed, until=world.until,
                    )  # fmt: skip
            await _ended(await _importing(url, files[0]))
            here = replace(world, url=url, campaign_id=await _campaign(url))
            async with adgraph_serve(here) as port:
                ask = load(port, orjson.dumps(asked(here)), 1, 1)
                idle, busy = [], []
                before = await ask()
                for turn in range(min(rounds, TURNS)):
                    idle.append(_p95((await _asked(ask, IDLE))[0]))
                    process = await _importing(url, files[(turn + 1) % 2])
                    times, answers = await _asked(ask, while_=lambda: process.returncode is None)  # noqa: B023
                    await _ended(process)
                    after = await ask()
                    if before == after or answers - {before, after}:
                        raise AnswersDiffer(f"{NAME}: answers were neither what was before nor what is after it.")
                    busy.append(_p95(times))
                    before = after
    subject, baseline = statistics.median(busy), statistics.median(idle)
    ratio = round(subject / baseline, 3)
    return Result(
        f"small query {NAME}, 95th percentile", "adgraph, importing", "adgraph, idle", round(subject, 3),
        round(baseline, 3), ratio,
    )  # fmt: skip


async def _asked(
    ask: Answer, most: int | None = None, while_: Callable[[], bool] = lambda: True
) -> tuple[list[float], set[bytes]]:
    times: list[float] = []
    answers: set[bytes] = set()
    while while_() and (most is None or len(times) < most):
        started = time.perf_counter()
        answers.add(await ask())
        times.append((time.perf_counter() - started) * 1_000)
        await asyncio.sleep(PAUSE)
    return times, answers


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


async def _importing(url: str, path: Path) -> Process:
    """The command, as a user runs it beside a server."""
    command = [sys.executable, "-m", "graph.cli", "import", "table", str(path), "--project", "Imported"]
    environment = os.environ | {"DATABASE_URL": url}
    return await asyncio.create_subprocess_exec(
        *command, cwd=CHECKOUT, env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )


async def _ended(process: Process) -> None:
    if await process.wait():
        raise RuntimeError(f"The import ended with {process.returncode}.")


async def _campaign(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select min(id) from campaign"))
    finally:
        await connection.close()
