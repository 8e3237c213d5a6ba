"""Lists of entities: flat over all descendants, filtered and ordered by what they are and by what their numbers are."""

from datetime import timedelta

import pytest

from db.level import Level
from resolvers import global_id
from tests.graph.listing import DAY, LEVELS, WINDOW, by, every_page, make_ranking, make_two_branches, names
from tests.make import (
    make_ad_account,
    make_coverage,
    make_project,
    make_rate,
    set_project,
)
from tests.trees import days, make_full_fact, make_tree


async def test_lists_hold_all_that_is_below_however_deep_each_once_and_nothing_else(database, org_id, listed):
    project, made = await make_two_branches(database, org_id)
    await make_tree(database, org_id, ads=3)
    counts = {"Project": [2, 4, 8, 16], "AdAccount": [2, 4, 8], "Campaign": [2, 4], "AdSet": [2]}

    for type_name, fields in LEVELS.items():
        of_type = {"Project": [project], "AdAccount": made["adAccounts"], "Campaign": made["campaigns"],
                   "AdSet": made["adSets"]}[type_name]  # fmt: skip
        for field, count in zip(fields, counts[type_name], strict=True):
            pages = [await listed(type_name, number, field) for number in of_type]
            ids = [node["id"] for page in pages for node in page["nodes"]]
            assert [page["totalCount"] for page in pages] == [count] * len(of_type)
            assert sorted(ids) == sorted(
                global_id.encode(field[0].upper() + field[1:-1], number) for number in made[field]
            )
            for page in pages:
                assert [node["id"] for node in page["nodes"]] == sorted(
                    (node["id"] for node in page["nodes"]), key=lambda id_: global_id.parse(id_)[1]
                )
            assert await every_page(listed, type_name, of_type[0], field, first=1) == names(pages[0])


async def test_a_filter_keeps_what_meets_all_that_it_says(database, org_id, listed):
    project, made = await make_two_branches(database, org_id)
    of_project = ("Project", project, "ads")
    ids = [global_id.encode("Ad", number) for number in made["ads"]]

    assert names(await listed(*of_project, filter={"ids": [ids[3], ids[1]]})) == ["d1", "d3"]
    assert names(await listed(*of_project, filter={"ids": []})) == []
    assert names(await listed(*of_project, filter={"externalIds": ["x5", "nobody's"]})) == ["d5"]
    assert names(await listed(*of_project, filter={"statuses": ["PAUSED"]})) == [f"d{n}" for n in range(8, 16)]
    assert names(await listed(*of_project, filter={"nameContains": "D1"})) == ["d1", *(f"d{n}" for n in range(10, 16))]
    assert names(await listed(*of_project, filter={"nameContains": "%"})) == []
    page = await listed(*of_project, filter={"nameContains": "1", "statuses": ["PAUSED"], "ids": ids[11:]}, first=2)
    assert (names(page), page["totalCount"]) == (["d11", "d12"], 5)
    assert names(await listed(*of_project, filter={})) == [f"d{n}" for n in range(16)]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["NAME", "STATUS", "FIRST_SEEN"])
@pytest.mark.parametrize("measured", [False, True])
async def test_an_order_by_a_field_is_that_on_every_page(database, org_id, listed, field, direction, measured):
    project, made = await make_two_branches(database, org_id)
    await make_full_fact(database, org_id, made["ads"][0], DAY)
    await make_coverage(database, org_id, made["adAccounts"][1], Level.AD, days=[DAY])
    order = {"field": {"field": field, "direction": direction}}
    conditions = {"metrics": [{"metric": "IMPRESSIONS", "window": WINDOW, "gte": 0}]} if measured else {}
    ads = [(f"d{number}", "PAUSED" if number >= 8 else "ACTIVE") for number in range(16)]
    key = {"NAME": lambda ad: ad[0], "STATUS": lambda ad: ad[1], "FIRST_SEEN": ads.index}[field]

    for first in (1, 3, 50):
        found = await every_page(listed, "Project", project, "ads", first=first, filter=conditions, orderBy=order)
        assert found == [name for name, _ in sorted(ads, key=key, reverse=direction == "DESC")]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # Equal ones as they were first seen, what is null last, either way.
        (by("ROAS"), [0, 1, 4, 2, 3, 5, 6]),
        (by("ROAS", "ASC"), [2, 1, 4, 0, 3, 5, 6]),
        (by("SPEND"), [2, 4, 0, 1, 3, 6, 5]),
        (by("SPEND", "ASC"), [3, 6, 0, 1, 4, 2, 5]),
        (by("CPA", "ASC"), [0, 1, 4, 2, 3, 5, 6]),
        (by("CPA", "ASC", undefinedAs="WORST"), [0, 1, 4, 2, 3, 5, 6]),
        (by("CPA", "DESC"), [1, 4, 0, 2, 3, 5, 6]),
        (by("CPA", "DESC", undefinedAs="WORST"), [2, 1, 4, 0, 3, 5, 6]),
        # A ratio that is no cost has nothing to be worst at.
        (by("ROAS", "DESC", undefinedAs="WORST"), [0, 1, 4, 2, 3, 5, 6]),
        (by("REACH", "DESC"), [0, 1, 2, 3, 4, 5, 6]),
    ],
)
async def test_an_order_by_a_metric_is_that_of_the_numbers_shown(database, org_id, ask, listed, order, expected):
    tree = await make_ranking(database, org_id)
    place = ("AdSet", tree.ad_set, "ads")
    shown = await ask(
        """query ($id: ID!, $window: WindowInput) { adSet(id: $id) { ads { nodes {
          name performance(window: $window) { totals { cpa roas spend reach } }
        } } } }""",
        {"id": global_id.encode("AdSet", tree.ad_set), "window": WINDOW},
    )
    by_name = {node["name"]: node["performance"]["totals"] for node in shown["adSet"]["ads"]["nodes"]}
    in_order = list(by_name)

    for first in (1, 2, 3, 7):
        assert await every_page(listed, *place, first=first, orderBy=order) == [in_order[each] for each in expected]
    found = names(await listed(*place, orderBy=order))
    values = [by_name[name][order["metric"]["metric"].lower()] for name in found]
    known = [value for value in values if value is not None]
    if order["metric"].get("undefinedAs") is None:
        assert known == sorted(known, reverse=order["metric"]["direction"] == "DESC")
        assert None not in values[: len(known)]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([{"metric": "SPEND", "gte": 20}], [2, 4]),
        ([{"metric": "SPEND", "gt": 0, "lt": 20}], [0, 1]),
        ([{"metric": "SPEND", "lte": 0}], [3, 6]),
        ([{"metric": "SPEND", "gte": 10}, {"metric": "ROAS", "lte": 1}], [1, 2, 4]),
        ([{"metric": "CPA", "gt": 5}], [1, 4]),
        ([{"metric": "CPA", "gt": 5, "undefinedAs": "WORST"}], [1, 2, 4]),
        ([{"metric": "CPA", "lte": 1e300, "undefinedAs": "WORST"}], [0, 1, 4]),
        # Null is within no bounds.
        ([{"metric": "REACH", "gte": 0}], []),
    ],
)
async def test_a_filter_by_metrics_keeps_what_is_within_all_bounds(database, org_id, listed, conditions, expected):
    tree = await make_ranking(database, org_id)
    place = ("AdSet", tree.ad_set, "ads")
    every = names(await listed(*place))
    where = {"metrics": [{"window": WINDOW, **condition} for condition in conditions]}

    page = await listed(*place, filter=where, first=1)

    assert page["totalCount"] == len(expected)
    assert await every_page(listed, *place, filter=where, first=1) == [every[number] for number in expected]


async def test_windows_and_options_may_differ_from_bound_to_bound(database, org_id, listed):
    tree = await make_tree(database, org_id, ads=3)
    for number, ad in enumerate(tree.ads):
        await make_full_fact(database, org_id, ad, DAY, spend=10 * number)
        await make_full_fact(database, org_id, ad, DAY + timedelta(1), spend=100)
    both = days(DAY, DAY + timedelta(2))
    where = {
        "metrics": [{"metric": "SPEND", "window": WINDOW, "gte": 10}, {"metric": "SPEND", "window": both, "lt": 120}]
    }

    page = await listed("Campaign", tree.campaign, "ads", filter=where, orderBy=by("CPA", window=both))

    assert [node["id"] for node in page["nodes"]] == [global_id.encode("Ad", tree.ads[1])]


async def test_who_does_not_change_between_pages_is_neither_skipped_nor_repeated(database, org_id, listed):
    tree = await make_ranking(database, org_id)
    place = ("AdSet", tree.ad_set, "ads")
    every = names(await listed(*place))
    first = await listed(*place, orderBy=by("ROAS"), first=2)
    # The last of the page falls to the end, one that nobody has seen yet rises to the top.
    await make_full_fact(database, org_id, tree.ads[1], DAY + timedelta(1))
    for ad, value in ((tree.ads[1], 0.001), (tree.ads[4], 9999)):
        async with database.transaction() as transaction:
            await transaction._connection.execute("delete from daily_fact where entity_id = $1 and day = $2", ad, DAY)
        await make_full_fact(database, org_id, ad, DAY, spend=10, conversion_value=value)

    second = await listed(*place, orderBy=by("ROAS"), first=10, after=first["pageInfo"]["endCursor"])

    assert names(first) == [every[0], every[1]]
    assert names(second) == [every[number] for number in (1, 2, 3, 5, 6)]


async def test_money_orders_in_the_currency_that_the_query_or_the_project_chose(database, org_id, listed):
    project = await make_project(database, org_id)
    for currency, spend in (("USD", 11), ("EUR", 10.5), ("JPY", 1600)):
        account = await make_ad_account(database, org_id, project, currency, currency=currency)
        await make_full_fact(database, org_id, account, DAY, spend=spend)
    for currency, rate in (("USD", "1.1"), ("JPY", "160")):
        await make_rate(database, currency, {DAY: rate})
    place = ("Project", project, "adAccounts")
    euros = {"options": {"currency": "EUR"}}
    at_least_ten = {"metrics": [{"metric": "SPEND", "window": WINDOW, "gt": 10, **euros}]}

    assert await every_page(listed, *place, first=1, orderBy=by("SPEND", **euros)) == ["EUR", "USD", "JPY"]
    assert names(await listed(*place, filter=at_least_ten)) == ["EUR"]
    assert names(await listed(*place, orderBy=by("CPM", **euros), first=1)) == ["EUR"]
    await set_project(database, project, reporting_currency="JPY")
    assert names(await listed(*place, orderBy=by("SPEND"))) == ["EUR", "USD", "JPY"]


async def test_platforms_narrow_the_lists_of_a_project(database, org_id, ask):
    project, made = await make_two_branches(database, org_id)
    query = """query ($id: ID!, $platforms: [Platform!]) { project(id: $id) {
      adAccounts(platforms: $platforms) { totalCount nodes { platform } }
      ads(platforms: $platforms, first: 3) { totalCount nodes { platform } }
    } }"""
    counts = {"META": 8, "TIKTOK": 8}

    for platforms in (["META"], ["TIKTOK"], ["META", "TIKTOK", "META"], ["APPLE"], []):
        found = (await ask(query, {"id": global_id.encode("Project", project), "platforms": platforms}))["project"]
        wanted = sorted(set(platforms) & set(counts))
        assert sorted(node["platform"] for node in found["adAccounts"]["nodes"]) == wanted
        assert found["ads"]["totalCount"] == sum(counts[platform] for platform in wanted)
        assert {node["platform"] for node in found["ads"]["nodes"]} <= set(wanted)
    assert made


async def test_ordered_lists_of_many_parents_take_the_same_statements_as_of_one(
    database, org_id, ask, queries_sent
):  # fmt: skip
    project, made = await make_two_branches(database, org_id)
    for number, ad in enumerate(made["ads"]):
        await make_full_fact(database, org_id, ad, DAY, spend=number)
    query = """query ($id: ID!, $window: WindowInput) { project(id: $id) { campaigns { nodes {
      ads(first: 2, orderBy: {metric: {metric: SPEND, window: $window}},
          filter: {metrics: [{metric: IMPRESSIONS, window: $window, gt: 0}]}) {
        totalCount nodes { name performance(window: $window) { totals { spend } } }
      }
    } } } }"""
    queries_sent.clear()

    data = await ask(query, {"id": global_id.encode("Project", project), "window": WINDOW})

    found = [campaign["ads"] for campaign in data["project"]["campaigns"]["nodes"]]
    assert [[node["name"] for node in page["nodes"]] for page in found] == [
        ["d12", "d8"], ["d13", "d9"], ["d14", "d10"], ["d15", "d11"]
    ]  # fmt: skip
    assert {page["totalCount"] for page in found} == {4}
    assert sorted(queries_sent) == [
        "ad_account_scopes_by_ids", "ad_delivery_totals", "ad_delivery_totals", "ad_ids_by_campaign_ids",
        "ads_by_ids", "campaigns_listed_by_project_ids", "coverage_by_ad_account_ids", "projects_by_ids",
    ]  # fmt: skip
