"""The command `adgraph project`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import typer

from db import project
from db.database import Database
from db.errors import Invalid, NotFound
from graph import terminal
from graph.member import named
from graph.workplace import Organization, database_url, settings_for, working

app = typer.Typer(name="project", help="Change what the numbers of a project mean.", no_args_is_help=True)


class Setting(Enum):
    """What may be set back to its default, with the columns that hold it."""

    TIMEZONE = ("timezone",)
    REPORTING_CURRENCY = ("reporting_currency",)
    CONVERSION_SOURCE = ("conversion_source",)
    CONVERSION_EVENTS = ("conversion_events",)
    CLICK_WINDOW = ("attribution_click",)
    VIEW_WINDOW = ("attribution_view",)
    COUNT_BY = ("count_by",)
    WEEK_STARTS_ON = ("week_starts_on",)
    MARGIN = ("margin",)


@app.callback()
def project_() -> None:
    """Change what the numbers of a project mean."""


@app.command("set", short_help="Change settings of a project.")
def set_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The project.")],
    *,
    timezone: Annotated[
        str | None, typer.Option(help="IANA name, as Europe/Berlin, that LAST_7_DAYS and its like resolve in.")
    ] = None,
    reporting_currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="ISO 4217 code of what money of several currencies becomes.")
    ] = None,
    conversion_source: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Whose conversions plain metrics mean: reported or tracked.")
    ] = None,
    conversion_event: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An event that is a tracked conversion; may be repeated.")
    ] = None,
    click_window: Annotated[
        str | None, typer.Option(metavar="WINDOW", help="How long a click counts: none, days-1, days-7 or days-28.")
    ] = None,
    view_window: Annotated[str | None, typer.Option(metavar="WINDOW", help="How long a view counts: the same.")] = None,
    count_by: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The day a tracked conversion counts on: conversion-time or touch-time."),
    ] = None,
    week_starts_on: Annotated[str | None, typer.Option(metavar="DAY", help="The first day of weeks.")] = None,
    margin: Annotated[
        float | None, typer.Option(help="What is left of a sale before advertising: a fraction above 0, at most 1.")
    ] = None,
    default: Annotated[
        list[str] | None,
        typer.Option(metavar="SETTING", help="Back to its default: timezone, reporting-currency, conversion-source, "
                     "conversion-events, click-window, view-window, count-by, week-starts-on, margin; repeatable."),
    ] = None,
    organization: Organization = None,
) -> None:  # fmt: skip
    """Change settings of a project, all that are given or none, and show what it then has set.

    Example: adgraph project set Shop --timezone Europe/Berlin --conversion-source tracked --default margin
    """
    from resolvers import options, project_settings
    from resolvers.calendar import Weekday
    from resolvers.context import Request

    given = {
        "timezone": _checked(options.checked_timezone, "--timezone", timezone),
        "reporting_currency": _checked(options.checked_currency, "--reporting-currency", reporting_currency),
        "conversion_source": named(options.ConversionSource, "--conversion-source", conversion_source),
        "conversion_events": _checked(options.checked_events, "--conversion-event", conversion_event or None),
        "attribution_click": named(options.AttributionWindow, "--click-window", click_window),
        "attribution_view": named(options.AttributionWindow, "--view-window", view_window),
        "count_by": named(options.CountBy, "--count-by", count_by),
        "week_starts_on": named(Weekday, "--week-starts-on", week_starts_on),
        "margin": _checked(options.checked_margin, "--margin", margin),
    }
    changes: dict[str, object] = {column: value for column, value in given.items() if value is not None}
    back = {column for text in default or () if (found := named(Setting, "--default", text)) for column in found.value}
    if both := sorted(back & set(changes)):
        raise Invalid(f"--default and a value were given for {', '.join(both)}: give one of them.")
    changes |= dict.fromkeys(back)
    if not changes:
        raise Invalid("Nothing was given to set: see adgraph project set --help.")
    settings = settings_for(organization)

    async def work(database: Database, org_id: int) -> None:
        found = await project.by_name(database, org_id, name)
        if found is None:
            raise NotFound(f"There is no project named {name!r}.")
        await project_settings.change(Request(database, org_id, datetime.now(UTC)), found.id, changes)
        changed = await project.by_name(database, org_id, name)
        assert changed is not None
        terminal.show_settings(changed)

    with database_url(settings) as url:
        asyncio.run(working(settings, url, work))


def _checked(check: Callable[[str, Any], object], option: str, value: object) -> object:
    return None if value is None else check(option, value)
