"""The command `adgraph`: what can be typed, and how a command ends."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from db.database import Database
from db.errors import AdgraphError, Unavailable
from db.migrate import MigrationRefused, migrate
from graph import import_command, project_command, terminal
from graph import settings as environment
from graph.workplace import Organization, current, database_url, settings_for, working

app = typer.Typer(
    name="adgraph",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

DIFFERENT = 8
INTERRUPTED = 128 + signal.SIGINT


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
  6 nothing to do: no rows, or all imported before · 7 done, and rows were rejected · 8 not verified
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

    with server.take_port(settings) as port, database_url(settings) as url:
        asyncio.run(migrate(url, connect_timeout=settings.connect_timeout))
        asyncio.run(working(settings, url, load))
        terminal.show_way_in(server.origin(settings))
        server.run(settings, url, port)


@app.command(short_help="Serve the API.")
def serve() -> None:
    """Serve the API until Ctrl-C or SIGTERM, finishing what is in flight.

    With DATABASE_URL the database must have been migrated (adgraph migrate); /readyz says whether it has.
    """
    from graph import server

    settings = environment.load()
    with server.take_port(settings) as port, database_url(settings) as url:
        try:
            asyncio.run(current(settings, url))
        except (Unavailable, MigrationRefused) as error:
            # A server outlives such states of its database: it starts, and /readyz says what is missing.
            terminal.say(f"warning: {error}")
        terminal.say(f"Serving on {server.origin(settings)}/graphql")
        server.run(settings, url, port)


@app.command("migrate", short_help="Bring the database to this version.")
def migrate_() -> None:
    """Bring the database to this version. Safe to run again, and by several at once."""
    settings = environment.load()
    with database_url(settings) as url:
        names = asyncio.run(migrate(url, connect_timeout=settings.connect_timeout))
    for name in names:
        typer.echo(f"applied {name}")
    if not names:
        typer.echo("Nothing to do: the database is up to date.")


app.command("import", short_help="Import an export of an ads platform or connector.", epilog=import_command.EPILOG)(
    import_command.import_
)


app.add_typer(project_command.app)


@app.command(
    short_help="Compare what is stored with the facts.",
    epilog="Exit codes: 0 all as the facts say · 8 something is not.",
)
def verify(
    project: Annotated[str | None, typer.Argument(metavar="PROJECT", help="The project. [default: all]")] = None,
    organization: Organization = None,
) -> None:
    """Compute what stands at every level, and the running totals, anew from the facts as imported; tell differences.

    The same of sums of conversions and of what is tracked, from the conversions. It changes nothing, and imports and
    servers work meanwhile.
    """
    from db.verify import verify

    settings = settings_for(organization)
    differences = 0

    async def work(database: Database, org_id: int) -> None:
        nonlocal differences
        with terminal.progress("Verifying") as progress:
            verified = await verify(database, org_id, project, progress)
        terminal.show_verified(verified)
        differences = verified.count

    with database_url(settings) as url:
        asyncio.run(working(settings, url, work))
    if differences:
        raise typer.Exit(DIFFERENT)


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
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a .csv or .parquet for import table instead.")
    ] = None,
    organization: Organization = None,
) -> None:
    """Make synthetic data of a given size, for benchmarks. The defaults make 3,000,000 ad-days in 10 accounts."""
    from db.generate import generate, generate_file

    settings = settings_for(organization)
    sizes = {"accounts": accounts, "campaigns": campaigns, "ad_sets": ad_sets, "ads": ads, "days": days, "seed": seed}

    async def work(database: Database, org_id: int) -> None:
        until = datetime.now(UTC).date()
        with terminal.progress("Generating", accounts * ads * days) as progress:
            if out:
                await generate_file(database, out, until=until, progress=progress, **sizes)
                told = partial(typer.echo, f"Wrote {out}. Import it: adgraph import table {out} --project NAME")
            else:
                report = await generate(database, org_id, project=project, until=until, progress=progress, **sizes)
                told = partial(terminal.show_generated, report, project)
        told()

    with database_url(settings) as url:
        asyncio.run(working(settings, url, work))


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from graph.schema import schema

    typer.echo(schema.as_str())


@app.command()
def metrics() -> None:
    """Print what every metric is, as docs/metrics.md has it."""
    from graph import metric_catalog

    typer.echo(metric_catalog.document())


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
