"""What the commands print: tables and progress for people, plain lines where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    import rich.progress

    from db.conversions.importing import EventsReport
    from db.generate import GenerateReport
    from db.importers.demo import DemoReport
    from db.importing import ImportRefused, ImportReport
    from db.importing.exchange_rates import RatesReport
    from db.project import ProjectRow
    from db.verify import Verified
    from resolvers.computed import Comparison

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


# About how many there are in all, once so many are done; None where nobody knows.
Total = Callable[[int], float | None]


class Progress:
    """How far something is, for logs: a line now and then, never more than one in `PAUSE` seconds."""

    PAUSE = 10.0

    def __init__(self, what: str, total: Total) -> None:
        self._what = what
        self._total = total
        self._began = self._said = time.monotonic()

    def __call__(self, done: int) -> None:
        """Hears how much is done so far."""
        now = time.monotonic()
        if now - self._said < self.PAUSE:
            return
        self._said, rate = now, done / (now - self._began)
        total = self._total(done)
        left = "" if total is None or not done else f", {max(0, total - done) / rate:,.0f} s left"
        say(f"{self._what}: {done:,} rows, {rate:,.0f} rows/s{left}")

    def stage(self, name: str) -> None:
        """Hears what goes on now, of which nobody knows how long it takes."""
        if time.monotonic() - self._said >= self.PAUSE:
            self._said = time.monotonic()
            say(f"{self._what}: {name} …")


class _Bar(Progress):
    """The same as a bar, for people."""

    def __init__(self, what: str, total: Total, bar: rich.progress.Progress) -> None:
        super().__init__(what, total)
        self._bar = bar
        self._task = bar.add_task(what, total=total(0), rate="")

    def __call__(self, done: int) -> None:
        rate = done / max(time.monotonic() - self._began, 0.001)
        total = self._total(done)
        self._bar.update(self._task, completed=done, total=total, rate=f"{done:,} rows, {rate:,.0f}/s")

    def stage(self, name: str) -> None:
        # Without a total it moves to and fro.
        self._bar.update(self._task, rate=name, total=None)


@contextmanager
def progress(what: str, total: int | Total | None = None) -> Iterator[Progress]:
    """A bar with rows a second and, where the `total` is known, the time left; lines where nobody watches."""
    in_all = total if callable(total) else lambda _done: total
    if not sys.stderr.isatty():
        say(f"{what} …")
        yield Progress(what, in_all)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        *(() if total is None else (TextColumn("left:"), TimeRemainingColumn())),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield _Bar(what, in_all, bars)


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


def show_import(report: ImportReport, rejects: Path | None = None) -> None:
    """What an import did, then what the user should know of it; `rejects` is where rejected rows are kept."""
    if report.empty:
        say(f"{_NO_ROWS}, and no day counts as covered.")
        return
    entities = ("ad_accounts", "campaigns", "ad_sets", "ads", "placeholders", "moved", "facts", "added", "replaced")
    others = (name for name in ("removed", "outside", "rejected", "windows") if getattr(report, name))
    counts = (*entities, *others, "days")
    rows = [(_SHOWN.get(name, name.replace("_", " ")), f"{getattr(report, name):,}") for name in counts]
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
    done = "Rehearsed, and undone: importing" if report.dry_run else "Imported"
    _table(f"{done} {report.source} into the project {report.project}{created}", rows)
    if not report.changed:
        say("note: All of it was there already: nothing changed.")
    if rejects:
        say(f"note: The rows that were left out are in {rejects}.")
    for note in report.notes:
        say(f"note: {note}")
    for warning in report.warnings:
        say(f"warning: {warning}")


_NO_ROWS = "note: The files have no rows: nothing was imported"
_SHOWN = {"added": "facts: new", "replaced": "facts: with other numbers", "removed": "facts: removed",
          "outside": "rows of other days", "rejected": "rows rejected",
          "windows": "reach of whole windows: new"}  # fmt: skip


def show_rates(report: RatesReport) -> None:
    """What an import of exchange rates did."""
    rows = [
        ("currencies", f"{report.currencies:,}"), ("rates", f"{report.rates:,}"), ("new", f"{report.added:,}"),
        ("with another value", f"{report.replaced:,}"), ("days", f"{report.first} to {report.last}"),
        ("seconds", f"{report.seconds:.1f}"),
    ]  # fmt: skip
    done = "Rehearsed, and undone: importing" if report.dry_run else "Imported"
    _table(f"{done} exchange rates, for all projects", rows)
    if not report.changed:
        say("note: All of it was there already: nothing changed.")


def show_events(report: EventsReport, rejects: Path | None) -> None:
    """What an import of events did; `rejects` is where those are that could not be taken."""
    from db.conversions.event import shown
    from db.importers.events import MOST_UNREAD

    if not report.events:
        say(f"{_NO_ROWS}.")
        return
    rows = [
        ("events", f"{report.events:,}"), ("new", f"{report.new:,}"), ("known before", f"{report.duplicates:,}"),
        ("rejected", f"{report.rejected:,}"), ("seconds", f"{report.seconds:.1f}"),
    ]  # fmt: skip
    done = "Rehearsed, and undone: importing" if report.dry_run else "Imported"
    _table(f"{done} events into {report.project}", rows)
    if report.strange_touches:
        say(f"note: {report.strange_touches:,} touches are of ads that the project does not have. They are kept, and "
            "take part once these are imported.")  # fmt: skip
    if report.unread:
        more = ", …" if len(report.unread) == MOST_UNREAD else ""
        say(f"note: The files have fields that are not read: {', '.join(map(shown, report.unread))}{more}.")
    if rejects:
        say(f"note: What was rejected is in {rejects}, each with its reason.")
    if not report.changed:
        say("note: All of it was there already: nothing changed.")


def show_comparison(comparison: Comparison) -> None:
    """How many of the platform's own numbers are ours, and which are not, the first ones at least."""
    if not comparison.agreeing + comparison.differing:
        say("note: Nothing was compared: the files have no numbers that the platform computed itself (ctr, cpc, cpm, "
            "frequency), or none of what was imported.")  # fmt: skip
        return
    rows = [("agree", f"{comparison.agreeing:,}"), ("differ", f"{comparison.differing:,}")]
    _table("What the platform computed itself, rounded as it does, and what we answer", rows)
    for computed, metric, theirs, ours in comparison.differences:
        place, level = computed.place, computed.level.name.lower().replace("_", " ")
        whose = f"{level} {computed.external_id}, {computed.since} up to {computed.until}"
        told = "nothing" if ours is None else f"{ours:.6g}"
        say(f"{place.file}:{place.line}: {whose}: {metric.value} is {theirs} there and {told} here")
    if comparison.differing > len(comparison.differences):
        say(f"… and {comparison.differing - len(comparison.differences):,} more")


def show_refusal(refused: ImportRefused) -> None:
    """Each bad row on a line of its own, the first ones at least."""
    from db.importing.refusals import describe

    rows = "a row" if refused.count == 1 else f"{refused.count:,} rows"
    fail(f"Nothing was imported: {rows} cannot be taken. Correct or remove what is named here, and import again.")
    for bad_row in refused.bad_rows[:MOST_BAD_ROWS]:
        say(describe(bad_row))
    if refused.count > MOST_BAD_ROWS:
        say(f"… and {refused.count - MOST_BAD_ROWS:,} more")


def show_settings(project: ProjectRow) -> None:
    """What a project has set."""
    rows = [
        ("timezone", project.timezone or "the one that its ad accounts share, else UTC"),
        ("reporting currency", project.reporting_currency or "none"),
        ("conversion source", _typed(project.conversion_source)),
        ("conversion events", ", ".join(project.conversion_events)),
        ("click window", _typed(project.attribution_click)),
        ("view window", _typed(project.attribution_view)),
        ("count by", _typed(project.count_by)),
        ("week starts on", _typed(project.week_starts_on)),
        ("margin", "none" if project.margin is None else f"{project.margin:g}"),
    ]
    _table(f"Settings of the project {project.name}", rows)


def _typed(member: str) -> str:
    return member.lower().replace("_", "-")


def show_verified(verified: Verified) -> None:
    """What was compared, and each difference on a line of its own, the first ones at least."""
    rows = [("ad accounts", f"{verified.ad_accounts:,}"), ("facts", f"{verified.facts:,}")]
    _table("Verified", [*rows, ("differences", f"{verified.count:,}")])
    for difference in verified.differences:
        say(str(difference))
    if verified.count > len(verified.differences):
        say(f"… and {verified.count - len(verified.differences):,} more")


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
