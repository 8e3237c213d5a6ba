"""Rollups and running totals: what stands for entities, kept in step with the facts by whoever writes those."""

from collections.abc import Collection, Sequence
from datetime import date

from db.database import Row, Transaction
from db.level import Level

# Entities whose ids divided by this are equal share a chunk: a row of running totals. The larger, the fewer rows a
# whole account takes; the smaller, the less is read that was not asked for.
CHUNK = 512

# Where the children of each level stand and which column names their parent, bottom up.
_BELOW = {
    Level.AD_SET: {
        "parent": "ad.ad_set_id",
        # Ad by ad, whatever the planner thinks of it: the facts of one lie side by side.
        "children": """ad
    cross join lateral (
        select *
        from daily_fact
        where org_id = $1 and entity_id = ad.id and day between ($4::date[])[1] and ($4::date[])[cardinality($4)]
        offset 0
    ) as child""",
        "above": "ad.org_id = $1 and ad.ad_account_id = $2",
        "reach_rows": "count(child.reach)",
    },
    Level.CAMPAIGN: {
        "parent": "ad_set.campaign_id",
        "children": "daily_rollup as child join ad_set on ad_set.org_id = child.org_id and ad_set.id = child.entity_id",
        "above": "ad_set.org_id = $1 and ad_set.ad_account_id = $2",
        "reach_rows": "sum(child.reach_rows)",
    },
    Level.AD_ACCOUNT: {
        "parent": "child.ad_account_id",
        "children": "daily_rollup as child",
        "above": "true",
        "reach_rows": "sum(child.reach_rows)",
    },
}
# What stands in the chunks $4 from the day $5 on, and what may on the days $4.
_ADS = {
    "standing": f"""ad
    cross join lateral (
        select * from daily_fact where org_id = $1 and entity_id = ad.id and day >= $5 offset 0
    ) as fact
    where ad.org_id = $1 and ad.ad_account_id = $2 and ad.id / {CHUNK} = any($4::bigint[])""",
    "entities": "select id as entity_id from ad where org_id = $1 and ad_account_id = $2",
    "days": "1", "reach_rows": "(reach is not null)::integer",
}  # fmt: skip
_ABOVE = {
    "standing": f"""daily_rollup
    where org_id = $1 and ad_account_id = $2 and level = $3 and day >= $5
        and entity_id / {CHUNK} = any($4::bigint[])""",
    "entities": """select entity_id from daily_rollup
    where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[])""",
    "days": "days", "reach_rows": "reach_rows",
}  # fmt: skip


class _ChunkRow(Row):
    chunk: int


async def roll_up(
    transaction: Transaction, org_id: int, ad_account_id: int, days: Sequence[date],
    ads: Collection[int] | None = None,
) -> None:  # fmt: skip
    """Recomputes, from the facts, what stands in the ad account on `days`, at every level.

    Exact whatever changed: new facts, restated ones, or an entity that moved to another parent (then: all its days).
    `ads` are those that anything changed of, where that is known: it spares the look for them.
    """
    await transaction.execute("plan_for_many_rows", org_id)
    own_rows = await transaction.fetch("own_row_days", org_id, ad_account_id, days, row=Row)
    standing = "standing" if own_rows else "(select below.*, null::bigint as reach from below) as standing"
    for level, below in _BELOW.items():
        await transaction.execute("clear_rollup", org_id, ad_account_id, level, days)
        await transaction.execute("roll_up", org_id, ad_account_id, level, days, standing=standing, **below)
    for level in Level:
        await _add_up(transaction, org_id, ad_account_id, level, days, ads if level is Level.AD else None)
    await transaction.execute("plan_as_usual", org_id)


async def _add_up(
    transaction: Transaction, org_id: int, ad_account_id: int, level: Level, days: Sequence[date],
    changed: Collection[int] | None,
) -> None:  # fmt: skip
    """Brings the running totals of one level in step with what stands, from the first of `days` on."""
    key = (org_id, ad_account_id, level)
    stands = _ADS if level is Level.AD else _ABOVE
    if changed is None:
        rows = await transaction.fetch(
            "running_total_chunks", *key, days, row=_ChunkRow, entities=stands["entities"], chunk=str(CHUNK)
        )
        chunks = [row.chunk for row in rows]
    else:
        chunks = sorted({id_ // CHUNK for id_ in changed})
    await transaction.execute("clear_running_totals", *key, chunks, min(days))
    await transaction.execute("add_up", *key, chunks, min(days), chunk=str(CHUNK), **stands)
