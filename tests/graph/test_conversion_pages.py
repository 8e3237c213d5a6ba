"""Pages of groups of conversions, and of conversions: each once, and cursors that are of one list alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from db.conversions.recording import record
from db.database import Database
from resolvers import global_id
from tests.graph.selling import WINDOW, Ask, Shop, asked, make_shop, send, sold
from tests.graph.test_conversions import Execute

CLICKED = "{click: DAYS_7, view: NONE}"
GROUPS = {"by": "[HOUR]", "window": WINDOW, "more": "", "order": "{by: KEY, descending: false}"}
EVENTS = {"window": WINDOW, "filter": "{app: null}", "attribution": CLICKED}


@pytest.fixture
async def shop(database: Database, org_id: int) -> Shop:
    return await make_shop(database, org_id)


def of_groups(by: str, window: str, more: str, order: str) -> str:
    return f"""found: conversions(window: {window} {more}) {{
        groups(by: {by}, first: 2, after: $after, orderBy: {order}) {{
            totalCount nodes {{ key {{ hour eventName }} count }} edges {{ cursor }} pageInfo {{ ...page }} }} }}"""


def of_events(window: str, filter: str, attribution: str) -> str:
    return f"""found: conversionEvents(
        window: {window}, filter: {filter}, attribution: {attribution}, first: 2, after: $after
    ) {{ nodes {{ userId cause ad {{ externalId }} }} edges {{ cursor }} pageInfo {{ ...page }} }}"""


def query(field: str) -> str:
    return f"""query ($id: ID!, $after: String) {{ node(id: $id) {{
        ... on Project {{ {field} }} ... on AdAccount {{ {field} }}
    }} }} fragment page on PageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}"""


async def page(ask: Ask, shop: Shop, field: str, after: str | None = None) -> dict[str, Any]:
    """A page of two."""
    found = (await ask(query(field), {"id": global_id.encode("Project", shop.project), "after": after}))["node"][
        "found"
    ]
    return dict(found.get("groups", found))


async def every_page(ask: Ask, shop: Shop, field: str) -> list[dict[str, Any]]:
    """All of them, one after the other."""
    pages = [await page(ask, shop, field)]
    while pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append(await page(ask, shop, field, pages[-1]["pageInfo"]["endCursor"]))
        assert len(pages) < 10
    return pages


@pytest.mark.parametrize("field", [of_groups(**GROUPS), of_events(**EVENTS)])
async def test_pages_know_where_they_are(shop: Shop, ask: Ask, field: str) -> None:
    pages = await every_page(ask, shop, field)

    assert [len(one["nodes"]) for one in pages] == [2, 2, 1]
    for number, one in enumerate(pages):
        own, cursors = one["pageInfo"], [edge["cursor"] for edge in one["edges"]]
        assert (own["startCursor"], own["endCursor"]) == (cursors[0], cursors[-1])
        assert (own["hasNextPage"], own["hasPreviousPage"]) == (number < 2, number > 0)


async def test_pages_hold_every_group_once_in_one_order(shop: Shop, ask: Ask) -> None:
    by = "[HOUR, EVENT_NAME]"
    whole = await ask(asked(shop, f"groups(by: {by}) {{ nodes {{ key {{ hour eventName }} count }} }}"))

    pages = await every_page(ask, shop, of_groups(**GROUPS | {"by": by}))

    assert [one for own in pages for one in own["nodes"]] == whole["node"]["conversions"]["groups"]["nodes"]
    assert [own["totalCount"] for own in pages] == [5, 5, 5]


async def test_a_page_behind_the_last_group_is_empty_and_knows_how_many_there_are(shop: Shop, ask: Ask) -> None:
    field = of_groups(**GROUPS)
    last = (await every_page(ask, shop, field))[-1]["pageInfo"]["endCursor"]

    behind = await page(ask, shop, field, last)

    assert (behind["totalCount"], behind["nodes"]) == (5, [])
    assert behind["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None,
    }  # fmt: skip


async def test_events_are_listed_page_by_page_with_what_they_are_due_to(shop: Shop, ask: Ask) -> None:
    pages = await every_page(ask, shop, of_events(**EVENTS))
    unattributed = await page(ask, shop, of_events(**EVENTS | {"filter": "{attributed: false}"}))

    assert [(one["userId"], one["cause"]) for own in pages for one in own["nodes"]] == [
        ("e", "LAST_CLICK"), ("d", "NO_TOUCH"), ("c", "LAST_CLICK"), ("b", "LAST_CLICK"), ("a", "LAST_CLICK"),
    ]  # fmt: skip
    assert [one["userId"] for one in unattributed["nodes"]] == ["d"]


async def test_a_list_goes_on_where_the_event_behind_which_it_ended_has_left_it(
    database: Database, org_id: int, shop: Shop, ask: Ask
) -> None:
    undue = of_events(**EVENTS | {"filter": "{attributed: false}"})
    at = "2025-06-03T08:0{}:00+02:00"
    more = [sold(f"{name}1", at.format(number), "1") for number, name in enumerate("xyz")]
    await send(database, org_id, shop, more)
    first = await page(ask, shop, undue)
    assert [one["userId"] for one in first["nodes"]] == ["d", "z"]

    # A click is told of that makes z due to an ad.
    told = sold("z1", at.format(2), "1", ad="one", source="PLATFORM")
    await record(database, org_id, shop.project, [told], datetime(2025, 6, 18, tzinfo=UTC))

    rest = await page(ask, shop, undue, first["pageInfo"]["endCursor"])
    assert [one["userId"] for one in rest["nodes"]] == ["y", "x"]


@pytest.mark.parametrize("other", [
    of_groups(**GROUPS | change) for change in (
        {"by": "[EVENT_NAME]"}, {"by": "[HOUR, DAY]"}, {"order": "{by: COUNT}"}, {"order": "{by: KEY}"},
        {"window": WINDOW.replace("06-02", "06-01")}, {"more": 'events: ["trial_start"]'}, {"more": 'app: "shop"'},
        {"more": 'timezone: "UTC"'}, {"more": 'currency: "EUR"'}, {"more": "attribution: {countBy: TOUCH_TIME}"},
    )
] + [of_events(**EVENTS)])  # fmt: skip
async def test_a_cursor_of_other_groups_is_refused(shop: Shop, ask: Ask, execute: Execute, other: str) -> None:
    after = (await page(ask, shop, of_groups(**GROUPS)))["pageInfo"]["endCursor"]

    await refused(execute, other, "Project", shop.project, after)


@pytest.mark.parametrize("other", [
    of_events(**EVENTS | change) for change in (
        {"window": WINDOW.replace("06-02", "06-01")}, {"filter": "{attributed: true}"}, {"filter": "{source: SDK}"},
        {"filter": '{app: "shop"}'}, {"filter": '{platform: "ios"}'}, {"filter": '{events: ["trial_start"]}'},
        {"attribution": "{view: DAYS_28}"}, {"attribution": "{click: DAYS_7, view: NONE, countBy: TOUCH_TIME}"},
    )
] + [of_groups(**GROUPS)])  # fmt: skip
async def test_a_cursor_of_other_events_is_refused(shop: Shop, ask: Ask, execute: Execute, other: str) -> None:
    after = (await page(ask, shop, of_events(**EVENTS)))["pageInfo"]["endCursor"]

    await refused(execute, other, "Project", shop.project, after)


@pytest.mark.parametrize("field", [of_groups(**GROUPS), of_events(**EVENTS)])
@pytest.mark.parametrize("after", [None, "", "x", "QWRBY2NvdW50OjE=", "é"])
async def test_a_cursor_of_another_node_and_what_is_no_cursor_are_refused(
    shop: Shop, ask: Ask, execute: Execute, field: str, after: str | None
) -> None:
    if after is None:
        after = (await page(ask, shop, field))["pageInfo"]["endCursor"]

    await refused(execute, field, "AdAccount", shop.account, after)


async def refused(execute: Execute, field: str, type_name: str, number: int, after: str | None) -> None:
    result = await execute(query(field), {"id": global_id.encode(type_name, number), "after": after})

    assert [error.extensions["code"] for error in result.errors] == ["VALIDATION"]
    assert "`after` is not a cursor of this list" in result.errors[0].message
