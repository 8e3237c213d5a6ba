"""The tree: nodes by id and external id, pages of children, and what happens with ids and cursors that are none."""

from collections.abc import Iterator

import pytest

from db.level import Platform
from db.organization import organization_id
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_project
from tests.trees import make_tree

PAGE = """
query ($id: ID!, $first: Int! = 50, $after: String) {
  adSet(id: $id) {
    ads(first: $first, after: $after) {
      totalCount
      nodes { name }
      edges { cursor node { name } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
# A node of each kind, with every plain field and the way up.
EVERYTHING = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename id
    ... on Measurable { name }
    ... on Project { timezone }
    ... on AdAccount { externalId platform status currency timezone project { id } }
    ... on Campaign {
      externalId platform status objective budget { amount amountMinor currency period } adAccount { id }
    }
    ... on AdSet { externalId platform status budget { amount } campaign { id } }
    ... on Ad { externalId platform status adSet { id } }
  }
}
"""


def ids(tree) -> Iterator[str]:
    for name, number in [
        ("Project", tree.project), ("AdAccount", tree.ad_account), ("Campaign", tree.campaign),
        ("AdSet", tree.ad_set), ("Ad", tree.ad),
    ]:  # fmt: skip
        yield global_id.encode(name, number)


async def test_nodes_of_every_kind_are_found_by_id_with_what_they_are(database, org_id, ask):
    project = await make_project(database, org_id, "Shop")
    account = await make_ad_account(
        database, org_id, project, "Main", platform=Platform.TIKTOK, external_id="7002238017842757633", currency="JPY",
        timezone="Asia/Tokyo", status="PAUSED",
    )  # fmt: skip
    campaign = await make_campaign(
        database, org_id, account, "Sale", external_id="11", objective="CONVERSIONS", budget_micros=1_500_000_000,
        budget_period="DAILY",
    )  # fmt: skip
    ad_set = await make_ad_set(database, org_id, campaign, "Everyone", external_id="12", status="UNKNOWN")
    ad = await make_ad(database, org_id, ad_set, "Blue", external_id="13", status="DELETED")
    named = [
        ("Project", project), ("AdAccount", account), ("Campaign", campaign), ("AdSet", ad_set), ("Ad", ad)
    ]  # fmt: skip
    a, b, c, d, e = (global_id.encode(*one) for one in named)

    data = await ask(EVERYTHING, {"ids": [a, b, c, d, e]})

    shared = {"platform": "TIKTOK"}
    assert data["nodes"] == [
        {"__typename": "Project", "id": a, "name": "Shop", "timezone": "Asia/Tokyo"},
        shared | {
            "__typename": "AdAccount", "id": b, "name": "Main", "externalId": "7002238017842757633",
            "status": "PAUSED", "currency": "JPY", "timezone": "Asia/Tokyo", "project": {"id": a},
        },
        shared | {
            "__typename": "Campaign", "id": c, "name": "Sale", "externalId": "11", "status": "ACTIVE",
            "objective": "CONVERSIONS", "adAccount": {"id": b},
            "budget": {"amount": 1500, "amountMinor": 1500, "currency": "JPY", "period": "DAILY"},
        },
        shared | {
            "__typename": "AdSet", "id": d, "name": "Everyone", "externalId": "12", "status": "UNKNOWN",
            "budget": None, "campaign": {"id": c},
        },
        shared | {
            "__typename": "Ad", "id": e, "name": "Blue", "externalId": "13", "status": "DELETED", "adSet": {"id": d},
        },
    ]  # fmt: skip


@pytest.mark.parametrize(("currency", "minor"), [("USD", 1235), ("JPY", 12), ("KWD", 12346), ("XXX", None)])
async def test_a_budgets_minor_units_are_those_of_its_currency(database, org_id, ask, currency, minor):
    project = await make_project(database, org_id)
    account = await make_ad_account(database, org_id, project, currency=currency)
    campaign = await make_campaign(database, org_id, account, budget_micros=12_345_678, budget_period="LIFETIME")
    query = "query ($id: ID!) { campaign(id: $id) { budget { amount amountMinor currency period } } }"

    data = await ask(query, {"id": global_id.encode("Campaign", campaign)})

    assert data["campaign"]["budget"] == {
        "amount": 12.345678, "amountMinor": minor, "currency": currency, "period": "LIFETIME"
    }  # fmt: skip


@pytest.mark.parametrize("field", ["adAccount", "campaign", "adSet", "ad"])
async def test_entities_are_found_by_the_platforms_own_id(database, org_id, ask, field):
    tree = await make_tree(database, org_id)
    other = await make_tree(database, org_id, platform=Platform.TIKTOK)
    name = field[0].upper() + field[1:]
    meta, tiktok = (
        {
            "AdAccount": one.ad_account,
            "Campaign": one.campaign,
            "AdSet": one.ad_set,
            "Ad": one.ad,
        }
        for one in (tree, other)
    )
    by_id = f"query ($id: ID!) {{ {field}(id: $id) {{ externalId }} }}"
    external = (await ask(by_id, {"id": global_id.encode(name, meta[name])}))[field]["externalId"]
    query = f"query ($key: ExternalId!) {{ {field}(external: $key) {{ id }} }}"

    found = await ask(query, {"key": {"platform": "META", "id": external}})

    assert found[field]["id"] == global_id.encode(name, meta[name]) != global_id.encode(name, tiktok[name])


async def test_pages_hold_every_child_once_in_a_steady_order(database, org_id, ask):
    tree = await make_tree(database, org_id, ads=5)
    id_ = global_id.encode("AdSet", tree.ad_set)
    names, after, pages = [], None, []
    while True:
        page = (await ask(PAGE, {"id": id_, "first": 2, "after": after}))["adSet"]["ads"]
        assert page["totalCount"] == 5
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert [page["edges"][0]["cursor"], page["edges"][-1]["cursor"]] == [
            page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]
        ]  # fmt: skip
        names += [node["name"] for node in page["nodes"]]
        pages.append((len(page["nodes"]), page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]))
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert len(set(names)) == 5
    assert pages == [(2, False, True), (2, True, True), (1, True, False)]


async def test_a_page_behind_the_last_node_is_empty(database, org_id, ask):
    tree = await make_tree(database, org_id)
    id_ = global_id.encode("AdSet", tree.ad_set)
    last = (await ask(PAGE, {"id": id_}))["adSet"]["ads"]["pageInfo"]["endCursor"]

    page = (await ask(PAGE, {"id": id_, "after": last}))["adSet"]["ads"]

    assert page["nodes"] == page["edges"] == []
    assert page["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None
    }  # fmt: skip


@pytest.mark.parametrize("first", [0, -1, 1001, 10**9])
async def test_first_out_of_bounds_is_refused_and_its_parent_stands(database, org_id, execute, first):
    tree = await make_tree(database, org_id)

    result = await execute(PAGE, {"id": global_id.encode("AdSet", tree.ad_set), "first": first})

    assert result.data == {"adSet": {"ads": None}}
    (error,) = result.errors
    assert (error.extensions, error.path) == ({"code": "VALIDATION"}, ["adSet", "ads"])
    assert str(first) in error.message


@pytest.mark.parametrize("cursor", ["", "nonsense", "QWQ6MQ==", "é", "a" * 10_000])
async def test_a_cursor_that_is_none_is_refused(database, org_id, execute, cursor):
    tree = await make_tree(database, org_id)

    result = await execute(PAGE, {"id": global_id.encode("AdSet", tree.ad_set), "after": cursor})

    assert result.data == {"adSet": {"ads": None}}
    assert result.errors[0].extensions == {"code": "VALIDATION"}
    assert "`after`" in result.errors[0].message
    assert len(result.errors[0].message) < 300


LOOK_UPS = ["node", "project", "adAccount", "campaign", "adSet", "ad"]


@pytest.mark.parametrize("field", LOOK_UPS)
async def test_an_unknown_id_is_null_and_not_found(execute, field):
    name = "Ad" if field == "node" else field[0].upper() + field[1:]
    unknown = global_id.encode(name, 999_999)

    result = await execute(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": unknown})

    assert result.data == {field: None}
    assert result.errors[0].extensions == {"code": "NOT_FOUND"}
    assert unknown in result.errors[0].message


@pytest.mark.parametrize("field", LOOK_UPS)
@pytest.mark.parametrize("malformed", ["", "1", "not an id", "QXV0aG9yOjE=", "x" * 5_000])
async def test_a_malformed_id_is_refused(execute, field, malformed):
    result = await execute(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": malformed})

    assert result.data == {field: None}
    assert result.errors[0].extensions == {"code": "VALIDATION"}


@pytest.mark.parametrize("field", LOOK_UPS[1:])
async def test_the_id_of_another_kind_is_refused_saying_so(database, org_id, execute, field):
    tree = await make_tree(database, org_id)
    name = field[0].upper() + field[1:]

    for other in ids(tree):
        result = await execute(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": other})
        if result.errors:
            assert result.errors[0].extensions == {"code": "VALIDATION"}
            assert f"not of a{'n' if name.startswith('A') else ''} {name}" in result.errors[0].message
        else:
            assert result.data[field]["id"] == other


async def test_nodes_keeps_the_order_and_gives_null_and_an_error_for_each_unknown_one(database, org_id, execute):
    tree = await make_tree(database, org_id)
    known = global_id.encode("Ad", tree.ad)
    unknown = global_id.encode("Ad", 999_999)

    result = await execute("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [unknown, known, "no", known]})

    assert result.data == {"nodes": [None, {"id": known}, None, {"id": known}]}
    assert sorted((error.path, error.extensions["code"]) for error in result.errors) == [
        (["nodes", 0], "NOT_FOUND"), (["nodes", 2], "VALIDATION")
    ]  # fmt: skip


async def test_too_many_ids_are_refused(execute):
    result = await execute(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [global_id.encode("Ad", 1)] * 251}
    )

    assert result.data == {"nodes": None}
    assert result.errors[0].extensions == {"code": "VALIDATION"}


@pytest.mark.parametrize("arguments", ["", '(id: "x", external: {platform: META, id: "1"})'])
async def test_a_look_up_wants_exactly_one_identity(execute, arguments):
    result = await execute(f"{{ ad{arguments} {{ id }} }}")

    assert result.data == {"ad": None}
    assert result.errors[0].extensions == {"code": "VALIDATION"}


@pytest.mark.parametrize(("id_", "code"), [("1", "NOT_FOUND"), ("", "NOT_FOUND"), ("1" * 5_000, "NOT_FOUND"),
                                           ("1\0", "VALIDATION"), ("\0", "VALIDATION")])  # fmt: skip
async def test_an_unknown_external_id_is_not_found(execute, id_, code):
    query = "query ($id: String!) { ad(external: {platform: META, id: $id}) { id } }"
    result = await execute(query, {"id": id_})

    assert result.data == {"ad": None}
    assert result.errors[0].extensions == {"code": code}
    assert code == "NOT_FOUND" or result.errors[0].message.startswith("`external.id` holds the character NUL")
    assert len(result.errors[0].message) < 200


async def test_nobody_finds_another_organizations_nodes(database, org_id, execute, ask):
    theirs = await make_tree(database, await organization_id(database, "other"))

    result = await execute(EVERYTHING, {"ids": list(ids(theirs))})

    assert result.data == {"nodes": [None] * 5}
    assert {error.extensions["code"] for error in result.errors} == {"NOT_FOUND"}
    assert await ask("{ projects { totalCount nodes { id } } }") == {"projects": {"totalCount": 0, "nodes": []}}


async def test_an_answer_of_too_many_objects_is_refused_rather_than_hung_on(database, org_id, execute):
    tree = await make_tree(database, org_id, ads=20)
    up_and_down = """
    query ($id: ID!) { adSet(id: $id) { ads { nodes { adSet { ads { nodes { adSet { ads { nodes { id } } } } } } } } } }
    """

    result = await execute(up_and_down, {"id": global_id.encode("AdSet", tree.ad_set)}, max_nodes=30)

    assert {error.extensions["code"] for error in result.errors} == {"QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize(
    "window",
    [
        {"range": {"since": "2025-06-02", "until": "2025-06-01"}},
        {"range": {"since": "0001-01-01", "until": "2025-06-01"}},
        {"range": {"since": "2025-06-01", "until": "9999-12-31"}},
        {"range": {"since": "2025-02-30", "until": "2025-06-01"}},
        {"preset": "LAST_FORTNIGHT"},
        {"preset": "TODAY", "lastDays": 7},
        {"lastDays": 0},
        {"lastDays": None},
        {},
    ],
)
async def test_a_window_that_is_none_is_refused(database, org_id, execute, window):
    tree = await make_tree(database, org_id)
    query = """
    query ($id: ID!, $window: WindowInput) { ad(id: $id) { name performance(window: $window) { window { days } } } }
    """

    result = await execute(query, {"id": global_id.encode("Ad", tree.ad), "window": window})

    assert result.data is None or result.data["ad"]["performance"] is None
    assert {error.extensions["code"] for error in result.errors} == {"VALIDATION"}
