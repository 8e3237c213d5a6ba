"""The dashboard workload: one ad account's totals and days, and what each of its campaigns adds up to, over 30 days."""

from __future__ import annotations

from bench.dashboard_by_hand import by_hand
from bench.in_process import adgraph, stock
from bench.measure import Subject, Workload
from bench.tree import variables

QUERY = """
query Dashboard($id: ID!, $window: WindowInput!) {
  adAccount(id: $id) {
    id name
    performance(window: $window) {
      totals { ...Ten }
      series(granularity: DAY) { points { bucket metrics { ...Ten } } }
    }
    campaigns(first: 1000) { nodes { id name performance(window: $window) { totals { ...Ten } } } }
  }
}
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
"""

DASHBOARD = Workload(
    "dashboard",
    Subject("hand-written", by_hand),
    (Subject("adgraph", adgraph(QUERY, variables)), Subject("stock executor", stock(QUERY, variables))),
)
