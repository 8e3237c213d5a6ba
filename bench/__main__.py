"""The command `python -m bench`: prepare, measure, print, and write bench/results.json."""

from __future__ import annotations

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
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.cold import COLD
from bench.conversions import CONVERSIONS_OF_PROJECT
from bench.dashboard import DASHBOARD
from bench.during import NAME, during
from bench.events import EVENTS
from bench.export import EXPORT
from bench.imports import IMPORTS
from bench.measure import Absent, AnswersDiffer, Peak, Result, Subject, Workload, measure, peak
from bench.ordering import ORDERING
from bench.overview import OVERVIEW
from bench.recording import RECORDING
from bench.restating import RESTATING
from bench.small import SMALL
from bench.tracked import TRACKED
from bench.tree import IN_MEMORY, OVER_HTTP, TREE
from bench.window import WINDOW
from bench.world import FULL, QUICK, Scale, World, prepare
from db.embedded import serving
from db.errors import AdgraphError
from graph.settings import CHECKOUT

WORKLOADS: tuple[Workload, ...] = (
    TREE,
    IN_MEMORY,
    OVER_HTTP,
    DASHBOARD,
    OVERVIEW,
    EXPORT,
    WINDOW,
    TRACKED,
    *ORDERING,
    *CONVERSIONS_OF_PROJECT,
    COLD,
    *SMALL,
    *IMPORTS,
    EVENTS,
    RECORDING,
    RESTATING,
)
RESULTS = Path(__file__).parent / "results.json"

console = Console()


def main(
    only: Annotated[
        list[str] | None, typer.Argument(metavar="[WORKLOAD]…", help="Their first words; else all.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="A small data set: shows that it runs, not how fast.")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed, in turns.")] = 30,
) -> None:
    """Measure adgraph beside hand-written code and others on generated data, in one run.

    The data is generated once and kept in .adgraph/bench, with a PostgreSQL of its own.
    """
    scale, directory = (QUICK, "bench-quick") if quick else (FULL, "bench")
    chosen = [one for one in WORKLOADS if not only or one.name.startswith(tuple(only))]
    beside = not only or NAME.startswith(tuple(only))
    if not chosen and not beside:
        raise typer.BadParameter(f"There is no such workload. There are: {'; '.join(sorted(_names()))}.")
    try:
        with serving(CHECKOUT / ".adgraph" / directory) as url:
            # The loop that adgraph serves on.
            results = uvloop.run(_run(url, scale, chosen, rounds, beside=beside))
    except (AdgraphError, AnswersDiffer) as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
    # What the small data set gives is no result, and neither is a part.
    if not quick and not only:
        RESULTS.write_bytes(orjson.dumps([asdict(result) for result in results], option=orjson.OPT_INDENT_2) + b"\n")


def _names() -> set[str]:
    return {NAME, *(workload.name for workload in WORKLOADS)}


async def _run(url: str, scale: Scale, workloads: list[Workload], rounds: int, *, beside: bool) -> list[Result]:
    world = await _prepared(url, scale)
    console.print(await _machine(url), highlight=False)
    results, peaks = [], []
    for workload in workloads:
        for subject in workload.subjects:
            with console.status(f"{workload.name}: {subject.name} against {workload.baseline.name}"):
                results.append(await _measured(workload, subject, world, rounds))
        if workload.memory:
            peaks += [await peak(workload, subject, world) for subject in (workload.baseline, *workload.subjects)]
    if beside:
        with console.status(f"small query {NAME}"):
            results.append(await during(world, rounds))
    console.print(_table(results))
    for one in peaks:
        console.print(_told(one), highlight=False)
    return results


async def _measured(workload: Workload, subject: Subject, world: World, rounds: int) -> Result:
    try:
        return await measure(workload, subject, world, rounds)
    except Absent as absent:
        return Result(workload.name, subject.name, f"{workload.baseline.name} ({absent})", None, None, None)


def _told(peak: Peak) -> str:
    return f"{peak.workload}: {peak.subject} takes {peak.peak_bytes:,} bytes at most for one answer (tracemalloc)"


async def _prepared(url: str, scale: Scale) -> World:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Preparing facts", total=scale.facts)
        return await prepare(url, scale, lambda facts: bar.update(task, completed=facts))


async def _machine(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        server = await connection.fetchval("show server_version")
        facts = await connection.fetchval("select count(*) from daily_fact")
    finally:
        await connection.close()
    packages = ", ".join(f"{name} {version(name)}" for name in ("strawberry-graphql", "graphql-core", "asyncpg"))
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, PostgreSQL {server}, "
        f"{packages}; {facts:,} facts; load {load}"
    )


def _table(results: list[Result]) -> Table:
    table = Table(caption="medians of runs in turns, per request; ratio: times the baseline")
    for name in ("workload", "subject", "baseline"):
        table.add_column(name)
    for name in ("subject ms", "baseline ms", "ratio"):
        table.add_column(name, justify="right")
    for result in results:
        figures = (result.subject_ms, result.baseline_ms, result.ratio)
        told = ["–" if figure is None else f"{figure:.2f}" for figure in figures]
        table.add_row(result.workload, result.subject, result.baseline, *told)
    return table


if __name__ == "__main__":
    typer.run(main)
