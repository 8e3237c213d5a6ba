"""Events as clients tell them, invented: as many a day as 10 million in 180 days, of 1,000 ads.

A fifth is told by the platform as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

from bench.imports import scratch
from bench.world import World
from db.database import Database
from db.generate import generate
from db.organization import organization_id

A_DAY = 10_000_000 / 180
ADS = 1_000
PROJECT = "Events"
# The fields in their order; touches stand last.
FIELDS = (
    "event_id", "event_name", "source", "occurred_at", "transaction_id", "app_id", "platform", "user_id",
    "revenue_amount", "currency", "touches",
)  # fmt: skip
# The same in a table of nothing else.
TOLD = """
    create table if not exists told (
        event_id text, event_name text, source text, occurred_at timestamptz, transaction_id text, app_id text,
        platform text, user_id text, revenue_amount numeric, currency text, touches text,
        primary key (event_name, event_id)
    )"""

Event = dict[str, Any]


class Shop(NamedTuple):
    """A project of a thousand ads in a database of its own."""

    url: str
    database: Database
    org_id: int
    project_id: int
    ads: list[str]


@asynccontextmanager
async def shop(world: World) -> AsyncIterator[Shop]:
    """A shop in which nothing was sold yet, gone with the block."""
    async with scratch(world.url) as url, Database.connect(url, statement_timeout=0) as database:
        org_id = await organization_id(database, "default")
        made = await generate(
            database, org_id, project=PROJECT, accounts=1, campaigns=10, ad_sets=100, ads=ADS, days=1,
            until=world.until,
        )  # fmt: skip
        ads = [f"generated-{made.project_id}-1-ad-{number}" for number in range(1, ADS + 1)]
        yield Shop(url, database, org_id, made.project_id, ads)


def events(ads: list[str], until: datetime, name: str = "") -> Iterator[Event]:
    """Events without end, backwards from `until`; their ids begin with `name`."""
    random = Random(1)
    for number in count():
        at = until - timedelta(days=number / A_DAY)
        touched = (("CLICK", 0.6, random.expovariate(1 / 55)), ("VIEW", 0.4, random.expovariate(1 / 25)))
        touches = [
            {
                "platform": "META", "ad": random.choice(ads), "kind": kind,
                "at": (at - timedelta(hours=hours)).isoformat(),
            }
            for kind, share, hours in touched if random.random() < share
        ]  # fmt: skip
        told = {
            "event_id": f"{name}{random.getrandbits(128):032x}", "source": "SDK", "occurred_at": at.isoformat(),
            "event_name": random.choice(["purchase_success", "trial_start", "subscribe_success"]),
            "transaction_id": f"{name}charge-{number}", "app_id": random.choice(["web", "app"]),
            "platform": random.choice(["ios", "android", "web"]), "user_id": f"user-{random.randrange(2_000_000)}",
            "revenue_amount": random.randrange(10_000) / 100, "currency": "USD", "touches": touches,
        }  # fmt: skip
        yield told
        if number % 5 == 0:
            yield told | {"source": "PLATFORM", "event_id": f"{name}platform-{number}"}
