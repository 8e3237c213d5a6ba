"""The tree workload: one ad account and everything below it, ten metrics each, over 30 days."""

from __future__ import annotations

from typing import Any

from bench import postgraphile_server as peer
from bench.http_load import over_http
from bench.in_process import adgraph, stock
from bench.measure import Subject, Workload
from bench.servers import adgraph_serve
from bench.tree_by_hand import DAYS, by_hand
from bench.world import World
from db.entity import AD_ACCOUNT
from resolvers.global_id import TYPE_NAMES, encode

QUERY = """
query Tree($id: ID!, $window: WindowInput!) {
  adAccount(id: $id) {
    id name performance(window: $window) { totals { ...Ten } }
    campaigns(first: 1000) {
      nodes {
        id name performance(window: $window) { totals { ...Ten } }
        adSets(first: 1000) {
          nodes {
            id name performance(window: $window) { totals { ...Ten } }
            ads(first: 1000) {
              nodes { id name performance(window: $window) { totals { ...Ten } } }
            }
          }
        }
      }
    }
  }
}
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
"""


def variables(world: World) -> dict[str, Any]:
    """Those of the tree of `world`'s ad account."""
    since = world.until - DAYS
    return {
        "id": encode(TYPE_NAMES[AD_ACCOUNT], world.ad_account_id),
        "window": {"range": {"since": since.isoformat(), "until": world.until.isoformat()}},
    }


TREE = Workload(
    "tree",
    Subject("hand-written", by_hand),
    (
        Subject("adgraph", adgraph(QUERY, variables)),
        Subject("adgraph, the first to ask", adgraph(QUERY, variables, alone=True)),
        Subject("stock executor", stock(QUERY, variables)),
    ),
)
IN_MEMORY = Workload(
    "tree without the database",
    Subject("stock executor", stock(QUERY, variables, remembered=True)),
    (Subject("adgraph", adgraph(QUERY, variables, remembered=True)),),
)
OVER_HTTP = Workload(
    "tree over HTTP",
    Subject(
        "PostGraphile 5",
        over_http(peer.postgraphile, lambda world: peer.asked(peer.TREE, world, world.ad_account_id)),
        peer.as_adgraph,
    ),
    (Subject("adgraph", over_http(adgraph_serve, lambda world: {"query": QUERY, "variables": variables(world)})),),
)
