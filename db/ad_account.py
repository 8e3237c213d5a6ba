"""Ad accounts: where a platform bills; one currency, one timezone."""

from collections.abc import Sequence

from db.database import Database, Row
from db.project import SettingsRow


class AdAccountRow(Row):
    """An ad account as a source last described it."""

    id: int
    project_id: int
    platform: str
    external_id: str
    name: str
    currency: str
    timezone: str
    status: str


class AdAccountScopeRow(SettingsRow):
    """What the numbers of an ad account, and of all below it, depend on, its project's settings among it."""

    id: int
    project_id: int
    platform: str
    currency: str
    timezone: str
    project_timezone: str


async def scopes_by_ids(database: Database, org_id: int, ids: Sequence[int]) -> list[AdAccountScopeRow]:
    """Currency and timezones of those ad accounts that exist, by id."""
    return await database.fetch("ad_account_scopes_by_ids", org_id, ids, row=AdAccountScopeRow)
