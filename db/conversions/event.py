"""An event as it was sent, checked: what it may say, and why it cannot be taken where it says something else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import NamedTuple

import orjson
from iso4217 import Currency

CONVERSION, REFUND = 1, 2
KINDS = {"CONVERSION": CONVERSION, "REFUND": REFUND}
# The lower the number, the more it is believed.
SOURCES = {"SDK": 1, "CONVERSION_API": 2, "PLATFORM": 3}
CLICK, VIEW = 1, 2
TOUCHES = {"CLICK": CLICK, "VIEW": VIEW}
PLATFORMS = frozenset({"META", "TIKTOK", "APPLE"})

LONGEST_NAME = 200
LONGEST_ID = 200
LONGEST_PROPERTIES = 8_192
# In JSON: behind a backslash that is no text itself.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
MOST_TOUCHES = 100
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
# Digits before the point and behind it: far more than money has, and few enough for every sum.
_MOST_WHOLE, _MOST_DECIMALS = 12, 20
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class BadEvent(Exception):
    """The event cannot be taken, because of `field`."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.value = shown(value)
        self.reason = reason


class Touch(NamedTuple):
    """Somebody clicked or saw an ad."""

    platform: str
    ad: str
    kind: int
    at: datetime


class Event(NamedTuple):
    """One event. Texts are None where nothing was said; `currency` is '' without a value.

    `currency_assumed`: the value came without a currency, which is the project's.
    """

    kind: int
    source: int
    event_name: str
    event_id: str
    transaction_id: str | None
    refund_of: str | None
    occurred_at: datetime
    app: str | None
    platform: str | None
    user_id: str | None
    value: Decimal | None
    currency: str
    currency_assumed: bool
    touches: tuple[Touch, ...]
    properties: str | None


def shown(value: object) -> str:
    """The start of a value, as it can be printed and written anywhere."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text[:80].encode(errors="replace").decode().replace("\0", "�")


@cache
def _currencies() -> frozenset[str]:
    return frozenset(currency.code for currency in Currency) - {"XXX", "XTS"}


def read(fields: Mapping[str, object], currency: str | None, now: datetime) -> Event:
    """The event that has these fields, named as imports name them; raises `BadEvent`.

    A value without a currency is in `currency`, if there is one.
    """
    get = fields.get
    event_id = _needed("event_id", get("event_id"), LONGEST_ID)
    event_name = _needed("event_name", get("event_name"), LONGEST_NAME)
    kind = _choice("kind", get("kind"), KINDS, "CONVERSION")
    source = _choice("source", get("source"), SOURCES, None)
    occurred_at = moment("occurred_at", get("occurred_at"))
    if occurred_at > now + _AHEAD:
        raise BadEvent("occurred_at", get("occurred_at"), "is more than a day in the future")
    refund_of = _text("refund_of", get("refund_of"), LONGEST_ID)
    if (kind == REFUND) != (refund_of is not None):
        reason = (
            "is needed: the event id or transaction id of the purchase" if kind == REFUND else "is for refunds only"
        )
        raise BadEvent("refund_of", refund_of, reason)
    value, code, assumed = _money(fields, currency)
    touches = get("touches")
    return Event(
        kind, source, event_name, event_id, _text("transaction_id", get("transaction_id"), LONGEST_ID), refund_of,
        occurred_at, _text("app_id", get("app_id"), LONGEST_NAME), _text("platform", get("platform"), LONGEST_NAME),
        _text("user_id", get("user_id"), LONGEST_ID), value, code, assumed,
        _touches(touches, occurred_at) if touches else (), _properties(get("properties")),
    )  # fmt: skip


def _needed(field: str, value: object, longest: int) -> str:
    text = _text(field, value, longest)
    if text is None:
        raise BadEvent(field, value, "is missing")
    return text


def _text(field: str, value: object, longest: int) -> str | None:
    if type(value) is str and 0 < len(value) <= longest and value.isprintable():
        return value
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadEvent(field, value, "is not text")
        value = str(value)
    if len(value) > longest:
        raise BadEvent(field, value, f"has {len(value):,} characters, more than {longest}")
    if not value.isprintable():
        checked(field, value)
    return value


def checked(field: str, text: str) -> None:
    """Refuses what no database holds as text."""
    if "\0" in text:
        raise BadEvent(field, text, "holds the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadEvent(field, text, "holds half a character (a lone surrogate)") from None


def _choice(field: str, value: object, choices: Mapping[str, int], default: str | None) -> int:
    if type(value) is str and (known := choices.get(value)):
        return known
    if value is None or value == "":
        if default is None:
            raise BadEvent(field, value, f"is missing: say one of {', '.join(choices)}")
        value = default
    found = choices.get(value) if isinstance(value, str) else None
    if found is None:
        raise BadEvent(field, value, f"is none of {', '.join(choices)}")
    return found


def moment(field: str, value: object) -> datetime:
    """A moment in RFC 3339, with its offset."""
    if type(value) is not str and isinstance(value, datetime) and value.tzinfo is not None:
        # Parquet knows moments.
        value = value.isoformat()
    if value is None or value == "":
        raise BadEvent(field, value, "is missing")
    try:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError
        at = datetime.fromisoformat(value.upper())
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadEvent(
            field, value, "is not a time with an offset like 2026-01-31T13:45:00Z or 2026-01-31T14:45:00+01:00"
        ) from None
    if at < FIRST:
        raise BadEvent(field, value, f"is before {FIRST:%Y-%m-%d}")
    return at


def _money(fields: Mapping[str, object], default: str | None) -> tuple[Decimal | None, str, bool]:
    """The first value that is present, its currency, and whether that was assumed."""
    field = "revenue_amount"
    value = fields.get(field)
    if value is None or value == "":
        field = "price_amount"
        value = fields.get(field)
    if value is None or value == "":
        field = "properties.value"
        properties = fields.get("properties")
        value = properties.get("value") if isinstance(properties, Mapping) else None
    code = fields.get("currency")
    if code and (not isinstance(code, str) or (code := code.strip().upper()) not in _currencies()):
        raise BadEvent("currency", fields["currency"], "is no ISO 4217 code like USD")
    if value is None or value == "":
        return None, "", False
    amount = _number(field, value)
    if isinstance(code, str) and code:
        return amount, code, False
    if default is None:
        raise BadEvent(
            "currency", None, "is missing: the event has a value, and its project no reporting currency to take"
        )
    return amount, default, True


def _number(field: str, value: object) -> Decimal:
    return _price(field, value) if type(value) is str else _amount(field, value)


def _amount(field: str, value: object) -> Decimal:
    amount = value if isinstance(value, Decimal) else _decimal(value)
    if not amount.is_finite():
        raise BadEvent(field, value, "is not a number like 19.99")
    if amount < 0:
        raise BadEvent(field, value, "is below 0: a refund says what is given back, with kind REFUND")
    exponent = amount.as_tuple().exponent
    if amount.adjusted() >= _MOST_WHOLE or not isinstance(exponent, int) or exponent < -_MOST_DECIMALS:
        raise BadEvent(
            field, value, f"has more than {_MOST_WHOLE} digits before the point or {_MOST_DECIMALS} behind it"
        )
    return amount


# Prices are mostly the same.
_price = lru_cache(maxsize=50_000)(_amount)


def _decimal(value: object) -> Decimal:
    """The number that it is; NaN where it is none. Python would take more for a number than others do."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Decimal("NaN")
    text = str(value).strip()
    try:
        return Decimal(text if text.isascii() and "_" not in text and len(text) <= 60 else "NaN")
    except InvalidOperation:
        return Decimal("NaN")


def _touches(value: object, occurred_at: datetime) -> tuple[Touch, ...]:
    if not isinstance(value, list) and (not isinstance(value, Sequence) or isinstance(value, str)):
        raise BadEvent("touches", value, "is no list")
    if len(value) > MOST_TOUCHES:
        raise BadEvent("touches", None, f"holds {len(value):,} touches, more than {MOST_TOUCHES}")
    found = []
    for number, touch in enumerate(value):
        if not isinstance(touch, dict) and not isinstance(touch, Mapping):
            raise BadEvent(f"touches[{number}]", touch, "is no object")
        try:
            found.append(_touch(touch, occurred_at))
        except BadEvent as bad:
            raise BadEvent(f"touches[{number}].{bad.field}", bad.value, bad.reason) from None
    return tuple(found if len(found) == 1 else sorted(set(found)))


def _touch(fields: Mapping[str, object], occurred_at: datetime) -> Touch:
    get = fields.get
    platform = get("platform")
    if not isinstance(platform, str) or platform not in PLATFORMS:
        raise BadEvent("platform", platform, "is none of META, TIKTOK, APPLE")
    ad = _needed("ad", get("ad"), LONGEST_ID)
    kind = _choice("kind", get("kind"), TOUCHES, None)
    at = moment("at", get("at"))
    if at > occurred_at:
        raise BadEvent("at", get("at"), "is after the event")
    return Touch(platform, ad, kind, at)


def _properties(value: object) -> str | None:
    if value is None or value in ("", {}):
        return None
    if not isinstance(value, Mapping):
        raise BadEvent("properties", value, "is no object")
    try:
        text = orjson.dumps(value, default=_written, option=orjson.OPT_SORT_KEYS).decode()
    except (TypeError, ValueError):  # lone surrogates, numbers that JSON does not have, nested too deeply
        raise BadEvent("properties", value, "cannot be written as JSON") from None
    if len(text) > LONGEST_PROPERTIES:
        raise BadEvent("properties", None, f"takes {len(text):,} characters, more than {LONGEST_PROPERTIES:,}")
    if _NUL.search(text):
        raise BadEvent("properties", None, "holds the character NUL")
    return text


def _written(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value) if value.adjusted() > 15 else float(value)
    raise TypeError
