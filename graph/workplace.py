"""Where the commands work: the settings, the database and the organization."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from db.database import Database
from db.embedded import serving
from db.errors import Invalid
from db.migrate import MigrationsPending, migrate, pending_at
from db.organization import organization_id
from graph import settings as environment
from graph.settings import Settings

Organization = Annotated[
    str | None, typer.Option(help="The organization to work for. [default: ADGRAPH_ORGANIZATION, else default]")
]


def settings_for(organization: str | None) -> Settings:
    """The settings of the environment, for the organization that the command line names."""
    settings = environment.load()
    if organization is None:
        return settings
    if not organization.strip() or len(organization) > 200:
        raise Invalid("--organization needs a name of 1 to 200 characters.")
    return settings.model_copy(update={"organization": organization})


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The URL of the database to work on, with the embedded server running where there is no other."""
    if settings.database_url:
        yield settings.database_url
    else:
        with serving(settings.data_dir) as url:
            yield url


async def current(settings: Settings, url: str) -> None:
    """Brings the embedded database to this version; of another one, which others may use, it only demands it."""
    if not settings.database_url:
        await migrate(url)
    elif names := await pending_at(url, connect_timeout=settings.connect_timeout):
        raise MigrationsPending(f"The database lacks {', '.join(names)}: run adgraph migrate.")


async def working(settings: Settings, url: str, work: Callable[[Database, int], Awaitable[None]]) -> None:
    """Runs `work` for the organization of the settings, without a limit on how long a statement takes."""
    await current(settings, url)
    async with Database.connect(
        url, connections=settings.connections, connect_timeout=settings.connect_timeout, statement_timeout=0
    ) as database:
        await work(database, await organization_id(database, settings.organization))
