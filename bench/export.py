"""The export workload: a year of one ad account's campaigns, day by day, eight metrics each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bench.export_by_hand import DAYS, by_hand
from bench.in_process import adgraph, stock
from bench.measure import Subject, Workload
from bench.world import World
from db.entity import AD_ACCOUNT
from resolvers.global_id import TYPE_NAMES, encode

QUERY = """
query Export($id: ID!, $window: WindowInput!) {
  adAccount(id: $id) {
    campaigns(first: 1000) {
      nodes {
        id name
        performance(window: $window) {
          series(granularity: DAY) {
            points {
              bucket
              metrics { spend impressions clicks conversions conversionValue cpa ctr roas }
            }
          }
        }
      }
    }
  }
}
"""


def _variables(world: World) -> dict[str, Any]:
    since = world.until - timedelta(DAYS)
    return {
        "id": encode(TYPE_NAMES[AD_ACCOUNT], world.long_ad_account_id),
        "window": {"range": {"since": since.isoformat(), "until": world.until.isoformat()}},
    }


EXPORT = Workload(
    "export",
    Subject("hand-written", by_hand),
    (Subject("adgraph", adgraph(QUERY, _variables)), Subject("stock executor", stock(QUERY, _variables))),
    memory=True,
)
