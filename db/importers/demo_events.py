"""The demo's conversions: what brought them, and how the app, its server and the platforms tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from db.conversions.event import CLICK, CONVERSION, REFUND, VIEW, Event, Touch
from db.importers.demo_cast import APPLE, Account
from db.importers.demo_play import shares
from db.importers.records import Fact

SDK, CONVERSION_API, PLATFORM = 1, 2, 3
# Of the conversions that a platform counts so many are found again: it takes more for its own than is.
_FOUND = {"USD": 0.7, "EUR": 0.6}
_FOUND_BY_APPLE = 0.2
# What arrives late, and refunds, are there so many days after.
_LATE = timedelta(days=2)
_CENT = Decimal("0.01")


def events_of(account: Account, facts: list[Fact], today: date) -> Iterator[Event]:
    """The events behind the ads' facts that have arrived before `today`, some of which more than one source tells."""
    zone = ZoneInfo(account.timezone)
    before: str | None = None
    for fact in facts:
        if fact.day >= today:
            continue
        key = f"{fact.external_id}/{fact.day}/event"
        found = _FOUND_BY_APPLE if account.platform is APPLE else _FOUND[account.currency]
        count = int((fact.conversions_millionths or 0) / 1e6 * found + shares(key)[0])
        start = datetime.combine(fact.day, time(), zone).astimezone(UTC)
        for number in range(count):
            yield from _told(account, fact, f"{key}/{number}", start, before, today - fact.day)
        before = fact.external_id


def _told(
    account: Account, fact: Fact, key: str, start: datetime, seen: str | None, passed: timedelta
) -> Iterator[Event]:
    """One conversion, by whoever tells it; then perhaps its refund. `seen` is another ad, perhaps looked at as well."""
    when, lag, whose, kind, price, late, other, again = shares(key)
    # Nobody knows on the same day.
    occurred_at = start + timedelta(seconds=int(when * 86_000))
    name, value, currency, app, device = _bought(account, kind, price)
    touches = []
    if whose < 0.85:
        touches.append(Touch(fact.platform, fact.external_id, CLICK, occurred_at - _ago(lag)))
    if seen is not None and other < 0.4:
        touches.append(Touch(fact.platform, seen, VIEW, occurred_at - _ago((lag + other) % 1)))
    number = key.replace("/event/", "-").replace("/", "-")
    sdk = Event(
        CONVERSION, SDK, name, f"sdk-{number}", f"charge-{number}", None, occurred_at, app, device,
        f"user-{int(price * 9_973 + when * 30_011)}", value, currency, False, tuple(sorted(touches)), None,
    )  # fmt: skip
    if late >= 0.03 or passed > _LATE:
        yield sdk
    # The server knows the charge but not the touches; the platform repeats the app's id, seconds later.
    if again < 0.16:
        yield sdk._replace(
            source=CONVERSION_API, event_id=f"server-{number}", touches=(), platform=None,
            occurred_at=occurred_at + timedelta(seconds=3),
        )  # fmt: skip
    elif again < 0.24:
        yield sdk._replace(source=PLATFORM, transaction_id=None, user_id=None, touches=sdk.touches[:1])
    elif again < 0.26:
        yield sdk
    if value is not None and again > 0.96 and passed > _LATE:
        back = value if price < 0.6 else (value / 2).quantize(_CENT)
        yield sdk._replace(
            kind=REFUND, source=CONVERSION_API, event_name="refund", event_id=f"refund-{number}", transaction_id=None,
            refund_of=f"charge-{number}", occurred_at=occurred_at + timedelta(hours=30), value=back, touches=(),
        )  # fmt: skip


def _ago(share: float) -> timedelta:
    """How long before: mostly hours, sometimes weeks."""
    return timedelta(seconds=int(60 + 1_500_000 * share**4))


def _bought(account: Account, kind: float, price: float) -> tuple[str, Decimal | None, str, str, str]:
    """What was bought: the event's name, its value and currency, the app and what it runs on."""
    if account.platform is APPLE:
        # This app tells no values.
        return ("trial_start" if kind < 0.7 else "subscribe_success"), None, "", "lumo-ios", "ios"
    assert account.order_value is not None
    amount = Decimal(round(account.order_value * (0.5 + price) * 100)).scaleb(-2)
    if account.currency == "EUR":
        device = "ios" if kind < 0.5 else "android"
        if kind % 0.25 < 0.15:
            return "trial_start", None, "", f"lumo-{device}", device
        return "subscribe_success", amount, "EUR", f"lumo-{device}", device
    # Some who shop in dollars' country pay in Canada's.
    currency = "CAD" if kind < 0.05 else "USD"
    app, device = ("alder-web", "web") if kind < 0.8 else ("alder-app", "ios")
    return "purchase_success", amount, currency, app, device
