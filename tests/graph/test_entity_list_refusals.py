"""Lists of entities that cannot be: what is refused, and which argument is to blame."""

from datetime import timedelta

import pytest

from db.level import Platform
from resolvers import global_id
from tests.graph.listing import DAY, by, listing, make_ranking, make_two_branches
from tests.make import (
    make_ad,
    make_ad_account,
    make_ad_set,
    make_campaign,
    make_project,
)
from tests.trees import days, make_tree


@pytest.fixture
def refused(execute):
    async def refused(type_name, number, field, **arguments):
        variables = {"id": global_id.encode(type_name, number), **arguments}
        result = await execute(listing(type_name, field), variables)
        assert result.data is None or result.data["node"][field] is None
        (error,) = result.errors
        return error

    return refused


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


@pytest.mark.parametrize(("arguments", "named"), [
    ({"filter": {"nameContains": "a\0"}}, "`filter.nameContains`"),
    ({"filter": {"externalIds": ["1", "\0"]}}, "`filter.externalIds`"),
])  # fmt: skip
async def test_a_text_that_no_database_holds_is_refused_by_name(database, org_id, refused, arguments, named):
    tree = await make_tree(database, org_id)

    error = await refused("Campaign", tree.campaign, "ads", **arguments)

    assert error.extensions == {"code": "VALIDATION"}
    assert error.message.startswith(f"{named} holds the character NUL")
