"""What the oracle of conversions is told and asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Event:
    """An event as it was sent. None: the sender left it out."""

    event_id: str
    event_name: str
    occurred_at: datetime
    kind: str = "CONVERSION"
    source: str = "SDK"
    transaction_id: str | None = None
    refund_of: str | None = None
    app: str | None = None
    platform: str | None = None
    user_id: str | None = None
    revenue_amount: Decimal | None = None
    price_amount: Decimal | None = None
    property_value: Decimal | None = None
    currency: str | None = None
    touches: tuple[Touch, ...] = ()


@dataclass(frozen=True)
class Touch:
    """A click on an ad or a view of it, as it was sent."""

    platform: str
    ad: str
    kind: str
    touched_at: datetime


@dataclass(frozen=True)
class KnownAd:
    """An ad that was imported, by the platform's id, and what it is in, by ours."""

    platform: str
    external_id: str
    ad: int
    ad_set: int
    campaign: int
    ad_account: int


@dataclass(frozen=True)
class Spent:
    """What an ad spent on a day of its ad account."""

    ad: int
    day: date
    spend: Decimal


@dataclass(frozen=True)
class Account:
    """Where an ad account counts its days, and in which currency it pays."""

    ad_account: int
    platform: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class Question:
    """What is asked. `scope`: a column of KnownAd and its value; None: the project, with what no ad brought."""

    since: datetime
    until: datetime
    timezone: str
    events: tuple[str, ...]
    by: tuple[str, ...] = ()
    app: str | None = None
    scope: tuple[str, int] | None = None
    click: int = 7
    view: int = 1
    by_touch_time: bool = False
    week_start: int = 0
    currency: str | None = None
    # whose days exchange rates are taken of
    project_timezone: str = "UTC"


@dataclass(frozen=True)
class Group:
    """What the conversions with one key add up to. Money is None where it is in several currencies, or lacks a rate."""

    key: tuple[Any, ...]
    count: int
    users: int
    value: Fraction | None
    currency: str | None
    refund_count: int
    refund_value: Fraction | None
    # of those that an ad brought
    due_count: int = 0
    due_value: Fraction | None = Fraction(0)
    due_currency: str | None = None
