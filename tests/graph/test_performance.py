"""Performance as clients see it: right numbers, or null with the reason."""

from datetime import date, timedelta

import pytest

from db.level import Level, Missing
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_coverage, make_fact, make_project
from tests.trees import FIVE_LEVELS, make_full_fact, make_tree

DAY = date(2025, 6, 10)
NEXT = date(2025, 6, 11)
ONE = """
query ($id: ID!, $window: WindowInput) {
  node(id: $id) {
    ... on Measurable {
      performance(window: $window) {
        window { since until lastDay days timezone }
        currency
        freshness { lastImportedAt missingDays }
        totals {
          spend impressions clicks linkClicks conversions conversionValue reach cpa cpc cpm ctr cvr roas frequency
          unavailable { metric reason }
        }
      }
    }
  }
}
"""


def days(since, until):
    return {"range": {"since": since.isoformat(), "until": until.isoformat()}}


@pytest.fixture
def performance(ask):
    async def performance(type_name, number, window):
        variables = {"id": global_id.encode(type_name, number), "window": window}
        found = (await ask(ONE, variables))["node"]["performance"]
        found["why"] = {entry["metric"]: entry["reason"] for entry in found["totals"].pop("unavailable")}
        return found

    return performance


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


async def test_without_a_row_on_a_covered_day_there_was_nothing(database, org_id, performance):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ads[0], DAY)

    silent = await performance("Ad", tree.ads[1], days(DAY, NEXT))

    assert silent["totals"]["spend"] == silent["totals"]["clicks"] == silent["totals"]["conversions"] == 0
    assert silent["totals"]["reach"] is None
    assert silent["why"]["CPA"] == silent["why"]["ROAS"] == "ZERO_DENOMINATOR"
    assert silent["why"]["REACH"] == "NOT_REPORTED"
    assert silent["freshness"]["missingDays"] == 0


async def test_what_the_covering_source_lacks_stays_null_for_who_has_no_row(database, org_id, performance):
    tree = await make_tree(database, org_id, ads=2)
    await make_fact(database, org_id, tree.ads[0], DAY, spend=5, impressions=100)

    silent = await performance("Ad", tree.ads[1], days(DAY, NEXT))

    assert silent["totals"]["spend"] == 0
    assert silent["totals"]["clicks"] is None
    assert silent["why"]["CLICKS"] == "NOT_REPORTED"


async def test_where_sources_differ_the_silent_days_decide_what_is_missing(database, org_id, performance):
    tree = await make_tree(database, org_id, ads=3)
    account = tree.ad_account
    await make_coverage(database, org_id, account, Level.AD, days=[DAY])
    await make_coverage(database, org_id, account, Level.AD, days=[NEXT], missing=Missing.CLICKS)
    await make_full_fact(database, org_id, tree.ads[0], NEXT, covered=False)
    await make_full_fact(database, org_id, tree.ads[1], DAY, covered=False)

    window = days(DAY, NEXT + timedelta(1))
    spoke_then = await performance("Ad", tree.ads[0], window)
    spoke_before = await performance("Ad", tree.ads[1], window)
    silent = await performance("Ad", tree.ads[2], window)

    # Its silent day is covered by the source that reports clicks …
    assert spoke_then["totals"]["clicks"] == 20
    assert "CLICKS" not in spoke_then["why"]
    # … theirs by the one that does not.
    assert spoke_before["totals"]["clicks"] == 20
    assert spoke_before["why"]["CLICKS"] == silent["why"]["CLICKS"] == "PARTLY_REPORTED"
    assert silent["totals"]["clicks"] == 0


async def test_days_that_no_import_covers_are_not_zero(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)

    before = await performance("Ad", tree.ad, days(date(2025, 5, 1), date(2025, 5, 3)))
    around = await performance("Ad", tree.ad, days(date(2025, 6, 1), date(2025, 7, 1)))

    assert set(before["totals"].values()) == {None}
    assert set(before["why"].values()) == {"NOT_IMPORTED"}
    assert before["freshness"] == {"lastImportedAt": None, "missingDays": 2}
    assert around["totals"]["spend"] == 10
    assert around["freshness"]["missingDays"] == 29


async def test_a_level_is_not_covered_by_what_was_imported_above_it(database, org_id, performance):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.campaign, DAY)

    campaign = await performance("Campaign", tree.campaign, days(DAY, NEXT))
    ad = await performance("Ad", tree.ad, days(DAY, NEXT))

    assert campaign["totals"]["spend"] == 10
    assert ad["totals"]["spend"] is None
    assert ad["why"]["SPEND"] == "NOT_IMPORTED"
    assert ad["freshness"]["missingDays"] == 1


async def test_money_of_several_currencies_is_null_and_the_rest_is_summed(database, org_id, performance):
    dollars = await make_tree(database, org_id)
    euros = await make_ad_account(database, org_id, dollars.project, currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, DAY)
    await make_full_fact(database, org_id, euros, DAY)

    mixed = await performance("Project", dollars.project, days(DAY, NEXT))

    assert mixed["currency"] is None
    assert mixed["totals"]["spend"] is mixed["totals"]["roas"] is mixed["totals"]["cpa"] is None
    assert {mixed["why"][metric] for metric in ("SPEND", "CONVERSION_VALUE", "CPA", "CPC", "CPM", "ROAS")} == {
        "MIXED_CURRENCY"
    }
    assert mixed["totals"]["impressions"] == 2000
    assert mixed["totals"]["ctr"] == 0.02


async def test_money_that_nobody_reports_is_not_reported_whatever_the_currencies(database, org_id, performance):
    dollars = await make_tree(database, org_id)
    euros = await make_ad_account(database, org_id, dollars.project, currency="EUR")
    for number in (dollars.ad, euros):
        await make_fact(database, org_id, number, DAY, spend=1, conversions=2)

    mixed = await performance("Project", dollars.project, days(DAY, NEXT))

    assert mixed["why"]["SPEND"] == "MIXED_CURRENCY"
    assert mixed["why"]["CONVERSION_VALUE"] == mixed["why"]["ROAS"] == "NOT_REPORTED"


async def test_an_account_without_delivery_mixes_no_currency_in(database, org_id, performance):
    dollars = await make_tree(database, org_id)
    await make_ad_account(database, org_id, dollars.project, currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, DAY)

    found = await performance("Project", dollars.project, days(DAY, NEXT))

    assert found["currency"] == "USD"
    assert found["totals"]["spend"] == 10


async def test_unknown_currencies_mix_with_nothing_not_even_each_other(database, org_id, performance):
    first = await make_tree(database, org_id, currency="XXX")
    await make_full_fact(database, org_id, first.ad, DAY)
    alone = await performance("Project", first.project, days(DAY, NEXT))
    second = await make_ad_account(database, org_id, first.project, currency="XXX")
    await make_full_fact(database, org_id, second, DAY)
    both = await performance("Project", first.project, days(DAY, NEXT))

    assert (alone["currency"], alone["totals"]["spend"]) == ("XXX", 10)
    assert (both["currency"], both["totals"]["spend"]) == (None, None)


async def test_a_project_misses_a_day_that_one_of_its_accounts_misses(database, org_id, performance):
    tree = await make_tree(database, org_id)
    other = await make_ad_account(database, org_id, tree.project)
    await make_full_fact(database, org_id, tree.ad, DAY)
    await make_full_fact(database, org_id, other, NEXT)

    found = await performance("Project", tree.project, days(DAY, NEXT + timedelta(1)))

    assert found["totals"]["spend"] == 20
    assert found["freshness"]["missingDays"] == 2


async def test_a_project_without_accounts_has_no_numbers(database, org_id, performance):
    project = await make_project(database, org_id)

    found = await performance("Project", project, {"lastDays": 7})

    assert found["totals"]["spend"] is None
    assert set(found["why"].values()) == {"NOT_IMPORTED"}
    assert (found["currency"], found["freshness"]["missingDays"]) == (None, 7)


async def test_without_a_window_it_is_the_last_thirty_full_days(database, org_id, performance):
    tree = await make_tree(database, org_id)

    found = await performance("Ad", tree.ad, None)

    assert found["window"] == {
        "since": "2025-05-19", "until": "2025-06-18", "lastDay": "2025-06-17", "days": 30, "timezone": "UTC"
    }  # fmt: skip


async def test_presets_resolve_in_the_timezone_that_the_projects_accounts_share(database, org_id, performance):
    # At noon in UTC it is tomorrow already in Kiritimati, for every node of the project.
    tree = await make_tree(database, org_id, timezone="Pacific/Kiritimati")

    for level, number in [("Project", tree.project), ("AdAccount", tree.ad_account), ("Ad", tree.ad)]:
        window = (await performance(level, number, {"preset": "TODAY"}))["window"]
        assert (window["since"], window["timezone"]) == ("2025-06-19", "Pacific/Kiritimati")

    await make_ad_account(database, org_id, tree.project, timezone="America/New_York")
    window = (await performance("Ad", tree.ad, {"preset": "TODAY"}))["window"]
    assert (window["since"], window["timezone"]) == ("2025-06-18", "UTC")


async def test_a_projects_own_timezone_goes_before_that_of_its_accounts(database, org_id, performance):
    project = await make_project(database, org_id, timezone="Pacific/Kiritimati")
    account = await make_ad_account(database, org_id, project, timezone="America/New_York")

    window = (await performance("AdAccount", account, {"preset": "YESTERDAY"}))["window"]

    assert (window["since"], window["timezone"]) == ("2025-06-18", "Pacific/Kiritimati")


async def test_another_organizations_facts_never_count(database, org_id, ask):
    mine = await make_tree(database, org_id)
    await make_full_fact(database, org_id, mine.ad, DAY)
    from db.organization import organization_id

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

    result = await execute(ONE, {"id": global_id.encode("Ad", tree.ad), "window": days(DAY, NEXT)})

    assert result.data["node"]["performance"]["totals"]["impressions"] is None
    assert "9007199254740991" in result.errors[0].message
