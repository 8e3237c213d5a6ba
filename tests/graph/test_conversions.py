"""Conversions and their groups: orders, what a conversion costs, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from db.database import Database
from resolvers import global_id
from tests.graph.selling import WINDOW, Ask, Shop, asked, make_shop, send, sold
from tests.make import set_project

Execute = Callable[..., Awaitable[Any]]


@pytest.fixture
async def shop(database: Database, org_id: int) -> Shop:
    return await make_shop(database, org_id)


async def nodes(ask: Ask, shop: Shop, by: str, fields: str, **more: str) -> list[dict[str, Any]]:
    found = await ask(asked(shop, f"groups(by: {by}) {{ nodes {{ {fields} }} }}", **more))
    return list(found["node"]["conversions"]["groups"]["nodes"])


async def test_what_ads_brought_stands_beside_what_they_spent(shop: Shop, ask: Ask) -> None:
    found = await nodes(
        ask, shop, "[AD]", "key { ad { externalId } } count value share aov spend spendCurrency cpa roas"
    )

    assert found == [
        {"key": {"ad": {"externalId": "one"}}, "count": 2, "value": 61, "share": 0.4, "aov": 30.5, "spend": 30,
         "spendCurrency": "USD", "cpa": 15, "roas": 61 / 30},
        {"key": {"ad": {"externalId": "two"}}, "count": 2, "value": 40, "share": 0.4, "aov": 20, "spend": 60,
         "spendCurrency": "USD", "cpa": 30, "roas": 40 / 60},
        {"key": {"ad": None}, "count": 1, "value": 50, "share": 0.2, "aov": 50, "spend": 0, "spendCurrency": None,
         "cpa": None, "roas": None},
    ]  # fmt: skip


async def test_cpa_and_roas_are_of_what_ads_brought_alone(shop: Shop, ask: Ask) -> None:
    found = await nodes(ask, shop, "[DAY]", "key { day } count value cpa roas unavailable { metric reason }")

    assert [(one["key"]["day"], one["count"], one["value"], one["cpa"], one["roas"]) for one in found] == [
        ("2025-06-02", 2, 61, 15, 61 / 30), ("2025-06-03", 1, 40, 30, 40 / 30), ("2025-06-04", 2, 50, 30, 0),
    ]  # fmt: skip
    assert [one["unavailable"] for one in found] == [[], [], []]


@pytest.mark.parametrize(("by", "arguments", "reason"), [
    ("[HOUR]", "", "NOT_ADDITIVE"),
    ("[DAY]", 'timezone: "UTC"', "NOT_ADDITIVE"),
    ("[EVENT_NAME]", "", None),
    ("[DAY, AD]", 'timezone: "Europe/Paris"', None),
    ("[WEEK, AD_PLATFORM]", "", None),
    ("[MONTH, CAMPAIGN]", "", None),
])  # fmt: skip
async def test_what_is_no_whole_day_of_an_ad_account_has_no_cost(
    shop: Shop, ask: Ask, by: str, arguments: str, reason: str | None
) -> None:
    found = await nodes(ask, shop, by, "spend cpa roas unavailable { metric reason }", arguments=arguments)

    told = [{one["metric"]: one["reason"] for one in group["unavailable"]} for group in found]
    expected = {"SPEND": reason, "CPA": reason, "ROAS": reason} if reason else {}
    # Nothing was spent on what no ad brought.
    assert [one for one in told if set(one.values()) != {"ZERO_DENOMINATOR"}] == [expected] * sum(
        set(one.values()) != {"ZERO_DENOMINATOR"} for one in told
    )
    assert expected in told


async def test_days_that_no_import_covers_have_no_cost(shop: Shop, ask: Ask) -> None:
    window = WINDOW.replace("06-05", "06-06")

    (found,) = await nodes(ask, shop, "[APP]", "spend cpa unavailable { metric reason }", window=window)

    assert found["unavailable"] == [{"metric": name, "reason": "NOT_IMPORTED"} for name in ("SPEND", "CPA", "ROAS")]


async def test_a_value_in_another_currency_is_not_held_against_spend(
    database: Database, org_id: int, shop: Shop, ask: Ask
) -> None:
    await send(database, org_id, shop, [sold("f", "2025-06-03T12:00:00+02:00", "1", ad="one", currency="EUR")])

    fields = "value currency cpa roas refunds { count value } unavailable { metric reason }"
    (both,) = await nodes(ask, shop, "[APP]", fields)
    by_currency = await nodes(ask, shop, "[CURRENCY]", "key { currency } value cpa roas")

    assert (both["value"], both["currency"], both["cpa"], both["roas"]) == (None, None, 18, None)
    assert {one["metric"]: one["reason"] for one in both["unavailable"]} == dict.fromkeys(
        ("VALUE", "AOV", "ROAS"), "MIXED_CURRENCY"
    )
    assert both["refunds"] == {"count": 0, "value": 0}
    assert [(one["key"]["currency"], one["value"], one["roas"]) for one in by_currency] == [
        ("EUR", 1, None), ("USD", 151, 101 / 90), (None, 0, 0),
    ]  # fmt: skip


async def test_values_of_several_currencies_are_converted_on_request_alone(
    database: Database, org_id: int, shop: Shop, ask: Ask
) -> None:
    await send(database, org_id, shop, [sold("f", "2025-06-04T12:00:00+02:00", "1", currency="EUR")])
    async with database.transaction() as transaction:
        await transaction.copy("exchange_rate", ("currency", "day", "units_per_eur"), [("USD", date(2025, 6, 2), 2)])
    await set_project(database, shop.project, reporting_currency="USD")
    fields = "totals { value currency } groups(by: [DAY]) { nodes { value currency } }"

    as_told = (await ask(asked(shop, fields)))["node"]["conversions"]
    converted = (await ask(asked(shop, fields, arguments='currency: "USD"')))["node"]["conversions"]
    by_currency = await nodes(ask, shop, "[CURRENCY]", "value currency")

    assert as_told == {
        "totals": {"value": None, "currency": None},
        "groups": {"nodes": [
            {"value": 61, "currency": "USD"}, {"value": 40, "currency": "USD"}, {"value": None, "currency": None},
        ]},
    }  # fmt: skip
    assert converted["totals"] == {"value": 153, "currency": "USD"}
    assert [one["value"] for one in converted["groups"]["nodes"]] == [61, 40, 52]
    assert by_currency == [
        {"value": 1, "currency": "EUR"}, {"value": 151, "currency": "USD"}, {"value": 0, "currency": None},
    ]  # fmt: skip


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu"])
async def test_counts_and_values_are_read_from_no_event(
    database: Database, org_id: int, shop: Shop, ask: Ask, timezone: str
) -> None:
    window = WINDOW.replace("06-02T00:00", "06-02T00:15").replace("06-05T00:00", "06-04T23:45")
    more = {"window": window, "arguments": f'timezone: "{timezone}"'}
    before = [await nodes(ask, shop, by, "key { day eventName app } count value refunds { count }", **more)
              for by in ("[DAY, EVENT_NAME]", "[DAY, EVENT_NAME, APP]")]  # fmt: skip

    async with database.transaction() as transaction:
        for table in ("conversion_message", "conversion"):
            await transaction._connection.execute(f"delete from {table} where org_id = $1", org_id)

    after = [await nodes(ask, shop, by, "key { day eventName app } count value refunds { count }", **more)
             for by in ("[DAY, EVENT_NAME]", "[DAY, EVENT_NAME, APP]")]  # fmt: skip
    assert before == after
    assert [sum(group["count"] for group in groups) for groups in after] == [5, 5]


@pytest.mark.parametrize(("order", "days"), [
    ("{by: COUNT}", ["02", "04", "03"]), ("{by: VALUE}", ["02", "04", "03"]),
    ("{by: VALUE, descending: false}", ["03", "04", "02"]), ("{by: KEY}", ["04", "03", "02"]),
    ("{by: UNIQUE_USERS, descending: false}", ["03", "02", "04"]),
])  # fmt: skip
async def test_groups_come_in_the_order_that_is_asked_for(shop: Shop, ask: Ask, order: str, days: list[str]) -> None:
    found = await ask(asked(shop, f"groups(by: [DAY], orderBy: {order}) {{ nodes {{ key {{ day }} }} }}"))

    assert [one["key"]["day"][-2:] for one in found["node"]["conversions"]["groups"]["nodes"]] == days


async def test_a_group_leads_on_into_performance(shop: Shop, ask: Ask) -> None:
    window = 'performance(window: {range: {since: "2025-06-02", until: "2025-06-05"}}) { totals { spend } }'

    found = await nodes(ask, shop, "[AD_ACCOUNT, AD]", f"entity {{ __typename {window} }}")

    assert [one["entity"] for one in found] == [
        {"__typename": "Ad", "performance": {"totals": {"spend": 30}}},
        {"__typename": "Ad", "performance": {"totals": {"spend": 60}}},
        None,
    ]


async def test_many_nodes_take_as_many_statements_as_one(shop: Shop, ask: Ask, queries_sent: list[str]) -> None:
    account = global_id.encode("AdAccount", shop.account)
    query = f"""{{ adAccount(id: "{account}") {{ ads(first: FIRST) {{ nodes {{ conversions(window: {WINDOW}) {{
        groups(by: [DAY]) {{ nodes {{ count cpa }} }} }} }} }} }} }}"""

    for first in ("1", "2"):
        queries_sent.clear()
        await ask(query.replace("FIRST", first))
        assert queries_sent.count("conversion_groups") == 1
        assert len([name for name in queries_sent if "delivery" in name]) == 1


@pytest.mark.parametrize(("window", "arguments", "named"), [
    ('{since: "2025-06-02T00:00:00", until: "2025-06-05T00:00:00Z"}', "", "`window.since` needs an offset"),
    ('{since: "2025-06-05T00:00:00Z", until: "2025-06-02T00:00:00Z"}', "", "`since` before `until`"),
    ('{since: "2001-06-05T00:00:00Z", until: "2025-06-02T00:00:00Z"}', "", "`window` may be 3,660 days long"),
    ('{since: "1999-06-05T00:00:00Z", until: "2025-06-02T00:00:00Z"}', "", "`window.since` must lie between"),
    ('{since: "yesterday", until: "2025-06-02T00:00:00Z"}', "", "yesterday"),
    ('{since: "2025-06-02T00:00:00Z"}', "", "until"),
    (WINDOW, 'timezone: "Mars/Olympus"', "`timezone` 'Mars/Olympus' is no IANA timezone"),
    (WINDOW, 'currency: "usd"', "`currency` 'usd' is no ISO 4217 currency code"),
    (WINDOW, "events: []", "`events` must hold 1 to 100 names"),
    (WINDOW, f'events: ["{"x" * 5_000}"]', "`events` may hold names of 1 to 200"),
    (WINDOW, 'events: ["a\\u0000b"]', "`events` may hold names"),
    (WINDOW, f'app: "{"x" * 5_000}"', "`app` must be a text of 1 to 200"),
    (WINDOW, 'app: "a\\u0000b"', "`app` must be"),
    (WINDOW, "attribution: {click: DAYS_30}", "DAYS_30"),
])  # fmt: skip
async def test_what_cannot_be_asked_is_refused_by_name(
    shop: Shop, execute: Execute, window: str, arguments: str, named: str
) -> None:
    result = await execute(asked(shop, "totals { count }", window=window, arguments=arguments))

    assert [error.extensions["code"] for error in result.errors] == ["VALIDATION"]
    assert named in result.errors[0].message


@pytest.mark.parametrize(("arguments", "named"), [
    ("by: [DAY, PLANET]", "PLANET"), ("by: []", "`by` must name"), ("by: [DAY, DAY]", "each of them once"),
    ("by: [DAY], first: 1001", "`first` must be 1 to 1000"), ('by: [DAY], after: "x"', "`after`"),
    ("by: [DAY], orderBy: {by: TASTE}", "TASTE"),
])  # fmt: skip
async def test_groups_that_cannot_be_asked_are_refused_by_name(
    shop: Shop, execute: Execute, arguments: str, named: str
) -> None:
    result = await execute(asked(shop, f"groups({arguments}) {{ totalCount }}"))

    assert [error.extensions["code"] for error in result.errors] == ["VALIDATION"]
    assert named in result.errors[0].message


async def test_whatever_text_an_event_was_recorded_with_can_be_asked_for(
    database: Database, org_id: int, shop: Shop, ask: Ask, execute: Execute
) -> None:
    odd = "Café\u00a0Shop\n\u2028"
    await send(database, org_id, shop, [sold("f", "2025-06-03T12:00:00+02:00", "1", app_id=odd, event_name=odd)])
    fields = "conversions(window: WINDOW, events: [$odd], app: $odd) { totals { count } }".replace("WINDOW", WINDOW)
    query = f"query ($odd: String!) {{ projects {{ nodes {{ {fields} }} }} }}"

    found = await ask(query, {"odd": odd})
    half = await execute(query, {"odd": "\ud800"})

    assert found["projects"]["nodes"] == [{"conversions": {"totals": {"count": 1}}}]
    assert [error.extensions["code"] for error in half.errors] == ["VALIDATION"]


async def test_value_in_several_currencies_is_no_order(
    database: Database, org_id: int, shop: Shop, execute: Execute
) -> None:
    await send(database, org_id, shop, [sold("f", "2025-06-03T12:00:00+02:00", "1", ad="one", currency="EUR")])

    result = await execute(asked(shop, "groups(by: [DAY], orderBy: {by: VALUE}) { totalCount }"))

    assert "several" in result.errors[0].message
