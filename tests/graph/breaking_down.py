"""Breakdowns, as tests ask for them."""

from datetime import date, timedelta

from db.level import Platform
from resolvers import global_id
from tests.make import (
    make_ad,
    make_ad_account,
    make_ad_set,
    make_campaign,
    make_project,
)
from tests.trees import days, make_full_fact

# A Tuesday.
DAY = date(2025, 6, 10)
TWO = days(DAY, DAY + timedelta(2))
ROWS = """
query (
  $id: ID!, $window: WindowInput!, $options: PerformanceOptions, $by: [BreakdownDimension!]!, $orderBy: MetricOrder,
  $having: [MetricCondition!], $first: Int! = 50, $after: String
) {
  node(id: $id) { ... on Measurable { performance(window: $window, options: $options) {
    totals { spend }
    breakdown(by: $by, orderBy: $orderBy, having: $having, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor }
      nodes {
        key { platform adAccount campaign adSet ad day week month weekday }
        entity { __typename id name }
        days currency
        metrics { spend impressions cpa reach }
        share ofClicks: share(of: CLICKS) ofRoas: share(of: ROAS)
      }
      rest { spend impressions cpa reach unavailable { metric reason } }
    }
  } } }
}
"""


def keys(page):
    return [{name: value for name, value in row["key"].items() if value is not None} for row in page["nodes"]]


def spends(page):
    return [row["metrics"]["spend"] for row in page["nodes"]]


async def make_world(database, org_id, **account):
    """A project of two ad accounts on two platforms; the first has two campaigns, of two ads and of one."""
    project = await make_project(database, org_id)
    made: dict[str, list[int]] = {"AdAccount": [], "Campaign": [], "AdSet": [], "Ad": []}
    for platform, ads in ((Platform.META, [2, 1]), (Platform.TIKTOK, [1])):
        of_account = account if platform is Platform.TIKTOK else {}
        made["AdAccount"].append(await make_ad_account(database, org_id, project, platform=platform, **of_account))
        for number in ads:
            made["Campaign"].append(await make_campaign(database, org_id, made["AdAccount"][-1]))
            made["AdSet"].append(await make_ad_set(database, org_id, made["Campaign"][-1]))
            made["Ad"] += [await make_ad(database, org_id, made["AdSet"][-1]) for _ in range(number)]
    for number, ad in enumerate(made["Ad"]):
        await make_full_fact(database, org_id, ad, DAY, spend=2**number, conversions=1)
        await make_full_fact(database, org_id, ad, DAY + timedelta(1), spend=100 * 2**number, conversions=1)
    return project, made


def entity(name, number):
    return global_id.encode(name, number)
