"""Reported beside tracked: the same sums in totals, series, columns, comparisons and rows of breakdowns."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from db import delivery
from db.database import Database
from tests.graph.shops import DAY, FIRST, LAST, Shop, random_sale, window

Ask = Callable[..., Awaitable[dict[str, Any]]]

SIDES = """fragment sides on Metrics {
  reported { conversions conversionValue cpa cvr aov roas roi profit }
  tracked { conversions conversionValue cpa cvr aov roas roi profit }
}"""
CHANGED = "conversions { ...change } conversionValue { ...change } roas { ...change }"
CHANGES = f"""{SIDES}
fragment compared on Comparison {{
  previous {{ ...sides }} changes {{ reported {{ {CHANGED} }} tracked {{ {CHANGED} }} }}
}}
fragment change on MetricChange {{ absolute percent reason }}"""
SERIES = (
    """query ($id: ID!, $window: WindowInput) { node(id: $id) { ... on Measurable { performance(window: $window) {
  series(granularity: WEEK) {
    points { bucket metrics { ...sides } }
    columns {
      bucket
      reported { conversions conversionValue cpa cvr aov roas roi profit percent: cvr(as: PERCENT) }
      tracked { conversions conversionValue cpa cvr aov roas roi profit percent: cvr(as: PERCENT) }
    }
  }
} } } }"""
    + SIDES
)
TOTALS = (
    """query ($id: ID!, $window: WindowInput) { node(id: $id) { ... on Measurable { performance(window: $window) {
  totals { ...sides }
} } } }"""
    + SIDES
)
COMPARED = (
    """query ($id: ID!, $window: WindowInput, $to: ComparisonInput) { node(id: $id) { ... on Measurable {
  performance(window: $window) {
    comparison(to: $to) { ...compared }
    series { points { bucket comparison(to: $to) { ...compared } } }
    breakdown(by: [AD]) { nodes { entity { id } metrics { ...sides } comparison(to: $to) { ...compared } } }
} } } }"""
    + CHANGES
)
BEFORE = (date(2025, 5, 5), date(2025, 5, 25))
NOW = (date(2025, 5, 27), date(2025, 6, 16))


@pytest.fixture
async def shop(database: Database, org_id: int) -> Shop:
    chance, shop = random.Random(11), Shop()
    await shop.make(database, org_id)
    await shop.sell(database, org_id, *(random_sale(chance, shop.ads) for _ in range(120)))
    return shop


@pytest.mark.parametrize("level", range(5))
async def test_columns_of_either_side_are_those_of_the_points(ask: Ask, shop: Shop, level: int) -> None:
    variables = {"id": shop.node(level, shop.ads[0]), "window": window(FIRST, LAST)}

    series = (await ask(SERIES, variables))["node"]["performance"]["series"]

    points, columns = series["points"], series["columns"]
    assert columns["bucket"] == [point["bucket"] for point in points]
    for side in ("reported", "tracked"):
        told = [point["metrics"][side] for point in points]
        percent = [one["cvr"] and one["cvr"] * 100 for one in told]
        assert columns[side].pop("percent") == pytest.approx(percent)
        assert columns[side] == {name: [one[name] for one in told] for name in told[0]}
    assert sum(columns["tracked"]["conversions"]) > 0


@pytest.mark.parametrize("level", range(5))
async def test_what_is_compared_of_either_side_is_what_stood_on_the_days_before(
    ask: Ask, shop: Shop, level: int
) -> None:
    node, to = shop.node(level, shop.ads[0]), {"window": window(*BEFORE)}

    async def sides(id_: str, since: date, until: date) -> dict[str, Any]:
        found = await ask(TOTALS, {"id": id_, "window": window(since, until)})
        told: dict[str, Any] = found["node"]["performance"]["totals"]
        return told

    async def check(compared: dict[str, Any], id_: str, now: tuple[date, date], before: tuple[date, date]) -> None:
        current, previous = await sides(id_, *now), await sides(id_, *before)
        assert compared["previous"] == previous
        for side in ("reported", "tracked"):
            for name, change in compared["changes"][side].items():
                one, other = current[side][name], previous[side][name]
                expected = None if one is None or other is None else one - other
                assert change["absolute"] == (expected if expected is None else pytest.approx(expected))

    found = (await ask(COMPARED, {"id": node, "window": window(*NOW), "to": to}))["node"]["performance"]

    await check(found["comparison"], node, NOW, BEFORE)
    for number, point in list(enumerate(found["series"]["points"]))[::7]:
        since, day = BEFORE[0] + number * DAY, date.fromisoformat(point["bucket"])
        await check(point["comparison"], node, (day, day + DAY), (since, since + DAY))
    for row in found["breakdown"]["nodes"]:
        assert row["metrics"] == await sides(row["entity"]["id"], *NOW)
        await check(row["comparison"], row["entity"]["id"], NOW, BEFORE)


@pytest.mark.parametrize("level", range(1, 5))
async def test_of_running_totals_what_is_tracked_may_be_all_that_is_asked(
    ask: Ask, shop: Shop, monkeypatch: pytest.MonkeyPatch, level: int
) -> None:
    query = """query ($id: ID!, $window: WindowInput) { node(id: $id) { ... on Measurable {
      performance(window: $window) { totals { tracked { conversions conversionValue } } } } } }"""
    variables = {"id": shop.node(level, shop.ads[0]), "window": window(FIRST, LAST)}
    of_days = await ask(query, variables)

    monkeypatch.setattr(delivery, "FEW", 0)

    assert await ask(query, variables) == of_days
