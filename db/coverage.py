"""Coverage: the days that imports account for, so that a day without a row can mean nothing happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from db.database import Database, Row


class CoverageRow(Row):
    """The days of a window on which sources at `level` or below, together, lack the metrics `missing`.

    `place` is the window's among those that were asked, from 1.
    """

    place: int
    level: int
    missing: int
    days: list[asyncpg.Range[date]]
    last_imported_at: datetime


async def by_ad_account_ids(
    database: Database, org_id: int, ad_account_ids: Sequence[int], since: Sequence[date], until: Sequence[date]
) -> list[CoverageRow]:
    """What covers each window `[since, until)` of an ad account, for every level. An account may have several."""
    return await database.fetch("coverage_by_ad_account_ids", org_id, ad_account_ids, since, until, row=CoverageRow)
