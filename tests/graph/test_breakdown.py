"""Breakdowns: a node's numbers as rows along one or two dimensions, and what is in no row."""

from datetime import date, timedelta

import pytest

from tests.graph.breaking_down import DAY, TWO, entity, keys, make_world, spends
from tests.make import (
    make_fact,
    make_rate,
    set_project,
)
from tests.trees import days, make_full_fact, make_tree


async def test_a_node_is_broken_down_by_each_level_at_or_below_it(database, org_id, broken_down):
    project, made = await make_world(database, org_id)
    expected = {
        "AD_ACCOUNT": ("adAccount", "AdAccount", [707, 808]),
        "CAMPAIGN": ("campaign", "Campaign", [303, 404, 808]),
        "AD_SET": ("adSet", "AdSet", [303, 404, 808]),
        "AD": ("ad", "Ad", [101, 202, 404, 808]),
    }

    for dimension, (field, name, sums) in expected.items():
        page = await broken_down("Project", project, [dimension])
        ids = [entity(name, number) for number in made[name]]
        assert keys(page) == [{field: id_} for id_ in ids]
        assert [(row["entity"]["__typename"], row["entity"]["id"]) for row in page["nodes"]] == [
            (name, id_) for id_ in ids
        ]
        assert spends(page) == sums
        assert {(row["days"], row["currency"]) for row in page["nodes"]} == {(2, "USD")}
        assert [row["share"] for row in page["nodes"]] == [spend / 1515 for spend in sums]
        assert (page["totalCount"], page["rest"]["spend"], page["rest"]["cpa"]) == (len(ids), 0, None)
    page = await broken_down("Campaign", made["Campaign"][0], ["CAMPAIGN"])
    assert (spends(page), page["nodes"][0]["share"]) == ([303], 1)
    assert spends(await broken_down("Campaign", made["Campaign"][0], ["AD"])) == [101, 202]
    assert spends(await broken_down("Ad", made["Ad"][0], ["AD"])) == [101]


async def test_a_node_is_broken_down_by_platform(database, org_id, broken_down):
    project, made = await make_world(database, org_id)

    page = await broken_down("Project", project, ["PLATFORM"])
    assert keys(page) == [{"platform": "META"}, {"platform": "TIKTOK"}]
    assert (spends(page), [row["entity"] for row in page["nodes"]]) == ([707, 808], [None, None])
    page = await broken_down("Campaign", made["Campaign"][0], ["PLATFORM"])
    assert (keys(page), spends(page)) == ([{"platform": "META"}], [303])


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("DAY", [({"day": "2025-05-31"}, 1, 1), ({"day": "2025-06-01"}, 1, 2), ({"day": "2025-06-02"}, 1, 4)]),
        ("WEEK", [({"week": "2025-05-26"}, 2, 3), ({"week": "2025-06-02"}, 1, 4)]),
        ("MONTH", [({"month": "2025-05-01"}, 1, 1), ({"month": "2025-06-01"}, 2, 6)]),
        ("WEEKDAY", [({"weekday": "MONDAY"}, 1, 4), ({"weekday": "SATURDAY"}, 1, 1), ({"weekday": "SUNDAY"}, 1, 2)]),
    ],
)
@pytest.mark.parametrize("kind", ["Project", "Ad"])
async def test_a_node_is_broken_down_by_time(database, org_id, broken_down, kind, by, expected):
    tree = await make_tree(database, org_id)
    saturday = date(2025, 5, 31)
    for offset in range(3):
        await make_full_fact(database, org_id, tree.ad, saturday + timedelta(offset), spend=2**offset)

    page = await broken_down(
        kind, {"Project": tree.project, "Ad": tree.ad}[kind], [by], days(saturday, saturday + timedelta(3))
    )

    assert keys(page) == [key for key, _, _ in expected]
    assert [row["days"] for row in page["nodes"]] == [count for _, count, _ in expected]
    assert spends(page) == [spend for _, _, spend in expected]
    assert page["rest"]["spend"] == 0


async def test_all_days_of_a_weekday_are_one_row(database, org_id, broken_down):
    tree = await make_tree(database, org_id)
    for offset in (0, 7, 14):
        await make_full_fact(database, org_id, tree.ad, DAY - timedelta(offset), spend=10, conversions=1)
    window = days(DAY - timedelta(14), DAY + timedelta(1))

    page = await broken_down("Ad", tree.ad, ["WEEKDAY"], window, orderBy={"metric": "SPEND"}, first=1)

    (row,) = page["nodes"]
    assert (row["key"]["weekday"], row["days"], row["metrics"]["spend"]) == ("TUESDAY", 3, 30)
    # Only days that imports cover say anything: the other weekdays are unknown.
    assert (page["totalCount"], row["metrics"]["cpa"]) == (7, 10)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (["PLATFORM", "DAY"], [7, 700, 8, 800]),
        (["DAY", "PLATFORM"], [7, 8, 700, 800]),
        (["CAMPAIGN", "DAY"], [3, 300, 4, 400, 8, 800]),
        (["DAY", "CAMPAIGN"], [3, 4, 8, 300, 400, 800]),
        (["AD_ACCOUNT", "AD"], [101, 202, 404, 808]),
        (["AD", "CAMPAIGN"], [101, 202, 404, 808]),
        (["PLATFORM", "CAMPAIGN"], [303, 404, 808]),
        (["CAMPAIGN", "WEEKDAY"], [3, 300, 4, 400, 8, 800]),
        (["MONTH", "WEEKDAY"], [15, 1500]),
    ],
)
async def test_a_node_is_broken_down_by_pairs(database, org_id, broken_down, by, expected):
    project, made = await make_world(database, org_id)
    camel = {"AD_ACCOUNT": "adAccount"}

    page = await broken_down("Project", project, by)

    assert spends(page) == expected
    assert all(set(key) == {camel.get(name, name.lower()) for name in by} for key in keys(page))
    assert (page["totalCount"], page["rest"]["spend"]) == (len(expected), 0)
    found = []
    after = None
    while True:
        part = await broken_down("Project", project, by, first=2, after=after, orderBy={"metric": "SPEND"})
        assert part["rest"]["spend"] == 1515 - sum(spends(part))
        found += spends(part)
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    assert found == sorted(expected, reverse=True)
    assert made


async def test_the_rest_is_what_no_row_of_the_page_has(database, org_id, broken_down):
    tree = await make_tree(database, org_id, ads=3)
    for number, ad in enumerate(tree.ads):
        await make_full_fact(database, org_id, ad, DAY, spend=10**number, conversions=1)
    # The campaign was reported as a whole, with more than its ads have.
    await make_full_fact(database, org_id, tree.campaign, DAY, spend=1000, conversions=9, reach=70)
    one = days(DAY, DAY + timedelta(1))

    having = [{"metric": "SPEND", "gt": 1}]
    order = {"metric": "SPEND"}

    page = await broken_down("Campaign", tree.campaign, ["AD"], one, orderBy=order, first=1, having=having)

    assert (spends(page), page["totalCount"]) == ([100], 2)
    assert (page["rest"]["spend"], page["rest"]["cpa"], page["rest"]["reach"]) == (900, 900 / 8, None)
    assert {"metric": "REACH", "reason": "NOT_ADDITIVE"} in page["rest"]["unavailable"]
    assert page["nodes"][0]["share"] == 0.1
    assert page["nodes"][0]["ofRoas"] is None


async def test_rows_that_are_not_known_leave_all_to_the_rest(database, org_id, broken_down):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.campaign, DAY, spend=30)

    page = await broken_down("Campaign", tree.campaign, ["AD"], days(DAY, DAY + timedelta(1)))

    assert (spends(page), page["rest"]["spend"], page["nodes"][0]["share"]) == ([None], 30, None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"orderBy": {"metric": "SPEND"}}, [8, 4, 2, 1]),
        ({"orderBy": {"metric": "CPA"}}, [8, 4, 1, 2]),
        ({"orderBy": {"metric": "CPA", "undefinedAs": "WORST"}}, [2, 8, 4, 1]),
        ({"orderBy": {"metric": "CPA", "direction": "ASC"}}, [1, 4, 8, 2]),
        ({"orderBy": {"metric": "REACH"}}, [1, 2, 4, 8]),
        ({"having": [{"metric": "CPA", "gt": 3}]}, [4, 8]),
        ({"having": [{"metric": "CPA", "gt": 3, "undefinedAs": "WORST"}]}, [2, 4, 8]),
        ({"having": [{"metric": "SPEND", "gte": 2}, {"metric": "SPEND", "lt": 8}]}, [2, 4]),
        ({"having": [{"metric": "REACH", "gte": 0}]}, []),
    ],
)
async def test_rows_are_ordered_and_filtered_by_any_metric(database, org_id, broken_down, arguments, expected):
    tree = await make_tree(database, org_id, ads=4)
    for number, ad in enumerate(tree.ads):
        await make_full_fact(database, org_id, ad, DAY, spend=2**number, conversions=0 if number == 1 else 1)

    page = await broken_down("AdSet", tree.ad_set, ["AD"], days(DAY, DAY + timedelta(1)), **arguments)

    assert spends(page) == expected
    assert page["rest"]["spend"] == 15 - sum(expected)


@pytest.mark.parametrize("chosen", ["by the query", "by the project"])
async def test_rows_in_a_chosen_currency_add_up_and_compare(database, org_id, broken_down, chosen):
    project, _ = await make_world(database, org_id, currency="EUR")
    for currency, rate in (("USD", "2"), ("GBP", "0.5")):
        await make_rate(database, currency, {DAY: rate})
    options = {"options": {"currency": "GBP"}} if chosen == "by the query" else {}
    if not options:
        await set_project(database, project, reporting_currency="GBP")
    order = {"orderBy": {"metric": "SPEND"}}
    # A dollar is a quarter of a pound, a euro is half of one.
    expected = {"PLATFORM": [404, 176.75], "CAMPAIGN": [404, 101, 75.75], "WEEK": [580.75]}

    for by, sums in expected.items():
        page = await broken_down("Project", project, [by], **order, **options)
        assert (spends(page), {row["currency"] for row in page["nodes"]}) == (sums, {"GBP"})
        assert [row["share"] for row in page["nodes"]] == [spend / 580.75 for spend in sums]
        page = await broken_down("Project", project, [by], first=1, **order, **options)
        assert page["rest"]["spend"] == 580.75 - sums[0]


async def test_the_top_campaigns_by_day_and_beside_the_days_before_are_one_query(database, org_id, ask):
    project, made = await make_world(database, org_id)
    for offset in (2, 3):
        await make_full_fact(database, org_id, made["Ad"][3], DAY + timedelta(offset), spend=1, conversions=1)
    query = """query ($id: ID!, $window: WindowInput!) { project(id: $id) { performance(window: $window) {
      breakdown(by: [CAMPAIGN], orderBy: {metric: SPEND}, first: 2) { nodes {
        entity { id }
        metrics { spend }
        series { points { bucket metrics { spend } } }
        comparison { window { since until } partial previous { spend } changes { spend { absolute } } }
      } }
    } } }"""
    window = days(DAY + timedelta(2), DAY + timedelta(4))

    found = (await ask(query, {"id": entity("Project", project), "window": window}))["project"]
    rows = found["performance"]["breakdown"]["nodes"]

    assert [row["entity"]["id"] for row in rows] == [
        entity("Campaign", made["Campaign"][2]), entity("Campaign", made["Campaign"][0])
    ]  # fmt: skip
    assert [[point["metrics"]["spend"] for point in row["series"]["points"]] for row in rows] == [[1, 1], [None, None]]
    assert [row["comparison"]["previous"]["spend"] for row in rows] == [808, 303]
    assert rows[0]["comparison"]["changes"]["spend"]["absolute"] == -806
    assert rows[0]["comparison"]["window"] == {"since": "2025-06-10", "until": "2025-06-12"}
    # One campaign is on an ad account that nothing is known of on the later days.
    assert [row["comparison"]["partial"] for row in rows] == [False, True]


async def test_rows_of_time_stand_beside_those_at_the_same_place_of_the_days_compared_with(
    database, org_id, ask
):  # fmt: skip
    tree = await make_tree(database, org_id)
    for offset in range(14):
        await make_full_fact(database, org_id, tree.ad, DAY + timedelta(offset - 8), spend=offset)
    query = """query ($id: ID!, $window: WindowInput!, $by: [BreakdownDimension!]!) { ad(id: $id) {
      performance(window: $window) { breakdown(by: $by) { nodes {
        metrics { spend } comparison { window { since until } previous { spend } partial }
        series { points { metrics { spend } } }
      } } }
    } }"""
    # From Monday the 9th.
    week = days(DAY - timedelta(1), DAY + timedelta(6))

    async def rows(by):
        found = await ask(query, {"id": entity("Ad", tree.ad), "window": week, "by": by})
        return found["ad"]["performance"]["breakdown"]["nodes"]

    for by in ("DAY", "WEEKDAY"):
        found = await rows([by])
        assert [row["metrics"]["spend"] for row in found] == [7, 8, 9, 10, 11, 12, 13]
        assert [row["comparison"]["previous"]["spend"] for row in found] == [0, 1, 2, 3, 4, 5, 6]
        assert found[0]["comparison"]["window"] == {"since": "2025-06-02", "until": "2025-06-03"}
        assert {row["comparison"]["partial"] for row in found} == {False}
        assert [point["metrics"]["spend"] for point in found[3]["series"]["points"]] == [10]
    # A day that the days before do not have, for they begin later: past the end.
    longer = {"range": {"since": "2025-06-02", "until": "2025-06-16"}}
    shorter = {"window": {"range": {"since": "2025-06-09", "until": "2025-06-10"}}}
    asked = query.replace("comparison {", "comparison(to: $to) {").replace("$by:", "$to: ComparisonInput!, $by:", 1)
    told = await ask(asked, {"id": entity("Ad", tree.ad), "window": longer, "by": ["DAY"], "to": shorter})
    days_before = [row["comparison"] for row in told["ad"]["performance"]["breakdown"]["nodes"]]
    assert [one and one["previous"]["spend"] for one in days_before] == [7, *[None] * 13]
    (found,) = await rows(["WEEK"])
    assert (found["comparison"]["previous"]["spend"], len(found["series"]["points"])) == (21, 7)


async def test_lists_are_broken_down_as_the_whole_that_they_are(database, org_id, ask):
    project, made = await make_world(database, org_id)
    query = """query ($id: ID!, $window: WindowInput!, $by: [BreakdownDimension!]!, $filter: EntityFilter) {
      project(id: $id) { campaigns(filter: $filter, first: 1) { performance(window: $window) {
        breakdown(by: $by) { nodes { key { platform ad day } metrics { spend } } rest { spend } }
      } } }
    }"""
    ids = [entity("Campaign", number) for number in (made["Campaign"][0], made["Campaign"][2])]

    for by, expected in ((["PLATFORM"], [303, 808]), (["AD"], [101, 202, 808]), (["DAY"], [11, 1100])):
        variables = {"id": entity("Project", project), "window": TWO, "by": by, "filter": {"ids": ids}}
        found = (await ask(query, variables))["project"]["campaigns"]["performance"]["breakdown"]
        assert (spends(found), found["rest"]["spend"]) == (expected, 0)


async def test_the_breakdowns_of_many_nodes_take_the_same_statements_as_of_one(database, org_id, ask, queries_sent):
    project, _ = await make_world(database, org_id)
    query = """query ($id: ID!, $window: WindowInput!) { project(id: $id) { campaigns { nodes {
      performance(window: $window) { breakdown(by: [AD], orderBy: {metric: ROAS}, first: 1) {
        nodes { metrics { spend } comparison { previous { spend } } entity { name } } rest { spend }
      } }
    } } } }"""
    queries_sent.clear()

    found = (await ask(query, {"id": entity("Project", project), "window": TWO}))["project"]["campaigns"]["nodes"]

    assert [node["performance"]["breakdown"]["rest"]["spend"] for node in found] == [202, 0, 0]
    assert sorted(queries_sent) == [
        "ad_account_scopes_by_ids", "ad_delivery_totals", "ad_delivery_totals", "ad_ids_by_campaign_ids", "ads_by_ids",
        "campaign_delivery_totals", "campaigns_listed_by_project_ids", "coverage_by_ad_account_ids",
        "coverage_by_ad_account_ids", "projects_by_ids",
    ]  # fmt: skip


async def test_nobody_breaks_down_into_another_levels_facts(database, org_id, broken_down):
    tree = await make_tree(database, org_id, ads=2)
    await make_fact(database, org_id, tree.ads[0], DAY, spend=5, impressions=10)
    await make_full_fact(database, org_id, tree.ad_set, DAY, spend=9)

    for by, expected in ((["AD_SET"], [9]), (["AD"], [5, 0]), (["AD", "DAY"], [5, 0]), (["DAY"], [9])):
        page = await broken_down("Campaign", tree.campaign, by, days(DAY, DAY + timedelta(1)))
        assert spends(page) == expected
        assert page["rest"]["spend"] == 9 - sum(expected)
