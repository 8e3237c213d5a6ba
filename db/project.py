"""Projects: what one team advertises, over any number of ad accounts."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

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
    several_currencies: bool


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


# What may be set, and the type of each column.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "timezone": "text",
        "reporting_currency": "text",
        "conversion_source": "text",
        "conversion_events": "text[]",
        "attribution_click": "text",
        "attribution_view": "text",
        "count_by": "text",
        "week_starts_on": "text",
        "margin": "double precision",
    }
)


class _IdRow(Row):
    id: int


async def change_settings(database: Database, org_id: int, project_id: int, changes: Mapping[str, object]) -> bool:
    """Sets those columns of `SETTINGS`, each to its value; None: back to its default. False: no such project."""
    async with database.transaction() as transaction:
        for column, value in changes.items():
            given = "default" if value is None else f"$3::{SETTINGS[column]}"
            values = () if value is None else (value,)
            if not await transaction.fetch(
                "set_project_setting", org_id, project_id, *values,
                row=_IdRow, label=f"set_{column}", column=column, value=given,
            ):  # fmt: skip
                return False
        await transaction.execute("settings_changed", org_id)
    return True


async def by_name(database: Database, org_id: int, name: str) -> ProjectRow | None:
    """The project of that name, whole."""
    rows = await database.fetch("project_by_name", org_id, name, row=ProjectRow)
    return rows[0] if rows else None
