"""Residuals: what a platform reported for a node as a whole, and for none of its parts."""

from datetime import date, timedelta

import pytest

from db.level import Level
from resolvers import global_id
from resolvers.definition import Additivity
from resolvers.metric import METRICS
from tests.make import make_ad, make_ad_set, make_coverage, make_fact
from tests.trees import days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
NEXT = DAY + timedelta(1)
ONE, BOTH = days(DAY, NEXT), days(DAY, NEXT + timedelta(1))
ASKED = """
query ($id: ID!, $window: WindowInput) {
  node(id: $id) { ... on Measurable { performance(window: $window) {
    residual { spend impressions clicks reach cpa ctr unavailable { metric reason } }
  } } }
}
"""


@pytest.fixture
def residual(ask):
    async def residual(type_name, number, window):
        variables = {"id": global_id.encode(type_name, number), "window": window}
        return (await ask(ASKED, variables))["node"]["performance"]["residual"]

    return residual


def reasons(block):
    return {entry["metric"]: entry["reason"] for entry in block["unavailable"]}


async def test_what_a_campaign_reported_beyond_its_ad_sets_is_its_residual_and_nobody_elses(database, org_id, residual):
    tree = await make_tree(database, org_id)
    other = await make_ad(database, org_id, await make_ad_set(database, org_id, tree.campaign))
    for ad in (tree.ad, other):
        for day in (DAY, NEXT):
            await make_full_fact(database, org_id, ad, day, spend=10, impressions=1000, clicks=20)
    await make_full_fact(database, org_id, tree.campaign, DAY, spend=25, impressions=2100, clicks=41)

    found = await residual("Campaign", tree.campaign, BOTH)

    assert (found["spend"], found["impressions"], found["clicks"]) == (5, 100, 1)
    assert (found["reach"], found["cpa"], found["ctr"]) == (None, None, None)
    assert set(reasons(found)) == {
        metric.name for metric, definition in METRICS.items() if definition.additivity is not Additivity.ADDITIVE
    }
    assert set(reasons(found).values()) == {"NOT_ADDITIVE"}
    for type_name, number in [("Project", tree.project), ("AdAccount", tree.ad_account), ("AdSet", tree.ad_set)]:
        assert (await residual(type_name, number, BOTH))["spend"] == 0
    assert await residual("Ad", tree.ad, BOTH) is None


async def test_a_residual_may_be_negative(database, org_id, residual):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, spend=10)
    await make_full_fact(database, org_id, tree.ad_set, DAY, spend=8)

    assert (await residual("AdSet", tree.ad_set, ONE))["spend"] == -2


async def test_where_no_part_is_known_the_residual_is_not_either(database, org_id, residual):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.campaign, DAY, spend=25)

    found = await residual("Campaign", tree.campaign, ONE)
    assert (found["spend"], reasons(found)["SPEND"]) == (None, "NOT_IMPORTED")

    await make_full_fact(database, org_id, tree.campaign, NEXT, spend=25)
    await make_full_fact(database, org_id, tree.ad, NEXT, spend=10)
    found = await residual("Campaign", tree.campaign, BOTH)
    assert (found["spend"], reasons(found)["SPEND"]) == (40, "PARTLY_REPORTED")


async def test_parts_that_are_silent_on_covered_days_leave_all_to_the_residual(database, org_id, residual):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.campaign, DAY, spend=25)
    await make_coverage(database, org_id, tree.ad_account, Level.AD, days=[DAY])

    found = await residual("Campaign", tree.campaign, ONE)

    assert found["spend"] == 25
    assert "SPEND" not in reasons(found)


async def test_a_metric_that_the_parts_do_not_report_has_no_residual(database, org_id, residual):
    tree = await make_tree(database, org_id)
    await make_fact(database, org_id, tree.ad, DAY, spend=10, impressions=1000)
    await make_full_fact(database, org_id, tree.campaign, DAY, spend=11)

    found = await residual("Campaign", tree.campaign, ONE)

    assert (found["spend"], found["clicks"], reasons(found)["CLICKS"]) == (1, None, "NOT_REPORTED")


async def test_the_residuals_of_a_level_take_a_statement_for_its_children(database, org_id, ask, queries_sent):
    tree = await make_tree(database, org_id)
    for _ in range(3):
        await make_ad(database, org_id, await make_ad_set(database, org_id, tree.campaign))
    await make_full_fact(database, org_id, tree.ad, DAY)
    queries_sent.clear()

    await ask(
        """query ($window: WindowInput) { projects { nodes { adAccounts { nodes { campaigns { nodes {
          adSets { nodes { performance(window: $window) { residual { spend } } } }
        } } } } } } }""",
        {"window": ONE},
    )

    assert queries_sent.count("ads_by_ad_set_ids") == 1
    assert queries_sent.count("ad_delivery_totals") == 1
