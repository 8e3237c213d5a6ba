"""Between which numbers a reach lies that no platform reported for exactly those days."""

from datetime import date, timedelta

import pytest

from db.level import Level
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_coverage
from tests.trees import days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
NEXT = DAY + timedelta(1)
ONE, BOTH, THREE = days(DAY, NEXT), days(DAY, NEXT + timedelta(1)), days(DAY, NEXT + timedelta(2))
ASKED = """
query ($id: ID!, $window: WindowInput) {
  node(id: $id) { ... on Measurable { performance(window: $window) {
    reachBounds { atLeast atMost } totals { reach }
  } } }
}
"""


@pytest.fixture
def bounds(ask):
    async def bounds(type_name, number, window):
        variables = {"id": global_id.encode(type_name, number), "window": window}
        found = (await ask(ASKED, variables))["node"]["performance"]["reachBounds"]
        return found["atLeast"], found["atMost"]

    return bounds


async def test_a_reach_that_was_reported_is_certain(database, org_id, bounds):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, reach=700)

    assert await bounds("Ad", tree.ad, ONE) == (700, 700)


async def test_days_bound_a_window_and_parts_bound_a_whole(database, org_id, bounds):
    tree = await make_tree(database, org_id, ads=2)
    for ad, day, reach in [(0, DAY, 700), (0, NEXT, 300), (1, DAY, 500), (1, NEXT, 50)]:
        await make_full_fact(database, org_id, tree.ads[ad], day, reach=reach)

    assert await bounds("Ad", tree.ad, BOTH) == (700, 1000)
    for type_name, number in [
        ("AdSet", tree.ad_set), ("Campaign", tree.campaign), ("AdAccount", tree.ad_account), ("Project", tree.project),
    ]:  # fmt: skip
        assert await bounds(type_name, number, BOTH) == (700, 1550)
        assert await bounds(type_name, number, ONE) == (700, 1200)


async def test_the_least_of_two_complete_sets_counts(database, org_id, bounds):
    tree = await make_tree(database, org_id, ads=2)
    for ad in tree.ads:
        await make_full_fact(database, org_id, ad, DAY, reach=600, impressions=1000)
        await make_full_fact(database, org_id, ad, NEXT, reach=600, impressions=1000)
    for day in (DAY, NEXT):
        await make_full_fact(database, org_id, tree.ad_set, day, reach=900, impressions=2000)

    assert await bounds("AdSet", tree.ad_set, BOTH) == (900, 1800)
    assert await bounds("Campaign", tree.campaign, BOTH) == (900, 1800)


@pytest.mark.parametrize("kept", ["a day", "a part", "days that nobody imported", "a residual"])
async def test_a_set_that_is_not_complete_bounds_nothing_from_above(database, org_id, bounds, kept):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ad, DAY, reach=700)
    window = BOTH
    if kept == "a day":
        await make_full_fact(database, org_id, tree.ad, NEXT)
    elif kept == "a part":
        await make_full_fact(database, org_id, tree.ads[1], NEXT)
        await make_full_fact(database, org_id, tree.ad, NEXT, reach=7)
    elif kept == "days that nobody imported":
        await make_full_fact(database, org_id, tree.ad, NEXT, reach=7)
        window = THREE
    else:
        await make_full_fact(database, org_id, tree.ad, NEXT, reach=7)
        await make_full_fact(database, org_id, tree.ad_set, DAY, impressions=5000)

    assert await bounds("AdSet", tree.ad_set, window) == (700, None)


async def test_who_was_shown_nothing_reached_nobody(database, org_id, bounds):
    tree = await make_tree(database, org_id)
    silent = await make_ad(database, org_id, tree.ad_set)
    await make_full_fact(database, org_id, tree.ad, DAY, reach=700)
    await make_full_fact(database, org_id, tree.ad, NEXT, impressions=0)

    assert await bounds("Ad", tree.ad, BOTH) == (700, 700)
    assert await bounds("Ad", silent, BOTH) == (0, 0)
    assert await bounds("AdSet", tree.ad_set, BOTH) == (700, 700)
    assert await bounds("Ad", silent, THREE) == (None, None)


async def test_a_project_is_bounded_by_all_its_ad_accounts(database, org_id, bounds):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, reach=700)
    other = await make_ad_account(database, org_id, tree.project)
    assert await bounds("Project", tree.project, ONE) == (700, None)

    await make_coverage(database, org_id, other, Level.AD, days=[DAY])
    assert await bounds("Project", tree.project, ONE) == (700, 700)
    ad = await make_ad(database, org_id, await make_ad_set(
        database, org_id, await make_campaign(database, org_id, other)
    ))  # fmt: skip
    await make_full_fact(database, org_id, ad, DAY, reach=800)
    assert await bounds("Project", tree.project, ONE) == (800, 1500)


async def test_the_bounds_of_a_level_take_one_statement(database, org_id, ask, queries_sent):
    tree = await make_tree(database, org_id, ads=5)
    await make_full_fact(database, org_id, tree.ad, DAY, reach=1)
    queries_sent.clear()

    await ask(
        """query ($window: WindowInput) { projects { nodes { adAccounts { nodes { campaigns { nodes { adSets { nodes {
          ads { nodes { performance(window: $window) { reachBounds { atMost } } } }
        } } } } } } } } }""",
        {"window": ONE},
    )

    assert queries_sent.count("reach_bounds") == 1
