"""The ordering workload: the first page of 10,000 ads in the order of their ROAS over 90 days."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import orjson

from bench.by_hand import global_id, side_by_side
from bench.in_process import adgraph
from bench.measure import Answer, Subject, Workload
from bench.world import World
from db.entity import AD_ACCOUNT
from db.level import Level
from db.rollup import CHUNK
from resolvers.global_id import TYPE_NAMES, encode

DAYS = timedelta(90)
FIRST = 50
QUERY = """
query Best($id: ID!, $first: Int!, $window: WindowInput!) {
  adAccount(id: $id) {
    ads(first: $first, orderBy: {metric: {metric: ROAS, window: $window}}) {
      nodes { id name performance(window: $window) { totals { roas } } }
    }
  }
}
"""
ORDERED = """
    select ad.id, ad.name, ranked.roas
    from (
        select id, case when spend > 0 then value / spend end as roas
        from ({sums}) as sums
        order by roas desc nulls last, id
        limit $5
    ) as ranked
    join ad on ad.org_id = $1 and ad.id = ranked.id
    order by ranked.roas desc nulls last, ranked.id"""
# All rows of the window, added up.
DAILY = ORDERED.format(
    sums="""
        select ad.id, fact.spend, fact.value
        from ad
        cross join lateral (
            select sum(spend_micros)::float8 as spend, sum(conversion_value_micros)::float8 as value
            from daily_fact
            where org_id = $1 and entity_id = ad.id and day >= $3 and day < $4
        ) as fact
        where ad.org_id = $1 and ad.ad_account_id = $2"""
)
# The best that we know on the same tables: running totals at both edges of the window.
RUNNING = ORDERED.format(
    sums=f"""
        select line.id, sum(line.spend)::float8 as spend, sum(line.value)::float8 as value
        from (select distinct id / {CHUNK} as chunk from ad where org_id = $1 and ad_account_id = $2) as chunk
        cross join lateral (
            select * from running_total
            where org_id = $1 and ad_account_id = $2 and level = {int(Level.AD)} and chunk = chunk.chunk and day < $4
            order by day desc limit 1
        ) as last
        left join lateral (
            select * from running_total
            where org_id = $1 and ad_account_id = $2 and level = {int(Level.AD)} and chunk = chunk.chunk and day < $3
            order by day desc limit 1
        ) as before on true
        cross join lateral (
            select id, spend - coalesce(spend_before, 0) as spend, value - coalesce(value_before, 0) as value
            from unnest(
                last.entity_ids, last.spend_micros, last.conversion_value_micros, before.spend_micros,
                before.conversion_value_micros
            ) as line (id, spend, value, spend_before, value_before)
        ) as line
        group by line.id"""
)


def _by_hand(sql: str) -> Callable[[World], AbstractAsyncContextManager[Answer]]:
    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        arguments = (world.org_id, world.many_ad_account_id, world.until - DAYS, world.until, FIRST)
        async with side_by_side(world.url, [(sql, arguments)]) as run:

            async def answer() -> bytes:
                (found,) = await run()
                nodes = [
                    {"id": global_id(b"Ad:%d", id_), "name": name, "performance": {"totals": {"roas": roas}}}
                    for id_, name, roas in found
                ]
                return orjson.dumps({"data": {"adAccount": {"ads": {"nodes": nodes}}}})

            yield answer

    return ready


def _variables(world: World) -> dict[str, Any]:
    return {
        "id": encode(TYPE_NAMES[AD_ACCOUNT], world.many_ad_account_id),
        "first": FIRST,
        "window": {"range": {"since": (world.until - DAYS).isoformat(), "until": world.until.isoformat()}},
    }


_ADGRAPH = Subject("adgraph", adgraph(QUERY, _variables))
ORDERING = (
    Workload("ordering of 10,000 ads", Subject("one statement on daily rows", _by_hand(DAILY)), (_ADGRAPH,)),
    Workload("ordering of 10,000 ads", Subject("one statement on running totals", _by_hand(RUNNING)), (_ADGRAPH,)),
)
