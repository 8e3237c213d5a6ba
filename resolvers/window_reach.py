"""The reach of whole windows: known where a platform reported exactly that entity and those days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from db.level import Level
from db.window_reach import life_reaches, window_reaches
from resolvers.calendar import DAY
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.sums import Sums


class Told(NamedTuple):
    """An entity, the days `[since, until)`, its sums over them, and whether all of these days are covered."""

    entity_id: int
    since: date
    until: date
    sums: Sums
    covered: bool


class Life(NamedTuple):
    """An entity over all the days that are known, the timezone of its ad account, and what covers them there."""

    told: Told
    timezone: str
    coverage: Coverage


async def tell(request: Request, told: Sequence[Told]) -> None:
    """Gives sums over several days the reach that was reported for exactly those, where one was."""
    if not told:
        return
    of = {(one.entity_id, one.since, one.until): one for one in told}
    windows = {(since, until) for _, since, until in of}
    entity_ids = {entity_id for entity_id, _, _ in of}
    for row in await window_reaches(request.database, request.org_id, entity_ids, windows):
        if one := of.get((row.entity_id, row.since, row.until)):
            # Where the days that nobody imported had no impressions, they reached nobody either.
            of_more = not one.covered and row.impressions != one.sums.sum("impressions")
            one.sums.reach, one.sums.reach_of_more = row.reach, of_more


async def tell_lives(request: Request, level: Level, lives: Sequence[Life]) -> None:
    """Gives sums over whole lives the reach that was reported of these, where nobody was reached since."""
    of = {life.told.entity_id: life for life in lives if life.told.sums.reach is None}
    if not of:
        return
    timezones = [life.timezone for life in of.values()]
    for row in await life_reaches(request.database, request.org_id, list(of), timezones):
        told, coverage = of[row.entity_id].told, of[row.entity_id].coverage
        until = min(row.last_day + DAY, told.until)
        covered = sum(coverage.by_missing(level, told.since, until).values())
        # A life may have begun before the first day that is known: then it has more impressions.
        of_more = covered < max(1, (until - told.since).days) or (row.impressions or 0) > told.sums.sum("impressions")
        told.sums.reach, told.sums.reach_of_more = row.reach, of_more
