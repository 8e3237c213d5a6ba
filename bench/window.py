"""The window workload: 1,000 ads by their ids over a year, against the same over a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson

from bench.in_process import adgraph
from bench.measure import Subject, Workload
from bench.world import World
from db.entity import AD
from resolvers.global_id import TYPE_NAMES, encode

# As many lists of ids as it takes for 1,000: `nodes` takes 250.
LISTS = ("a", "b", "c", "d")
QUERY = (
    f"query Window($window: WindowInput!, {', '.join(f'${name}: [ID!]!' for name in LISTS)}) "
    f"{{ {' '.join(f'{name}: nodes(ids: ${name}) {{ ...Asked }}' for name in LISTS)} }}"
    """
fragment Asked on Ad { id performance(window: $window) { totals { ...Ten } } }
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
"""
)


def variables_of(days: int) -> Callable[[World], dict[str, Any]]:
    def variables(world: World) -> dict[str, Any]:
        ids = [encode(TYPE_NAMES[AD], number) for number in world.wide_ad_ids]
        since = world.until - timedelta(days)
        return {
            "window": {"range": {"since": since.isoformat(), "until": world.until.isoformat()}},
            **{name: ids[number :: len(LISTS)] for number, name in enumerate(LISTS)},
        }

    return variables


def ids_alone(answer: bytes) -> bytes:
    """What windows of different lengths have in common."""
    return orjson.dumps({name: [node["id"] for node in nodes] for name, nodes in orjson.loads(answer)["data"].items()})


def _over(days: int) -> Subject:
    return Subject(f"adgraph, {days} days", adgraph(QUERY, variables_of(days)), ids_alone)


WINDOW = Workload("window of 1,000 ads", _over(7), (_over(365),))
