"""The small query over HTTP: one campaign by its id with ten metrics over 30 days, at one and at 16 connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson

from bench.http_load import load
from bench.measure import Answer, Subject, Workload
from bench.servers import Server, adgraph_serve, bare_route
from bench.tree_by_hand import DAYS
from bench.world import World
from db.entity import CAMPAIGN
from resolvers.global_id import TYPE_NAMES, encode

QUERY = """
query Small($id: ID!, $window: WindowInput!) {
  campaign(id: $id) { id name performance(window: $window) { totals { ...Ten } } }
}
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
"""


def variables(world: World) -> dict[str, Any]:
    """Those of the small query about `world`'s campaign."""
    since = world.until - DAYS
    return {
        "id": encode(TYPE_NAMES[CAMPAIGN], world.campaign_id),
        "window": {"range": {"since": since.isoformat(), "until": world.until.isoformat()}},
    }


def _over_http(
    server: Server, connections: int, requests: int
) -> Callable[[World], AbstractAsyncContextManager[Answer]]:
    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        body = orjson.dumps({"query": QUERY, "variables": variables(world)})
        async with server(world) as port:
            yield load(port, "/graphql", body, connections=connections, requests=requests)

    return ready


def _workload(connections: int, requests: int) -> Workload:
    def served(name: str, server: Server) -> Subject:
        return Subject(name, _over_http(server, connections, requests))

    return Workload(
        f"small query, {connections} connection{'s' if connections > 1 else ''}",
        served("bare route, one statement", bare_route(1)),
        (served("adgraph", adgraph_serve), served("bare route, two statements", bare_route(2))),
        requests,
    )


SMALL = (_workload(connections=1, requests=100), _workload(connections=16, requests=400))
