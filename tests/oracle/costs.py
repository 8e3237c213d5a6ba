"""What the conversions of a group cost: worked out quarter hour by quarter hour, which are whole days or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from tests.oracle.conversion_questions import Account, Group, KnownAd, Question, Spent

SLOT = timedelta(minutes=15)
ENTITIES = {"AD_ACCOUNT": "ad_account", "CAMPAIGN": "campaign", "AD_SET": "ad_set", "AD": "ad"}
TIMES = {"HOUR", "DAY", "WEEK", "MONTH"}


@dataclass(frozen=True)
class Books:
    """What was spent, and which days imports cover, by ad account."""

    accounts: Sequence[Account]
    ads: Sequence[KnownAd]
    spent: Sequence[Spent]
    covered: dict[int, set[date]]


def cost(books: Books, question: Question, group: Group) -> tuple[Fraction | str, Fraction | str, Fraction | str]:
    """The spend, the CPA and the ROAS of a group, or why there is none."""
    spend = _spend(books, question, group)
    if isinstance(spend, str):
        return spend, spend, spend
    amount, currency = spend
    cpa = amount / group.due_count if group.due_count else "ZERO_DENOMINATOR"
    if group.due_value is None or (group.due_currency and amount and group.due_currency != currency):
        return amount, cpa, "MIXED_CURRENCY"
    return amount, cpa, group.due_value / amount if amount else "ZERO_DENOMINATOR"


def _spend(books: Books, question: Question, group: Group) -> tuple[Fraction, str | None] | str:
    keys = dict(zip(question.by, group.key, strict=True))
    of_ads = {name: value for name, value in keys.items() if name in ENTITIES or name == "AD_PLATFORM"}
    chosen = {ENTITIES[name]: value for name, value in of_ads.items() if name in ENTITIES and value is not None}
    if question.scope:
        chosen[question.scope[0]] = question.scope[1]
    elif None in of_ads.values():
        return Fraction(0), None
    ads = [ad for ad in books.ads if all(getattr(ad, column) == value for column, value in chosen.items())]
    accounts = list(books.accounts)
    if chosen:
        accounts = [one for one in accounts if one.ad_account in {ad.ad_account for ad in ads}]
    elif "AD_PLATFORM" in of_ads:
        accounts = [one for one in accounts if one.platform == of_ads["AD_PLATFORM"]]
    days = {one.ad_account: _days(question, keys, one.timezone) for one in accounts}
    if any(those is None for those in days.values()):
        return "NOT_ADDITIVE"
    if any((those or set()) - books.covered[account] for account, those in days.items()):
        return "NOT_IMPORTED"
    account_of = {ad.ad: ad.ad_account for ad in ads}
    spent = [one for one in books.spent if one.ad in account_of and one.day in (days.get(account_of[one.ad]) or ())]
    delivering = {account_of[one.ad] for one in spent} or set(days)
    currencies = {one.currency for one in accounts if one.ad_account in delivering}
    if len(currencies) > 1:
        return "MIXED_CURRENCY"
    return sum((Fraction(one.spend) for one in spent), Fraction(0)), next(iter(currencies), None)


def _days(question: Question, keys: dict[str, object], timezone: str) -> set[date] | None:
    """The days of a timezone that the instants of the keys are; None where some are only partly."""
    zone, units = ZoneInfo(timezone), tuple(sorted(set(keys) & TIMES))
    slots = _slots(question.since, question.until, question.timezone, units)
    days = Counter(slot.astimezone(zone).date() for slot in slots.get(tuple(keys[unit] for unit in units), ()))
    if not days or any(_whole(day, zone) != count for day, count in days.items()):
        return None
    return set(days)


def _whole(day: date, zone: ZoneInfo) -> int:
    """How many quarter hours a day has."""
    first, last = (
        datetime.combine(one, datetime.min.time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return (last - first) // SLOT


@lru_cache(maxsize=4)
def _slots(
    since: datetime, until: datetime, timezone: str, units: tuple[str, ...]
) -> dict[tuple[object, ...], list[datetime]]:
    """The whole quarter hours of a window by their keys: a day of which the window has a part only lacks some."""
    slots: dict[tuple[object, ...], list[datetime]] = {}
    zone, slot = ZoneInfo(timezone), since + (datetime.min.replace(tzinfo=since.tzinfo) - since) % SLOT
    while slot + SLOT <= until:
        local = slot.astimezone(zone)
        day = local.date()
        own = {
            "HOUR": int(slot.timestamp()) - local.minute * 60, "DAY": day, "WEEK": day - timedelta(day.weekday()),
            "MONTH": day.replace(day=1),
        }  # fmt: skip
        slots.setdefault(tuple(own[unit] for unit in units), []).append(slot)
        slot += SLOT
    return slots
