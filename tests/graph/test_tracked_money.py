"""What tracked conversions are worth: in one currency, to the minor unit, or null with the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from db.database import Database
from tests.graph.shops import ASKED, DAY, FIRST, Ask, Shop, sale, window
from tests.make import make_fact


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
