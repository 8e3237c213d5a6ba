"""Metrics by name: the catalogue, those that a variable chooses, and rates as percent."""

from datetime import date

import pytest

from resolvers import global_id
from resolvers.metric import BUNDLES, METRICS, Metric
from tests.make import make_fact
from tests.trees import make_full_fact, make_tree

DAY = date(2025, 6, 9)
VALUES = """
query ($id: ID!, $metrics: [Metric!], $as: RatioUnit! = FRACTION) {
  node(id: $id) { ... on Measurable { performance(window: {range: {since: "2025-06-09", until: "2025-06-10"}}) {
    totals { values(metrics: $metrics, as: $as) { metric value reason } }
    series { points { metrics { values(metrics: $metrics) { metric value } } } }
  } } }
}
"""
EACH = """
query ($id: ID!, $all: [Metric!]!) {
  node(id: $id) { ... on Measurable { performance(window: {range: {since: "2025-06-09", until: "2025-06-10"}}) {
    totals { FIELDS unavailable { metric reason } values(metrics: $all) { metric value reason } }
  } } }
}
"""


@pytest.fixture
def values(ask):
    async def values(type_name, number, **variables):
        data = await ask(VALUES, {"id": global_id.encode(type_name, number)} | variables)
        return data["node"]["performance"]

    return values


async def test_the_catalogue_has_every_metric_as_it_is_defined(ask):
    data = await ask(
        "{ metricCatalog { metric field formula inputs unit direction additivity platforms defaultScopes } }"
    )

    found = {one["metric"]: one for one in data["metricCatalog"]}
    assert list(found) == [metric.name for metric in Metric]
    assert found["ROI"] == {
        "metric": "ROI", "field": "roi", "formula": "profit / spend", "inputs": ["PROFIT", "SPEND"], "unit": "FRACTION",
        "direction": "UP_IS_BETTER", "additivity": "QUOTIENT", "platforms": ["META", "TIKTOK"], "defaultScopes": [],
    }  # fmt: skip
    assert found["CPM"]["formula"] == "1000 × spend / impressions"
    neutral = {name for name, one in found.items() if one["direction"] == "NEUTRAL"}
    assert neutral == {"SPEND", "IMPRESSIONS", "FREQUENCY"}
    assert found["CLICKS"]["defaultScopes"] == ["CAMPAIGN", "AD_SET", "AD"]


async def test_a_variable_chooses_metrics_and_only_their_columns_are_read(database, org_id, values):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, spend=10, impressions=1000, clicks=20)

    for chosen in (["CTR", "SPEND"], ["REACH"], []):
        found = await values("Ad", tree.ad, metrics=chosen)
        assert [one["metric"] for one in found["totals"]["values"]] == chosen
        (point,) = found["series"]["points"]
        assert [one["metric"] for one in point["metrics"]["values"]] == chosen

    percent = await values("Ad", tree.ad, metrics=["CTR", "SPEND", "AOV"], **{"as": "PERCENT"})
    assert percent["totals"]["values"][:2] == [
        {"metric": "CTR", "value": 2, "reason": None},
        {"metric": "SPEND", "value": 10, "reason": None},
    ]


@pytest.mark.parametrize("level", ["Project", "AdAccount", "Campaign", "AdSet", "Ad"])
async def test_without_metrics_the_bundle_of_the_scope_is_given_in_its_order(database, org_id, values, level):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)
    numbers = dict(
        zip(
            ("Project", "AdAccount", "Campaign", "AdSet", "Ad"),
            (tree.project, tree.ad_account, tree.campaign, tree.ad_set, tree.ad),
            strict=True,
        )
    )
    bundle = dict(zip(numbers, BUNDLES.values(), strict=True))[level]

    found = await values(level, numbers[level])

    assert [one["metric"] for one in found["totals"]["values"]] == [metric.name for metric in bundle]
    assert all(one["value"] is not None for one in found["totals"]["values"])


async def test_each_value_is_that_of_its_field_with_its_reason(database, org_id, ask):
    tree = await make_tree(database, org_id)
    await make_fact(database, org_id, tree.ad, DAY, spend=5, impressions=100, clicks=0)
    query = EACH.replace("FIELDS", " ".join(metric.value for metric in METRICS))

    data = await ask(query, {"id": global_id.encode("Ad", tree.ad), "all": [metric.name for metric in METRICS]})

    totals = data["node"]["performance"]["totals"]
    reasons = {one["metric"]: one["reason"] for one in totals["unavailable"]}
    assert totals["values"] == [
        {"metric": metric.name, "value": totals[metric.value], "reason": reasons.get(metric.name)} for metric in METRICS
    ]
    assert reasons["CPC"] == "ZERO_DENOMINATOR"


async def test_what_is_no_metric_or_comes_twice_is_refused_by_name(database, org_id, execute):
    tree = await make_tree(database, org_id)
    ids = {"id": global_id.encode("Ad", tree.ad)}

    unknown = await execute(VALUES, ids | {"metrics": ["SPENT"]})
    twice = await execute(VALUES, ids | {"metrics": ["SPEND", "SPEND"]})

    assert unknown.errors[0].extensions["code"] == "VALIDATION"
    assert "metrics" in unknown.errors[0].message
    assert twice.errors[0].extensions["code"] == "VALIDATION"
    assert "`metrics`" in twice.errors[0].message
