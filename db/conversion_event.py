"""Conversion events: the conversions themselves, what was received of each, and what was refunded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from db.database import Database, Row
from db.due import SCOPES, counted, longest_lag
from db.level import Level

# Conversions are found by what was clicked or seen, whether or not they are due to it.
_OF_ADS = """join ad
            on ad.org_id = $1 and ad.id = fact.ad_id and (fact.click_ad_id = ad.id or fact.view_ad_id = ad.id)
        join ad_set on ad_set.org_id = $1 and ad_set.id = ad.ad_set_id"""
_COUNTED = counted(click_days="$9", view_days="$10", by_touch_time="$13")


@dataclass(frozen=True)
class Wanted:
    """Which conversions: of projects (then the level is None) or of entities of one level. None: any."""

    level: Level | None
    ids: Sequence[int]
    since: datetime
    until: datetime
    events: Sequence[str]
    app: str | None
    platform: str | None
    source: int | None
    click_days: int
    view_days: int
    by_touch_time: bool
    attributed: bool | None
    # when the one before them counts, and its id
    behind: tuple[datetime, int] | None
    limit: int


class EventRow(Row):
    """A conversion, merged of all that was received of it; when it counts, and the ad that it is due to, if any."""

    scope_id: int
    id: int
    event_name: str
    occurred_at: datetime
    app: str | None
    platform: str | None
    source: int
    user_id: str | None
    value: Decimal | None
    currency: str | None
    clicked: bool
    viewed: bool
    clicked_at: datetime | None
    viewed_at: datetime | None
    ad_id: int | None
    counted_at: datetime


class MessageRow(Row):
    """An event as received, of a conversion or of a refund. Its touches are side by side, or null."""

    conversion_id: int
    id: int
    source: int
    event_name: str
    event_id: str
    transaction_id: str | None
    occurred_at: datetime
    received_at: datetime
    app: str | None
    platform: str | None
    user_id: str | None
    value: Decimal | None
    currency: str | None
    currency_assumed: bool
    touch_platforms: list[str] | None
    touch_ads: list[str] | None
    touch_kinds: list[int] | None
    touch_times: list[datetime] | None


class RefundRow(Row):
    """What was given back of a conversion."""

    conversion_id: int
    id: int
    value: Decimal | None
    currency: str | None


class TouchedAdRow(Row):
    """An ad that touches name."""

    platform: str
    external_id: str
    id: int


async def page(database: Database, org_id: int, wanted: Wanted) -> list[EventRow]:
    """The conversions, by scope, the latest first."""
    # An index gives them in this order where they count when they occurred.
    order = "fact.counted_at desc, fact.id desc" if wanted.by_touch_time else "fact.occurred_at desc, fact.id desc"
    after_time, after_id = wanted.behind or (None, None)
    return await database.fetch(
        "conversion_events", org_id, wanted.ids, wanted.since, wanted.until, wanted.events, wanted.app,
        wanted.platform, wanted.source, wanted.click_days, wanted.view_days, after_id, wanted.limit,
        wanted.by_touch_time, wanted.attributed, after_time, row=EventRow,
        scope=SCOPES[wanted.level], of_ads="" if wanted.level is None else _OF_ADS, order=order,
        longest_lag=longest_lag(by_touch_time=wanted.by_touch_time), **_COUNTED,
    )  # fmt: skip


async def messages(database: Database, org_id: int, ids: Sequence[int]) -> list[MessageRow]:
    """What was received of those conversions or refunds, in the order in which it is believed."""
    return await database.fetch("conversion_messages_by_ids", org_id, ids, row=MessageRow)


async def refunds(database: Database, org_id: int, ids: Sequence[int]) -> list[RefundRow]:
    """The refunds of those conversions."""
    return await database.fetch("conversion_refunds_by_ids", org_id, ids, row=RefundRow)


async def touched_ads(
    database: Database, org_id: int, project_id: int, keys: Sequence[tuple[str, str]]
) -> list[TouchedAdRow]:
    """Those of the ads (platform, the platform's id) that the project has."""
    platforms, ids = [platform for platform, _ in keys], [id_ for _, id_ in keys]
    return await database.fetch("ads_of_touches", org_id, project_id, platforms, ids, row=TouchedAdRow)
