"""What conversions add up to, worked out by DuckDB from the events as they were sent, by the rules alone.

It shares nothing with adgraph but the rules: no rollup, no merged row, no bucket, no code. Everything is found
anew from the raw events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types

from tests.oracle.conversion_questions import Event, Group, KnownAd, Question
from tests.oracle.statements import statements

STATEMENTS = statements("conversions")
# In the order in which each makes its table of those before.
RULES = ("event", "merged", "whole", "touched", "conversion", "refund")
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
        for name in RULES:
            self.connection.execute(STATEMENTS[name].replace("$reporting_currency", _quoted(self.reporting_currency)))

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
        told = STATEMENTS["told"].format(scope=question.scope[0] if question.scope else "null", keys=selected)
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
        rows, amounts = (
            self.connection.execute(STATEMENTS[name].format(keys=names)).fetchall() for name in ("counts", "amounts")
        )
        groups = []
        for row in rows:
            key, (count, users, refunds, due) = tuple(row[:width]), row[width:]
            if count or refunds:
                told = [one[width:] for one in amounts if tuple(one[:width]) == key]
                value, refunded, currency = self._money([one[1:] for one in told], question.currency)
                due_value, _, due_currency = self._money([one[1:] for one in told if one[0]], question.currency)
                if not refunds:
                    refunded = Fraction(0)
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
