"""Ads: what people see."""

from db.database import Row


class AdRow(Row):
    """An ad as a source last described it."""

    id: int
    ad_set_id: int
    ad_account_id: int
    platform: str
    external_id: str
    name: str
    status: str
