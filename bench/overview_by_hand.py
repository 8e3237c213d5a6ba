"""The overview by hand: two statements side by side, the account's days and its campaigns' sums of both windows.

Everything about the account is the sums of days that the series needs anyway, and it is on one platform.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from bench.by_hand import Asked, Found, blocks, global_id, side_by_side
from bench.measure import Answer
from bench.tree_by_hand import DAYS
from bench.world import World

PRIMITIVES = ("spend_micros", "impressions", "clicks", "conversions_millionths", "conversion_value_micros")
OF_ACCOUNT = f"""
    select ad_account.name, ad_account.platform, day >= $4 as now, day, {", ".join(PRIMITIVES)}
    from ad_account
    join daily_rollup
        on daily_rollup.org_id = $1 and daily_rollup.entity_id = $2 and daily_rollup.day >= $3 and daily_rollup.day < $5
    where ad_account.org_id = $1 and ad_account.id = $2
    order by day"""
NOW = ", ".join(f"(sum({name}) filter (where day >= $4))::bigint as {name}" for name in PRIMITIVES)
BEFORE = ", ".join(f"coalesce(sum({name}) filter (where day < $4), 0)::bigint" for name in PRIMITIVES)
OF_CAMPAIGNS = f"""
    select campaign.name, sums.*
    from (
        select entity_id, {NOW}, {BEFORE} from daily_rollup
        where org_id = $1 and ad_account_id = $2 and level = 2 and day >= $3 and day < $5
        group by entity_id
    ) as sums
    join campaign on campaign.org_id = $1 and campaign.id = sums.entity_id
    order by
        case when spend_micros > 0 then conversion_value_micros::float8 / spend_micros end desc nulls last, campaign.id
    limit 10"""


@asynccontextmanager
async def by_hand(world: World) -> AsyncIterator[Answer]:
    """The overview of `world`'s ad account."""
    days = (world.until - 2 * DAYS, world.until - DAYS, world.until)
    of_account: Asked = (OF_ACCOUNT, (world.org_id, world.ad_account_id, *days))
    of_campaigns: Asked = (OF_CAMPAIGNS, (world.org_id, world.ad_account_id, *days))
    async with side_by_side(world.url, [of_account, of_campaigns]) as run:

        async def answer() -> bytes:
            return _told(world.ad_account_id, await run())

        yield answer


def _told(account_id: int, found: Found) -> bytes:
    days, campaigns = found
    now = [tuple(row[3:]) for row in days if row["now"]]
    before = [tuple(row[4:]) for row in days if not row["now"]]
    whole = [sum(numbers) for numbers in zip(*(row[1:] for row in now), strict=True)]
    whole_before = [sum(numbers) for numbers in zip(*before, strict=True)]
    account = {
        "id": global_id(b"AdAccount:%d", account_id),
        "name": days[0]["name"],
        "performance": {
            "totals": _ten(whole),
            "comparison": _comparison(whole, whole_before),
            "series": {"points": [{"bucket": day, "metrics": one["totals"]} for day, one in blocks(now).items()]},
            "best": {"nodes": [_row(row) for row in campaigns]},
            "platforms": {"nodes": [{"key": {"platform": days[0]["platform"]}, "metrics": _ten(whole)}]},
        },
    }
    return orjson.dumps({"data": {"adAccount": account}})


def _row(row: Any) -> dict[str, Any]:
    name, id_, *sums = row
    return {
        "entity": {"id": global_id(b"Campaign:%d", id_), "name": name},
        "metrics": _ten(sums[:5]),
        "comparison": _comparison(sums[:5], sums[5:]),
    }


def _ten(sums: Sequence[int]) -> dict[str, Any]:
    ten: dict[str, Any] = blocks([(0, *sums)])[0]["totals"]
    return ten


def _comparison(now: Sequence[int], before: Sequence[int]) -> dict[str, Any]:
    spend, _, _, conversions, value = now
    spend_before, _, _, conversions_before, value_before = before
    return {
        "previous": _ten(before),
        "changes": {
            "spend": {"percent": _percent(spend - spend_before, spend_before)},
            "conversions": {"percent": _percent(conversions - conversions_before, conversions_before)},
            "cpa": {
                "percent": _percent(spend * conversions_before - spend_before * conversions, spend_before * conversions)
            },
            "roas": {"percent": _percent(value * spend_before - value_before * spend, value_before * spend)},
        },
    }


def _percent(moved: int, before: int) -> float | None:
    return 100 * moved / before if before else None
