"""What conversions add up to, worked out by DuckDB from the events as they were sent, by the rules alone.

It shares nothing with adgraph but the rules: no rollup, no merged row, no bucket, no code. Everything is found
anew from the raw events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types

DIMENSIONS = {
    "PLATFORM": "platform",
    "AD_PLATFORM": "ad_platform",
    "APP": "app",
    "EVENT_NAME": "event_name",
    "SOURCE": "source",
    "CURRENCY": "currency",
    # The hour's first instant, in seconds: what the clock shows, without its minutes and seconds.
    "HOUR": "epoch(counted_at - (clock - date_trunc('hour', clock)))::bigint",
    "DAY": "clock::date",
    "WEEK": "clock::date - ((isodow(clock) - 1 - $week_start + 7) % 7)::integer",
    "MONTH": "date_trunc('month', clock)::date",
    "AD_ACCOUNT": "ad_account",
    "CAMPAIGN": "campaign",
    "AD_SET": "ad_set",
    "AD": "ad",
}


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


def _connection() -> duckdb.DuckDBPyConnection:
    # Of so few rows a second thread takes longer to start than it saves.
    return duckdb.connect(config={"threads": 1})


@dataclass
class Oracle:
    """The events of one project, and answers about them."""

    events: Sequence[Event]
    ads: Sequence[KnownAd]
    reporting_currency: str | None
    # units of a currency for one euro, by currency and day
    rates: Mapping[tuple[str, date], Decimal] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection = field(default_factory=_connection)
    _asked: Question | None = None

    def __post_init__(self) -> None:
        rows = [
            {one.name: getattr(event, one.name) for one in fields(Event) if one.name != "touches"} | {"number": number}
            for number, event in enumerate(self.events)
        ]
        touches = [
            vars(touch) | {"number": number} for number, event in enumerate(self.events) for touch in event.touches
        ]
        self._table("sent", rows, SENT)
        self._table("touch", touches, TOUCH)
        self._table("known_ad", [vars(ad) for ad in self.ads], KNOWN_AD)
        self.connection.execute("set timezone = 'UTC'")
        for statement in RULES:
            self.connection.execute(statement.replace("$reporting_currency", _quoted(self.reporting_currency)))

    def groups(self, question: Question) -> list[Group]:
        """Every group that any conversion or refund is in."""
        asked = {
            "since": question.since, "until": question.until, "timezone": question.timezone,
            "events": list(question.events), "app": question.app, "week_start": question.week_start,
            "click": question.click, "view": question.view, "by_touch_time": question.by_touch_time,
            "scope": question.scope[1] if question.scope else None,
        }  # fmt: skip
        keys = [DIMENSIONS[one] for one in question.by]
        selected = "".join(f"{key} as key_{number}, " for number, key in enumerate(keys))
        asked["project_timezone"] = question.project_timezone
        told = TOLD.format(scope=question.scope[0] if question.scope else "null", keys=selected)
        self.connection.execute(told, {name: one for name, one in asked.items() if f"${name}" in told})
        return self._groups(question, len(keys))

    def totals(self) -> Group:
        """All of the last question."""
        assert self._asked
        found = self._groups(self._asked, 0)
        return found[0] if found else Group((), 0, 0, Fraction(0), self._asked.currency, 0, Fraction(0))

    def _groups(self, question: Question, width: int) -> list[Group]:
        self._asked = question
        names = "".join(f"key_{number}, " for number in range(width))
        rows, amounts = (self.connection.execute(sql.format(keys=names)).fetchall() for sql in (COUNTS, AMOUNTS))
        groups = []
        for row in rows:
            key, (count, users, refunds, due) = tuple(row[:width]), row[width:]
            if count or refunds:
                told = [one[width:] for one in amounts if tuple(one[:width]) == key]
                value, refunded, currency = self._money([one[1:] for one in told], question.currency)
                due_value, _, due_currency = self._money([one[1:] for one in told if one[0]], question.currency)
                groups.append(
                    Group(key, count, users, value, currency, refunds, refunded, due, due_value, due_currency)
                )
        return groups

    def _money(
        self, told: Sequence[tuple[str | None, date, Decimal, Decimal]], target: str | None
    ) -> tuple[Fraction | None, Fraction | None, str | None]:
        """The value, what was refunded, and the currency of (currency, day, value, refunded)."""
        currencies = {currency for currency, *_ in told if currency}
        if target is None and len(currencies) > 1:
            return None, None, None
        value = refunded = Fraction(0)
        for currency, day, amount, back in told:
            rate = Fraction(1) if target is None or not currency else self._rate(currency, target, day)
            if rate is None and (amount or back):
                return None, None, target
            value, refunded = value + Fraction(amount) * (rate or 0), refunded + Fraction(back) * (rate or 0)
        return value, refunded, target or next(iter(currencies), None)

    def _rate(self, currency: str, target: str, day: date) -> Fraction | None:
        """The last rate of each of the two on or before the day, by way of the euro."""
        if currency == target:
            return Fraction(1)
        found = [self._rate_of(one, day) for one in (target, currency)]
        return Fraction(found[0]) / Fraction(found[1]) if found[0] and found[1] else None

    def _rate_of(self, currency: str, day: date) -> Decimal | None:
        if currency == "EUR":
            return Decimal(1)
        known = [rated for code, rated in self.rates if code == currency and rated <= day]
        return self.rates[currency, max(known)] if known else None

    def _table(self, name: str, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
        self.connection.register("given", pa.Table.from_pylist(list(rows), schema=schema))
        self.connection.execute(f"create table {name} as select * from given")
        self.connection.unregister("given")


def shown(amount: Fraction | None, minor_digits: int) -> float | None:
    """An amount as answers give it: to the currency's minor unit, half to even."""
    return None if amount is None else float(Fraction(round(amount * 10**minor_digits), 10**minor_digits))


def _quoted(text: str | None) -> str:
    return "null" if text is None else f"'{text}'"


_INSTANT = pa.timestamp("us", tz="UTC")
_AMOUNT = pa.decimal128(30, 9)
SENT = pa.schema(
    [("number", pa.int64())]
    + [
        (name, pa.string())
        for name in (
            *("event_id", "event_name", "kind", "source", "transaction_id", "refund_of", "app", "platform"),
            *("user_id", "currency"),
        )
    ]
    + [("occurred_at", _INSTANT)]
    + [(name, _AMOUNT) for name in ("revenue_amount", "price_amount", "property_value")]
)
TOUCH = pa.schema(
    [("number", pa.int64()), ("touched_at", _INSTANT)] + [(name, pa.string()) for name in ("platform", "ad", "kind")]
)
KNOWN_AD = pa.schema(
    [(name, pa.string()) for name in ("platform", "external_id")]
    + [(name, pa.int64()) for name in ("ad", "ad_set", "campaign", "ad_account")]
)

RULES = (
    # Of the value fields the first that is present; without a currency it is in the project's.
    """
    create table event as
    select
        *, coalesce(revenue_amount, price_amount, property_value) as amount,
        case when coalesce(revenue_amount, price_amount, property_value) is not null
            then coalesce(currency, $reporting_currency) end as money,
        case source when 'SDK' then 1 when 'CONVERSION_API' then 2 else 3 end as rank
    from sent
    """,
    # The same event, or the same charge, directly or through others: one conversion, named by its first event.
    """
    create table merged as
    with recursive link as (
        select one.number as one, other.number as other
        from event as one
        join event as other
            on other.kind = one.kind and other.event_name = one.event_name
            and (other.event_id = one.event_id or other.transaction_id = one.transaction_id)
    ),
    reached (one, other) as (
        select number, number from event
        union
        select reached.one, link.other from reached join link on link.one = reached.other
    )
    select one as number, min(other) as conversion from reached group by one
    """,
    # Each field as the best source that has it says; within a source the earliest, then the smallest id.
    """
    create table whole as
    select
        conversion, any_value(kind) as kind, any_value(event_name) as event_name,
        first(source order by rank) as source,
        first(occurred_at order by rank, occurred_at, event_id) as occurred_at,
        first(app order by rank, occurred_at, event_id) filter (where app is not null) as app,
        first(platform order by rank, occurred_at, event_id) filter (where platform is not null) as platform,
        first(user_id order by rank, occurred_at, event_id) filter (where user_id is not null) as user_id,
        first(refund_of order by rank, occurred_at, event_id) filter (where refund_of is not null) as refund_of,
        first(amount order by rank, occurred_at, event_id) filter (where amount is not null) as amount,
        first(money order by rank, occurred_at, event_id) filter (where amount is not null) as money
    from event
    join merged using (number)
    group by conversion
    """,
    # Touches of all that was merged; those of ads that nobody knows take no part.
    """
    create table touched as
    select distinct
        whole.conversion, whole.occurred_at, touch.kind, touch.touched_at, touch.platform,
        known_ad.external_id, known_ad.ad
    from touch
    join merged using (number)
    join whole using (conversion)
    join known_ad on known_ad.platform = touch.platform and known_ad.external_id = touch.ad
    where touch.touched_at <= whole.occurred_at
    """,
    """
    create table conversion as
    select
        whole.*,
        click.ad as click_ad, click.touched_at as clicked_at, view.ad as view_ad, view.touched_at as viewed_at
    from whole
    left join (
        select
            conversion, first(ad order by touched_at desc, platform, external_id) as ad, max(touched_at) as touched_at
        from touched where kind = 'CLICK' group by conversion
    ) as click using (conversion)
    left join (
        select
            conversion, first(ad order by touched_at desc, platform, external_id) as ad, max(touched_at) as touched_at
        from touched where kind = 'VIEW' group by conversion
    ) as view using (conversion)
    where whole.kind = 'CONVERSION'
    """,
    # A refund is of the conversion that has an event of that id, else a charge; rather one of its own name, else of the
    # first name.
    """
    create table refund as
    select refund, amount, money, conversion
    from (
        select
            refund.conversion as refund, refund.amount, refund.money, merged.conversion,
            row_number() over (
                partition by refund.conversion
                order by event.event_name <> refund.event_name, event.event_id <> refund.refund_of, event.event_name
            ) as place
        from whole as refund
        join event
            on event.kind = 'CONVERSION'
            and (event.event_id = refund.refund_of or event.transaction_id = refund.refund_of)
        join merged on merged.number = event.number
        where refund.kind = 'REFUND'
    )
    where place = 1
    """,
)

TOLD = """
create or replace temp table told as
with due as (
    select
        conversion.*,
        $click > 0 and clicked_at is not null
            and epoch_us(occurred_at) - epoch_us(clicked_at) <= $click * 86400000000 as clicked,
        $view > 0 and viewed_at is not null
            and epoch_us(occurred_at) - epoch_us(viewed_at) <= $view * 86400000000 as viewed
    from conversion
),
counted as (
    select
        due.*,
        case when clicked then click_ad when viewed then view_ad end as due_to,
        case when $by_touch_time and clicked then clicked_at when $by_touch_time and viewed then viewed_at
            else occurred_at end as counted_at
    from due
),
asked as (
    select
        counted.*, known_ad.platform as ad_platform, known_ad.ad, known_ad.ad_set, known_ad.campaign,
        known_ad.ad_account, timezone($timezone, counted_at) as clock
    from counted
    left join known_ad on known_ad.ad = due_to
    where counted_at >= $since and counted_at < $until and list_contains($events, event_name)
        and ($app::text is null or app = $app) and ($scope::bigint is null or {scope} = $scope)
),
told as (
    select
        platform, ad_platform, app, event_name, source, money as currency, counted_at, clock, ad_account, campaign,
        ad_set, ad, 1 as counts, user_id, coalesce(amount, 0) as amount, 0 as refunds, 0::decimal(30, 9) as refunded
    from asked
    union all
    select
        platform, ad_platform, app, event_name, source, refund.money, counted_at, clock, ad_account, campaign,
        ad_set, ad, 0, null, -coalesce(refund.amount, 0), 1, coalesce(refund.amount, 0)
    from asked
    join refund using (conversion)
)
select
    {keys} counts, user_id, amount, refunds, refunded, currency, ad is not null as due,
    timezone($project_timezone, counted_at)::date as rate_day
from told
"""
COUNTS = """
select
    {keys} sum(counts)::bigint, count(distinct user_id), sum(refunds)::bigint,
    coalesce(sum(counts) filter (where due), 0)::bigint
from told
group by {keys} 1=1
"""
AMOUNTS = """
select {keys} due, currency, rate_day, sum(amount), sum(refunded)
from told
group by {keys} due, currency, rate_day, amount <> 0
"""
