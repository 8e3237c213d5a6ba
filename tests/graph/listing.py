"""Lists of entities, as tests ask for them."""

from datetime import date, timedelta
from typing import Any

from db.level import Platform
from tests.make import (
    make_ad,
    make_ad_account,
    make_ad_set,
    make_campaign,
    make_project,
)
from tests.trees import days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
WINDOW = days(DAY, DAY + timedelta(1))
LEVELS = {
    "Project": ["adAccounts", "campaigns", "adSets", "ads"],
    "AdAccount": ["campaigns", "adSets", "ads"],
    "Campaign": ["adSets", "ads"],
    "AdSet": ["ads"],
}


def listing(type_name, field):
    return f"""
    query ($id: ID!, $first: Int! = 50, $after: String, $filter: EntityFilter, $orderBy: EntityOrder) {{
      node(id: $id) {{ ... on {type_name} {{
        {field}(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {{
          totalCount nodes {{ id name externalId status }} edges {{ cursor }}
          pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }}
      }} }}
    }}
    """


def by(metric, direction="DESC", window=WINDOW, **more):
    return {"metric": {"metric": metric, "direction": direction, "window": window, **more}}


def names(page):
    return [node["name"] for node in page["nodes"]]


async def every_page(listed, *place, first, **arguments):
    """The names on all pages, one after the other."""
    found, after = [], None
    while True:
        page = await listed(*place, first=first, after=after, **arguments)
        assert len(page["edges"]) == len(page["nodes"]) <= first
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += names(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def make_two_branches(database, org_id):
    """A project with two ad accounts, each with two campaigns of two ad sets of two ads; their ids by level."""
    project = await make_project(database, org_id)
    found: dict[str, list[int]] = {"adAccounts": [], "campaigns": [], "adSets": [], "ads": []}
    for account in range(2):
        platform = [Platform.META, Platform.TIKTOK][account]
        found["adAccounts"].append(await make_ad_account(database, org_id, project, f"a{account}", platform=platform))
    # Neighbours in the order of ids are in different accounts.
    for field, parent, make, letter in (
        ("campaigns", "adAccounts", make_campaign, "c"),
        ("adSets", "campaigns", make_ad_set, "s"),
        ("ads", "adSets", make_ad, "d"),
    ):
        for number in range(2):
            for above in found[parent]:
                name = f"{letter}{len(found[field])}"
                status = ["ACTIVE", "PAUSED"][number]
                found[field].append(
                    await make(database, org_id, above, name, external_id=f"x{len(found[field])}", status=status)
                )
    return project, found


async def make_ranking(database, org_id):
    """Ads of one ad set whose numbers differ in every way that an order may meet."""
    tree = await make_tree(database, org_id, ads=7)
    numbers: list[dict[str, Any]] = [
        {"spend": 10, "conversion_value": 40, "conversions": 4},
        {"spend": 10, "conversion_value": 10, "conversions": 1},
        {"spend": 30, "conversion_value": 0, "conversions": 0},
        {"spend": 0, "conversion_value": 0, "conversions": 0},
        {"spend": 20, "conversion_value": 20, "conversions": 2},
        {"spend": None, "conversion_value": 5, "conversions": 3},
    ]
    for ad, own in zip(tree.ads, numbers, strict=False):
        await make_full_fact(database, org_id, ad, DAY, **own)
    return tree
