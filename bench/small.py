"""The small query over HTTP: one campaign by its id with ten metrics over 30 days, at one and at 16 connections."""

from __future__ import annotations

from typing import Any

from bench import postgraphile_server as peer
from bench.http_load import over_http
from bench.measure import Subject, Workload
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


def asked(world: World) -> dict[str, Any]:
    return {"query": QUERY, "variables": variables(world)}


def _asked_postgraphile(world: World) -> dict[str, Any]:
    return peer.asked(peer.SMALL, world, world.campaign_id)


def _workloads(connections: int, requests: int) -> tuple[Workload, Workload]:
    def served(name: str, server: Server) -> Subject:
        return Subject(name, over_http(server, asked, connections=connections, requests=requests))

    name = f"small query, {connections} connection{'s' if connections > 1 else ''}"
    adgraph = served("adgraph", adgraph_serve)
    by_hand = served("bare route, one statement", bare_route(1))
    postgraphile = Subject(
        "PostGraphile 5",
        over_http(peer.postgraphile, _asked_postgraphile, connections=connections, requests=requests),
        peer.as_adgraph,
    )
    return (
        Workload(name, by_hand, (adgraph, served("bare route, two statements", bare_route(2))), requests),
        Workload(name, postgraphile, (adgraph,), requests),
    )


SMALL = (*_workloads(connections=1, requests=100), *_workloads(connections=16, requests=400))
