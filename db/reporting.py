"""Reporting: what the conversions are that imports brought, and of which days."""

from collections.abc import Sequence
from datetime import date

from db.database import Database, Row


class ReportingRow(Row):
    """Days `[since, until)` of an ad account that an import covers at one level, and what its conversions are.

    `attributions` and `datings` lie side by side: one for each choice that the source made.
    """

    ad_account_id: int
    level: int
    since: date
    until: date
    attributions: list[str]
    datings: list[str]


async def by_ad_account_ids(database: Database, org_id: int, ids: Sequence[int]) -> list[ReportingRow]:
    """All such days of the ad accounts, those of the latest import first."""
    return await database.fetch("reporting_by_ad_account_ids", org_id, ids, row=ReportingRow)
