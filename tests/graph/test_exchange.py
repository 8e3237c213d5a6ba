"""Money converted: each value at its own day's rate, exactly, rounded once; null with its reason where no rate is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from db import delivery
from db.database import Database
from resolvers import global_id
from tests.make import make_ad_account, make_fact, make_rate, set_project
from tests.trees import Tree, days, make_full_fact, make_tree

# A Friday, and the Monday after it.
FRIDAY, MONDAY = date(2025, 6, 6), date(2025, 6, 9)
END = date(2025, 6, 11)
DAY = timedelta(1)
ASKED = """query ($id: ID!, $window: WindowInput, $options: PerformanceOptions) { node(id: $id) { ... on Measurable {
  performance(window: $window, options: $options) {
    currency
    exchange { currency earlierRateDays noRateDays lastRateDay }
    totals { ...numbers }
    residual { spend impressions }
    series { points { since metrics { ...numbers } } }
  }
} } }
fragment numbers on Metrics {
  spend impressions conversionValue cpa cpc cpm ctr roas profit unavailable { metric reason }
}"""

Ask = Callable[..., Awaitable[dict[str, Any]]]
Told = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def told(ask: Ask) -> Told:
    """A node's performance over the five days from the Friday, or over other days."""

    async def told(kind: str, number: int, currency: str | None = None, *, since: date = FRIDAY, until: date = END):
        variables = {"id": global_id.encode(kind, number), "window": days(since, until), "options": {}}
        if currency:
            variables["options"] = {"currency": currency}
        found: dict[str, Any] = (await ask(ASKED, variables))["node"]["performance"]
        for block in [found["totals"], *(point["metrics"] for point in found["series"]["points"])]:
            block["why"] = {one["metric"]: one["reason"] for one in block.pop("unavailable")}
        return found

    return told


@pytest.fixture(params=["running totals", "daily rows"], autouse=True)
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums in the own currency are read in either way; those of others from daily rows."""
    if request.param == "running totals":
        monkeypatch.setattr(delivery, "FEW", 0)


async def make_accounts(database: Database, org_id: int) -> tuple[Tree, int]:
    """A tree in dollars, and an account in yen beside it, with the rates of the Friday and the Monday."""
    dollars = await make_tree(database, org_id)
    yen = await make_ad_account(database, org_id, dollars.project, currency="JPY")
    await make_rate(database, "USD", {FRIDAY: "1.1", MONDAY: "1.2"})
    await make_rate(database, "JPY", {FRIDAY: "160", MONDAY: "165.5"})
    return dollars, yen


async def test_each_day_is_converted_at_its_own_rate_by_way_of_the_euro(database, org_id, told: Told):
    _, yen = await make_accounts(database, org_id)
    for day, spend in ((FRIDAY, 1000), (FRIDAY + 2 * DAY, 500), (MONDAY, 200)):
        await make_full_fact(database, org_id, yen, day, spend=spend, conversion_value=2 * spend)

    found = await told("AdAccount", yen, "USD")

    # A Sunday takes the rate of the Friday before.
    exact = (1500 * Fraction("1.1") / 160) + 200 * Fraction("1.2") / Fraction("165.5")
    assert found["currency"] == "USD"
    assert found["totals"]["spend"] == float(exact)
    assert found["totals"]["cpa"] == float(exact / 12)
    assert found["totals"]["profit"] == float(exact)
    assert (found["totals"]["roas"], found["totals"]["ctr"]) == (2, 0.02)
    assert [point["metrics"]["spend"] for point in found["series"]["points"]] == [
        float(Fraction(1100, 160)), None, float(Fraction(550, 160)), float(240 / Fraction("165.5")), None,
    ]  # fmt: skip
    assert found["exchange"] == [
        {"currency": "JPY", "earlierRateDays": 3, "noRateDays": 0, "lastRateDay": "2025-06-09"}
    ]


@pytest.mark.parametrize(("currency", "spend"), [("EUR", 1000 / 160), ("JPY", 1000), ("USD", 1000 * 1.1 / 160)])
async def test_the_euro_is_a_currency_like_any_other(database, org_id, told: Told, currency: str, spend: float):
    _, yen = await make_accounts(database, org_id)
    await make_full_fact(database, org_id, yen, FRIDAY, spend=1000)

    assert (await told("AdAccount", yen, currency))["totals"]["spend"] == spend


async def test_money_in_euros_becomes_another_currency(database, org_id, told: Told):
    euros = await make_tree(database, org_id, currency="EUR")
    await make_rate(database, "USD", {FRIDAY: "1.1"})
    await make_full_fact(database, org_id, euros.ad, FRIDAY, spend=10)

    for kind, number in (("Ad", euros.ad), ("AdSet", euros.ad_set), ("Project", euros.project)):
        assert (await told(kind, number, "USD"))["totals"]["spend"] == 11


async def test_a_project_of_several_currencies_is_in_the_one_that_is_asked_for(database, org_id, told: Told):
    dollars, yen = await make_accounts(database, org_id)
    await make_full_fact(database, org_id, dollars.ad, FRIDAY, spend=11)
    await make_full_fact(database, org_id, yen, MONDAY, spend=331)

    mixed, found = await told("Project", dollars.project), await told("Project", dollars.project, "EUR")

    assert (mixed["currency"], mixed["totals"]["why"]["SPEND"], mixed["exchange"]) == (None, "MIXED_CURRENCY", [])
    assert (found["currency"], found["totals"]["spend"]) == ("EUR", 12)
    assert [one["currency"] for one in found["exchange"]] == ["JPY", "USD"]
    assert [point["metrics"]["spend"] for point in found["series"]["points"]] == [10, None, None, 2, None]
    assert found["residual"] == {"spend": 0, "impressions": 0}


async def test_a_project_of_several_currencies_is_in_its_reporting_currency_whatever_delivered(
    database, org_id, told: Told
):
    dollars, _ = await make_accounts(database, org_id)
    await set_project(database, dollars.project, reporting_currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, FRIDAY, spend=11)

    project, account = await told("Project", dollars.project), await told("AdAccount", dollars.ad_account)

    assert (project["currency"], project["totals"]["spend"], project["residual"]["spend"]) == ("EUR", 10, 0)
    # Its ad accounts have one currency each.
    assert (account["currency"], account["totals"]["spend"]) == ("USD", 11)


async def test_a_project_of_one_currency_is_in_that(database, org_id, told: Told):
    dollars = await make_tree(database, org_id)
    await set_project(database, dollars.project, reporting_currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, FRIDAY, spend=11)

    found = await told("Project", dollars.project)

    assert (found["currency"], found["totals"]["spend"], found["exchange"]) == ("USD", 11, [])


async def test_converting_into_the_own_currency_changes_nothing_and_needs_no_rate(database, org_id, told: Told):
    dollars = await make_tree(database, org_id)
    await make_full_fact(database, org_id, dollars.ad, FRIDAY, spend=10.01)

    assert await told("Campaign", dollars.campaign, "USD") == await told("Campaign", dollars.campaign)


async def test_money_without_a_rate_is_null_and_says_so_and_the_rest_is_summed(database, org_id, told: Told):
    _, yen = await make_accounts(database, org_id)
    early = FRIDAY - DAY
    await make_full_fact(database, org_id, yen, early, spend=331)
    await make_full_fact(database, org_id, yen, MONDAY, spend=331)

    found = await told("AdAccount", yen, "EUR", since=early)

    assert found["totals"]["spend"] is found["totals"]["cpm"] is None
    assert {found["totals"]["why"][metric] for metric in ("SPEND", "CPA", "ROAS", "PROFIT")} == {"NO_RATE"}
    assert (found["totals"]["impressions"], found["totals"]["ctr"]) == (2000, 0.02)
    assert found["exchange"][0]["noRateDays"] == 1
    # Where nothing was spent none is needed.
    await make_full_fact(database, org_id, yen, early - DAY, spend=0, conversion_value=0)
    assert (await told("AdAccount", yen, "EUR", since=early - DAY, until=early))["totals"]["spend"] == 0


async def test_the_last_rate_stands_in_however_old_it_is_and_the_answer_says_so(database, org_id, told: Told):
    _, yen = await make_accounts(database, org_id)
    await make_rate(database, "JPY", {date(1999, 1, 4): "133.73"})
    later = MONDAY + 8 * DAY
    await make_full_fact(database, org_id, yen, date(2001, 5, 1), spend=133.73)
    await make_full_fact(database, org_id, yen, later, spend=165.5)

    old = await told("AdAccount", yen, "EUR", since=date(2001, 4, 30), until=date(2001, 5, 3))
    recent = await told("AdAccount", yen, "EUR", since=later - DAY, until=later + DAY)
    within = await told("AdAccount", yen, "EUR", since=FRIDAY - DAY)
    to_come = await told("AdAccount", yen, "EUR", since=date(2030, 1, 1), until=date(2030, 1, 3))

    assert (old["totals"]["spend"], recent["totals"]["spend"]) == (1, 1)
    assert [found["exchange"] for found in (old, recent, within)] == [
        [{"currency": "JPY", "earlierRateDays": earlier, "noRateDays": 0, "lastRateDay": last}]
        for earlier, last in ((3, "1999-01-04"), (2, "2025-06-09"), (4, "2025-06-09"))
    ]
    # Days yet to come say nothing.
    assert to_come["exchange"] == []


async def test_an_unknown_currency_becomes_no_other(database, org_id, told: Told):
    unknown = await make_tree(database, org_id, currency="XXX")
    await make_rate(database, "USD", {FRIDAY: "1.1"})
    await make_full_fact(database, org_id, unknown.ad, FRIDAY)

    found = await told("Project", unknown.project, "USD")

    assert (found["currency"], found["totals"]["spend"], found["totals"]["why"]["SPEND"]) == ("USD", None, "NO_RATE")
    assert found["exchange"][0]["noRateDays"] == 5
    assert (await told("Project", unknown.project))["totals"]["spend"] == 10


async def test_what_rows_lack_stays_lacking(database, org_id, told: Told):
    _, yen = await make_accounts(database, org_id)
    await make_fact(database, org_id, yen, FRIDAY, spend=160, clicks=1)
    await make_fact(database, org_id, yen, MONDAY, conversion_value=331)

    found = await told("AdAccount", yen, "EUR")

    assert (found["totals"]["spend"], found["totals"]["conversionValue"], found["totals"]["cpc"]) == (1, 2, 1)
    assert found["totals"]["why"]["SPEND"] == found["totals"]["why"]["ROAS"] == "PARTLY_REPORTED"


@pytest.mark.parametrize("currency", ["usd", "ABC", "XXX", ""])
async def test_a_code_that_is_no_currency_is_named(database, org_id, execute, currency: str):
    tree = await make_tree(database, org_id)
    variables = {"id": global_id.encode("Ad", tree.ad), "options": {"currency": currency}}

    result = await execute(ASKED, variables)

    assert result.errors[0].extensions["code"] == "VALIDATION"
    assert "`options.currency`" in result.errors[0].message


async def test_money_of_the_currency_itself_is_read_as_ever(database, org_id, told: Told, queries_sent):
    dollars, _ = await make_accounts(database, org_id)
    await make_full_fact(database, org_id, dollars.ad, FRIDAY, spend=11)

    await told("AdAccount", dollars.ad_account, "USD")
    assert not [name for name in queries_sent if "converted" in name]
    await told("Project", dollars.project, "USD")
    assert {"ad_account_delivery_totals_converted", "ad_account_delivery_totals"} <= set(queries_sent)


async def test_lists_and_platforms_say_what_was_converted_too(database, org_id, ask: Ask):
    dollars, yen = await make_accounts(database, org_id)
    await set_project(database, dollars.project, reporting_currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, FRIDAY, spend=11)
    await make_full_fact(database, org_id, yen, FRIDAY, spend=160)
    text = """query ($id: ID!, $window: WindowInput) { project(id: $id) {
      some: performance(window: $window, platforms: [META]) { ...told }
      adAccounts { performance(window: $window) { ...told } }
      ads { performance(window: $window, options: {currency: JPY}) { ...told } }
    } }
    fragment told on Performance { currency exchange { currency earlierRateDays } totals { spend } }"""

    found = (await ask(text, {"id": global_id.encode("Project", dollars.project), "window": days(FRIDAY, MONDAY)}))[
        "project"
    ]

    whole = {
        "currency": "EUR", "totals": {"spend": 11},
        "exchange": [{"currency": "JPY", "earlierRateDays": 2}, {"currency": "USD", "earlierRateDays": 2}],
    }  # fmt: skip
    assert found["some"] == found["adAccounts"]["performance"] == whole
    assert found["ads"]["performance"] == {
        "currency": "JPY", "totals": {"spend": 1600}, "exchange": [{"currency": "USD", "earlierRateDays": 2}],
    }  # fmt: skip
