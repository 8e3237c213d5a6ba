"""Currencies as clients see them: they never mix."""

from datetime import date

from tests.make import make_ad_account, make_fact
from tests.trees import days, make_full_fact, make_tree

DAY = date(2025, 6, 10)
NEXT = date(2025, 6, 11)


async def test_money_of_several_currencies_is_null_and_the_rest_is_summed(database, org_id, performance):
    dollars = await make_tree(database, org_id)
    euros = await make_ad_account(database, org_id, dollars.project, currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, DAY)
    await make_full_fact(database, org_id, euros, DAY)

    mixed = await performance("Project", dollars.project, days(DAY, NEXT))

    assert mixed["currency"] is None
    assert mixed["totals"]["spend"] is mixed["totals"]["roas"] is mixed["totals"]["cpa"] is None
    assert {mixed["why"][metric] for metric in ("SPEND", "CONVERSION_VALUE", "CPA", "CPC", "CPM", "ROAS")} == {
        "MIXED_CURRENCY"
    }
    assert mixed["totals"]["impressions"] == 2000
    assert mixed["totals"]["ctr"] == 0.02


async def test_money_that_nobody_reports_is_not_reported_whatever_the_currencies(database, org_id, performance):
    dollars = await make_tree(database, org_id)
    euros = await make_ad_account(database, org_id, dollars.project, currency="EUR")
    for number in (dollars.ad, euros):
        await make_fact(database, org_id, number, DAY, spend=1, conversions=2)

    mixed = await performance("Project", dollars.project, days(DAY, NEXT))

    assert mixed["why"]["SPEND"] == "MIXED_CURRENCY"
    assert mixed["why"]["CONVERSION_VALUE"] == mixed["why"]["ROAS"] == "NOT_REPORTED"


async def test_an_account_without_delivery_mixes_no_currency_in(database, org_id, performance):
    dollars = await make_tree(database, org_id)
    await make_ad_account(database, org_id, dollars.project, currency="EUR")
    await make_full_fact(database, org_id, dollars.ad, DAY)

    found = await performance("Project", dollars.project, days(DAY, NEXT))

    assert found["currency"] == "USD"
    assert found["totals"]["spend"] == 10


async def test_unknown_currencies_mix_with_nothing_not_even_each_other(database, org_id, performance):
    first = await make_tree(database, org_id, currency="XXX")
    await make_full_fact(database, org_id, first.ad, DAY)
    alone = await performance("Project", first.project, days(DAY, NEXT))
    second = await make_ad_account(database, org_id, first.project, currency="XXX")
    await make_full_fact(database, org_id, second, DAY)
    both = await performance("Project", first.project, days(DAY, NEXT))

    assert (alone["currency"], alone["totals"]["spend"]) == ("XXX", 10)
    assert (both["currency"], both["totals"]["spend"]) == (None, None)
