"""The command `python -m bench`: prepare, measure, print, and write bench/results.json."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import asyncpg
import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.measure import AnswersDiffer, Result, Workload, measure
from bench.tree import TREE
from bench.world import FULL, QUICK, Size, World, prepare
from db.embedded import serving
from db.errors import AdgraphError
from graph.settings import CHECKOUT

WORKLOADS: tuple[Workload, ...] = (TREE,)
RESULTS = Path(__file__).parent / "results.json"

console = Console()


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="A small data set: shows that it runs, not how fast.")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed, in turns.")] = 30,
) -> None:
    """Measure adgraph beside hand-written code on generated data, in one run.

    The data is generated once and kept in .adgraph/bench, with a PostgreSQL of its own.
    """
    size, directory = (QUICK, "bench-quick") if quick else (FULL, "bench")
    try:
        with serving(CHECKOUT / ".adgraph" / directory) as url:
            results = asyncio.run(_run(url, size, rounds))
    except (AdgraphError, AnswersDiffer) as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
    # What the small data set gives is no result.
    if not quick:
        RESULTS.write_bytes(orjson.dumps([asdict(result) for result in results], option=orjson.OPT_INDENT_2) + b"\n")


async def _run(url: str, size: Size, rounds: int) -> list[Result]:
    world = await _prepared(url, size)
    console.print(await _machine(url), highlight=False)
    results = []
    for workload in WORKLOADS:
        for subject in workload.subjects:
            with console.status(f"{workload.name}: {subject.name} against {workload.baseline.name}"):
                results.append(await measure(workload, subject, world, rounds))
    console.print(_table(results))
    return results


async def _prepared(url: str, size: Size) -> World:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Preparing facts", total=size.facts)
        return await prepare(url, size, lambda facts: bar.update(task, completed=facts))


async def _machine(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        server = await connection.fetchval("show server_version")
        facts = await connection.fetchval("select count(*) from daily_fact")
    finally:
        await connection.close()
    packages = ", ".join(f"{name} {version(name)}" for name in ("strawberry-graphql", "graphql-core", "asyncpg"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, PostgreSQL {server}, "
        f"{packages}; {facts:,} facts"
    )


def _table(results: list[Result]) -> Table:
    table = Table(caption="medians of runs in turns, database included; ratio: times the baseline")
    for name in ("workload", "subject", "baseline"):
        table.add_column(name)
    for name in ("subject ms", "baseline ms", "ratio"):
        table.add_column(name, justify="right")
    for result in results:
        times = (f"{result.subject_ms:.1f}", f"{result.baseline_ms:.1f}", f"{result.ratio:.2f}")
        table.add_row(result.workload, result.subject, result.baseline, *times)
    return table


if __name__ == "__main__":
    typer.run(main)
