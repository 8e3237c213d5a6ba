"""Campaigns: what an ad account runs towards one objective."""

from db.database import Row


class CampaignRow(Row):
    """A campaign as a source last described it."""

    id: int
    ad_account_id: int
    platform: str
    external_id: str
    name: str
    status: str
    objective: str | None
    budget_micros: int | None
    budget_period: str | None
