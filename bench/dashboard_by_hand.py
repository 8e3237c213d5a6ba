"""The dashboard by hand: two statements side by side, the account's days and its campaigns' sums.

The totals are the sums of the days that the series needs anyway, and names come with the numbers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from bench.by_hand import SUMS, Asked, Found, blocks, global_id, side_by_side
from bench.measure import Answer
from bench.tree_by_hand import DAYS
from bench.world import World

OF_ACCOUNT = """
    select ad_account.name, day, spend_micros, impressions, clicks, conversions_millionths, conversion_value_micros
    from ad_account
    join daily_rollup
        on daily_rollup.org_id = $1 and daily_rollup.entity_id = $2 and daily_rollup.day >= $3 and daily_rollup.day < $4
    where ad_account.org_id = $1 and ad_account.id = $2
    order by day"""
OF_CAMPAIGNS = f"""
    select campaign.name, sums.*
    from (
        select entity_id, {SUMS} from daily_rollup
        where org_id = $1 and ad_account_id = $2 and level = 2 and day >= $3 and day < $4
        group by entity_id
    ) as sums
    join campaign on campaign.org_id = $1 and campaign.id = sums.entity_id
    order by campaign.id"""


@asynccontextmanager
async def by_hand(world: World) -> AsyncIterator[Answer]:
    """The dashboard of `world`'s ad account."""
    arguments = (world.org_id, world.ad_account_id, world.until - DAYS, world.until)
    asked: list[Asked] = [(OF_ACCOUNT, arguments), (OF_CAMPAIGNS, arguments)]
    async with side_by_side(world.url, asked) as run:

        async def answer() -> bytes:
            return _told(world.ad_account_id, await run())

        yield answer


def _told(account_id: int, found: Found) -> bytes:
    days, campaigns = found
    _, _, *primitives = zip(*days, strict=True)
    totals = blocks([(account_id, *map(sum, primitives))])[account_id]
    points = [
        {"bucket": day, "metrics": block["totals"]}
        for day, block in blocks(row[1:] for row in map(tuple, days)).items()
    ]
    sums = blocks(row[1:] for row in map(tuple, campaigns))
    account = {
        "id": global_id(b"AdAccount:%d", account_id),
        "name": days[0]["name"],
        "performance": totals | {"series": {"points": points}},
        "campaigns": {
            "nodes": [
                {"id": global_id(b"Campaign:%d", id_), "name": name, "performance": sums[id_]}
                for name, id_, *_ in campaigns
            ]
        },
    }
    return orjson.dumps({"data": {"adAccount": account}})
