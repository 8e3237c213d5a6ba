"""Recording events one call at a time: each is taken or refused on its own, and what is answered is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from db.conversions.event import BadEvent, Event, read
from db.conversions.preparing import prepare
from db.conversions.turns import Turns
from db.database import Database, Row
from db.errors import Invalid, NotFound

MOST_EVENTS = 1_000


class _CurrencyRow(Row):
    reporting_currency: str | None


class Recorded(NamedTuple):
    """What became of the events of one call, in their order: True new, False known before, or why it cannot be taken.

    `strange_touches` counts their touches of ads that the project does not have.
    """

    answers: list[bool | BadEvent]
    strange_touches: int


async def record(
    database: Database, org_id: int, project_id: int, events: Sequence[Mapping[str, object]], now: datetime
) -> Recorded:
    """Takes the events, in the fields that imports have, at most 1,000 of them; all is kept when this returns."""
    if len(events) > MOST_EVENTS:
        raise Invalid(f"`events` may hold {MOST_EVENTS:,} events; got {len(events):,}. Send them in several calls.")
    rows = await database.fetch("project_currency", org_id, project_id, row=_CurrencyRow)
    if not rows:
        raise NotFound("There is no such project.")
    answers: list[bool | BadEvent] = []
    good: list[Event] = []
    places: list[int] = []
    for place, fields in enumerate(events):
        try:
            good.append(read(fields, rows[0].reporting_currency, now))
            places.append(place)
            answers.append(True)
        except BadEvent as bad:
            answers.append(bad)
    if not good:
        return Recorded(answers, 0)
    taken = await Turns.at(database, org_id, project_id).take(prepare(good, now), now)
    for place, is_new in zip(places, taken.new, strict=True):
        answers[place] = is_new
    return Recorded(answers, taken.strange_touches)
