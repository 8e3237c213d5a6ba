"""Own rows that are older than what lies below them: the platform has restated the children since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from db.database import Database, Row, Transaction


class StaleRow(Row):
    """How many own rows at or below an entity are stale; `place` is the entity's among those asked, from 1."""

    place: int
    count: int


class _DayRow(Row):
    day: date


async def note(transaction: Transaction, org_id: int, touched: Mapping[int, Collection[date]]) -> None:
    """Finds out anew which own rows are stale on the days of each ad account that were `touched`."""
    # What moved to another ad account is forgotten where it was before it is noted where it is.
    for ad_account_id, days in touched.items():
        await transaction.execute("clear_stale_own_rows", org_id, ad_account_id, list(days))
    await transaction.execute("plan_for_many_rows", org_id)
    for ad_account_id, days in touched.items():
        rows = await transaction.fetch("own_row_days", org_id, ad_account_id, list(days), row=_DayRow)
        # Nothing else can be stale, and most imports bring ads alone.
        if rows:
            await transaction.execute("note_stale_own_rows", org_id, ad_account_id, [row.day for row in rows])
    await transaction.execute("plan_as_usual", org_id)


async def counts(
    database: Database, org_id: int, entity_ids: Sequence[int], since: Sequence[date], until: Sequence[date]
) -> list[StaleRow]:
    """How many own rows at or below each entity are stale on its days `[since, until)`; who has none is left out."""
    return await database.fetch("stale_own_rows_by_entity_ids", org_id, entity_ids, since, until, row=StaleRow)
