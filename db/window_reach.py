"""How many people an entity reached over several days, where its platform reported exactly that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from db.database import Database, Row


class WindowReachRow(Row):
    """The reach of one entity over the days `[since, until)`, and its impressions there if they were told."""

    entity_id: int
    since: date
    until: date
    reach: int
    impressions: int | None


async def window_reaches(
    database: Database, org_id: int, entity_ids: Collection[int], windows: Collection[tuple[date, date]]
) -> list[WindowReachRow]:
    """What was reported of the entities over exactly one of the `windows`: a first day, and the day after the last."""
    return await database.fetch(
        "window_reaches", org_id, list(entity_ids), [since for since, _ in windows], [until for _, until in windows],
        row=WindowReachRow,
    )  # fmt: skip


class LifeReachRow(Row):
    """The reach of one entity over its life up to `last_day`, the day on which it was said, and its impressions."""

    entity_id: int
    reach: int
    impressions: int | None
    last_day: date


async def life_reaches(
    database: Database, org_id: int, entity_ids: Sequence[int], timezones: Sequence[str]
) -> list[LifeReachRow]:
    """What was reported of the whole lives of those entities, their days in `timezones`, that were not shown since."""
    return await database.fetch("life_reaches", org_id, entity_ids, timezones, row=LifeReachRow)
