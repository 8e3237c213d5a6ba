"""A small world with every kind of gap in it, and what one may ask about it, rightly and wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from strawberry.schema.config import StrawberryConfig

from db.database import Database, Row
from db.entity import KINDS, Kind
from db.level import Level, Missing, Platform
from graph.executor.context import BreadthFirst
from graph.query import Query
from graph.scalars import SCALARS
from resolvers import global_id
from tests.graph.executor.inputs import Values
from tests.graph.executor.oracle import Unmasked
from tests.make import (
    make_ad,
    make_ad_account,
    make_ad_set,
    make_campaign,
    make_coverage,
    make_fact,
    make_project,
)
from tests.trees import make_full_fact

_SHARED: dict[str, Any] = {"config": StrawberryConfig(scalar_map=SCALARS)}
# The product's schema, executed breadth first and by graphql-core.
ours = Unmasked(Query, execution_context_class=BreadthFirst, **_SHARED)
theirs = Unmasked(Query, **_SHARED)
# What the clock says: a Wednesday. The facts are of the days before.
NOW = datetime(2025, 6, 18, 12, tzinfo=UTC)
DAYS = [date(2025, 6, day) for day in range(9, 18)]


async def make_world(database: Database, org_id: int) -> Values:
    """Three projects, one of them empty, and below them whatever may be missing. Gives the values of arguments."""
    mixed = await make_project(database, org_id, "Mixed", timezone="America/New_York")
    plain = await make_project(database, org_id, "Plain")
    await make_project(database, org_id, "Empty")
    accounts = [
        await make_ad_account(database, org_id, mixed, external_id="meta-1", timezone="America/New_York"),
        await make_ad_account(
            database, org_id, mixed, platform=Platform.TIKTOK, external_id="tiktok-1", currency="EUR"
        ),
        await make_ad_account(database, org_id, plain, currency="XXX", placeholder=True, status="UNKNOWN"),
    ]
    campaigns, ad_sets, ads = [], [], []
    for account in accounts[:2]:
        campaigns += [
            await make_campaign(database, org_id, account, status="PAUSED"),
            await make_campaign(
                database, org_id, account, objective="SALES", budget_micros=12_345_678, budget_period="DAILY"
            ),
        ]
    campaigns.append(await make_campaign(database, org_id, accounts[2], budget_micros=5, budget_period="LIFETIME"))
    for campaign in campaigns[:-1]:
        ad_sets += [await make_ad_set(database, org_id, campaign, budget_micros=990_000, budget_period="LIFETIME")]
    ad_sets += [await make_ad_set(database, org_id, campaigns[0], status="ARCHIVED")]
    for ad_set in ad_sets[:3]:
        ads += [await make_ad(database, org_id, ad_set), await make_ad(database, org_id, ad_set, status="DELETED")]
    for number, ad in enumerate(ads[:4]):
        for day in DAYS[number::2]:
            await make_full_fact(database, org_id, ad, day, spend=number + day.day / 8)
    await make_fact(database, org_id, ads[4], DAYS[3], impressions=1_000, clicks=0, spend=0)
    await make_fact(database, org_id, ads[4], DAYS[4], link_clicks=3, conversions=0.25)
    await make_fact(database, org_id, campaigns[1], DAYS[5], impressions=7_000, reach=5_000)
    await make_fact(database, org_id, accounts[1], DAYS[6], impressions=70, reach=50, covered=False)
    await make_coverage(database, org_id, accounts[0], Level.AD, days=DAYS[:3], missing=Missing.LINK_CLICKS)
    return values(dict(zip(KINDS, ([mixed, plain], accounts, campaigns, ad_sets, ads), strict=True)))


def values(known: dict[Kind[Row], list[int]]) -> Values:
    """What arguments may be, given the ids of each kind: mostly good."""
    ids = {
        kind: [global_id.encode(global_id.TYPE_NAMES[kind], number) for number in numbers]
        for kind, numbers in known.items()
    }
    by_argument: dict[str, Sequence[Any]] = {
        "first": [50, 1, 2, 3, 50, 1, 2, 3, 1000, 4, 50, 5, 20, 0, -1, 1001],
        "lastDays": [7, 1, 3, 12, 8, 2, 4, 9, 0, -5, 99_999],
        "since": ["2025-06-09", "2025-06-12", "2025-06-10", "2025-06-11", "2025-06-30", "1999-12-31"],
        "conversionEvents": ["trial_start", "purchase_success", "x" * 300, ""],
        "until": ["2025-06-16", "2025-06-13", "2025-06-17", "2025-06-14", "2025-07-02", "2101-01-01"],
    }
    by_type: dict[str, Sequence[Any]] = {"Boolean": [True, False], "Int": [3, 0], "String": ["meta-1", "tiktok-1", "?"]}
    by_type |= {"Float": [0, 1.5, 100, 0.03, -2.25, 9e15]}
    by_argument |= {
        "events": by_argument["conversionEvents"],
        "timezone": ["Europe/Berlin", "Asia/Kathmandu", "UTC", "Mars/Olympus"],
    }
    by_type |= {"DateTime": ["2025-06-09T00:00:00Z", "2025-06-12T12:07:30+02:00", "2025-06-30T00:00:00"]}
    by_type |= {"CurrencyCode": ["EUR", "USD", "eur", "ZZZ"]}
    unknown = [global_id.encode("Ad", 999_999), global_id.encode("Banner", 1), "no id"]
    every = [one for own in ids.values() for one in own]

    def of(scalar: str, argument: str, field: str) -> Sequence[Any]:
        name = field.lower().removesuffix("s")
        kind = next((one for one in KINDS if global_id.TYPE_NAMES[one].lower() == name), None)
        if argument == "after" and kind:
            above: list[int | None] = [one for upper in KINDS[: KINDS.index(kind)] for one in known[upper]]
            return [
                *(global_id.cursor(kind, number, one) for number in known[kind] for one in above or [None]),
                "no cursor",
            ]
        if scalar == "ID":
            return [*(ids[kind] * 4 if kind else []), *every, *unknown]
        if scalar == "DateTime":
            return by_type[scalar]
        return by_argument.get(argument) or by_type[scalar]

    return of
