"""What happens in the demo: which ads live when, and what each entity has on each day.

Every number follows from a hash of its entity and date, and every launch, pause and budget change from the calendar, so
a day has the same numbers on whatever day the demo runs, and there is always something that happened lately.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from struct import Struct

from db.importers.demo_cast import APPLE, Account, Campaign, Flights
from db.importers.records import Fact, Place
from db.level import Level, Platform

PLACE = Place(Path("demo"), 1)
_SHARES = Struct("<8H")
_CONVERSION_WEEK = (1.06, 1.02, 1.0, 0.97, 0.94, 0.95, 1.06)
# How many days a place among the ads of an ad set keeps its creative before the next one is launched.
_LIVES = (45, 60, 90, 120, 180, 240, 365, 365)
_ID_DIGITS = {Platform.META: 17, Platform.TIKTOK: 16, Platform.APPLE: 9}


def shares(key: str) -> tuple[float, ...]:
    """Eight numbers from 0 to below 1 that belong to `key`."""
    return tuple(number / 65536 for number in _SHARES.unpack(blake2b(key.encode(), digest_size=16).digest()))


def external_id(platform: Platform, key: str) -> str:
    """The id that the platform gave to what we call `key`."""
    digits = _ID_DIGITS[platform]
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) % (9 * 10 ** (digits - 1))
    return str(10 ** (digits - 1) + number)


def runs(flights: Flights | None, day: date) -> bool:
    """Whether something delivers on `day`; without flights it always does."""
    return flights is None or (day.toordinal() + flights.phase) % flights.cycle < flights.on


@dataclass(frozen=True, slots=True)
class Ad:
    """One creative, delivering on the days `[launched, stopped)`. `half_life`: days until half of its pull is gone."""

    external_id: str
    name: str
    launched: date
    stopped: date
    weight: float
    pull: float
    half_life: float
    floor: float


@dataclass(frozen=True, slots=True)
class AdSet:
    external_id: str
    name: str
    weight: float
    flights: Flights | None
    ads: tuple[Ad, ...]


def _ads(account: Account, campaign: Campaign, ad_set: str, since: date, until: date) -> Iterator[Ad]:
    """The ads that have a day in `[since, until)`: each place in the ad set has one after the other."""
    for place in range(3 + int(shares(ad_set)[1] * 3)):
        key = f"{ad_set}/{place}"
        life, shift, weight, *_ = shares(key)
        days = 90 if campaign.tires else _LIVES[int(life * len(_LIVES))]
        # The places of a campaign that tires are launched a month apart, so that one is always on its way down.
        phase = place * 30 if campaign.tires else int(shift * days)
        launched = date.fromordinal((since.toordinal() + phase) // days * days - phase)
        while launched < until:
            ends, at, pull, half_life, creative, *_ = shares(f"{key}/{launched}")
            # One in five is stopped before its time.
            lived = int(days * (0.3 + 0.5 * at)) if ends < 0.2 and not campaign.tires else days
            if (stopped := launched + timedelta(lived)) > since:
                name = account.creatives[int(creative * len(account.creatives))]
                yield Ad(
                    external_id(account.platform, f"{key}/{launched}"), f"{name} | {launched:%Y-%m-%d}",
                    launched, stopped, 0.4 + 1.2 * weight, 0.7 + 0.6 * pull,
                    24.0 if campaign.tires else 60 + 120 * half_life, 0.2 if campaign.tires else 0.6,
                )  # fmt: skip
            launched += timedelta(days)


def ad_sets(account: Account, campaign: Campaign, since: date, until: date) -> tuple[AdSet, ...]:
    """The ad sets of the campaign, with the ads that have a day in `[since, until)`."""
    key = f"{account.external_id}/{campaign.name}"
    count, first, *_ = shares(key)
    found = []
    for number in range(5 + int(count * 2)):
        name = account.audiences[(int(first * 8) + number) % len(account.audiences)]
        weight, paused, phase, *_ = shares(f"{key}/{number}")
        # One in ten rests now and then.
        flights = Flights(100, 160, int(phase * 160)) if paused < 0.1 else None
        ads = tuple(_ads(account, campaign, f"{key}/{number}", since, until))
        found.append(AdSet(external_id(account.platform, f"{key}/{number}"), name, 0.5 + weight, flights, ads))
    return tuple(found)


def budget_on(campaign: Campaign, day: date) -> int:
    """What the campaign may spend on `day`, in whole units of its account's currency."""
    raised = campaign.raised is not None and runs(campaign.raised, day)
    return campaign.budget * 8 // 5 if raised else campaign.budget


class Sum:
    """What the children of one entity had on one day."""

    __slots__ = ("numbers", "reach", "widest")

    def __init__(self) -> None:
        self.numbers = (0, 0, 0, 0, 0, 0)
        self.reach = 0
        self.widest = 0

    def add(self, numbers: tuple[int, ...], reach: int) -> None:
        spend, impressions, clicks, links, conversions, value = self.numbers
        self.numbers = (
            spend + numbers[0], impressions + numbers[1], clicks + numbers[2],
            links + numbers[3], conversions + numbers[4], value + numbers[5],
        )  # fmt: skip
        self.reach += reach
        self.widest = max(self.widest, reach)


def _fact(account: Account, level: Level, entity: str, day: date, numbers: tuple[int, ...], reach: int) -> Fact:
    spend, impressions, clicks, links, conversions, value = numbers
    return Fact(
        PLACE, account.platform, level, entity, day, spend, impressions, clicks, links, conversions,
        None if account.order_value is None else value, None if account.platform is APPLE else reach,
    )  # fmt: skip


def own_facts(
    account: Account, level: Level, entity: str, day: date, sums: Sum, overlap: float, above: Sum
) -> Iterator[Fact]:
    """What the platform reports for an entity itself: the sum of its children, and whom they reached together.

    Apple has nothing to add to the sum, so it reports ads only.
    """
    if not sums.numbers[1]:
        return
    reach = max(sums.widest, int(sums.reach * overlap))
    above.add(sums.numbers, reach)
    if account.platform is not APPLE:
        yield _fact(account, level, entity, day, sums.numbers, reach)


def _ad_day(account: Account, campaign: Campaign, ad: Ad, day: date, budget: float) -> tuple[tuple[int, ...], int]:
    """The numbers of one ad on one day, money in micros of whole cents, and its reach."""
    spent, priced, seen, pulled, clicked, followed, bought, rounded = shares(f"{ad.external_id}/{day}")
    price, click_rate, conversion_rate = campaign.warmth.value
    pull = ad.floor + (1 - ad.floor) * 0.5 ** ((day - ad.launched).days / ad.half_life)
    cents = round(budget * 100 * (0.75 + 0.5 * spent))
    # What tires is shown at a higher price, clicked less and bought less.
    impressions = int(cents * 10 / (account.price * price * (0.85 + 0.3 * priced) * (1.15 - 0.15 * pull)) + seen)
    clicks = int(impressions * account.click_rate * click_rate * ad.pull * pull * (0.8 + 0.4 * pulled) + clicked)
    clicks = min(clicks, impressions)
    links = clicks if account.link_share == 1 else int(clicks * account.link_share + followed)
    rate = account.conversion_rate * conversion_rate * (0.6 + 0.4 * pull) * _CONVERSION_WEEK[day.weekday()]
    conversions = min(int(links * rate * (0.01 if campaign.fails else 0.7 + 0.6 * bought) + rounded), links)
    value = round(conversions * (account.order_value or 0) * (0.7 + 0.6 * ((spent + bought) % 1)) * 100)
    reach = max(min(1, impressions), int(impressions / (1.05 + 0.5 * seen)))
    return (cents * 10_000, impressions, clicks, links, conversions * 1_000_000, value * 10_000), reach


def campaign_day(
    account: Account, campaign: Campaign, campaign_id: str, groups: tuple[AdSet, ...], day: date, above: Sum
) -> Iterator[Fact]:
    """The facts of a campaign and all below it on one day; their sum is added to `above`."""
    if not runs(campaign.flights, day):
        return
    running = [
        (ad_set, live)
        for ad_set in groups
        if runs(ad_set.flights, day) and (live := [ad for ad in ad_set.ads if ad.launched <= day < ad.stopped])
    ]
    season = 1 + 0.1 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 240) / 365)
    spend = budget_on(campaign, day) * account.weekdays[day.weekday()] * season
    spend *= 0.82 + 0.08 * shares(f"{campaign_id}/{day}")[0]
    weights = sum(ad_set.weight for ad_set, _ in running)
    of_campaign = Sum()
    for ad_set, live in running:
        of_ad_set = Sum()
        share = spend * ad_set.weight / weights / sum(ad.weight for ad in live)
        for ad in live:
            numbers, reach = _ad_day(account, campaign, ad, day, share * ad.weight)
            of_ad_set.add(numbers, reach)
            yield _fact(account, Level.AD, ad.external_id, day, numbers, reach)
        yield from own_facts(account, Level.AD_SET, ad_set.external_id, day, of_ad_set, 0.9, of_campaign)
    yield from own_facts(account, Level.CAMPAIGN, campaign_id, day, of_campaign, 0.85, above)
