"""A project in Berlin that sells, and how its conversions are asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from db.conversions.recording import record
from db.database import Database
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_fact, make_project

Ask = Callable[..., Awaitable[dict[str, Any]]]
DAYS = [date(2025, 6, day) for day in (2, 3, 4)]
WINDOW = '{since: "2025-06-02T00:00:00+02:00", until: "2025-06-05T00:00:00+02:00"}'


@dataclass(frozen=True)
class Shop:
    """A project in Berlin with two ads of an account in Berlin, which spent 10 and 20 USD a day for three days."""

    project: int
    account: int
    ads: tuple[int, int]


async def make_shop(database: Database, org_id: int) -> Shop:
    """The project with its ads and five conversions."""
    project = await make_project(database, org_id, timezone="Europe/Berlin")
    account = await make_ad_account(database, org_id, project, timezone="Europe/Berlin")
    ad_set = await make_ad_set(database, org_id, await make_campaign(database, org_id, account))
    ads = [await make_ad(database, org_id, ad_set, external_id=name) for name in ("one", "two")]
    for number, ad in enumerate(ads, 1):
        for day in DAYS:
            await make_fact(database, org_id, ad, day, spend=10 * number)
    shop = Shop(project, account, (ads[0], ads[1]))
    await send(database, org_id, shop, [
        sold("a", "2025-06-02T10:00:00+02:00", "30", ad="one"), sold("b", "2025-06-02T23:59:59+02:00", "31", ad="one"),
        sold("c", "2025-06-03T00:00:00+02:00", "40", ad="two"), sold("d", "2025-06-04T12:00:00+02:00", "50"),
        sold("e", "2025-06-04T13:00:00+02:00", None, ad="two", event_name="trial_start"),
    ])  # fmt: skip
    return shop


def sold(event_id: str, at: str, amount: str | None, *, ad: str | None = None, **fields: Any) -> dict[str, Any]:
    """A purchase for so many USD, right after a click on an ad."""
    touches = [{"platform": "META", "ad": ad, "kind": "CLICK", "at": at}] if ad else []
    money = {"revenue_amount": amount, "currency": "USD"} if amount else {}
    return {
        "event_id": event_id, "event_name": "purchase_success", "source": "SDK", "occurred_at": at,
        "user_id": event_id[:1], "touches": touches, **money, **fields,
    }  # fmt: skip


async def send(database: Database, org_id: int, shop: Shop, events: list[dict[str, Any]]) -> None:
    """Records events, all of which are new."""
    recorded = await record(database, org_id, shop.project, events, datetime(2025, 6, 18, tzinfo=UTC))
    assert recorded.answers == [True] * len(events)


def asked(shop: Shop, fields: str, *, window: str = WINDOW, arguments: str = "") -> str:
    """A query for fields of the project's conversions."""
    node = global_id.encode("Project", shop.project)
    return (
        f'{{ node(id: "{node}") {{ ... on Project {{ conversions(window: {window} {arguments}) {{ {fields} }} }} }} }}'
    )
