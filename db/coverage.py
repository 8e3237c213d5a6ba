"""Coverage: the days that imports account for, so that a day without a row can mean nothing happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg

from db.database import Database, Row
from db.level import Platform


class CoverageRow(Row):
    """The days of a window on which sources at `level` or below, together, lack the metrics `missing`.

    `place` is the window's among those that were asked, from 1.
    """

    place: int
    level: int
    missing: int
    days: list[asyncpg.Range[date]]
    last_imported_at: datetime


class ProvisionalRow(Row):
    """The days of a window that may still be restated at `level` or below; `place` as in `CoverageRow`."""

    place: int
    level: int
    days: list[asyncpg.Range[date]]


async def provisional_by_ad_account_ids(
    database: Database, org_id: int, ad_account_ids: Sequence[int], since: Sequence[date], until: Sequence[date],
    settles_after: Mapping[Platform, int],
) -> list[ProvisionalRow]:  # fmt: skip
    """The provisional days of each window `[since, until)` of an ad account, for every level that has any.

    A day is provisional while its last import at one of its levels came less than `settles_after` hours, by platform,
    after the day's end in the ad account's timezone.
    """
    return await database.fetch(
        "provisional_by_ad_account_ids", org_id, ad_account_ids, since, until,
        [platform.value for platform in settles_after], list(settles_after.values()), row=ProvisionalRow,
    )  # fmt: skip


async def by_ad_account_ids(
    database: Database, org_id: int, ad_account_ids: Sequence[int], since: Sequence[date], until: Sequence[date]
) -> list[CoverageRow]:
    """What covers each window `[since, until)` of an ad account, for every level. An account may have several."""
    return await database.fetch("coverage_by_ad_account_ids", org_id, ad_account_ids, since, until, row=CoverageRow)
