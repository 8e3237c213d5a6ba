"""A shop whose ads sell, and what one looks up of it conversion by conversion."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from db import tracked
from db.database import Database
from db.level import Level
from db.tracked import CONVERSION, REFUND, Change
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_coverage, make_fact, make_project

Ask = Callable[..., Awaitable[dict[str, Any]]]
DAY = timedelta(days=1)
FIRST, LAST = date(2025, 5, 1), date(2025, 6, 17)
DAYS = [FIRST + number * DAY for number in range((LAST - FIRST).days + 1)]
WINDOWS = {"NONE": 0, "DAYS_1": 1, "DAYS_7": 7, "DAYS_28": 28}
TYPES = ("Project", "AdAccount", "Campaign", "AdSet", "Ad")
ASKED = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) {
  node(id: $id) { ... on Measurable { performance(window: $window, options: $options) {
    totals { ...numbers unavailable { metric reason } }
    residual { tracked { conversions conversionValue } }
    series { points { bucket metrics { ...numbers } } }
  } } }
}
fragment numbers on Metrics {
  conversions conversionValue
  tracked { conversions conversionValue aov cpa roas refunds { count value } unavailable { metric reason } }
}"""


class Shop:
    """A project of two ad accounts in different timezones, whose ads all deliver on all days, and its conversions."""

    def __init__(self) -> None:
        self.above: dict[int, list[int]] = {}
        self.timezones: dict[int, str] = {}
        self.changes: list[Change] = []
        self.project = 0

    async def make(self, database: Database, org_id: int, currencies: Iterable[str] = ("USD", "USD")) -> None:
        self.project = await make_project(database, org_id, timezone="Europe/Berlin")
        for timezone, currency in zip(("Europe/Berlin", "America/Los_Angeles"), currencies, strict=True):
            account = await make_ad_account(database, org_id, self.project, timezone=timezone, currency=currency)
            await make_coverage(database, org_id, account, Level.AD, days=DAYS)
            campaign = await make_campaign(database, org_id, account)
            for _ in range(2):
                ad_set = await make_ad_set(database, org_id, campaign)
                ad = await make_ad(database, org_id, ad_set)
                self.above[ad] = [self.project, account, campaign, ad_set, ad]
                self.timezones[ad] = timezone
                await make_fact(database, org_id, ad, FIRST, spend=30, impressions=100, clicks=10, link_clicks=10,
                                conversions=2, conversion_value=40)  # fmt: skip

    @property
    def ads(self) -> list[int]:
        return list(self.above)

    def node(self, level: int, ad: int) -> str:
        return global_id.encode(TYPES[level], self.above[ad][level])

    async def sell(self, database: Database, org_id: int, *changes: Change) -> None:
        self.changes += changes
        async with database.transaction() as transaction:
            await tracked.add(transaction, org_id, changes)

    def due(self, change: Change, options: dict[str, Any]) -> tuple[int, date] | None:
        """The ad that a conversion is due to, and the day that it counts on."""
        for kind, ad, at in (("click", change.click_ad_id, change.clicked_at),
                             ("view", change.view_ad_id, change.viewed_at)):  # fmt: skip
            days = WINDOWS[options["attribution"][kind]]
            if ad and at and days and change.occurred_at - at <= days * DAY:
                moment = at if options["attribution"]["countBy"] == "TOUCH_TIME" else change.occurred_at
                return ad, moment.astimezone(ZoneInfo(self.timezones[ad])).date()
        return None

    def sums(self, node: int, since: date, until: date, options: dict[str, Any]) -> dict[str, Any]:
        """What one looks up conversion by conversion."""
        count, refunds, value, refunded = 0, 0, Decimal(0), Decimal(0)
        for change in self.changes:
            found = self.due(change, options)
            if not found or change.event_name not in options["conversionEvents"]:
                continue
            ad, day = found
            if node not in self.above[ad] or not since <= day < until:
                continue
            if change.kind == CONVERSION:
                count, value = count + 1, value + change.value
            else:
                refunds, refunded, value = refunds + 1, refunded + change.value, value - change.value
        return {
            "conversions": float(count), "conversionValue": round(float(value), 2),
            "refunds": {"count": refunds, "value": round(float(refunded), 2)},
        }  # fmt: skip


def sale(ad: int | None, at: datetime, value: str = "20.00", **fields: Any) -> Change:
    """A purchase an hour after a click on an ad."""
    known: dict[str, Any] = {
        "sign": 1, "event_name": "purchase_success", "currency": "USD", "value": Decimal(value), "kind": CONVERSION,
        "occurred_at": at, "click_ad_id": ad, "clicked_at": at - timedelta(hours=1) if ad else None, "view_ad_id": None,
        "viewed_at": None,
    }  # fmt: skip
    return Change(**(known | fields))


def random_sale(chance: random.Random, ads: list[int]) -> Change:
    at = datetime(2025, 5, 1, tzinfo=UTC) + chance.random() * 47 * DAY

    def touch() -> tuple[int | None, datetime | None]:
        lag = chance.choice([0, 1, 7, 28, 30 * chance.random()]) * DAY
        return (None, None) if chance.random() < 0.3 else (chance.choice(ads), at - lag)

    (click, clicked_at), (view, viewed_at) = touch(), touch()
    return sale(
        click, at, f"{chance.randrange(10_000) / 100:.2f}", clicked_at=clicked_at, view_ad_id=view, viewed_at=viewed_at,
        event_name=chance.choice(["purchase_success", "trial_start", "install"]),
        kind=chance.choice([CONVERSION] * 5 + [REFUND]),
    )  # fmt: skip


def window(since: date, until: date) -> dict[str, Any]:
    return {"range": {"since": str(since), "until": str(until)}}
