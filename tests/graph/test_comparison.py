"""Comparisons: totals beside those of other days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from db.level import Level
from resolvers import global_id
from resolvers.metric import METRICS
from tests.make import make_ad_account, make_coverage, make_fact
from tests.trees import make_full_fact, make_tree

COMPARED = """
query ($id: ID!, $window: WindowInput, $to: ComparisonInput) {
  node(id: $id) {
    ... on Measurable {
      performance(window: $window) {
        totals { spend impressions conversions cpa roas }
        comparison(to: $to) {
          window { since until days }
          partial
          previous { spend impressions conversions cpa roas }
          changes {
            spend { ...Change } impressions { ...Change } conversions { ...Change } cpa { ...Change }
            roas { ...Change } ctr { ...Change } rate: ctr(as: PERCENT) { ...Change }
          }
        }
      }
    }
  }
}
fragment Change on MetricChange { absolute percent reason verdict }
"""
CHANGES = " ".join(f"{metric.value} {{ absolute percent reason verdict }}" for metric in METRICS)
MONDAY = date(2025, 6, 9)


def days(since, count):
    return {"range": {"since": since.isoformat(), "until": (since + timedelta(count)).isoformat()}}


@pytest.fixture
def compared(ask):
    async def compared(type_name, number, window, to=None, query=COMPARED):
        variables = {"id": global_id.encode(type_name, number), "window": window}
        return (await ask(query, variables | ({"to": to} if to else {})))["node"]["performance"]

    return compared


def change(absolute, percent, verdict, reason=None):
    return {"absolute": absolute, "percent": percent, "reason": reason, "verdict": verdict}


async def test_totals_stand_beside_those_of_as_many_days_before(database, org_id, compared):
    tree = await make_tree(database, org_id)
    before = MONDAY - timedelta(1)
    await make_full_fact(database, org_id, tree.ad, before, spend=8, impressions=1000, clicks=20, conversions=2)
    await make_full_fact(database, org_id, tree.ad, MONDAY, spend=10, impressions=1000, clicks=10, conversions=4)

    found = (await compared("Ad", tree.ad, days(MONDAY, 1)))["comparison"]

    assert found["window"] == {"since": str(before), "until": str(MONDAY), "days": 1}
    assert (found["partial"], found["previous"]["spend"], found["previous"]["cpa"]) == (False, 8, 4)
    changes = found["changes"]
    assert changes["spend"] == change(2, 25, "NEUTRAL")
    assert changes["conversions"] == change(2, 100, "BETTER")
    assert changes["cpa"] == change(-1.5, -37.5, "BETTER")
    assert changes["ctr"] == change(-0.01, -50, "WORSE")
    assert changes["rate"] == change(-1, -50, "WORSE")


async def test_from_zero_there_is_no_percentage_and_from_nothing_no_change(database, org_id, compared):
    tree = await make_tree(database, org_id)
    await make_fact(database, org_id, tree.ad, MONDAY - timedelta(1), spend=0, impressions=0, conversions=0)
    await make_fact(database, org_id, tree.ad, MONDAY, spend=10, impressions=0, conversions=2)

    after_zero = (await compared("Ad", tree.ad, days(MONDAY, 1)))["comparison"]["changes"]
    after_nothing = (await compared("Ad", tree.ad, days(MONDAY - timedelta(1), 1)))["comparison"]

    assert after_zero["spend"] == change(10, None, "NEUTRAL", "ZERO_BASELINE")
    assert after_zero["conversions"] == change(2, None, "BETTER", "ZERO_BASELINE")
    assert after_zero["impressions"] == change(0, 0, "NEUTRAL")
    assert after_zero["cpa"] == after_zero["roas"] == change(None, None, "UNKNOWN", "NO_BASELINE")
    assert after_nothing["partial"] is True
    assert set(map(str, after_nothing["changes"].values())) == {str(change(None, None, "UNKNOWN", "NO_BASELINE"))}


@pytest.mark.parametrize(
    ("to", "since", "until"),
    [
        ({"against": "PREVIOUS_PERIOD"}, "2025-05-16", "2025-06-01"),
        ({"against": "PREVIOUS_CALENDAR"}, "2025-05-01", "2025-05-17"),
        ({"against": "PREVIOUS_YEAR"}, "2024-06-01", "2024-06-17"),
        ({"against": "PREVIOUS_YEAR_SAME_WEEKDAYS"}, "2024-06-02", "2024-06-18"),
        ({"window": {"range": {"since": "2025-01-01", "until": "2025-02-01"}}}, "2025-01-01", "2025-02-01"),
        ({"window": {"preset": "YESTERDAY"}}, "2025-06-15", "2025-06-16"),
        (None, "2025-05-16", "2025-06-01"),
    ],
)
@pytest.mark.parametrize("level", ["Project", "Campaign"])
async def test_any_days_may_be_compared_with(database, org_id, ask, level, to, since, until):
    tree = await make_tree(database, org_id)
    number = {"Project": tree.project, "Campaign": tree.campaign}[level]
    noon = datetime(2025, 6, 16, 12, tzinfo=UTC)
    variables = {"id": global_id.encode(level, number), "window": {"preset": "THIS_MONTH"}}

    data = await ask(COMPARED, variables | ({"to": to} if to else {}), now=noon)

    window = data["node"]["performance"]["comparison"]["window"]
    assert (window["since"], window["until"]) == (since, until)


async def test_days_that_are_not_over_or_not_covered_make_it_partial(database, org_id, compared):
    tree = await make_tree(database, org_id)
    for number in range(14):
        await make_full_fact(database, org_id, tree.ad, date(2025, 6, 5) + timedelta(number))

    # The clock says noon of the 18th.
    async def partial(since, count, to=None):
        return (await compared("Ad", tree.ad, days(since, count), to))["comparison"]["partial"]

    assert await partial(date(2025, 6, 12), 6) is False
    assert await partial(date(2025, 6, 12), 7) is True
    assert await partial(date(2025, 6, 9), 5) is True
    assert await partial(date(2025, 6, 9), 5, {"window": days(date(2025, 6, 5), 2)}) is False
    assert await partial(date(2025, 6, 9), 5, {"window": days(date(2025, 6, 18), 1)}) is True


async def test_money_in_another_currency_than_before_has_no_change_but_quotients_of_it_have(database, org_id, compared):
    tree = await make_tree(database, org_id)
    euros = await make_ad_account(database, org_id, tree.project, currency="EUR")
    for account in (tree.ad_account, euros):
        await make_coverage(database, org_id, account, Level.AD, days=[MONDAY, MONDAY - timedelta(1)])
    await make_full_fact(database, org_id, euros, MONDAY - timedelta(1), spend=10, conversion_value=10)
    await make_full_fact(database, org_id, tree.ad, MONDAY, spend=10, conversion_value=30)

    found = (await compared("Project", tree.project, days(MONDAY, 1)))["comparison"]["changes"]

    assert found["spend"] == change(None, None, "UNKNOWN", "MIXED_CURRENCY")
    assert found["roas"] == change(2, 200, "BETTER")


@pytest.mark.parametrize("level", ["Project", "AdAccount", "Campaign", "AdSet", "Ad"])
async def test_a_comparison_with_itself_is_zero(database, org_id, compared, level):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, MONDAY, reach=500)
    number = {
        "Project": tree.project, "AdAccount": tree.ad_account, "Campaign": tree.campaign, "AdSet": tree.ad_set,
        "Ad": tree.ad,
    }[level]  # fmt: skip
    query = COMPARED[: COMPARED.index("spend {")] + CHANGES + " } } } } } }"

    found = await compared(level, number, days(MONDAY, 1), {"window": days(MONDAY, 1)}, query)

    for metric, moved in found["comparison"]["changes"].items():
        known = level == "Ad" or metric not in {"reach", "frequency"}
        expected = change(0, 0, "NEUTRAL") if known else change(None, None, "UNKNOWN", "NO_BASELINE")
        assert moved == expected, metric


@pytest.mark.parametrize(
    "to",
    [
        {"against": "PREVIOUS_PERIOD", "window": {"lastDays": 3}},
        {},
        {"against": "LAST_DECADE"},
        {"window": {"lastDays": 0}},
        {"window": {"range": {"since": "2025-02-01", "until": "2025-01-01"}}},
        {"window": {"preset": "TODAY", "lastDays": 3}},
    ],
)
async def test_days_that_contradict_themselves_are_refused(database, org_id, execute, to):
    tree = await make_tree(database, org_id)

    result = await execute(COMPARED, {"id": global_id.encode("Ad", tree.ad), "window": {"lastDays": 7}, "to": to})

    (error,) = result.errors
    assert error.extensions["code"] == "VALIDATION"
    named = ("to", "lastDays", "range", "WindowInput", "ComparisonInput")
    assert any(word in error.message for word in named), error.message


async def test_totals_and_what_they_are_compared_with_take_one_statement(database, org_id, ask, queries_sent):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ad, MONDAY)
    queries_sent.clear()

    await ask(
        "query ($id: ID!) { adSet(id: $id) { ads { nodes { performance(window: {lastDays: 3}) {"
        " totals { spend impressions } comparison { previous { clicks } changes { cpa { percent } } } } } } } }",
        {"id": global_id.encode("AdSet", tree.ad_set)},
    )

    # Few days are read as they stand, and added up here.
    assert [name for name in queries_sent if name.startswith("ad_delivery")] == ["ad_delivery_by_day"]


@pytest.mark.parametrize("level", ["Project", "Ad"])
async def test_a_life_has_nothing_before_it_and_may_be_compared_with(database, org_id, compared, level):
    # Known from the 9th of June through the 18th, which is today.
    tree = await make_tree(database, org_id)
    for offset in range(10):
        await make_full_fact(database, org_id, tree.ad, MONDAY + timedelta(offset), spend=1)
    number = {"Project": tree.project, "Ad": tree.ad}[level]

    before = (await compared(level, number, {"preset": "LIFETIME"}))["comparison"]
    life = (await compared(level, number, days(MONDAY, 1), {"window": {"preset": "LIFETIME"}}))["comparison"]

    assert before["window"] == {"since": "2025-05-30", "until": "2025-06-09", "days": 10}
    assert before["changes"]["spend"] == change(None, None, "UNKNOWN", "NO_BASELINE")
    assert life["window"] == {"since": "2025-06-09", "until": "2025-06-19", "days": 10}
    assert (life["partial"], life["changes"]["spend"]["absolute"]) == (True, -9)


async def test_changes_count_among_the_objects_of_an_answer(database, org_id, execute):
    tree = await make_tree(database, org_id)
    variables = {"id": global_id.encode("Ad", tree.ad), "window": {"lastDays": 3}}

    assert not (await execute(COMPARED, variables, max_nodes=8)).errors
    assert (await execute(COMPARED, variables, max_nodes=6)).errors[0].extensions["code"] == "QUERY_TOO_COMPLEX"
