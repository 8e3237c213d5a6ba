"""Rollups: what stands for every entity above the ads, kept in step with the facts by whoever writes those."""

from collections.abc import Sequence
from datetime import date

from db.database import Transaction

_SUMS = """
    sum(child.spend_micros) as spend_micros, sum(child.impressions) as impressions, sum(child.clicks) as clicks,
    sum(child.link_clicks) as link_clicks, sum(child.conversions_millionths) as conversions_millionths,
    sum(child.conversion_value_micros) as conversion_value_micros"""
_WHERE = "where child.org_id = $1 and child.ad_account_id = $2 and child.level = {level} and child.day = any($4::date[])"

# The children of each level that has any, bottom up: (level, their rows with the parent's id as entity_id).
_BELOW = (
    (
        3,
        f"""select ad.ad_set_id as entity_id, child.day, child.missing, {_SUMS},
            count(child.reach) as reach_rows
        from daily_fact as child
        join ad on ad.org_id = child.org_id and ad.id = child.entity_id
        {_WHERE.format(level=4)}
        group by ad.ad_set_id, child.day, child.missing""",
    ),
    (
        2,
        f"""select ad_set.campaign_id as entity_id, child.day, child.missing, {_SUMS},
            sum(child.reach_rows) as reach_rows
        from daily_rollup as child
        join ad_set on ad_set.org_id = child.org_id and ad_set.id = child.entity_id
        {_WHERE.format(level=3)}
        group by ad_set.campaign_id, child.day, child.missing""",
    ),
    (
        1,
        f"""select child.ad_account_id as entity_id, child.day, child.missing, {_SUMS},
            sum(child.reach_rows) as reach_rows
        from daily_rollup as child
        {_WHERE.format(level=2)}
        group by child.ad_account_id, child.day, child.missing""",
    ),
)


async def roll_up(transaction: Transaction, org_id: int, ad_account_id: int, days: Sequence[date]) -> None:
    """Recomputes, from the facts, what stands in the ad account on `days`, at every level.

    Exact whatever changed: new facts, restated ones, or an entity that moved to another parent (then: all its days).
    """
    for level, below in _BELOW:
        await transaction.execute("clear_rollup", org_id, ad_account_id, level, days)
        await transaction.execute("roll_up", org_id, ad_account_id, level, days, below=below)
