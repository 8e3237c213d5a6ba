"""Tracked conversions in performance: our own events, due to ads, at every level and beside what platforms report."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from db import tracked, tracked_sums
from db.database import Database
from db.importers.records import Dating, Reported
from db.level import Level
from db.tracked import CONVERSION, REFUND, Change
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_coverage, make_fact, make_project
from tests.records import make_record, make_tree, take

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


@pytest.mark.parametrize("added_up", [(date(2025, 5, 24), date(2025, 6, 12)), ()], ids=["spans", "days"])
@pytest.mark.parametrize("seed", range(4))
async def test_every_level_window_choice_and_bucket_is_what_its_conversions_add_up_to(
    database: Database, org_id: int, ask: Ask, monkeypatch: pytest.MonkeyPatch, seed: int, added_up: tuple[date, ...]
) -> None:
    if added_up:
        # However few there are.
        monkeypatch.setattr(tracked_sums, "FEW", 0)
    chance, shop = random.Random(seed), Shop()
    await shop.make(database, org_id)
    # Before and after days were added up into spans, of which the second half of the sales is aware; or never.
    for today in (None, *added_up):
        if today:
            async with database.transaction() as transaction:
                await tracked.add_up_spans(transaction, org_id, shop.project, today)
        await shop.sell(database, org_id, *(random_sale(chance, shop.ads) for _ in range(90)))

    for _ in range(12):
        level, ad = chance.randrange(5), chance.choice(shop.ads)
        since, until = sorted(chance.sample([*DAYS, LAST + DAY], 2))
        options = {
            "conversionSource": chance.choice(["TRACKED", "REPORTED"]),
            "conversionEvents": chance.sample(["purchase_success", "trial_start", "install"], chance.randint(1, 3)),
            "attribution": {"click": chance.choice(list(WINDOWS)), "view": chance.choice(list(WINDOWS)),
                            "countBy": chance.choice(["CONVERSION_TIME", "TOUCH_TIME"])},
        }  # fmt: skip
        variables = {"id": shop.node(level, ad), "window": window(since, until), "options": options}

        found = (await ask(ASKED, variables))["node"]["performance"]

        node = shop.above[ad][level]
        blocks = [(found["totals"], since, until)] + [
            (point["metrics"], date.fromisoformat(point["bucket"]), date.fromisoformat(point["bucket"]) + DAY)
            for point in found["series"]["points"]
        ]
        for block, start, end in blocks:
            told, expected = block["tracked"], shop.sums(node, start, end, options)
            assert {name: told[name] for name in expected} == expected, (variables, start, end)
            if options["conversionSource"] == "TRACKED":
                assert (block["conversions"], block["conversionValue"]) == (
                    told["conversions"],
                    told["conversionValue"],
                )
        if level < 4:
            assert found["residual"]["tracked"] == {"conversions": 0.0, "conversionValue": 0.0}


async def test_ratios_are_of_the_tracked_sums(database: Database, org_id: int, ask: Ask) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at = datetime(2025, 5, 1, 12, tzinfo=UTC)
    ad = shop.ads[0]
    await shop.sell(
        database, org_id, sale(ad, at), sale(ad, at, "40.00"), sale(ad, at, "15.00", kind=REFUND),
        sale(ad, at, "0", currency=""),
    )  # fmt: skip
    query = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) {
      ad(id: $id) { performance(window: $window, options: $options) { conversionSource totals {
        plain: values(metrics: [CONVERSIONS, CONVERSION_VALUE, CPA, CVR, AOV, ROAS, ROI, PROFIT]) { value }
        tracked { conversions conversionValue cpa cvr aov roas roi profit refunds { count value } }
        reported { conversions conversionValue roas }
        gap { conversions conversionValue conversionsRatio conversionValueRatio comparable reason }
      } } }
    }"""
    variables = {"id": shop.node(4, ad), "window": window(FIRST, FIRST + DAY)}

    reported = (await ask(query, variables))["ad"]["performance"]
    tracked_ = (await ask(query, variables | {"options": {"conversionSource": "TRACKED"}}))["ad"]["performance"]

    assert tracked_["totals"] | {"plain": None} == reported["totals"] | {"plain": None}
    assert tracked_["totals"] | {"plain": None} == {
        "plain": None,
        "tracked": {"conversions": 3.0, "conversionValue": 45.0, "cpa": 10.0, "cvr": 0.3, "aov": 15.0, "roas": 1.5,
                    "roi": 0.5, "profit": 15.0, "refunds": {"count": 1, "value": 15.0}},
        "reported": {"conversions": 2.0, "conversionValue": 40.0, "roas": 40 / 30},
        "gap": {"conversions": 1.0, "conversionValue": 5.0, "conversionsRatio": 1.5, "conversionValueRatio": 1.125,
                "comparable": False, "reason": "ATTRIBUTION_UNKNOWN"},
    }  # fmt: skip
    assert [one["value"] for one in tracked_["totals"]["plain"]] == [3.0, 45.0, 10.0, 0.3, 15.0, 1.5, 0.5, 15.0]
    assert [one["value"] for one in reported["totals"]["plain"]] == [2.0, 40.0, 15.0, 0.2, 20.0, 40 / 30, 10 / 30, 10.0]
    assert (tracked_["conversionSource"], reported["conversionSource"]) == ("TRACKED", "REPORTED")


async def test_what_the_project_has_set_decides_the_plain_metrics(database: Database, org_id: int, ask: Ask) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    await shop.sell(database, org_id, sale(shop.ads[0], datetime(2025, 5, 1, 12, tzinfo=UTC)))
    await ask(
        "mutation ($id: ID!) { updateProject(input: {id: $id, conversionSource: TRACKED}) { id } }",
        {"id": shop.node(0, shop.ads[0])},
    )
    query = """query ($window: WindowInput) { projects { nodes { ...told adAccounts { nodes { ...told } } } } }
      fragment told on Measurable { performance(window: $window) { totals { conversions roas } } }"""

    (project,) = (await ask(query, {"window": window(FIRST, FIRST + DAY)}))["projects"]["nodes"]

    assert project["performance"]["totals"] == {"conversions": 1.0, "roas": 20 / 120}
    first, second = (account["performance"]["totals"] for account in project["adAccounts"]["nodes"])
    assert (first, second) == ({"conversions": 1.0, "roas": 20 / 60}, {"conversions": 0.0, "roas": 0.0})


async def test_aliases_with_different_events_stand_side_by_side(database: Database, org_id: int, ask: Ask) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at, ad = datetime(2025, 5, 1, 12, tzinfo=UTC), shop.ads[0]
    await shop.sell(database, org_id, sale(ad, at), *[sale(ad, at, event_name="trial_start")] * 3)
    query = """query ($id: ID!, $window: WindowInput) { ad(id: $id) {
      both: performance(window: $window) { ...cpa }
      purchase: performance(window: $window, options: {conversionEvents: ["purchase_success"]}) { ...cpa }
      trial: performance(window: $window, options: {conversionEvents: ["trial_start"]}) { ...cpa }
      none: performance(window: $window, options: {conversionEvents: ["never sent"]}) { ...cpa }
    } }
    fragment cpa on Performance { totals { tracked { conversions cpa } } }"""

    found = (await ask(query, {"id": shop.node(4, ad), "window": window(FIRST, FIRST + DAY)}))["ad"]

    assert {name: told["totals"]["tracked"] for name, told in found.items()} == {
        "both": {"conversions": 4.0, "cpa": 7.5},
        "purchase": {"conversions": 1.0, "cpa": 30.0},
        "trial": {"conversions": 3.0, "cpa": 10.0},
        "none": {"conversions": 0.0, "cpa": None},
    }


@pytest.mark.parametrize("level", range(5))
async def test_days_that_no_import_covers_leave_what_is_tracked_and_no_ratio_over_delivery(
    database: Database, org_id: int, ask: Ask, level: int
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    await shop.sell(database, org_id, sale(shop.ads[0], datetime(2025, 6, 17, 12, tzinfo=UTC)))
    variables = {"id": shop.node(level, shop.ads[0]), "options": {"conversionSource": "TRACKED"}}

    # The last day is after what imports cover.
    found = (await ask(ASKED, variables | {"window": window(LAST, LAST + 2 * DAY)}))["node"]["performance"]

    told = found["totals"]["tracked"]
    assert (told["conversions"], told["conversionValue"], told["aov"]) == (1.0, 20.0, 20.0)
    names = {"CPA", "CVR", "ROAS", "ROI", "PROFIT"}
    assert {one["metric"]: one["reason"] for one in told["unavailable"]} == dict.fromkeys(names, "NOT_IMPORTED")
    plain = {one["metric"]: one["reason"] for one in found["totals"]["unavailable"]}
    assert {name: plain[name] for name in names} == dict.fromkeys(names, "NOT_IMPORTED")
    whole, missing = (point["metrics"]["tracked"] for point in found["series"]["points"])
    assert (whole["cpa"], missing["cpa"], missing["conversions"]) == (0.0, None, 0.0)


async def test_money_in_another_currency_is_mixed_unless_one_is_asked_for(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at, ad = datetime(2025, 5, 1, 12, tzinfo=UTC), shop.ads[0]
    await shop.sell(database, org_id, sale(ad, at), sale(ad, at + DAY, "10.00", currency="EUR"))
    async with database.transaction() as transaction:
        await transaction._connection.executemany(
            "insert into exchange_rate (currency, day, units_per_eur) values ($1, $2, $3)",
            [("USD", FIRST, Decimal("1.25")), ("USD", FIRST + DAY, Decimal("1.50"))],
        )
    variables = {"id": shop.node(4, ad), "window": window(FIRST, FIRST + 2 * DAY)}

    async def told(**options: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await ask(ASKED, variables | {"options": options}))["node"]["performance"]
        return found

    mixed, dollars, euros, yen = (
        await told(),
        await told(currency="USD"),
        await told(currency="EUR"),
        await told(currency="JPY"),
    )

    assert (mixed["totals"]["tracked"]["conversions"], mixed["totals"]["tracked"]["conversionValue"]) == (2.0, None)
    reasons = {one["metric"]: one["reason"] for one in mixed["totals"]["tracked"]["unavailable"]}
    assert reasons == dict.fromkeys(("CONVERSION_VALUE", "AOV", "ROAS", "ROI", "PROFIT"), "MIXED_CURRENCY")
    days = [point["metrics"]["tracked"]["conversionValue"] for point in mixed["series"]["points"]]
    assert days == [20.0, None]
    assert dollars["totals"]["tracked"]["conversionValue"] == 35.0
    assert [point["metrics"]["tracked"]["conversionValue"] for point in euros["series"]["points"]] == [16.0, 10.0]
    assert euros["totals"]["tracked"]["roas"] == 26 / 24
    assert {one["reason"] for one in yen["totals"]["tracked"]["unavailable"]} == {"NO_RATE"}
    touched = await told(currency="USD", attribution={"countBy": "TOUCH_TIME"})
    assert touched["totals"]["tracked"]["conversionValue"] == 35.0


async def test_a_project_of_several_currencies_adds_up_what_is_tracked_in_none(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id, ("USD", "EUR"))
    at = datetime(2025, 5, 1, 12, tzinfo=UTC)
    await shop.sell(database, org_id, sale(shop.ads[0], at), sale(shop.ads[2], at, currency="EUR"))
    variables = {"id": shop.node(0, shop.ads[0]), "window": window(FIRST, FIRST + DAY)}

    told = (await ask(ASKED, variables))["node"]["performance"]["totals"]["tracked"]

    assert (told["conversions"], told["conversionValue"], told["roas"]) == (2.0, None, None)


async def test_money_of_an_account_that_delivers_nothing_is_never_added_to_anothers(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id, ("USD", "EUR"))
    at = datetime(2025, 5, 20, 12, tzinfo=UTC)
    await make_fact(database, org_id, shop.ads[0], date(2025, 5, 20), spend=10)
    await shop.sell(database, org_id, sale(shop.ads[0], at), sale(shop.ads[2], at, currency="EUR"))
    days = window(date(2025, 5, 20), date(2025, 5, 21))

    found = (await ask(ASKED, {"id": shop.node(0, shop.ads[0]), "window": days}))["node"]["performance"]

    # Only dollars were spent; what is worth euros does not become dollars by that.
    assert found["totals"]["tracked"]["conversionValue"] is None


async def test_value_is_shown_to_the_minor_unit_and_computed_with_exactly(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at, ad = datetime(2025, 5, 1, 12, tzinfo=UTC), shop.ads[0]
    await shop.sell(database, org_id, sale(ad, at, "10.0025"), sale(ad, at, "0.0025"), sale(ad, at, "0.00000000001"))
    variables = {"id": shop.node(4, ad), "window": window(FIRST, FIRST + DAY)}

    told = (await ask(ASKED, variables))["node"]["performance"]["totals"]["tracked"]

    assert told["conversionValue"] == 10.01
    assert told["roas"] == float(Decimal("10.00500000001") / 30)


async def test_one_statement_a_level_and_none_where_nobody_asks(
    database: Database, org_id: int, ask: Ask, queries_sent: list[str]
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    tree = """{ projects { nodes { ...told adAccounts { nodes { ...told campaigns { nodes { ...told
      adSets { nodes { ...told ads { nodes { ...told } } } } } } } } } } }
      fragment told on Measurable { performance(window: {lastDays: 40}) { totals { NUMBERS } } }"""

    queries_sent.clear()
    await ask(tree.replace("NUMBERS", "tracked { conversions roas } gap { conversions } reported { conversions }"))
    levels = ("ad_account", "campaign", "ad_set", "ad")
    assert sorted(name for name in queries_sent if "tracked" in name) == sorted(
        f"{level}_tracked_totals" for level in levels
    )

    queries_sent.clear()
    await ask(tree.replace("NUMBERS", "conversions roas reported { conversions } unavailable { metric }"))
    assert [name for name in queries_sent if "tracked" in name] == []


async def test_both_sides_are_compared_with_other_days_and_buckets_with_sales_alone_are_there(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at, ad = datetime(2025, 5, 1, 12, tzinfo=UTC), shop.ads[0]
    await make_fact(database, org_id, ad, FIRST + 2 * DAY, spend=10, impressions=10, clicks=5, conversions=1)
    await shop.sell(database, org_id, sale(ad, at), *[sale(ad, at + 3 * DAY)] * 2)
    query = """query ($id: ID!, $window: WindowInput, $to: ComparisonInput) {
      ad(id: $id) { performance(window: $window) {
        comparison(to: $to) { previous { tracked { conversions } } changes {
          conversions { absolute } cpa { percent }
          reported { conversions { absolute } cpa { percent verdict } }
          tracked { conversions { absolute } conversionValue { percent } cpa { percent verdict } }
        } }
        series(fill: NONE) { points { since metrics { tracked { conversions } } } }
      } }
    }"""
    variables = {"id": shop.node(4, ad), "window": window(FIRST + 2 * DAY, FIRST + 4 * DAY)}

    found = (await ask(query, variables | {"to": {"window": window(FIRST, FIRST + 2 * DAY)}}))["ad"]["performance"]

    assert found["comparison"]["previous"]["tracked"]["conversions"] == 1
    assert found["comparison"]["changes"] == {
        "conversions": {"absolute": -1}, "cpa": {"percent": -100 / 3},
        "reported": {"conversions": {"absolute": -1}, "cpa": {"percent": -100 / 3, "verdict": "BETTER"}},
        "tracked": {"conversions": {"absolute": 1}, "conversionValue": {"percent": 100},
                    "cpa": {"percent": -250 / 3, "verdict": "BETTER"}},
    }  # fmt: skip
    assert [(point["since"], point["metrics"]["tracked"]["conversions"]) for point in found["series"]["points"]] == [
        ("2025-05-03", 0), ("2025-05-04", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attribution", "since"),
    [
        ({"countBy": "CONVERSION_TIME", "click": "DAYS_28"}, None),
        ({"countBy": "TOUCH_TIME", "click": "DAYS_7", "view": "DAYS_1"}, "2025-06-11"),
        ({"countBy": "TOUCH_TIME", "click": "DAYS_1", "view": "DAYS_28"}, "2025-05-21"),
        ({"countBy": "TOUCH_TIME", "click": "NONE", "view": "NONE"}, None),
    ],
    ids=str,
)
async def test_days_whose_touches_may_bring_conversions_yet_are_provisional(
    database: Database, org_id: int, ask: Ask, attribution: dict[str, str], since: str | None
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    async with database.transaction() as transaction:
        # No platform restates any of it.
        await transaction._connection.execute("update coverage set imported_at = '2025-07-01'")
    query = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) {
      node(id: $id) { ... on Measurable { performance(window: $window, options: $options) {
        freshness { provisionalSince } series { points { since provisional } }
      } } }
    }"""
    for level in range(5):
        variables = {
            "id": shop.node(level, shop.ads[0]), "window": window(FIRST, LAST + DAY),
            "options": {"attribution": attribution},
        }  # fmt: skip
        found = (await ask(query, variables))["node"]["performance"]

        assert found["freshness"]["provisionalSince"] == since
        marked = [point["since"] for point in found["series"]["points"] if point["provisional"]]
        assert marked == [str(day) for day in DAYS if since and str(day) >= since]


@pytest.mark.parametrize(
    ("attribution", "dating", "ours", "reason"),
    [
        ("7d_click_1d_view", "CONVERSION", {}, None),
        ("7-day click, 1-day view", "CONVERSION", {}, None),
        ("7d_click_1d_view", "IMPRESSION", {"countBy": "TOUCH_TIME"}, None),
        ("7d_click_1d_view", "IMPRESSION", {}, "DATING_DIFFERS"),
        ("7d_click_1d_view", "CONVERSION", {"countBy": "TOUCH_TIME"}, "DATING_DIFFERS"),
        ("7d_click_1d_view", "UNKNOWN", {}, "DATING_UNKNOWN"),
        ("7d_click", "CONVERSION", {}, "ATTRIBUTION_DIFFERS"),
        ("7d_click", "CONVERSION", {"view": "NONE"}, None),
        ("7d_click_1d_view", "CONVERSION", {"click": "DAYS_28"}, "ATTRIBUTION_DIFFERS"),
        ("as each ad set is set", "CONVERSION", {}, "ATTRIBUTION_UNKNOWN"),
        ("30 days after a tap", "CONVERSION", {}, "ATTRIBUTION_UNKNOWN"),
    ],
)
async def test_the_gap_says_whether_the_two_sides_compare(
    database: Database, org_id: int, ask: Ask, attribution: str, dating: str, ours: dict[str, str], reason: str | None
) -> None:
    day = date(2025, 3, 10)
    fact = make_record(Level.AD, "1000", day, conversions_millionths=2_000_000)
    await take(database, org_id, [Reported("purchase", attribution, Dating(dating)), *make_tree(), fact])
    query = """query ($window: WindowInput, $options: PerformanceOptions) {
      ad(external: {platform: META, id: "1000"}) { performance(window: $window, options: $options) {
        totals { gap { conversions comparable reason } }
      } }
    }"""

    async def gap(until: date) -> dict[str, Any]:
        variables = {"window": window(day, until), "options": {"attribution": ours}}
        found: dict[str, Any] = (await ask(query, variables))["ad"]["performance"]["totals"]["gap"]
        return found

    assert await gap(day + DAY) == {"conversions": -2.0, "comparable": reason is None, "reason": reason}
    assert await gap(day + 2 * DAY) == {"conversions": None, "comparable": False, "reason": "NOT_WHOLE"}


async def test_lists_and_breakdowns_go_by_what_is_tracked_where_that_is_asked_for(
    database: Database, org_id: int, ask: Ask
) -> None:
    shop = Shop()
    await shop.make(database, org_id)
    at = datetime(2025, 5, 1, 12, tzinfo=UTC)
    for number, ad in enumerate((shop.ads[2], shop.ads[0], shop.ads[3], shop.ads[1]), 1):
        await shop.sell(database, org_id, *[sale(ad, at)] * number)
    query = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) { project(id: $id) {
      ads(orderBy: {metric: {metric: CONVERSIONS, window: $window, options: $options}}) { nodes { id } }
      some: ads(filter: {metrics: [{metric: CONVERSIONS, window: $window, options: $options, gte: 3}]}) { nodes { id } }
      performance(window: $window, options: $options) {
        totals { tracked { conversions conversionValue } }
        breakdown(by: [AD], orderBy: {metric: CONVERSIONS}, first: 3) {
          nodes { entity { id } metrics { conversions tracked { conversions refunds { count } } } }
          rest { conversions tracked { conversions conversionValue } }
        }
      }
    } }"""
    variables = {"id": shop.node(0, shop.ads[0]), "window": window(FIRST, FIRST + DAY)}

    found = (await ask(query, variables | {"options": {"conversionSource": "TRACKED"}}))["project"]

    best = [shop.node(4, ad) for ad in (shop.ads[1], shop.ads[3], shop.ads[0], shop.ads[2])]
    assert [node["id"] for node in found["ads"]["nodes"]] == best
    assert {node["id"] for node in found["some"]["nodes"]} == set(best[:2])
    rows_ = found["performance"]["breakdown"]
    assert [row["entity"]["id"] for row in rows_["nodes"]] == best[:3]
    assert [row["metrics"]["conversions"] for row in rows_["nodes"]] == [4.0, 3.0, 2.0]
    assert [row["metrics"]["tracked"]["conversions"] for row in rows_["nodes"]] == [4.0, 3.0, 2.0]
    assert rows_["rest"] == {"conversions": 1.0, "tracked": {"conversions": 1.0, "conversionValue": 20.0}}
    assert found["performance"]["totals"]["tracked"] == {"conversions": 10.0, "conversionValue": 200.0}
