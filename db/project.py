"""Projects: what one team advertises, over any number of ad accounts."""

from collections.abc import Sequence
from datetime import date

from db.database import Database, Row


class ProjectRow(Row):
    """A project. `timezone` is null while none is set: then the one that its ad accounts share counts, else UTC."""

    id: int
    name: str
    timezone: str | None
    reporting_currency: str | None
    conversion_source: str
    conversion_events: list[str]
    attribution_click: str
    attribution_view: str
    count_by: str
    week_starts_on: str
    margin: float | None


class SettingsRow(Row):
    """What the numbers of a project, and of all below it, mean where a query does not choose."""

    reporting_currency: str | None
    conversion_source: str
    conversion_events: list[str]
    attribution_click: str
    attribution_view: str
    count_by: str
    week_starts_on: str
    margin: float | None


class ProjectScopeRow(SettingsRow):
    """What a project's numbers depend on."""

    id: int
    timezone: str
    ad_account_ids: list[int]


class FirstDayRow(Row):
    """The first day that anything is known of in a project."""

    id: int
    first_day: date


async def scopes_by_ids(database: Database, org_id: int, ids: Sequence[int]) -> list[ProjectScopeRow]:
    """Timezone and ad accounts of those projects that exist, by id."""
    return await database.fetch("project_scopes_by_ids", org_id, ids, row=ProjectScopeRow)


async def first_days_by_ids(database: Database, org_id: int, ids: Sequence[int]) -> list[FirstDayRow]:
    """The first day that is covered or has a fact, of those projects that have any."""
    return await database.fetch("project_first_days_by_ids", org_id, ids, row=FirstDayRow)
