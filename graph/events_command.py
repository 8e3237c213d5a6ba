"""The command `adgraph import events`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import typer

from db.database import Database
from db.errors import Invalid, NotFound
from db.importers.events import HELP
from db.importers.files import STANDARD_INPUT
from db.importing.refusals import ImportRefused
from graph import terminal
from graph.settings import Settings
from graph.workplace import database_url, working

SOURCE = "events"
EPILOG = f"{SOURCE} {HELP}"
NOTHING_TO_DO = 6
WITH_REJECTS = 7
_HEEDED = {"source", "paths", "project", "skip_bad_rows", "dry_run", "organization"}


def import_events(
    context: typer.Context, settings: Settings, paths: list[Path] | None, project: str, *, skip_bad_rows: bool,
    dry_run: bool, total: Callable[[int], float | None],
) -> None:  # fmt: skip
    """Takes the events of the files; options that mean nothing to events are refused."""
    from db.conversions import importing
    from db.importing.rejects import Rejects

    for parameter in context.command.params:
        if parameter.name not in _HEEDED and context.params[parameter.name or ""]:
            raise Invalid(f"{parameter.opts[0]} means nothing to {SOURCE}: leave it out.")
    for path in paths or ():
        if path != STANDARD_INPUT and not path.is_file():
            raise NotFound(f"{path}: there is no such file.")
    reports: list[importing.EventsReport] = []

    async def work(database: Database, org_id: int) -> None:
        with ExitStack() as stack:
            rejects = stack.enter_context(Rejects.beside((paths or [STANDARD_INPUT])[0])) if skip_bad_rows else None
            with terminal.progress("Importing events", total) as progress:
                report = await importing.import_events(
                    database, org_id, project, paths or (), rejects=rejects, dry_run=dry_run, progress=progress
                )
            terminal.show_events(report, rejects.path if rejects and rejects.count and not dry_run else None)
            reports.append(report)

    try:
        with database_url(settings) as url:
            asyncio.run(working(settings, url, work))
    except ImportRefused as refused:
        terminal.show_refusal(refused)
        raise typer.Exit(refused.exit_code) from None
    if reports[0].rejected:
        raise typer.Exit(WITH_REJECTS)
    if not reports[0].changed:
        raise typer.Exit(NOTHING_TO_DO)
