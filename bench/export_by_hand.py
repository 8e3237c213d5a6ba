"""The export by hand: an account's campaign days are one range of `daily_rollup_by_ad_account`, in order of the days.

What was tried and was slower: sorting by campaign in the database; arrays per campaign; days as text or as numbers.
Reading half of the days on each of two connections lets the database work while Python decodes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import orjson

from bench.by_hand import Asked, Found, global_id, side_by_side
from bench.measure import Answer
from bench.world import World

DAYS = 365
PARTS = 2

ROWS = """
    select entity_id, day, spend_micros, impressions, clicks, conversions_millionths, conversion_value_micros
    from daily_rollup
    where org_id = $1 and ad_account_id = $2 and level = 2 and day >= $3 and day < $4
    order by day"""
CAMPAIGNS = "select id, name from campaign where org_id = $1 and ad_account_id = $2 order by id"


@asynccontextmanager
async def by_hand(world: World) -> AsyncIterator[Answer]:
    """The answer to the export of `world`'s account of a year."""
    account = (world.org_id, world.long_ad_account_id)
    cuts = [world.until - timedelta(DAYS * part // PARTS) for part in range(PARTS, -1, -1)]
    asked: list[Asked] = [
        (CAMPAIGNS, account),
        *((ROWS, (*account, cuts[part], cuts[part + 1])) for part in range(PARTS)),
    ]
    async with side_by_side(world.url, asked) as run:

        async def answer() -> bytes:
            return _told(await run())

        yield answer


def _told(found: Found) -> bytes:
    campaigns, *parts = found
    points: dict[int, list[Any]] = {row[0]: [] for row in campaigns}
    for part in parts:
        for id_, day, spend, impressions, clicks, conversions, value in part:
            points[id_].append(
                {
                    "bucket": day,
                    "metrics": {
                        "spend": spend / 1_000_000,
                        "impressions": impressions,
                        "clicks": clicks,
                        "conversions": conversions / 1_000_000,
                        "conversionValue": value / 1_000_000,
                        "cpa": spend / conversions if conversions else None,
                        "ctr": clicks / impressions if impressions else None,
                        "roas": value / spend if spend else None,
                    },
                }
            )
    nodes = [
        {"id": global_id(b"Campaign:%d", id_), "name": name, "performance": {"series": {"points": points[id_]}}}
        for id_, name in campaigns
    ]
    return orjson.dumps({"data": {"adAccount": {"campaigns": {"nodes": nodes}}}})
