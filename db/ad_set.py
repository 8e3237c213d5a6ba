"""Ad sets: who sees a campaign's ads, and for how much. TikTok and Apple call them ad groups."""

from db.database import Row


class AdSetRow(Row):
    """An ad set as a source last described it."""

    id: int
    campaign_id: int
    ad_account_id: int
    platform: str
    external_id: str
    name: str
    status: str
    budget_micros: int | None
    budget_period: str | None
