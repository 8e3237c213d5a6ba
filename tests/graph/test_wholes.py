"""Numbers of several entities as a whole: of a list, and of a project's ad accounts on some platforms."""

from datetime import date, timedelta

import pytest

from db.level import Platform
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_project
from tests.trees import days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
TWO = days(DAY, DAY + timedelta(2))
BLOCK = """
fragment Block on Performance {
  window { since until timezone } currency conversionSource freshness { missingDays lastImportedAt staleOwnRows }
  totals { spend impressions reach cpa ctr unavailable { metric reason } }
  series { points { since metrics { spend reach } } }
  reachBounds { atLeast atMost }
}
"""


async def make_project_of_two(database, org_id, *, currency="USD"):
    """A project with an ad account on Meta and one on TikTok, each with a campaign of one ad; the campaigns."""
    project = await make_project(database, org_id)
    campaigns = []
    for platform, of_account, spend in ((Platform.META, "USD", 10), (Platform.TIKTOK, currency, 7)):
        account = await make_ad_account(database, org_id, project, platform=platform, currency=of_account)
        campaigns.append(await make_campaign(database, org_id, account))
        ad = await make_ad(database, org_id, await make_ad_set(database, org_id, campaigns[-1]))
        await make_full_fact(database, org_id, ad, DAY, spend=spend)
    return project, campaigns


async def test_a_list_has_the_numbers_of_all_who_are_in_it_whatever_the_page(database, org_id, ask):
    tree = await make_tree(database, org_id, ads=4)
    for number, ad in enumerate(tree.ads):
        await make_full_fact(database, org_id, ad, DAY, spend=number, conversions=2, reach=number)
        await make_full_fact(database, org_id, ad, DAY + timedelta(1), spend=10)
    query = """query ($id: ID!, $window: WindowInput!, $filter: EntityFilter, $orderBy: EntityOrder, $first: Int!) {
      campaign(id: $id) { ads(first: $first, filter: $filter, orderBy: $orderBy) {
        performance(window: $window) { ...Block residual { spend } }
      } }
    }"""

    async def of(first, **arguments):
        variables = {"id": global_id.encode("Campaign", tree.campaign), "window": TWO, "first": first, **arguments}
        return (await ask(query + BLOCK, variables))["campaign"]["ads"]["performance"]

    every = await of(1)
    some = {"filter": {"metrics": [{"metric": "SPEND", "window": days(DAY, DAY + timedelta(1)), "gte": 2}]}}
    ordered = {"orderBy": {"metric": {"metric": "SPEND", "window": TWO}}}

    assert every == await of(4) == await of(1, **ordered) == await of(2, filter={"statuses": ["ACTIVE"]})
    assert every["totals"]["spend"] == 46
    assert every["totals"]["cpa"] == 46 / (4 * (2 + 4))
    assert (every["totals"]["reach"], every["reachBounds"]["atLeast"]) == (None, 3)
    assert [point["metrics"]["spend"] for point in every["series"]["points"]] == [6, 40]
    assert every["residual"] is None
    assert every["freshness"]["missingDays"] == 0
    assert (await of(1, **some))["totals"]["spend"] == (await of(1, **some, **ordered))["totals"]["spend"] == 25
    nobody = await of(1, filter={"externalIds": ["nobody's"]})
    assert (nobody["totals"]["spend"], nobody["window"]) == (None, every["window"])


async def test_all_ad_accounts_have_the_projects_numbers(database, org_id, ask):
    project, _ = await make_project_of_two(database, org_id)
    query = """query ($id: ID!, $window: WindowInput!) { project(id: $id) {
      performance(window: $window) { ...Block }
      all: performance(window: $window, platforms: [TIKTOK, META]) { ...Block }
      adAccounts(first: 1) { performance(window: $window) { ...Block } }
    } }"""

    found = (await ask(query + BLOCK, {"id": global_id.encode("Project", project), "window": TWO}))["project"]

    assert found["performance"] == found["all"] == found["adAccounts"]["performance"]
    assert found["performance"]["totals"]["spend"] == 17


@pytest.mark.parametrize(
    ("platforms", "spend", "currency"),
    [(["META"], 10, "USD"), (["TIKTOK"], 7, "EUR"), (["META", "TIKTOK"], None, None), (["APPLE"], None, None)],
)
async def test_a_projects_numbers_may_be_those_of_some_platforms(
    database, org_id, ask, platforms, spend, currency
):  # fmt: skip
    project, _ = await make_project_of_two(database, org_id, currency="EUR")
    query = """query ($id: ID!, $window: WindowInput!, $platforms: [Platform!]) { project(id: $id) {
      performance(window: $window, platforms: $platforms) { ...Block }
      campaigns(platforms: $platforms) { performance(window: $window) { totals { spend } } }
    } }"""
    variables = {"id": global_id.encode("Project", project), "window": TWO, "platforms": platforms}

    found = (await ask(query + BLOCK, variables))["project"]

    assert found["performance"]["totals"]["spend"] == spend
    assert found["campaigns"]["performance"]["totals"]["spend"] == spend
    assert found["performance"]["currency"] == currency


async def test_the_wholes_of_many_lists_take_the_same_statements_as_of_one(database, org_id, ask, queries_sent):
    project, _ = await make_project_of_two(database, org_id)
    query = """query ($id: ID!, $window: WindowInput!) { project(id: $id) { campaigns { nodes {
      ads { nodes { name } performance(window: $window) { totals { spend } } }
    } } } }"""
    queries_sent.clear()

    found = (await ask(query, {"id": global_id.encode("Project", project), "window": TWO}))["project"]

    spends = [campaign["ads"]["performance"]["totals"]["spend"] for campaign in found["campaigns"]["nodes"]]
    assert spends == [10, 7]
    assert sorted(queries_sent) == [
        "ad_account_scopes_by_ids", "ad_delivery_totals", "ad_ids_by_campaign_ids", "ads_listed_by_campaign_ids",
        "campaigns_by_ids", "campaigns_listed_by_project_ids", "coverage_by_ad_account_ids", "project_scopes_by_ids",
        "projects_by_ids",
    ]  # fmt: skip
