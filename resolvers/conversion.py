"""Conversion reports: what a query asks of nodes' conversions, and what it leaves open filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from db.database import Row
from db.errors import AdgraphError, Invalid
from db.level import Level
from resolvers.calendar import Weekday
from resolvers.context import Request
from resolvers.cursor import Cursor, Stamp
from resolvers.entity import Entity
from resolvers.instants import TimeWindow
from resolvers.options import Attribution, Options, chosen, recordable
from resolvers.window import ad_account_scopes, project_scopes

LONGEST_APP = 200


class Asked(NamedTuple):
    """A report as a query asks for it. None: what the node's project has set."""

    since: datetime
    until: datetime
    timezone: str | None
    app: str | None
    options: Options


class Question(NamedTuple):
    """What is asked of all nodes of one level and project. `currency`: what money is converted to; None: it is not."""

    level: Level | None
    window: TimeWindow
    events: tuple[str, ...]
    app: str | None
    attribution: Attribution
    currency: str | None
    project_id: int
    project_timezone: str
    week_starts_on: Weekday


class Report(NamedTuple):
    """A node and what is asked of its conversions. `key`: a project's id, else the entity."""

    key: Entity | int
    question: Question

    @property
    def node_id(self) -> int:
        return self.key if isinstance(self.key, int) else self.key.id


async def reports(request: Request, rows: Sequence[Row], level: Level | None, asked: Asked) -> list[Report]:
    """The reports on nodes of one level."""
    scopes: dict[int, Any]
    if level is None:
        scopes = dict(await request.load_all(project_scopes, (row["id"] for row in rows)))
        return [Report(row["id"], _question(asked, None, row["id"], scopes[row["id"]])) for row in rows]
    account = "id" if level is Level.AD_ACCOUNT else "ad_account_id"
    scopes = dict(await request.load_all(ad_account_scopes, (row[account] for row in rows)))
    return [
        Report(Entity(row["id"], row[account]), _question(asked, level, scope.project_id, scope))
        for row, scope in ((row, scopes[row[account]]) for row in rows)
    ]


async def pages(
    request: Request, reports: Sequence[Report], batch: Callable[..., Any], after: str | None, which: Any,
    *arguments: Any,
) -> list[Any]:  # fmt: skip
    """Batch: of each report a page of the list `which`, or why `after` is no cursor of it.

    `batch` gives those of the reports of one question, behind a cursor of theirs (None: from the start).
    """
    found: dict[Report, Any] = {}
    alike: dict[tuple[Question, Cursor | None], list[Report]] = {}
    for report in reports:
        try:
            start = None if after is None else stamp(report, which).read(after)
        except AdgraphError as refused:
            found[report] = refused
        else:
            alike.setdefault((report.question, start), []).append(report)
    for answers in await asyncio.gather(
        *(request.load_all(batch, those, *each, which, *arguments) for each, those in alike.items())
    ):
        found |= answers
    return [found[report] for report in reports]


def stamp(report: Report, which: Any) -> Stamp:
    """What marks the cursors of one list of a report."""
    return Stamp((report, which))


def checked_app(name: str, app: str) -> str:
    """The id of an app, or its platform, that a client gave as `name`."""
    if not recordable(app, LONGEST_APP):
        raise Invalid(f"`{name}` must be a text of 1 to {LONGEST_APP} characters without NUL.")
    return app


def _question(asked: Asked, level: Level | None, project_id: int, scope: Any) -> Question:
    choice = chosen(asked.options, scope)
    timezone = scope.timezone if level is None else scope.project_timezone
    return Question(
        level, TimeWindow(asked.since, asked.until, asked.timezone or timezone), choice.conversion_events, asked.app,
        choice.attribution, choice.currency, project_id, timezone, Weekday(scope.week_starts_on),
    )  # fmt: skip
