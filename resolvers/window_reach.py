"""The reach of whole windows: known where a platform reported exactly that entity and those days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from db.window_reach import window_reaches
from resolvers.context import Request
from resolvers.formulas import Sums

# An entity, the days `[since, until)`, and its sums over them.
Told = tuple[int, date, date, Sums]


async def tell(request: Request, told: Iterable[Told]) -> None:
    """Gives sums over several days the reach that was reported for exactly those, where one was."""
    sums_of = {(entity_id, since, until): sums for entity_id, since, until, sums in told}
    if not sums_of:
        return
    entity_ids = {entity_id for entity_id, _, _ in sums_of}
    windows = {(since, until) for _, since, until in sums_of}
    for row in await window_reaches(request.database, request.org_id, entity_ids, windows):
        if sums := sums_of.get((row.entity_id, row.since, row.until)):
            sums.reach = row.reach
