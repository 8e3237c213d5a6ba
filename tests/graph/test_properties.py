"""What holds of any world: series add up to totals, paths and ways of saying a window do not matter, nothing moves
against itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import delivery
from db.database import Database
from graph.schema import schema
from resolvers import global_id
from resolvers.context import Request
from resolvers.definition import Unit
from resolvers.metric import METRICS, PRIMITIVES
from tests.graph.worlds import Window, World, long_windows, short_windows, worlds, write

ADDITIVE = [primitive.name.value for primitive in PRIMITIVES]
RATES = [definition.name.value for definition in METRICS.values() if definition.unit is Unit.FRACTION]
GRANULARITIES = ("DAY", "WEEK", "MONTH", "QUARTER")
ASKED = """
query ($ids: [ID!]!, $window: WindowInput, $to: ComparisonInput, $itself: ComparisonInput) {
  nodes(ids: $ids) { id ... on Measurable { performance(window: $window) {
    window { since until }
    totals { ...Numbers PERCENT }
    SERIES
    comparison(to: $to) { window { since until } previous { ...Numbers } }
    itself: comparison(to: $itself) { changes { CHANGES } }
  } } }
}
fragment Numbers on Metrics { NUMBERS unavailable { metric reason } }
"""
WORDS = {
    "NUMBERS": " ".join(metric.value for metric in METRICS),
    "PERCENT": " ".join(f"percent_{rate}: {rate}(as: PERCENT)" for rate in RATES),
    "CHANGES": " ".join(f"{metric.value} {{ absolute percent verdict }}" for metric in METRICS),
    "SERIES": " ".join(
        f"{one}: series(granularity: {one}) {{ columns {{ {' '.join(ADDITIVE)} }} }}" for one in GRANULARITIES
    ),
}
for word, fields in WORDS.items():
    ASKED = ASKED.replace(word, fields)
DOWN_THE_TREE = """
query ($window: WindowInput) {
  projects { nodes { ...Asked adAccounts { nodes { ...Asked campaigns { nodes { ...Asked adSets { nodes { ...Asked
    ads { nodes { ...Asked } }
  } } } } } } } }
}
fragment Asked on Measurable { id performance(window: $window) { totals { ...Numbers } } }
""" + ASKED[ASKED.index("fragment Numbers") :]
AGAINST = ("PREVIOUS_PERIOD", "PREVIOUS_CALENDAR", "PREVIOUS_YEAR", "PREVIOUS_YEAR_SAME_WEEKDAYS")
_organizations = itertools.count()


def totals_in(answer: Any) -> Iterator[tuple[str, Any]]:
    """The id and the totals of every node of an answer, wherever it is."""
    if isinstance(answer, list):
        for each in answer:
            yield from totals_in(each)
    elif isinstance(answer, dict):
        if "performance" in answer:
            yield answer["id"], answer["performance"]["totals"]
        for key, value in answer.items():
            if key != "performance":
                yield from totals_in(value)


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    world=worlds(), window=short_windows | long_windows, against=st.sampled_from(AGAINST),
    few=st.sampled_from([delivery.FEW, 0]),
)  # fmt: skip
async def test_an_answer_agrees_with_itself(
    database: Database, world: World, window: Window | None, against: str, few: int
):
    org_id, ids = await write(database, f"organization of properties {next(_organizations)}", world)
    every = [global_id.encode(entity[0], number) for entity, number in ids.items()]

    async def ask(query: str, **variables: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delivery, "FEW", few)
            context = Request(database, org_id, world.now, max_nodes=10**7)
            result = await schema.execute(query, variable_values=variables, context_value=context)
        assert not result.errors
        return result.data

    async def asked_as(days: dict[str, str], id_: str) -> Any:
        data = await ask(DOWN_THE_TREE, window={"range": days})
        return dict(totals_in(data))[id_]

    itself = window or {"preset": "LAST_30_DAYS"}
    data = await ask(ASKED, ids=every, window=window, to={"against": against}, itself={"window": itself})
    down = dict(totals_in(await ask(DOWN_THE_TREE, window=window)))

    for node in data["nodes"]:
        told = node["performance"]
        totals = {key: value for key, value in told["totals"].items() if not key.startswith("percent_")}
        assert down[node["id"]] == totals
        for metric, granularity in itertools.product(ADDITIVE, GRANULARITIES):
            check_series(metric, totals[metric], told[granularity]["columns"][metric])
        for rate in RATES:
            check_percent(totals[rate], told["totals"][f"percent_{rate}"])
        for metric, change in told["itself"]["changes"].items():
            still = {"absolute": 0, "percent": 0, "verdict": "NEUTRAL"}
            unknown = {"absolute": None, "percent": None, "verdict": "UNKNOWN"}
            assert change == (unknown if totals[metric] is None else still), metric
    # Said by its days, and asked down the tree, a window is the same.
    last = data["nodes"][-1]
    told = last["performance"]
    assert await asked_as(told["window"], last["id"]) == down[last["id"]]
    days = told["comparison"]["window"]
    if days["since"] >= "2000-01-01":
        assert await asked_as(days, last["id"]) == told["comparison"]["previous"]


def check_series(metric: str, total: float | None, column: list[float | None]) -> None:
    """The buckets add up to the total, to the millionth; there is one where there is any of them."""
    known = [value for value in column if value is not None]
    assert (total is None) == (not known), metric
    if total is not None:
        assert round(total * 10**6) == sum(round(value * 10**6) for value in known), metric


def check_percent(fraction: float | None, percent: float | None) -> None:
    """The same rate, written otherwise; each is rounded once."""
    assert (fraction is None) == (percent is None)
    if fraction is not None and percent is not None:
        assert percent == pytest.approx(100 * fraction, rel=1e-15, abs=0)
