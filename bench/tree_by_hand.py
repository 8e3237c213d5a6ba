"""The tree by hand: the fastest asyncpg and orjson that we know to write for this one answer.

It knows what adgraph has to find out: the query, that every row reports every metric, and that the days are covered.
What was tried on these tables (the 75,000 rows of 2,500 ads on 30 days, 2 cores), and kept:

- An account's rows of one level and its days are one range of `daily_fact_by_ad_account`: 28 to 35 ms. By the ads' ids
  (`= any`, a join with `unnest`, LATERAL) they are 2,500 look-ups: 60 to 100 ms and more.
- Half of the days each on two connections takes both cores; adding the halves up in Python costs less than it saves.
- Tree and sums run side by side and meet in Python by id; levels above the ads share one statement.
- Records are unpacked by position into dict displays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import orjson

from bench.by_hand import SUMS, Asked, blocks, global_id, side_by_side
from bench.measure import Answer
from bench.world import World

DAYS = timedelta(30)
HALVES = 2

OF_ADS = f"""
    select entity_id, {SUMS} from daily_fact
    where org_id = $1 and ad_account_id = $2 and level = 4 and day >= $3 and day < $4
    group by entity_id"""
ABOVE = f"""
    select entity_id, {SUMS} from daily_rollup
    where org_id = $1 and ad_account_id = $2 and level = any('{{1,2,3}}'::smallint[]) and day >= $3 and day < $4
    group by entity_id"""
ACCOUNT = "select id, name from ad_account where org_id = $1 and id = $2"
CAMPAIGNS = "select id, name from campaign where org_id = $1 and ad_account_id = $2 order by id"
AD_SETS = "select id, name, campaign_id from ad_set where org_id = $1 and ad_account_id = $2 order by id"
ADS = "select id, name, ad_set_id from ad where org_id = $1 and ad_account_id = $2 order by id"


@asynccontextmanager
async def by_hand(world: World) -> AsyncIterator[Answer]:
    """The answer to the tree of `world`'s ad account."""
    account = (world.org_id, world.ad_account_id)
    since = world.until - DAYS
    cuts = [since + DAYS * part // HALVES for part in range(HALVES + 1)]
    asked: list[Asked] = [
        *((OF_ADS, (*account, cuts[part], cuts[part + 1])) for part in range(HALVES)),
        (ABOVE, (*account, since, world.until)),
        (ADS, account),
        (AD_SETS, account),
        (CAMPAIGNS, account),
        (ACCOUNT, account),
    ]
    async with side_by_side(world.url, asked) as run:

        async def answer() -> bytes:
            return _told(await run())

        yield answer


def _told(found: list[list[asyncpg.Record]]) -> bytes:
    *ads_sums, above_sums, ads, ad_sets, campaigns, (account,) = found
    of_ads = blocks(_added(ads_sums))
    above = blocks(map(tuple, above_sums))

    below_ad_set: defaultdict[int, list[Any]] = defaultdict(list)
    for id_, name, parent in ads:
        below_ad_set[parent].append({"id": global_id(b"Ad:%d", id_), "name": name, "performance": of_ads[id_]})
    below_campaign: defaultdict[int, list[Any]] = defaultdict(list)
    for id_, name, parent in ad_sets:
        below_campaign[parent].append(
            {
                "id": global_id(b"AdSet:%d", id_), "name": name, "performance": above[id_],
                "ads": {"nodes": below_ad_set[id_]},
            }
        )  # fmt: skip
    below_account = [
        {
            "id": global_id(b"Campaign:%d", id_), "name": name, "performance": above[id_],
            "adSets": {"nodes": below_campaign[id_]},
        }
        for id_, name in campaigns
    ]  # fmt: skip
    id_, name = account
    tree = {
        "id": global_id(b"AdAccount:%d", id_), "name": name, "performance": above[id_],
        "campaigns": {"nodes": below_account},
    }  # fmt: skip
    return orjson.dumps({"data": {"adAccount": tree}})


def _added(parts: list[list[asyncpg.Record]]) -> Iterable[tuple[int, ...]]:
    """The sums of the parts, by entity: an ad may have rows in one of them only."""
    first, *others = parts
    sums = {row[0]: tuple(row) for row in first}
    for part in others:
        for row in part:
            id_, s, i, c, v, w = row
            if (before := sums.get(id_)) is None:
                sums[id_] = tuple(row)
            else:
                _, a, b, d, e, f = before
                sums[id_] = (id_, a + s, b + i, d + c, e + v, f + w)
    return sums.values()
