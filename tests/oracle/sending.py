"""Events of the oracle, sent to adgraph as clients send them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from db.conversions.event import BadEvent
from db.conversions.recording import record
from db.database import Database
from tests.oracle.conversion_questions import Event


async def send(
    database: Database, org_id: int, project_id: int, events: Sequence[Event], now: datetime, random: Random
) -> None:
    """Records the events in calls of any size; none of them is refused."""
    rest = list(events)
    while rest:
        size = random.choice([1, 20, 60, len(rest)])
        some, rest = rest[:size], rest[size:]
        recorded = await record(database, org_id, project_id, [_fields(event) for event in some], now)
        assert not [answer for answer in recorded.answers if isinstance(answer, BadEvent)]


def _fields(event: Event) -> dict[str, Any]:
    fields = {
        "event_id": event.event_id, "event_name": event.event_name, "kind": event.kind, "source": event.source,
        "occurred_at": event.occurred_at.isoformat(), "transaction_id": event.transaction_id,
        "refund_of": event.refund_of, "app_id": event.app, "platform": event.platform, "user_id": event.user_id,
        "revenue_amount": _amount(event.revenue_amount), "price_amount": _amount(event.price_amount),
        "properties": {"value": _amount(event.property_value)}, "currency": event.currency,
        "touches": [
            {"platform": touch.platform, "ad": touch.ad, "kind": touch.kind, "at": touch.touched_at.isoformat()}
            for touch in event.touches
        ],
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def _amount(amount: object) -> str | None:
    return None if amount is None else str(amount)
