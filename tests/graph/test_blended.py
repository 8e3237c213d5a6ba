"""Blended numbers: every conversion of a project, due to an ad or not, over everything that was spent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import pytest

from db.conversions.recording import record
from db.database import Database
from db.level import Level
from resolvers import global_id
from tests.make import (
    make_ad,
    make_ad_account,
    make_ad_set,
    make_campaign,
    make_coverage,
    make_fact,
    make_project,
    make_rate,
    set_project,
)

Ask = Callable[..., Awaitable[dict[str, Any]]]

DAY = date(2025, 6, 10)
ASKED = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) {
  node(id: $id) { ... on Measurable { performance(window: $window, options: $options) {
    blended { conversions conversionValue cpa mer unavailable { metric reason } }
    totals { tracked { conversions conversionValue } }
  } } }
}"""


class Shop:
    """A project that counts days in New York, with ad accounts of these currencies, one ad in each."""

    def __init__(self, database: Database, org_id: int) -> None:
        self.database, self.org_id = database, org_id
        self.project = 0
        self.accounts: list[int] = []
        self.sold = 0

    async def make(self, *currencies: str) -> None:
        self.project = await make_project(self.database, self.org_id, timezone="America/New_York")
        for number, currency in enumerate(currencies):
            account = await make_ad_account(
                self.database, self.org_id, self.project, currency=currency, timezone="Asia/Tokyo"
            )
            campaign = await make_campaign(self.database, self.org_id, account)
            ad_set = await make_ad_set(self.database, self.org_id, campaign)
            ad = await make_ad(self.database, self.org_id, ad_set, external_id=f"ad-{number}")
            await make_coverage(self.database, self.org_id, account, Level.AD, days=[DAY])
            await make_fact(self.database, self.org_id, ad, DAY, spend=50, impressions=1, clicks=1, link_clicks=1,
                            conversions=0, conversion_value=0)  # fmt: skip
            self.accounts.append(account)

    async def sell(self, at: str, now: datetime, **fields: Any) -> None:
        self.sold += 1
        known: dict[str, Any] = {
            "event_id": f"e{self.sold}", "event_name": "purchase_success", "source": "SDK", "occurred_at": at,
            "revenue_amount": "30.00", "currency": "USD",
        }  # fmt: skip
        recorded = await record(self.database, self.org_id, self.project, [known | fields], now)
        assert recorded.answers == [True]

    @property
    def id(self) -> str:
        return global_id.encode("Project", self.project)


@pytest.fixture
async def shop(database: Database, org_id: int) -> Shop:
    return Shop(database, org_id)


async def blended(ask: Ask, shop: Shop, **variables: Any) -> dict[str, Any]:
    days = {"range": {"since": str(DAY), "until": "2025-06-11"}}
    found = (await ask(ASKED, {"id": shop.id, "window": days} | variables))["node"]["performance"]
    told: dict[str, Any] = found["blended"]
    told["unavailable"] = {one["metric"]: one["reason"] for one in told["unavailable"]}
    return told


async def test_all_conversions_count_on_the_days_of_the_projects_timezone(shop: Shop, now: datetime, ask: Ask) -> None:
    await shop.make("USD")
    touch = {"platform": "META", "ad": "ad-0", "kind": "CLICK", "at": "2025-06-10T12:00:00Z"}
    await shop.sell("2025-06-10T13:00:00Z", now, touches=[touch])
    await shop.sell("2025-06-10T04:00:00Z", now)
    await shop.sell("2025-06-11T03:59:59Z", now, revenue_amount="60.00")
    # Before and after that day in New York, or of a name that does not count.
    await shop.sell("2025-06-10T03:59:59Z", now)
    await shop.sell("2025-06-11T04:00:00Z", now)
    await shop.sell("2025-06-10T13:00:00Z", now, event_name="page_view")
    await shop.sell("2025-06-12T13:00:00Z", now, kind="REFUND", refund_of="e2", revenue_amount="20.00")

    assert await blended(ask, shop) == {
        "conversions": 3.0, "conversionValue": 100.0, "cpa": 50 / 3, "mer": 2.0, "unavailable": {}
    }  # fmt: skip


async def test_what_is_due_to_an_ad_is_what_tracked_counts(shop: Shop, now: datetime, ask: Ask) -> None:
    await shop.make("USD")
    touch = {"platform": "META", "ad": "ad-0", "kind": "CLICK", "at": "2025-06-10T05:00:00Z"}
    await shop.sell("2025-06-10T06:00:00Z", now, touches=[touch])
    await shop.sell("2025-06-10T06:00:00Z", now)
    days = {"range": {"since": str(DAY), "until": "2025-06-11"}}

    found = (await ask(ASKED, {"id": shop.id, "window": days}))["node"]["performance"]

    assert (found["blended"]["conversions"], found["totals"]["tracked"]["conversions"]) == (2.0, 1.0)


async def test_a_conversion_has_its_own_day_whatever_dates_what_is_tracked(shop: Shop, now: datetime, ask: Ask) -> None:
    await shop.make("USD")
    touch = {"platform": "META", "ad": "ad-0", "kind": "CLICK", "at": "2025-06-10T05:00:00Z"}
    await shop.sell("2025-06-12T06:00:00Z", now, touches=[touch])
    by_touch = {"attribution": {"countBy": "TOUCH_TIME"}}

    of_the_touch = await blended(ask, shop, options=by_touch)
    its_own = await blended(
        ask, shop, options=by_touch, window={"range": {"since": "2025-06-12", "until": "2025-06-13"}}
    )

    assert (of_the_touch["conversions"], its_own["conversions"]) == (0.0, 1.0)


async def test_without_a_conversion_or_an_import_the_ratios_are_null_with_the_reason(
    shop: Shop, now: datetime, ask: Ask
) -> None:
    await shop.make("USD")

    assert await blended(ask, shop) == {
        "conversions": 0.0, "conversionValue": 0.0, "cpa": None, "mer": 0.0, "unavailable": {"CPA": "ZERO_DENOMINATOR"}
    }  # fmt: skip
    floored = await blended(ask, shop, options={"undefinedRatios": "FLOORED"})
    assert (floored["cpa"], floored["unavailable"]) == (50.0, {})
    days = {"range": {"since": str(DAY), "until": "2025-06-12"}}
    await shop.sell("2025-06-11T12:00:00Z", now)
    assert await blended(ask, shop, window=days) == {
        "conversions": 1.0, "conversionValue": 30.0, "cpa": None, "mer": None,
        "unavailable": {"CPA": "NOT_IMPORTED", "MER": "NOT_IMPORTED"},
    }  # fmt: skip


async def test_money_of_several_currencies_is_mixed_unless_one_is_asked_for(
    shop: Shop, now: datetime, ask: Ask, database: Database
) -> None:
    await shop.make("USD", "EUR")
    await make_rate(database, "USD", {DAY: "1.25"})
    await shop.sell("2025-06-10T13:00:00Z", now)
    await shop.sell("2025-06-10T13:00:00Z", now, currency="EUR", revenue_amount="100")

    mixed, dollars = await blended(ask, shop), await blended(ask, shop, options={"currency": "USD"})

    assert mixed == {
        "conversions": 2.0, "conversionValue": None, "cpa": None, "mer": None,
        "unavailable": {"CONVERSION_VALUE": "MIXED_CURRENCY", "CPA": "MIXED_CURRENCY", "MER": "MIXED_CURRENCY"},
    }  # fmt: skip
    assert dollars == {
        "conversions": 2.0, "conversionValue": 155.0, "cpa": 112.5 / 2, "mer": 155 / 112.5, "unavailable": {}
    }  # fmt: skip


async def test_value_in_another_currency_than_the_spend_is_never_held_against_it(
    shop: Shop, now: datetime, ask: Ask
) -> None:
    await shop.make("USD")
    await shop.sell("2025-06-10T13:00:00Z", now, currency="EUR")

    told = await blended(ask, shop)

    assert (told["conversionValue"], told["mer"], told["cpa"]) == (None, None, 50.0)
    assert told["unavailable"] == {"CONVERSION_VALUE": "MIXED_CURRENCY", "MER": "MIXED_CURRENCY"}


async def test_a_reporting_currency_that_is_that_of_the_spend_converts_the_value_by_default(
    shop: Shop, now: datetime, ask: Ask, database: Database
) -> None:
    await shop.make("USD")
    await make_rate(database, "USD", {DAY: "1.25"})
    await shop.sell("2025-06-10T13:00:00Z", now)
    await shop.sell("2025-06-10T13:00:00Z", now, currency="EUR", revenue_amount="100")

    await set_project(database, shop.project, reporting_currency="EUR")
    other = await blended(ask, shop)
    await set_project(database, shop.project, reporting_currency="USD")
    same = await blended(ask, shop)

    assert (other["conversionValue"], other["unavailable"]["MER"]) == (None, "MIXED_CURRENCY")
    assert same == {"conversions": 2.0, "conversionValue": 155.0, "cpa": 25.0, "mer": 3.1, "unavailable": {}}


async def test_only_a_whole_project_is_blended(shop: Shop, now: datetime, ask: Ask) -> None:
    await shop.make("USD")
    query = """query ($id: ID!) { project(id: $id) {
      performance(platforms: [META]) { blended { cpa } }
      adAccounts { nodes { performance { blended { cpa } } } }
    } }"""

    found = (await ask(query, {"id": shop.id}))["project"]

    assert found["performance"]["blended"] is None
    assert found["adAccounts"]["nodes"][0]["performance"]["blended"] is None
