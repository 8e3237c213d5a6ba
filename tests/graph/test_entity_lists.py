"""Lists of entities: flat over all descendants, filtered and ordered by what they are and by what their numbers are."""

from datetime import date, timedelta
from typing import Any

import pytest

from db.level import Level, Platform
from resolvers import global_id
from tests.make import (
    make_ad,
    make_ad_account,
    make_ad_set,
    make_campaign,
    make_coverage,
    make_project,
    make_rate,
    set_project,
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


@pytest.fixture
def listed(ask):
    async def listed(type_name, number, field, **arguments):
        variables = {"id": global_id.encode(type_name, number), **arguments}
        return (await ask(listing(type_name, field), variables))["node"][field]

    return listed


@pytest.fixture
def refused(execute):
    async def refused(type_name, number, field, **arguments):
        variables = {"id": global_id.encode(type_name, number), **arguments}
        result = await execute(listing(type_name, field), variables)
        assert result.data is None or result.data["node"][field] is None
        (error,) = result.errors
        return error

    return refused


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


async def test_pages_go_on_over_the_days_of_the_first(database, org_id, execute, now):
    tree = await make_ranking(database, org_id)
    yesterday = {"preset": "YESTERDAY"}
    noon = now.replace(year=DAY.year, month=DAY.month, day=DAY.day + 1)

    async def page(moment, after):
        variables = {
            "id": global_id.encode("AdSet", tree.ad_set), "first": 2, "after": after,
            "orderBy": by("ROAS", window=yesterday),
            "filter": {"metrics": [{"metric": "SPEND", "window": yesterday, "gt": 0}]},
        }  # fmt: skip
        result = await execute(listing("AdSet", "ads"), variables, now=moment)
        assert not result.errors
        return result.data["node"]["ads"]

    first = await page(noon, None)
    second = await page(noon + timedelta(1), first["pageInfo"]["endCursor"])

    assert [global_id.parse(node["id"])[1] for node in first["nodes"] + second["nodes"]] == [
        tree.ads[number] for number in (0, 1, 4, 2)
    ]
    assert (await page(noon + timedelta(1), None))["totalCount"] == 0


async def test_a_cursor_of_another_list_is_refused(database, org_id, listed, refused):
    tree = await make_ranking(database, org_id)
    other = await make_ranking(database, org_id)
    place = ("AdSet", tree.ad_set, "ads")
    order = by("ROAS")
    cursor = (await listed(*place, orderBy=order, first=2))["pageInfo"]["endCursor"]
    of_ids = (await listed(*place, first=2))["pageInfo"]["endCursor"]

    for arguments in (
        {"orderBy": by("CPA")},
        {"orderBy": by("ROAS", "ASC")},
        {"orderBy": by("ROAS", undefinedAs="WORST")},
        {"orderBy": by("ROAS", window=days(DAY, DAY + timedelta(2)))},
        {"orderBy": order, "filter": {"statuses": ["ACTIVE"]}},
        {"orderBy": {"field": {"field": "NAME"}}},
        {},
        {"orderBy": order, "after": of_ids},
        {"orderBy": order, "after": cursor[:-4]},
        {"orderBy": order, "after": cursor[:20] + "A" + cursor[21:]},
        {"orderBy": order, "after": "é"},
        {"orderBy": order, "after": ""},
    ):
        error = await refused(*place, **{"after": cursor} | arguments)
        assert (error.extensions, "`after`" in error.message) == ({"code": "VALIDATION"}, True)
    assert (await refused("AdSet", other.ad_set, "ads", orderBy=order, after=cursor)).extensions == {
        "code": "VALIDATION"
    }
    assert (await refused("Campaign", tree.campaign, "ads", orderBy=order, after=cursor)).extensions == {
        "code": "VALIDATION"
    }


async def test_a_cursor_of_another_list_is_refused_where_neither_has_an_order(database, org_id, listed, refused):
    tree = await make_ranking(database, org_id)
    other = await make_ranking(database, org_id)
    place = ("AdSet", tree.ad_set, "ads")
    active = {"filter": {"statuses": ["ACTIVE"]}}
    of_all = (await listed(*place, first=2))["pageInfo"]["endCursor"]
    of_active = (await listed(*place, **active, first=2))["pageInfo"]["endCursor"]

    for asked, arguments in (
        (("AdSet", other.ad_set, "ads"), {"after": of_all}),
        (("Campaign", tree.campaign, "ads"), {"after": of_all}),
        (("Campaign", tree.campaign, "adSets"), {"after": of_all}),
        (place, active | {"after": of_all}),
        (place, {"after": of_active}),
        (("AdSet", other.ad_set, "ads"), active | {"after": of_active}),
    ):
        error = await refused(*asked, **arguments)
        assert (error.extensions, "`after`" in error.message) == ({"code": "VALIDATION"}, True)
    assert [node["id"] for node in (await listed(*place, **active, after=of_active))["nodes"]] == [
        node["id"] for node in (await listed(*place, **active))["nodes"][2:]
    ]


async def test_of_several_lists_a_cursor_goes_on_in_its_own_and_the_others_say_so(database, org_id, execute):
    tree = await make_tree(database, org_id, ads=3)
    other = await make_ad_set(database, org_id, tree.campaign)
    ads = [await make_ad(database, org_id, other) for _ in range(3)]
    text = """query ($id: ID!, $after: String) { project(id: $id) { adSets { nodes { id ads(first: 1, after: $after) {
      nodes { id } pageInfo { endCursor }
    } } } } }"""
    project = {"id": global_id.encode("Project", tree.project)}

    first = (await execute(text, project)).data["project"]["adSets"]["nodes"]
    second = await execute(text, project | {"after": first[1]["ads"]["pageInfo"]["endCursor"]})

    own, after = second.data["project"]["adSets"]["nodes"]
    assert own["ads"] is None
    assert [node["id"] for node in after["ads"]["nodes"]] == [global_id.encode("Ad", ads[1])]
    (error,) = second.errors
    assert (error.path, error.extensions) == (["project", "adSets", "nodes", 0, "ads"], {"code": "VALIDATION"})


async def test_money_of_several_currencies_neither_orders_nor_filters(database, org_id, listed, refused):
    project, made = await make_two_branches(database, org_id)
    await make_ad_account(database, org_id, project, currency="EUR", platform=Platform.TIKTOK)
    # A list without anything in another currency has one.
    await listed("Project", project, "ads", orderBy=by("SPEND"))
    await listed("Project", project, "adAccounts", orderBy=by("ROAS"))

    for arguments, name in (
        ({"orderBy": by("SPEND")}, "orderBy"),
        ({"orderBy": by("CPM")}, "orderBy"),
        ({"filter": {"metrics": [{"metric": "CPA", "lt": 5}]}}, "filter.metrics"),
    ):
        error = await refused("Project", project, "adAccounts", **arguments)
        assert error.extensions == {"code": "VALIDATION"}
        assert f"`{name}`" in error.message
    await listed("Project", project, "adAccounts", orderBy=by("SPEND"), filter={"externalIds": ["nobody's"]})
    assert made


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


async def test_unknown_currencies_are_not_one(database, org_id, refused):
    project = await make_project(database, org_id)
    for _ in range(2):
        await make_ad_account(database, org_id, project, currency="XXX")

    error = await refused("Project", project, "adAccounts", orderBy=by("SPEND"))

    assert error.extensions == {"code": "VALIDATION"}


async def test_what_no_platform_of_a_list_reports_neither_orders_nor_filters(database, org_id, listed, refused):
    project = await make_project(database, org_id)
    apple = await make_ad_account(database, org_id, project, platform=Platform.APPLE)
    await make_campaign(database, org_id, apple)

    for arguments in ({"orderBy": by("REACH")}, {"filter": {"metrics": [{"metric": "ROAS", "gt": 1}]}}):
        error = await refused("AdAccount", apple, "campaigns", **arguments)
        assert error.extensions == {"code": "METRIC_UNAVAILABLE"}
        assert "APPLE" in error.message
    # Values that we track ourselves are no platform's to report.
    await listed("AdAccount", apple, "campaigns", orderBy=by("ROAS", options={"conversionSource": "TRACKED"}))
    await make_ad_account(database, org_id, project, platform=Platform.META)
    await listed("Project", project, "adAccounts", orderBy=by("REACH"))


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"ids": [global_id.encode("Campaign", 1)]}, "not of an Ad"),
        ({"ids": ["nonsense"]}, "is not an id"),
        ({"ids": [global_id.encode("Ad", 1)] * 1001}, "`filter.ids`"),
        ({"metrics": [{"metric": "SPEND"}]}, "`filter.metrics`"),
        ({"metrics": [{"metric": "SPEND", "gt": 1}] * 21}, "`filter.metrics`"),
    ],
)
async def test_a_filter_that_is_none_is_refused(database, org_id, refused, where, said):
    tree = await make_tree(database, org_id)

    error = await refused("Campaign", tree.campaign, "ads", filter=where)

    assert error.extensions == {"code": "VALIDATION"}
    assert said in error.message


async def test_bounds_that_are_no_numbers_are_refused(database, org_id, execute):
    tree = await make_tree(database, org_id)
    query = """{ adSet(id: "%s") { ads(filter: {metrics: [{metric: SPEND, gt: 1e999}]}) { totalCount } } }"""

    result = await execute(query % global_id.encode("AdSet", tree.ad_set))

    assert [error.extensions for error in result.errors] == [{"code": "VALIDATION"}]
    assert "gt" in result.errors[0].message


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
