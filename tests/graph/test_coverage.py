"""Coverage as clients see it: a day without a row is zero only where an import covers it."""

from datetime import date, timedelta

from db.level import Level, Missing
from tests.make import make_ad_account, make_coverage, make_fact, make_project
from tests.trees import days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
NEXT = date(2025, 6, 11)


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
