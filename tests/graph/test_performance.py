"""Performance as clients see it: right numbers, or null with the reason."""

from datetime import date, timedelta

import pytest

from db.organization import organization_id
from resolvers import global_id
from tests.make import make_ad, make_fact
from tests.trees import FIVE_LEVELS, PERFORMANCE, days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
NEXT = date(2025, 6, 11)


async def test_an_ads_totals_are_what_was_reported_and_the_ratios_of_those(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, spend=12.5, reach=500)

    found = await performance("Ad", tree.ad, days(DAY, NEXT))

    assert found["totals"] == {
        "spend": 12.5, "impressions": 1000, "clicks": 20, "linkClicks": 10, "conversions": 4.0,
        "conversionValue": 40.0, "reach": 500, "cpa": 3.125, "cpc": 0.625, "cpm": 12.5, "ctr": 0.02, "cvr": 0.2,
        "roas": 3.2, "frequency": 2.0,
    }  # fmt: skip
    assert found["why"] == {}
    assert found["window"] == {
        "since": "2025-06-10", "until": "2025-06-11", "lastDay": "2025-06-10", "days": 1, "timezone": "UTC"
    }  # fmt: skip
    assert found["currency"] == "USD"
    assert found["freshness"] == {"lastImportedAt": "2025-06-18T06:00:00+00:00", "missingDays": 0}


@pytest.mark.parametrize("level", ["AdSet", "Campaign", "AdAccount", "Project"])
async def test_above_the_ads_totals_are_the_sums_of_the_children(database, org_id, performance, level):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ads[0], DAY, spend=1, conversions=1)
    await make_full_fact(database, org_id, tree.ads[1], NEXT, spend=2, conversions=0)
    number = {
        "AdSet": tree.ad_set, "Campaign": tree.campaign, "AdAccount": tree.ad_account, "Project": tree.project
    }[level]  # fmt: skip

    found = await performance(level, number, days(DAY, NEXT + timedelta(1)))

    assert found["totals"]["spend"] == 3
    assert found["totals"]["impressions"] == 2000
    # Sums are divided, ratios are not averaged: 3 / 1, where the ads' own are 1 and null.
    assert found["totals"]["cpa"] == 3
    assert found["currency"] == "USD"


async def test_reach_is_given_for_exactly_the_reported_entity_and_day_only(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, reach=500)
    await make_full_fact(database, org_id, tree.ad, NEXT, reach=500)

    two_days = await performance("Ad", tree.ad, days(DAY, NEXT + timedelta(1)))
    parent = await performance("AdSet", tree.ad_set, days(DAY, NEXT))

    for found in (two_days, parent):
        assert found["totals"]["reach"] is found["totals"]["frequency"] is None
        assert found["why"] == {"REACH": "NOT_ADDITIVE", "FREQUENCY": "NOT_ADDITIVE"}


async def test_reach_that_nobody_reports_is_not_reported(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)

    found = await performance("Ad", tree.ad, days(DAY, NEXT))

    assert found["why"] == {"REACH": "NOT_REPORTED", "FREQUENCY": "NOT_REPORTED"}


async def test_a_ratio_over_zero_is_null_with_the_reason(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, conversions=0, clicks=0)

    found = await performance("Ad", tree.ad, days(DAY, NEXT))

    assert found["totals"]["conversions"] == 0
    assert found["totals"]["cpa"] is found["totals"]["cpc"] is found["totals"]["cvr"] is None
    assert {found["why"][metric] for metric in ("CPA", "CPC", "CVR")} == {"ZERO_DENOMINATOR"}


async def test_what_no_row_reports_is_null_and_so_are_its_ratios(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_fact(database, org_id, tree.ad, DAY, spend=5, impressions=100, link_clicks=3)

    found = await performance("Ad", tree.ad, days(DAY, NEXT))

    assert found["totals"]["clicks"] is found["totals"]["cpc"] is None
    assert found["totals"]["cpm"] == 50
    assert {found["why"][metric] for metric in ("CLICKS", "CPC", "CTR", "CONVERSIONS", "ROAS")} == {"NOT_REPORTED"}


async def test_what_some_rows_report_is_summed_and_said_to_be_partial_and_its_ratios_are_null(
    database, org_id, performance
):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ads[0], DAY)
    await make_fact(database, org_id, tree.ads[1], DAY, spend=10, impressions=1000, clicks=20, link_clicks=10)

    found = await performance("Campaign", tree.campaign, days(DAY, NEXT))

    assert found["totals"]["conversions"] == 4
    assert found["totals"]["cpa"] is None
    assert found["why"]["CONVERSIONS"] == found["why"]["CPA"] == found["why"]["ROAS"] == "PARTLY_REPORTED"
    assert found["totals"]["cpc"] == 0.5


async def test_a_ratio_whose_inputs_are_missing_on_the_same_rows_stands(database, org_id, performance):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ads[0], DAY)
    await make_fact(database, org_id, tree.ads[1], DAY, clicks=20, link_clicks=10)

    found = await performance("Campaign", tree.campaign, days(DAY, NEXT))

    assert found["why"]["SPEND"] == found["why"]["IMPRESSIONS"] == "PARTLY_REPORTED"
    assert found["totals"]["cpm"] == 10
    assert "CPM" not in found["why"]


async def test_an_own_row_stands_in_for_the_children_metric_by_metric(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)
    await make_fact(database, org_id, tree.campaign, DAY, spend=99, impressions=5000, reach=700)

    campaign = await performance("Campaign", tree.campaign, days(DAY, NEXT))
    account = await performance("AdAccount", tree.ad_account, days(DAY, NEXT))

    assert campaign["totals"]["spend"] == account["totals"]["spend"] == 99
    assert campaign["totals"]["clicks"] == account["totals"]["clicks"] == 20
    assert campaign["totals"]["cpc"] == 99 / 20
    assert campaign["totals"]["reach"] == 700
    assert account["totals"]["reach"] is None
    assert account["why"] == {"REACH": "NOT_ADDITIVE", "FREQUENCY": "NOT_ADDITIVE"}


async def test_another_organizations_facts_never_count(database, org_id, ask):
    mine = await make_tree(database, org_id)
    await make_full_fact(database, org_id, mine.ad, DAY)
    other = await organization_id(database, "other")
    theirs = await make_tree(database, other)
    await make_full_fact(database, other, theirs.ad, DAY)

    data = await ask(FIVE_LEVELS, {"window": days(DAY, NEXT)})

    assert [project["id"] for project in data["projects"]["nodes"]] == [global_id.encode("Project", mine.project)]
    assert data["projects"]["nodes"][0]["performance"]["totals"]["spend"] == 10


async def test_two_aliases_with_different_windows_do_not_collide(database, org_id, ask):
    tree = await make_tree(database, org_id, ads=2)
    for ad in tree.ads:
        await make_full_fact(database, org_id, ad, DAY, spend=1)
        await make_full_fact(database, org_id, ad, NEXT, spend=2)
    query = """
    query ($id: ID!, $one: WindowInput, $two: WindowInput) {
      adSet(id: $id) {
        ads {
          nodes {
            first: performance(window: $one) { totals { spend } }
            second: performance(window: $two) { totals { spend } }
            clicks: performance(window: $two) { totals { clicks } }
          }
        }
      }
    }
    """

    variables = {"id": global_id.encode("AdSet", tree.ad_set), "one": days(DAY, NEXT)}
    data = await ask(query, variables | {"two": days(NEXT, NEXT + timedelta(1))})

    for ad in data["adSet"]["ads"]["nodes"]:
        assert ad == {
            "first": {"totals": {"spend": 1}},
            "second": {"totals": {"spend": 2}},
            "clicks": {"totals": {"clicks": 20}},
        }


async def test_a_number_past_what_json_holds_exactly_is_an_error_never_a_wrong_digit(database, org_id, execute):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY, impressions=2**53)
    await make_ad(database, org_id, tree.ad_set)

    result = await execute(PERFORMANCE, {"id": global_id.encode("Ad", tree.ad), "window": days(DAY, NEXT)})

    assert result.data["node"]["performance"]["totals"]["impressions"] is None
    assert "9007199254740991" in result.errors[0].message
