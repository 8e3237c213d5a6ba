"""The command `adgraph import`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from db.database import Database
from db.errors import Invalid, NotFound
from db.importers import SOURCES
from db.importers.choices import Choices
from db.importers.files import STANDARD_INPUT, bytes_of, bytes_read
from db.importers.landed import landed
from db.importers.records import Computed, Dating
from db.level import Level, Platform
from graph import events_command, exchange_rates_command, terminal
from graph.member import named
from graph.workplace import Organization, database_url, settings_for, working

NOTHING_TO_DO = 6
WITH_REJECTS = 7

_EXIT_CODES = (
    "Exit codes: 0 imported · 6 nothing to do: no rows, or all imported before · 7 imported, and rows were rejected · "
    "else it failed, and nothing was imported: 2 for what cannot be taken, others as adgraph --help says."
)
EPILOG = "\n\n".join(
    [
        _EXIT_CODES,
        *(f"{source.name} {source.help}" for source in SOURCES.values()),
        events_command.EPILOG,
        exchange_rates_command.EPILOG,
        "Example: adgraph import fivetran-facebook fb/ --project Shop --currency EUR --timezone Europe/Berlin",
    ]
)


def import_(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What wrote the files; see below.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH…", help="The files, - for standard input, or the directory that holds them."),
    ] = None,
    *,
    project: Annotated[
        str | None, typer.Option(help="The project to import into; created where absent. Rates are for all.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217 code for accounts whose files give none, or one that is no code.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA name, as Europe/Berlin, for accounts whose files give none.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The first day that the files cover; what is of earlier "
                     "ones is left out. [default: the first that they name]"),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The day after the last one that the files cover. "
                     "[default: that after the last that they name]"),
    ] = None,
    replace_days: Annotated[
        bool, typer.Option("--replace-days", help="Remove what the covered days had and the files no longer name.")
    ] = False,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Take the rest where rows are wrong, and keep those in a file "
                           "beside the input: PATH.rejects.csv.")
    ] = False,
    action_types: Annotated[
        str | None, typer.Option(metavar="TYPE,…", help="Meta's action types that are conversions: the first present.")
    ] = None,
    conversion: Annotated[
        str | None, typer.Option(metavar="NAME", help="The platform's count that is taken for conversions.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--map", metavar="FIELD=COLUMN,…", help="Which column holds what, where it has another name."),
    ] = None,
    date_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="How dates are written, such as %d.%m.%Y.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="What the rows are about: ad-account, campaign, ad-set or ad.")
    ] = None,
    platform: Annotated[
        str | None, typer.Option(metavar="PLATFORM", help="Whose rows they are: meta, tiktok or apple.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="The platform's id of the ad account of rows that name none.")
    ] = None,
    dating: Annotated[
        str | None, typer.Option(metavar="DAY", help="What conversions are filed under, where the export does not "
                                 "say: the day of the impression, click or conversion.")
    ] = None,
    lifetime: Annotated[
        bool, typer.Option("--lifetime", help="Rows without a day, or over several, are about whole lives.")
    ] = False,
    origin: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Read the tables of a PostgreSQL, postgresql://….")
    ] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="NAME", help="The schema that the tables of --from are in.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hold what the platform computed itself (ctr, cpc …) against our answers.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything, say what comes of it, undo it.")] = False,
    organization: Organization = None,
) -> None:  # fmt: skip
    """Import an export of an ads platform or connector: everything, or nothing where a row is wrong.

    Importing a file again changes nothing; importing newer numbers for a day replaces that day's.
    """
    from db.importing import ImportRefused, ImportReport, Options, Rejects, run_import
    from resolvers.computed import compare
    from resolvers.context import Request

    settings = settings_for(organization)
    if source == exchange_rates_command.SOURCE:
        exchange_rates_command.import_rates(context, settings, paths, dry_run=dry_run)
        return
    if source == events_command.SOURCE:
        events_command.import_events(
            context, settings, paths, _needed(project), skip_bad_rows=skip_bad_rows, dry_run=dry_run,
            total=_total(paths or ()),
        )  # fmt: skip
        return
    _check_origin(source, paths, origin, schema)
    options = Options(
        _needed(project), currency, timezone, _day(since), _day(until), replace_days, skip_bad_rows, dry_run
    ).checked()
    choices = Choices(
        tuple(filter(None, (action_types or "").split(","))), conversion, _columns(columns), date_format,
        named(Level, "--level", level), named(Platform, "--platform", platform), account, lifetime,
        dating=named(Dating, "--dating", dating) or Dating.UNKNOWN,
    )  # fmt: skip
    choices.check(source, SOURCES[source].heeds)
    if verify:
        _check_verify(source, paths, dry_run)
    reports: list[ImportReport] = []

    async def work(database: Database, org_id: int) -> None:
        async with AsyncExitStack() as stack:
            given = paths or []
            if origin and schema:
                given = [await stack.enter_async_context(
                    landed(origin, schema, SOURCES[source].tables, settings.connect_timeout)
                )]  # fmt: skip
            beside = given[0] if paths else Path(given[0].name)
            rejects = stack.enter_context(Rejects.beside(beside)) if skip_bad_rows else None
            with terminal.progress(f"Importing {source}", _total(given)) as progress:
                report = await run_import(
                    database, org_id, options, source=source, records=SOURCES[source].read(given, choices),
                    rejects=rejects, progress=progress, stage=progress.stage,
                )  # fmt: skip
            terminal.show_import(report, rejects.path if rejects and rejects.count and not dry_run else None)
            reports.append(report)
            if verify:
                read = SOURCES[source].read(given, replace(choices, computed=True))
                told = (row for row in read if isinstance(row, Computed) and options.names(row.since))
                request = partial(Request, database, org_id, datetime.now(UTC))
                terminal.show_comparison(await compare(request, told))

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


def _total(paths: Sequence[Path]) -> Callable[[int], float | None]:
    """About how many rows there are: as many more as the bytes that are left to read have, going by those so far."""
    size, before = bytes_of(paths), bytes_read()

    def total(done: int) -> float | None:
        read = bytes_read() - before
        # Where so little is read that nothing can be told, or by rows of which not all are in yet.
        return done * max(size / read, 1.0) if size and read and done else None

    return total


def _check_verify(source: str, paths: list[Path] | None, dry_run: bool) -> None:  # noqa: FBT001  # the option itself
    """Whether what the platform computed can be held against what the import leaves."""
    Choices(computed=True).check(source, SOURCES[source].heeds)
    if STANDARD_INPUT in (paths or ()):
        raise Invalid("--verify reads the files once more, which standard input cannot be: give a file.")
    if dry_run:
        raise Invalid("--verify compares with what the import leaves, and --dry-run leaves nothing: give one of them.")


def _needed(project: str | None) -> str:
    if project is None:
        raise Invalid("Missing option '--project': the project to import into, which is created where absent.")
    return project


def _check_origin(source: str, paths: list[Path] | None, url: str | None, schema: str | None) -> None:
    """Whether it is said, and once, where the rows come from."""
    if source not in SOURCES:
        names = ", ".join([*SOURCES, events_command.SOURCE, exchange_rates_command.SOURCE])
        raise Invalid(f"There is no source {source!r}: choose one of {names}.")
    with_tables = ", ".join(each.name for each in SOURCES.values() if each.tables)
    if not paths and url is None:
        raise Invalid(f"Nothing was given to import: give the PATH of the files, or --from for {with_tables}.")
    if paths and (url or schema):
        raise Invalid("--from and --schema stand in place of a PATH: give one or the other.")
    if (url is None) != (schema is None):
        raise Invalid("--from needs --schema, the schema that the tables are in, and --schema needs --from.")
    if url and not SOURCES[source].tables:
        raise Invalid(f"--from means nothing to {source}: it does for {with_tables}.")
    for path in paths or ():
        if path != STANDARD_INPUT and not path.exists():
            raise NotFound(f"{path}: there is no such file or directory.")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _columns(text: str | None) -> dict[str, str]:
    pairs = [part.partition("=") for part in (text or "").split(",") if part]
    if any(not (name.strip() and column.strip()) for name, _, column in pairs):
        raise Invalid(f"--map {text!r} is not like spend=cost,clicks=taps.")
    return {name.strip(): column.strip() for name, _, column in pairs}
