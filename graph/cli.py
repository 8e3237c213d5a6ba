"""The command `adgraph`: what can be typed, and how a command ends."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db.database import Database
from db.embedded import serving
from db.errors import AdgraphError, Invalid, NotFound, Unavailable
from db.importers import SOURCES
from db.migrate import MigrationRefused, MigrationsPending, migrate, pending_at
from db.organization import organization_id
from graph import settings as environment
from graph import terminal
from graph.settings import Settings

app = typer.Typer(
    name="adgraph",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

INTERRUPTED = 128 + signal.SIGINT

Organization = Annotated[
    str | None, typer.Option(help="The organization to work for. [default: ADGRAPH_ORGANIZATION, else default]")
]


@app.callback(
    invoke_without_command=True,
    epilog="""
\b
The environment says where:
  DATABASE_URL      a PostgreSQL 15 or newer; without it an embedded one runs in ADGRAPH_DATA_DIR
  ADGRAPH_DATA_DIR  where the embedded PostgreSQL keeps its data  [.adgraph in the checkout]
  ADGRAPH_HOST, ADGRAPH_PORT  where to serve  [127.0.0.1, 8000]
  ADGRAPH_LOG_LEVEL           DEBUG shows the whole trace of an unexpected error  [INFO]
\b
Exit codes:
  0 done · 1 unexpected · 2 bad input or usage · 3 not found · 4 database unreachable · 5 timeout
  130 or 143: ended by Ctrl-C or by a signal
""",
)
def adgraph(context: typer.Context) -> None:
    """A GraphQL API over paid-advertising performance.

    To look around: adgraph demo
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(short_help="Serve invented data, to look around.")
def demo() -> None:
    """Serve invented data of two businesses, to look around.

    Loads the data on the first run, adds the days since then on later ones, and serves GraphiQL at /graphql until
    Ctrl-C. Other commands may work on the same data meanwhile.
    """
    from db.importers.demo import load_demo
    from graph import server

    settings = environment.load()

    async def load(database: Database, org_id: int) -> None:
        with terminal.progress("Loading the demo data") as progress:
            report = await load_demo(database, org_id, datetime.now(UTC).date(), progress)
        terminal.show_demo(report)

    with server.take_port(settings) as port, _database(settings) as url:
        asyncio.run(migrate(url, connect_timeout=settings.connect_timeout))
        asyncio.run(_working(settings, url, load))
        terminal.show_way_in(server.origin(settings))
        server.run(settings, url, port)


@app.command(short_help="Serve the API.")
def serve() -> None:
    """Serve the API until Ctrl-C or SIGTERM, finishing what is in flight.

    With DATABASE_URL the database must have been migrated (adgraph migrate); /readyz says whether it has.
    """
    from graph import server

    settings = environment.load()
    with server.take_port(settings) as port, _database(settings) as url:
        try:
            asyncio.run(_current(settings, url))
        except (Unavailable, MigrationRefused) as error:
            # A server outlives such states of its database: it starts, and /readyz says what is missing.
            terminal.say(f"warning: {error}")
        terminal.say(f"Serving on {server.origin(settings)}/graphql")
        server.run(settings, url, port)


@app.command("migrate", short_help="Bring the database to this version.")
def migrate_() -> None:
    """Bring the database to this version. Safe to run again, and by several at once."""
    settings = environment.load()
    with _database(settings) as url:
        names = asyncio.run(migrate(url, connect_timeout=settings.connect_timeout))
    for name in names:
        typer.echo(f"applied {name}")
    if not names:
        typer.echo("Nothing to do: the database is up to date.")


@app.command(
    "import",
    short_help="Import an export of an ads connector.",
    epilog="\n\n".join(
        [
            *(f"{source.name} {source.help}" for source in SOURCES.values()),
            "Example: adgraph import fivetran-facebook fb/ --project Shop --currency EUR --timezone Europe/Berlin",
        ]
    ),
)
def import_(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What wrote the files; see below.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="The files, or the directory that holds them.")],
    *,
    project: Annotated[str, typer.Option(help="The project to import into; created where absent.")],
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217 code for accounts whose files give none, or one that is no code.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA name, as Europe/Berlin, for accounts whose files give none.")
    ] = None,
    organization: Organization = None,
) -> None:
    """Import an export of an ads connector: everything, or nothing where a row is wrong.

    Importing a file again changes nothing; importing newer numbers for a day replaces that day's.
    """
    from db.importing import ImportRefused, checked_options, run_import

    if source not in SOURCES:
        raise Invalid(f"There is no source {source!r}: choose one of {', '.join(SOURCES)}.")
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path}: there is no such file or directory.")
    checked_options(project, currency, timezone)
    settings = _for(organization)

    async def work(database: Database, org_id: int) -> None:
        records = SOURCES[source].read(paths)
        with terminal.progress(f"Importing {source}") as progress:
            report = await run_import(
                database, org_id, source=source, records=records, project=project,
                currency=currency, timezone=timezone, progress=progress,
            )  # fmt: skip
        terminal.show_import(report)

    try:
        with _database(settings) as url:
            asyncio.run(_working(settings, url, work))
    except ImportRefused as refused:
        terminal.show_refusal(refused)
        raise typer.Exit(refused.exit_code) from None


@app.command(short_help="Make data of a given size, for benchmarks.")
def generate(
    *,
    accounts: Annotated[int, typer.Option(help="Ad accounts.")] = 10,
    campaigns: Annotated[int, typer.Option(help="Campaigns of each account.")] = 50,
    ad_sets: Annotated[int, typer.Option(help="Ad sets of each account, spread over its campaigns.")] = 500,
    ads: Annotated[int, typer.Option(help="Ads of each account, spread over its ad sets.")] = 2_500,
    days: Annotated[int, typer.Option(help="Days up to yesterday (UTC) on which every ad has numbers.")] = 120,
    seed: Annotated[int, typer.Option(help="The same seed and sizes give the same numbers.")] = 1,
    project: Annotated[str, typer.Option(help="The project to make; it must not have accounts yet.")] = "Generated",
    organization: Organization = None,
) -> None:
    """Make synthetic data of a given size, for benchmarks. The defaults make 3,000,000 ad-days in 10 accounts."""
    from db.generate import generate

    settings = _for(organization)

    async def work(database: Database, org_id: int) -> None:
        until = datetime.now(UTC).date()
        with terminal.progress("Generating", accounts * ads * days) as progress:
            report = await generate(
                database, org_id, project=project, accounts=accounts, campaigns=campaigns, ad_sets=ad_sets, ads=ads,
                days=days, seed=seed, until=until, progress=progress,
            )  # fmt: skip
        terminal.show_generated(report, project)

    with _database(settings) as url:
        asyncio.run(_working(settings, url, work))


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from graph.schema import schema

    typer.echo(schema.as_str())


def _for(organization: str | None) -> Settings:
    """The settings of the environment, for the organization that the command line names."""
    settings = environment.load()
    if organization is None:
        return settings
    if not organization.strip() or len(organization) > 200:
        raise Invalid("--organization needs a name of 1 to 200 characters.")
    return settings.model_copy(update={"organization": organization})


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The URL of the database to work on, with the embedded server running where there is no other."""
    if settings.database_url:
        yield settings.database_url
    else:
        with serving(settings.data_dir) as url:
            yield url


async def _current(settings: Settings, url: str) -> None:
    """Brings the embedded database to this version; of another one, which others may use, it only demands it."""
    if not settings.database_url:
        await migrate(url)
    elif names := await pending_at(url, connect_timeout=settings.connect_timeout):
        raise MigrationsPending(f"The database lacks {', '.join(names)}: run adgraph migrate.")


async def _working(settings: Settings, url: str, work: Callable[[Database, int], Awaitable[None]]) -> None:
    """Runs `work` for the organization of the settings, without a limit on how long a statement takes."""
    await _current(settings, url)
    async with Database.connect(
        url, connections=settings.connections, connect_timeout=settings.connect_timeout, statement_timeout=0
    ) as database:
        await work(database, await organization_id(database, settings.organization))


def main() -> None:
    """Runs the command; whatever happens ends in one line and an exit code, never in a traceback."""
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # asyncio would put Python's own handler off until the work at hand waits for something, which may take long.
        signal.signal(signal.SIGINT, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        code = app(prog_name="adgraph", standalone_mode=False)
    except AdgraphError as error:
        terminal.fail(str(error))
        code = error.exit_code
    except typer.TyperException as error:
        terminal.fail(f"{error.format_message().rstrip('.')}. See {_command(error)} --help.")
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it. Python would complain when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001  # the last resort: told on one line, its trace kept
        terminal.fail(f"{type(error).__name__}: {error}. {_recorded(error)}")
        code = 1
    # Typer turns a Ctrl-C into this code without a word.
    if code == INTERRUPTED:
        terminal.fail("Interrupted: what was not finished is undone.")
    sys.exit(code)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _command(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context else "adgraph"


def _recorded(error: Exception) -> str:
    """Keeps the trace of an unexpected error, or shows it to who wants to see everything; says which."""
    trace = "".join(traceback.format_exception(error))
    with suppress(AdgraphError, OSError):
        settings = environment.load()
        if settings.log_level == "DEBUG":
            terminal.say(trace)
            return "Its trace is above."
        reference, log = secrets.token_hex(4), settings.data_dir / "errors.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {reference}\n{trace}\n")
        return f"Its trace is in {log} under {reference}."
    return "ADGRAPH_LOG_LEVEL=DEBUG shows its trace."


if __name__ == "__main__":
    main()
