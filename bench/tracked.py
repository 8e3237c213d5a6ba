"""The tracked workload: what 1,000 ads sold over 90 days, by our own events, against what was delivered for it."""

from __future__ import annotations

from bench.in_process import adgraph
from bench.measure import Subject, Workload
from bench.window import LISTS, ids_alone, variables_of

DAYS = 90
QUERY = (
    f"query Tracked($window: WindowInput!, {', '.join(f'${name}: [ID!]!' for name in LISTS)}) "
    f"{{ {' '.join(f'{name}: nodes(ids: ${name}) {{ ...Asked }}' for name in LISTS)} }}"
    " fragment Asked on Ad { id performance(window: $window) { totals { NUMBERS } } }"
)
DELIVERY = "spend impressions clicks linkClicks cpc cpm ctr linkCtr linkCpc reported { conversions }"
CONVERSIONS = "tracked { conversions conversionValue }"


def _asking(name: str, numbers: str) -> Subject:
    return Subject(name, adgraph(QUERY.replace("NUMBERS", numbers), variables_of(DAYS)), ids_alone)


TRACKED = Workload(
    "tracked conversions of 1,000 ads", _asking("adgraph, 10 delivery metrics", DELIVERY),
    (_asking("adgraph, tracked", CONVERSIONS),),
)  # fmt: skip
