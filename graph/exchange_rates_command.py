"""The command `adgraph import fx-rates`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from db.database import Database
from db.errors import Invalid, NotFound
from db.importers.exchange_rates import HELP
from db.importers.files import STANDARD_INPUT
from db.importing.refusals import ImportRefused
from graph import terminal
from graph.settings import Settings
from graph.workplace import database_url, working

SOURCE = "fx-rates"
EPILOG = f"{SOURCE} {HELP}"
NOTHING_TO_DO = 6
_HEEDED = {"source", "paths", "dry_run", "organization"}


def import_rates(context: typer.Context, settings: Settings, paths: list[Path] | None, *, dry_run: bool) -> None:
    """Takes the rates of one file; options that mean nothing to rates are refused."""
    from db.importing import exchange_rates

    for parameter in context.command.params:
        if parameter.name not in _HEEDED and context.params[parameter.name or ""]:
            raise Invalid(f"{parameter.opts[0]} means nothing to {SOURCE}: leave it out.")
    if not paths or len(paths) != 1:
        raise Invalid(f"{SOURCE} takes one PATH: {len(paths or ())} were given.")
    if paths[0] != STANDARD_INPUT and not paths[0].is_file():
        raise NotFound(f"{paths[0]}: there is no such file.")
    reports: list[exchange_rates.RatesReport] = []

    async def work(database: Database, _org_id: int) -> None:
        reports.append(await exchange_rates.import_rates(database, paths[0], dry_run=dry_run))
        terminal.show_rates(reports[0])

    try:
        with database_url(settings) as url:
            asyncio.run(working(settings, url, work))
    except ImportRefused as refused:
        terminal.show_refusal(refused)
        raise typer.Exit(refused.exit_code) from None
    if not reports[0].changed:
        raise typer.Exit(NOTHING_TO_DO)
