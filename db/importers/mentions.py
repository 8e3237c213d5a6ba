"""The entities that rows of a report mention by the way: the latest row that says something of one describes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from db.importers.records import Entity, Place
from db.level import Level, Platform

Parents = tuple[tuple[Level, str], ...]


class Mention(NamedTuple):
    """What one row says of an entity; None: nothing."""

    level: Level
    external_id: str
    parents: Parents = ()
    name: str | None = None
    status: str | None = None
    currency: str | None = None
    timezone: str | None = None
    objective: str | None = None
    budget_micros: int | None = None
    budget_period: str | None = None


class Mentions:
    """Gathers mentions row by row: a million rows that say the same are one mention."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._last: dict[Mention, tuple[date, Place]] = {}

    def note(self, mention: Mention, day: date, place: Place) -> None:
        """Takes what the row at `place`, about `day`, says."""
        last = self._last.get(mention)
        if last is None or day > last[0]:
            self._last[mention] = day, place

    def entities(self) -> Iterator[Entity]:
        """A row for each thing said of an entity, with the last day on which it was said as its version."""
        for said, (day, place) in self._last.items():
            yield Entity(
                place=place,
                platform=self._platform,
                level=said.level,
                external_id=said.external_id,
                name=said.name,
                status=said.status,
                currency=said.currency,
                timezone=said.timezone,
                objective=said.objective,
                budget_micros=said.budget_micros,
                budget_period=said.budget_period,
                version=day.isoformat(),
                parents=said.parents,
            )
