"""Every number, null and reason of random worlds equals an independent reading of the rules."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import delivery
from db.database import Database
from graph.schema import schema
from resolvers import global_id
from resolvers.context import Request
from tests.graph.model import METRICS, Model
from tests.graph.worlds import Window, World, long_windows, short_windows, worlds, write

FRAGMENTS = """
fragment Numbers on Metrics {
  spend impressions clicks linkClicks reach frequency conversions conversionValue cpa cpc cpm ctr cvr linkCtr linkCpc
  linkCvr aov roas roi profit
  unavailable { metric reason }
}
fragment Told on Performance {
  window { since until lastDay days timezone }
  currency
  freshness { lastImportedAt missingDays }
  totals { ...Numbers }
}
fragment Points on Series { granularity points { bucket since until partial metrics { ...Numbers } } }
fragment Asked on Measurable {
  id
  one: performance(window: $one) {
    ...Told
    day: series { ...Points }
    comparison { window { since until } partial previous { ...Numbers } changes { CHANGES } }
  }
  other: performance(window: $other) {
    ...Told
    week: series(granularity: WEEK) { ...Points }
    month: series(granularity: MONTH) { ...Points }
    quarter: series(granularity: QUARTER) { ...Points }
  }
  long: performance(window: $long) { ...Told }
}
"""
FRAGMENTS = FRAGMENTS.replace(
    "CHANGES", " ".join(f"{metric} {{ absolute percent reason verdict }}" for metric in METRICS)
)
SERIES = {"one": ("DAY",), "other": ("WEEK", "MONTH", "QUARTER"), "long": ()}
DOWN_THE_TREE = (
    """
query ($one: WindowInput, $other: WindowInput, $long: WindowInput) {
  projects {
    nodes { ...Asked adAccounts {
      nodes { ...Asked campaigns {
        nodes { ...Asked adSets {
          nodes { ...Asked ads {
            nodes { ...Asked }
          } }
        } }
      } }
    } }
  }
}
"""
    + FRAGMENTS
)
BY_ID = (
    """
query ($ids: [ID!]!, $one: WindowInput, $other: WindowInput, $long: WindowInput) {
  nodes(ids: $ids) { ...Asked }
}
"""
    + FRAGMENTS
)
# What asks about the schema as well is executed by graphql-core.
WITH_THE_SCHEMA = DOWN_THE_TREE.replace("projects", '__type(name: "Ad") { name } projects', 1)
# The stock executor takes long, so that few are asked through it.
queries = st.sampled_from([*[DOWN_THE_TREE, BY_ID] * 5, WITH_THE_SCHEMA])
_organizations = itertools.count()


def nodes_in(answer: Any) -> dict[str, Any]:
    """All nodes of an answer by their id, wherever they are."""
    if isinstance(answer, list):
        return {key: node for each in answer for key, node in nodes_in(each).items()}
    if not isinstance(answer, dict):
        return {}
    own = {answer["id"]: {alias: answer[alias] for alias in SERIES}} if "id" in answer else {}
    below = (nodes_in(value) for key, value in answer.items() if key not in SERIES)
    return own | {key: node for each in below for key, node in each.items()}


def differences(found: Any, expected: Any, path: str) -> list[str]:
    """Where two answers differ."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        return [one for key in found for one in differences(found[key], expected[key], f"{path}.{key}")]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [one for number, pair in pairs for one in differences(*pair, f"{path}[{number}]")]
    return [] if found == expected else [f"{path}: {found!r} where the rules say {expected!r}"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    world=worlds(), one=short_windows, other=short_windows, long=long_windows, query=queries,
    few=st.sampled_from([delivery.FEW, 0]),
)  # fmt: skip
async def test_every_number_null_and_reason_is_what_the_rules_say(
    database: Database, world: World, one: Window, other: Window, long: Window | None, query: str, few: int
):
    # All worlds share a database: what one organization has, another never sees.
    org_id, ids = await write(database, f"organization {next(_organizations)}", world)
    entities = {global_id.encode(entity[0], number): entity for entity, number in ids.items()}
    windows = {"one": one, "other": other, "long": long}
    with pytest.MonkeyPatch.context() as patch:
        # None are few: sums come from running totals, as those of large accounts do.
        patch.setattr(delivery, "FEW", few)
        result = await schema.execute(
            query,
            variable_values=windows | {"ids": list(entities)},
            context_value=Request(database, org_id, world.now),
        )

    assert not result.errors
    found = nodes_in(result.data)
    assert found.keys() == entities.keys()
    model = Model(world)
    expected = {
        id_: {
            alias: model.performance(entity, windows[alias], series, compared=alias == "one")
            for alias, series in SERIES.items()
        }
        for id_, entity in entities.items()
    }
    wrong = [line for id_ in found for line in differences(found[id_], expected[id_], f"{entities[id_]}")]
    assert not wrong, "\n".join(wrong[:20])
