"""The overview workload: 30 days of an ad account beside those before, its ten best campaigns, and its platforms."""

from __future__ import annotations

from bench.in_process import adgraph, stock
from bench.measure import Subject, Workload
from bench.overview_by_hand import by_hand
from bench.tree import variables

QUERY = """
query Overview($id: ID!, $window: WindowInput!) {
  adAccount(id: $id) {
    id name
    performance(window: $window) {
      totals { ...Ten }
      comparison { ...Before }
      series(granularity: DAY) { points { bucket metrics { ...Ten } } }
      best: breakdown(by: [CAMPAIGN], orderBy: {metric: ROAS}, first: 10) {
        nodes { entity { id name } metrics { ...Ten } comparison { ...Before } }
      }
      platforms: breakdown(by: [PLATFORM]) { nodes { key { platform } metrics { ...Ten } } }
    }
  }
}
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
fragment Before on Comparison {
  previous { ...Ten } changes { spend { percent } conversions { percent } cpa { percent } roas { percent } }
}
"""

OVERVIEW = Workload(
    "overview",
    Subject("hand-written", by_hand),
    (
        Subject("adgraph", adgraph(QUERY, variables)),
        Subject("adgraph, the first to ask", adgraph(QUERY, variables, alone=True)),
        Subject("stock executor", stock(QUERY, variables)),
    ),
)
