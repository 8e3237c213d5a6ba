"""Tracked conversions in performance: our own events, due to ads, at every level and beside what platforms report."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest

from db import tracked, tracked_sums
from db.database import Database
from db.importers.records import Dating, Reported
from db.level import Level
from db.tracked import REFUND
from tests.graph.shops import ASKED, DAY, DAYS, FIRST, LAST, WINDOWS, Ask, Shop, random_sale, sale, window
from tests.make import make_fact
from tests.records import make_record, make_tree, take


@pytest.mark.parametrize("added_up", [(date(2025, 5, 24), date(2025, 6, 12)), ()], ids=["spans", "days"])
@pytest.mark.parametrize("seed", range(4))
async def test_every_level_window_choice_and_bucket_is_what_its_conversions_add_up_to(
    database: Database, org_id: int, ask: Ask, monkeypatch: pytest.MonkeyPatch, seed: int, added_up: tuple[date, ...]
) -> None:
    if added_up:
        # However few there are.
        monkeypatch.setattr(tracked_sums, "FEW", 0)
    chance, shop = random.Random(seed), Shop()
    await shop.make(database, org_id)
    # Before and after days were added up into spans, of which the second half of the sales is aware; or never.
    for today in (None, *added_up):
        if today:
            async with database.transaction() as transaction:
                await tracked.add_up_spans(transaction, org_id, shop.project, today)
        await shop.sell(database, org_id, *(random_sale(chance, shop.ads) for _ in range(90)))

    for _ in range(12):
        level, ad = chance.randrange(5), chance.choice(shop.ads)
        since, until = sorted(chance.sample([*DAYS, LAST + DAY], 2))
        options = {
            "conversionSource": chance.choice(["TRACKED", "REPORTED"]),
            "conversionEvents": chance.sample(["purchase_success", "trial_start", "install"], chance.randint(1, 3)),
            "attribution": {"click": chance.choice(list(WINDOWS)), "view": chance.choice(list(WINDOWS)),
                            "countBy": chance.choice(["CONVERSION_TIME", "TOUCH_TIME"])},
        }  # fmt: skip
        variables = {"id": shop.node(level, ad), "window": window(since, until), "options": options}

        found = (await ask(ASKED, variables))["node"]["performance"]

        node = shop.above[ad][level]
        blocks = [(found["totals"], since, until)] + [
            (point["metrics"], date.fromisoformat(point["bucket"]), date.fromisoformat(point["bucket"]) + DAY)
            for point in found["series"]["points"]
        ]
        for block, start, end in blocks:
            told, expected = block["tracked"], shop.sums(node, start, end, options)
            assert {name: told[name] for name in expected} == expected, (variables, start, end)
            if options["conversionSource"] == "TRACKED":
                assert (block["conversions"], block["conversionValue"]) == (
                    told["conversions"],
                    told["conversionValue"],
                )
        if level < 4:
            assert found["residual"]["tracked"] == {"conversions": 0.0, "conversionValue": 0.0}


async def test_ratios_are_of_the_tracked_sums(database: Database, org_id: int, ask: Ask) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at = datetime(2025, 5, 1, 12, tzinfo=UTC)
    ad = shop.ads[0]
    await shop.sell(
        database, org_id, sale(ad, at), sale(ad, at, "40.00"), sale(ad, at, "15.00", kind=REFUND),
        sale(ad, at, "0", currency=""),
    )  # fmt: skip
    query = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) {
      ad(id: $id) { performance(window: $window, options: $options) { conversionSource totals {
        plain: values(metrics: [CONVERSIONS, CONVERSION_VALUE, CPA, CVR, AOV, ROAS, ROI, PROFIT]) { value }
        tracked { conversions conversionValue cpa cvr aov roas roi profit refunds { count value } }
        reported { conversions conversionValue roas }
        gap { conversions conversionValue conversionsRatio conversionValueRatio comparable reason }
      } } }
    }"""
    variables = {"id": shop.node(4, ad), "window": window(FIRST, FIRST + DAY)}

    reported = (await ask(query, variables))["ad"]["performance"]
    tracked_ = (await ask(query, variables | {"options": {"conversionSource": "TRACKED"}}))["ad"]["performance"]

    assert tracked_["totals"] | {"plain": None} == reported["totals"] | {"plain": None}
    assert tracked_["totals"] | {"plain": None} == {
        "plain": None,
        "tracked": {"conversions": 3.0, "conversionValue": 45.0, "cpa": 10.0, "cvr": 0.3, "aov": 15.0, "roas": 1.5,
                    "roi": 0.5, "profit": 15.0, "refunds": {"count": 1, "value": 15.0}},
        "reported": {"conversions": 2.0, "conversionValue": 40.0, "roas": 40 / 30},
        "gap": {"conversions": 1.0, "conversionValue": 5.0, "conversionsRatio": 1.5, "conversionValueRatio": 1.125,
                "comparable": False, "reason": "ATTRIBUTION_UNKNOWN"},
    }  # fmt: skip
    assert [one["value"] for one in tracked_["totals"]["plain"]] == [3.0, 45.0, 10.0, 0.3, 15.0, 1.5, 0.5, 15.0]
    assert [one["value"] for one in reported["totals"]["plain"]] == [2.0, 40.0, 15.0, 0.2, 20.0, 40 / 30, 10 / 30, 10.0]
    assert (tracked_["conversionSource"], reported["conversionSource"]) == ("TRACKED", "REPORTED")


async def test_what_the_project_has_set_decides_the_plain_metrics(database: Database, org_id: int, ask: Ask) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    await shop.sell(database, org_id, sale(shop.ads[0], datetime(2025, 5, 1, 12, tzinfo=UTC)))
    await ask(
        "mutation ($id: ID!) { updateProject(input: {id: $id, conversionSource: TRACKED}) { id } }",
        {"id": shop.node(0, shop.ads[0])},
    )
    query = """query ($window: WindowInput) { projects { nodes { ...told adAccounts { nodes { ...told } } } } }
      fragment told on Measurable { performance(window: $window) { totals { conversions roas } } }"""

    (project,) = (await ask(query, {"window": window(FIRST, FIRST + DAY)}))["projects"]["nodes"]

    assert project["performance"]["totals"] == {"conversions": 1.0, "roas": 20 / 120}
    first, second = (account["performance"]["totals"] for account in project["adAccounts"]["nodes"])
    assert (first, second) == ({"conversions": 1.0, "roas": 20 / 60}, {"conversions": 0.0, "roas": 0.0})


async def test_aliases_with_different_events_stand_side_by_side(database: Database, org_id: int, ask: Ask) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at, ad = datetime(2025, 5, 1, 12, tzinfo=UTC), shop.ads[0]
    await shop.sell(database, org_id, sale(ad, at), *[sale(ad, at, event_name="trial_start")] * 3)
    query = """query ($id: ID!, $window: WindowInput) { ad(id: $id) {
      both: performance(window: $window) { ...cpa }
      purchase: performance(window: $window, options: {conversionEvents: ["purchase_success"]}) { ...cpa }
      trial: performance(window: $window, options: {conversionEvents: ["trial_start"]}) { ...cpa }
      none: performance(window: $window, options: {conversionEvents: ["never sent"]}) { ...cpa }
    } }
    fragment cpa on Performance { totals { tracked { conversions cpa } } }"""

    found = (await ask(query, {"id": shop.node(4, ad), "window": window(FIRST, FIRST + DAY)}))["ad"]

    assert {name: told["totals"]["tracked"] for name, told in found.items()} == {
        "both": {"conversions": 4.0, "cpa": 7.5},
        "purchase": {"conversions": 1.0, "cpa": 30.0},
        "trial": {"conversions": 3.0, "cpa": 10.0},
        "none": {"conversions": 0.0, "cpa": None},
    }


@pytest.mark.parametrize("level", range(5))
async def test_days_that_no_import_covers_leave_what_is_tracked_and_no_ratio_over_delivery(
    database: Database, org_id: int, ask: Ask, level: int
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    await shop.sell(database, org_id, sale(shop.ads[0], datetime(2025, 6, 17, 12, tzinfo=UTC)))
    variables = {"id": shop.node(level, shop.ads[0]), "options": {"conversionSource": "TRACKED"}}

    # The last day is after what imports cover.
    found = (await ask(ASKED, variables | {"window": window(LAST, LAST + 2 * DAY)}))["node"]["performance"]

    told = found["totals"]["tracked"]
    assert (told["conversions"], told["conversionValue"], told["aov"]) == (1.0, 20.0, 20.0)
    names = {"CPA", "CVR", "ROAS", "ROI", "PROFIT"}
    assert {one["metric"]: one["reason"] for one in told["unavailable"]} == dict.fromkeys(names, "NOT_IMPORTED")
    plain = {one["metric"]: one["reason"] for one in found["totals"]["unavailable"]}
    assert {name: plain[name] for name in names} == dict.fromkeys(names, "NOT_IMPORTED")
    whole, missing = (point["metrics"]["tracked"] for point in found["series"]["points"])
    assert (whole["cpa"], missing["cpa"], missing["conversions"]) == (0.0, None, 0.0)


async def test_one_statement_a_level_and_none_where_nobody_asks(
    database: Database, org_id: int, ask: Ask, queries_sent: list[str]
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    tree = """{ projects { nodes { ...told adAccounts { nodes { ...told campaigns { nodes { ...told
      adSets { nodes { ...told ads { nodes { ...told } } } } } } } } } } }
      fragment told on Measurable { performance(window: {lastDays: 40}) { totals { NUMBERS } } }"""

    queries_sent.clear()
    await ask(tree.replace("NUMBERS", "tracked { conversions roas } gap { conversions } reported { conversions }"))
    levels = ("ad_account", "campaign", "ad_set", "ad")
    assert sorted(name for name in queries_sent if "tracked" in name) == sorted(
        f"{level}_tracked_totals" for level in levels
    )

    queries_sent.clear()
    await ask(tree.replace("NUMBERS", "conversions roas reported { conversions } unavailable { metric }"))
    assert [name for name in queries_sent if "tracked" in name] == []


async def test_both_sides_are_compared_with_other_days_and_buckets_with_sales_alone_are_there(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at, ad = datetime(2025, 5, 1, 12, tzinfo=UTC), shop.ads[0]
    await make_fact(database, org_id, ad, FIRST + 2 * DAY, spend=10, impressions=10, clicks=5, conversions=1)
    await shop.sell(database, org_id, sale(ad, at), *[sale(ad, at + 3 * DAY)] * 2)
    query = """query ($id: ID!, $window: WindowInput, $to: ComparisonInput) {
      ad(id: $id) { performance(window: $window) {
        comparison(to: $to) { previous { tracked { conversions } } changes {
          conversions { absolute } cpa { percent }
          reported { conversions { absolute } cpa { percent verdict } }
          tracked { conversions { absolute } conversionValue { percent } cpa { percent verdict } }
        } }
        series(fill: NONE) { points { since metrics { tracked { conversions } } } }
      } }
    }"""
    variables = {"id": shop.node(4, ad), "window": window(FIRST + 2 * DAY, FIRST + 4 * DAY)}

    found = (await ask(query, variables | {"to": {"window": window(FIRST, FIRST + 2 * DAY)}}))["ad"]["performance"]

    assert found["comparison"]["previous"]["tracked"]["conversions"] == 1
    assert found["comparison"]["changes"] == {
        "conversions": {"absolute": -1}, "cpa": {"percent": -100 / 3},
        "reported": {"conversions": {"absolute": -1}, "cpa": {"percent": -100 / 3, "verdict": "BETTER"}},
        "tracked": {"conversions": {"absolute": 1}, "conversionValue": {"percent": 100},
                    "cpa": {"percent": -250 / 3, "verdict": "BETTER"}},
    }  # fmt: skip
    assert [(point["since"], point["metrics"]["tracked"]["conversions"]) for point in found["series"]["points"]] == [
        ("2025-05-03", 0), ("2025-05-04", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attribution", "since"),
    [
        ({"countBy": "CONVERSION_TIME", "click": "DAYS_28"}, None),
        ({"countBy": "TOUCH_TIME", "click": "DAYS_7", "view": "DAYS_1"}, "2025-06-11"),
        ({"countBy": "TOUCH_TIME", "click": "DAYS_1", "view": "DAYS_28"}, "2025-05-21"),
        ({"countBy": "TOUCH_TIME", "click": "NONE", "view": "NONE"}, None),
    ],
    ids=str,
)
async def test_days_whose_touches_may_bring_conversions_yet_are_provisional(
    database: Database, org_id: int, ask: Ask, attribution: dict[str, str], since: str | None
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    async with database.transaction() as transaction:
        # No platform restates any of it.
        await transaction._connection.execute("update coverage set imported_at = '2025-07-01'")
    query = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) {
      node(id: $id) { ... on Measurable { performance(window: $window, options: $options) {
        freshness { provisionalSince } series { points { since provisional } }
      } } }
    }"""
    for level in range(5):
        variables = {
            "id": shop.node(level, shop.ads[0]), "window": window(FIRST, LAST + DAY),
            "options": {"attribution": attribution},
        }  # fmt: skip
        found = (await ask(query, variables))["node"]["performance"]

        assert found["freshness"]["provisionalSince"] == since
        marked = [point["since"] for point in found["series"]["points"] if point["provisional"]]
        assert marked == [str(day) for day in DAYS if since and str(day) >= since]


@pytest.mark.parametrize(
    ("attribution", "dating", "ours", "reason"),
    [
        ("7d_click_1d_view", "CONVERSION", {}, None),
        ("7-day click, 1-day view", "CONVERSION", {}, None),
        ("7d_click_1d_view", "IMPRESSION", {"countBy": "TOUCH_TIME"}, None),
        ("7d_click_1d_view", "IMPRESSION", {}, "DATING_DIFFERS"),
        ("7d_click_1d_view", "CONVERSION", {"countBy": "TOUCH_TIME"}, "DATING_DIFFERS"),
        ("7d_click_1d_view", "UNKNOWN", {}, "DATING_UNKNOWN"),
        ("7d_click", "CONVERSION", {}, "ATTRIBUTION_DIFFERS"),
        ("7d_click", "CONVERSION", {"view": "NONE"}, None),
        ("7d_click_1d_view", "CONVERSION", {"click": "DAYS_28"}, "ATTRIBUTION_DIFFERS"),
        ("as each ad set is set", "CONVERSION", {}, "ATTRIBUTION_UNKNOWN"),
        ("30 days after a tap", "CONVERSION", {}, "ATTRIBUTION_UNKNOWN"),
    ],
)
async def test_the_gap_says_whether_the_two_sides_compare(
    database: Database, org_id: int, ask: Ask, attribution: str, dating: str, ours: dict[str, str], reason: str | None
) -> None:
    day = date(2025, 3, 10)
    fact = make_record(Level.AD, "1000", day, conversions_millionths=2_000_000)
    await take(database, org_id, [Reported("purchase", attribution, Dating(dating)), *make_tree(), fact])
    query = """query ($window: WindowInput, $options: PerformanceOptions) {
      ad(external: {platform: META, id: "1000"}) { performance(window: $window, options: $options) {
        totals { gap { conversions comparable reason } }
      } }
    }"""

    async def gap(until: date) -> dict[str, Any]:
        variables = {"window": window(day, until), "options": {"attribution": ours}}
        found: dict[str, Any] = (await ask(query, variables))["ad"]["performance"]["totals"]["gap"]
        return found

    assert await gap(day + DAY) == {"conversions": -2.0, "comparable": reason is None, "reason": reason}
    assert await gap(day + 2 * DAY) == {"conversions": None, "comparable": False, "reason": "NOT_WHOLE"}


async def test_lists_and_breakdowns_go_by_what_is_tracked_where_that_is_asked_for(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at = datetime(2025, 5, 1, 12, tzinfo=UTC)
    for number, ad in enumerate((shop.ads[2], shop.ads[0], shop.ads[3], shop.ads[1]), 1):
        await shop.sell(database, org_id, *[sale(ad, at)] * number)
    query = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) { project(id: $id) {
      ads(orderBy: {metric: {metric: CONVERSIONS, window: $window, options: $options}}) { nodes { id } }
      some: ads(filter: {metrics: [{metric: CONVERSIONS, window: $window, options: $options, gte: 3}]}) { nodes { id } }
      performance(window: $window, options: $options) {
        totals { tracked { conversions conversionValue } }
        breakdown(by: [AD], orderBy: {metric: CONVERSIONS}, first: 3) {
          nodes { entity { id } metrics { conversions tracked { conversions refunds { count } } } }
          rest { conversions tracked { conversions conversionValue } }
        }
      }
    } }"""
    variables = {"id": shop.node(0, shop.ads[0]), "window": window(FIRST, FIRST + DAY)}

    found = (await ask(query, variables | {"options": {"conversionSource": "TRACKED"}}))["project"]

    best = [shop.node(4, ad) for ad in (shop.ads[1], shop.ads[3], shop.ads[0], shop.ads[2])]
    assert [node["id"] for node in found["ads"]["nodes"]] == best
    assert {node["id"] for node in found["some"]["nodes"]} == set(best[:2])
    rows_ = found["performance"]["breakdown"]
    assert [row["entity"]["id"] for row in rows_["nodes"]] == best[:3]
    assert [row["metrics"]["conversions"] for row in rows_["nodes"]] == [4.0, 3.0, 2.0]
    assert [row["metrics"]["tracked"]["conversions"] for row in rows_["nodes"]] == [4.0, 3.0, 2.0]
    assert rows_["rest"] == {"conversions": 1.0, "tracked": {"conversions": 1.0, "conversionValue": 20.0}}
    assert found["performance"]["totals"]["tracked"] == {"conversions": 10.0, "conversionValue": 200.0}
