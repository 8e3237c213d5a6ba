"""What the commands print: tables and progress for people, plain lines where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from db.generate import GenerateReport
    from db.importers.demo import DemoReport
    from db.importing import ImportRefused, ImportReport

MOST_BAD_ROWS = 20

EXAMPLE = """{
  projects(first: 3) {
    nodes {
      name
      performance(window: {lastDays: 30}) { totals { spend conversions cpa roas } }
    }
  }
}"""


def say(line: str) -> None:
    """One line of what is going on, on standard error: standard output is for results."""
    typer.echo(line, err=True)


def fail(message: str) -> None:
    """Why the command ends, on one line."""
    say(f"adgraph: {' '.join(message.split())}")


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar that is told how much is done so far; without a `total` it counts. Silent where nobody watches."""
    if not sys.stderr.isatty():
        say(f"{what} …")
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}" if total is None else "{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
        if total is not None:
            bar.update(task, completed=total)


def _table(title: str, rows: list[tuple[str, str]]) -> None:
    if not sys.stdout.isatty():
        typer.echo(title)
        for name, value in rows:
            typer.echo(f"{name}: {value}")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    Console().print(table)


def show_import(report: ImportReport) -> None:
    """What an import did, then what the user should know of it."""
    entities = ("ad_accounts", "campaigns", "ad_sets", "ads", "placeholders", "moved", "facts", "days")
    rows = [(name.replace("_", " "), f"{getattr(report, name):,}") for name in entities]
    for covered in report.covered:
        level = covered.level.name.lower().replace("_", " ")
        rows.append((f"covered: {covered.ad_account}, {level}", f"{covered.first} to {covered.last}"))
    for orphans in report.orphans:
        level = orphans.level.name.lower().replace("_", " ")
        examples = ", ".join(orphans.examples)
        rows.append((f"set aside: {level}s of no known account", f"{orphans.entities:,} ({orphans.facts:,} facts)"))
        rows.append(("for example", examples))
    rows.append(("seconds", f"{report.seconds:.1f}"))
    created = " (new)" if report.project_created else ""
    _table(f"Imported {report.source} into the project {report.project}{created}", rows)
    for note in report.notes:
        say(f"note: {note}")
    for warning in report.warnings:
        say(f"warning: {warning}")


def show_refusal(refused: ImportRefused) -> None:
    """Each bad row on a line of its own, the first ones at least."""
    from db.importing.refusals import describe

    rows = "a row" if refused.count == 1 else f"{refused.count:,} rows"
    fail(f"Nothing was imported: {rows} cannot be taken. Correct or remove what is named here, and import again.")
    for bad_row in refused.bad_rows[:MOST_BAD_ROWS]:
        say(describe(bad_row))
    if refused.count > MOST_BAD_ROWS:
        say(f"… and {refused.count - MOST_BAD_ROWS:,} more")


def show_demo(report: DemoReport) -> None:
    """Whether demo data came, or are as they were."""
    if report.facts:
        typer.echo(f"Demo data loaded: {report.facts:,} facts from {report.first} to {report.last}.")
    else:
        typer.echo("The demo data are up to date and kept as they are.")


def show_generated(report: GenerateReport, project: str) -> None:
    """What was generated, and how much of it."""
    names = ("ad_accounts", "campaigns", "ad_sets", "ads", "facts")
    rows = [(name.replace("_", " "), f"{getattr(report, name):,}") for name in names]
    rows.append(("days", f"{report.since} up to {report.until}, not included"))
    _table(f"Generated into the project {project}", rows)


def show_way_in(origin: str) -> None:
    """Where to look and what to ask first."""
    body = f'{{"query": "{" ".join(EXAMPLE.split())}"}}'
    typer.echo(f"\nGraphiQL:  {origin}/graphql")
    typer.echo("\nFrom a shell:")
    typer.echo(f"  curl {origin}/graphql -H 'Content-Type: application/json' -d '{body}'")
    typer.echo("\nCtrl-C stops it.\n")
