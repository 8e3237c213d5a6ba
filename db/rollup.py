"""Rollups: what stands for every entity above the ads, kept in step with the facts by whoever writes those."""

from collections.abc import Sequence
from datetime import date

from db.database import Transaction
from db.level import Level

# Where the children of each level stand and which column names their parent, bottom up.
_BELOW = {
    Level.AD_SET: {
        "parent": "ad.ad_set_id",
        "children": "daily_fact as child join ad on ad.org_id = child.org_id and ad.id = child.entity_id",
        "reach_rows": "count(child.reach)",
    },
    Level.CAMPAIGN: {
        "parent": "ad_set.campaign_id",
        "children": "daily_rollup as child join ad_set on ad_set.org_id = child.org_id and ad_set.id = child.entity_id",
        "reach_rows": "sum(child.reach_rows)",
    },
    Level.AD_ACCOUNT: {
        "parent": "child.ad_account_id",
        "children": "daily_rollup as child",
        "reach_rows": "sum(child.reach_rows)",
    },
}


async def roll_up(transaction: Transaction, org_id: int, ad_account_id: int, days: Sequence[date]) -> None:
    """Recomputes, from the facts, what stands in the ad account on `days`, at every level.

    Exact whatever changed: new facts, restated ones, or an entity that moved to another parent (then: all its days).
    """
    for level, below in _BELOW.items():
        await transaction.execute("clear_rollup", org_id, ad_account_id, level, days)
        await transaction.execute("roll_up", org_id, ad_account_id, level, days, **below)
