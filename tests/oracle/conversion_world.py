"""Random projects, their events and questions about them, for adgraph and the oracle to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from db.database import Database
from db.level import Level, Platform
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_coverage, make_fact, make_project
from tests.oracle.conversion_questions import Account, Event, KnownAd, Question, Spent, Touch
from tests.oracle.conversions import DIMENSIONS
from tests.oracle.costs import Books

NAMES = ("purchase_success", "subscribe_success", "trial_start", "custom")
# With offsets of halves and quarters of an hour, and clocks that change in March and April.
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Australia/Adelaide", "Pacific/Chatham", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca"),
)
FIRST = datetime(2025, 3, 5, tzinfo=UTC)
DAYS = 35
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class World:
    """A project, its tree and its events."""

    project_id: int
    timezone: str
    reporting_currency: str | None
    accounts: Sequence[Account]
    ads: Sequence[KnownAd]
    events: Sequence[Event]
    rates: Mapping[tuple[str, date], Decimal]
    books: Books


async def make_world(database: Database, org_id: int, random: Random) -> World:
    """A project with ads of which some events know, and some hundred events."""
    timezone, currency = random.choice(ZONES), random.choice([None, "USD", "EUR"])
    project = await make_project(database, org_id, timezone=timezone)
    async with database.transaction() as transaction:
        await transaction._connection.execute(
            "update project set reporting_currency = $2 where id = $1", project, currency
        )
    accounts, ads = [], []
    for _ in range(random.randint(1, 3)):
        platform = random.choice(list(Platform))
        account = Account(0, platform.value, random.choice(["USD", "EUR"]), random.choice([timezone, *ZONES[:4]]))
        account_id = await make_ad_account(
            database, org_id, project, platform=platform, currency=account.currency, timezone=account.timezone
        )
        accounts.append(replace(account, ad_account=account_id))
        for _ in range(random.randint(1, 2)):
            campaign = await make_campaign(database, org_id, account_id)
            for _ in range(random.randint(1, 2)):
                ad_set = await make_ad_set(database, org_id, campaign)
                for _ in range(random.randint(1, 2)):
                    external = f"ad-{random.randrange(10**9)}"
                    ad = await make_ad(database, org_id, ad_set, external_id=external)
                    ads.append(KnownAd(platform.value, external, ad, ad_set, campaign, account_id))
    rates = await _make_rates(database, random)
    return World(
        project,
        timezone,
        currency,
        accounts,
        ads,
        make_events(random, ads, currency),
        rates,
        await _make_books(database, org_id, random, accounts, ads),
    )


async def _make_books(
    database: Database, org_id: int, random: Random, accounts: Sequence[Account], ads: Sequence[KnownAd]
) -> Books:
    """What some ads spent on some days; most days are covered."""
    days = [(FIRST + timedelta(days=number)).date() for number in range(-5, DAYS + 50)]
    covered = {}
    for account in accounts:
        own = days if random.random() < 0.6 else [day for day in days if random.random() < 0.95]
        await make_coverage(database, org_id, account.ad_account, Level.AD, days=own)
        covered[account.ad_account] = set(own)
    spent = []
    for ad in random.sample(ads, min(3, len(ads))):
        for day in random.sample(sorted(covered[ad.ad_account]), 8):
            spend = random.choice([0, 1.25, 40])
            await make_fact(database, org_id, ad.ad, day, spend=spend, impressions=1)
            spent.append(Spent(ad.ad, day, Decimal(spend)))
    return Books(accounts, ads, spent, covered)


async def _make_rates(database: Database, random: Random) -> dict[tuple[str, date], Decimal]:
    """Rates of most days: some are days old, some weeks, and of the first days there may be none."""
    rates = {}
    for currency in ("USD", "JPY"):
        first, gap, long = random.choice([-15, -15, DAYS // 2]), random.randrange(DAYS), random.choice([2, 9, DAYS])
        if random.random() < 0.2:
            rates[currency, (FIRST - timedelta(days=random.randrange(16, 9_000))).date()] = Decimal(2)
        for number in range(first, DAYS + 15):
            if random.random() < 0.7 and not gap <= number < gap + long:
                day = (FIRST + timedelta(days=number)).date()
                rates[currency, day] = Decimal(random.randrange(1, 10**7)).scaleb(-4)
    async with database.transaction() as transaction:
        await transaction._connection.execute("delete from exchange_rate")
        await transaction.copy(
            "exchange_rate", ("currency", "day", "units_per_eur"), [(*key, rate) for key, rate in rates.items()]
        )
    return rates


def make_events(random: Random, ads: Sequence[KnownAd], currency: str | None) -> list[Event]:
    """Events from three sources: alone, several of one conversion, and refunds before and after what they are of."""
    events: list[Event] = []
    known = [(ad.platform, ad.external_id) for ad in ads] + [("META", "nobody-knows-it")]
    for number in range(random.randint(40, 90)):
        name, event_id = random.choice(NAMES), f"e{number}"
        charge = f"t{number}" if random.random() < 0.5 else None
        at = FIRST + _some_time(random)
        copies = random.choice([1, 1, 2, 3, 4])
        for copy in range(copies):
            source = random.choice(["SDK", "CONVERSION_API", "PLATFORM"])
            # By its id, by its charge, or by both, so that some are joined by others alone.
            same_id = charge is None or random.random() < 0.6
            own_id, own_charge = event_id if same_id else f"{event_id}-{copy}", charge
            if same_id and random.random() < 0.3:
                own_charge = None
            # Which of two stands that one source sends under one id and time, no rule says.
            sent = at + copy * random.choice([0, 1, 61]) * MINUTE + timedelta(seconds=copy * same_id)
            events.append(_event(random, known, currency, name, source, sent, own_id, own_charge))
        if random.random() < 0.2:
            of = random.choice([event_id, charge or event_id, "no-such-purchase"])
            events.append(_refund(random, currency, f"r{number}", of, at))
            if random.random() < 0.3:
                events.append(events[-1])
    random.shuffle(events)
    return events


def _some_time(random: Random) -> timedelta:
    days = timedelta(days=random.uniform(0, DAYS))
    exact = random.choice([timedelta(seconds=1), timedelta(minutes=15), timedelta(hours=1)])
    return days // exact * exact


def _event(
    random: Random, known: Sequence[tuple[str, str]], currency: str | None, name: str, source: str, at: datetime,
    event_id: str, charge: str | None,
) -> Event:  # fmt: skip
    amounts = [_amount(random) if random.random() < likely else None for likely in (0.5, 0.3, 0.3)]
    touches = [_touch(random, *random.choice(known), at) for _ in range(random.choice([0, 0, 1, 1, 2, 4]))]
    return Event(
        event_id=event_id, event_name=name, occurred_at=at, source=source, transaction_id=charge,
        app=random.choice([None, "app-1", "app-2"]), platform=random.choice([None, "ios", "web"]),
        user_id=random.choice([None, *(f"u{number}" for number in range(12))]),
        revenue_amount=amounts[0], price_amount=amounts[1], property_value=amounts[2],
        currency=random.choice([currency or "USD", *(["EUR", "JPY"] if random.random() < 0.2 else ["USD"]),
                                *([None] if currency else [])]),
        touches=tuple(touches),
    )  # fmt: skip


def _touch(random: Random, platform: str, ad: str, at: datetime) -> Touch:
    days = timedelta(days=random.choice([1, 7, 28]))
    lag = random.choice([
        timedelta(), days, days + timedelta(seconds=1), days - timedelta(seconds=1),
        timedelta(seconds=random.randrange(40 * 86_400)),
    ])  # fmt: skip
    return Touch(platform, ad, random.choice(["CLICK", "CLICK", "VIEW"]), at - lag)


def _refund(random: Random, currency: str | None, event_id: str, of: str, at: datetime) -> Event:
    return Event(
        event_id=event_id, event_name="refund", kind="REFUND", refund_of=of,
        occurred_at=at + timedelta(hours=random.uniform(0, 90)), source=random.choice(["SDK", "CONVERSION_API"]),
        revenue_amount=_amount(random) if random.random() < 0.9 else None, currency=currency or "USD",
    )  # fmt: skip


def _amount(random: Random) -> Decimal:
    return Decimal(random.choice([0, 499, 999, 1_234_567, random.randrange(10**7)])).scaleb(
        -random.choice([0, 2, 3, 6])
    )


def make_question(random: Random, world: World) -> Question:
    """A question about a project or anything in it."""
    timezone = random.choice(ZONES)
    since = FIRST + _some_time(random) - timedelta(days=3)
    until = since + random.choice([
        timedelta(days=random.randint(1, 40)), timedelta(hours=random.randint(1, 60)),
        timedelta(seconds=random.randint(1, 10**6)), timedelta(minutes=15 * random.randint(1, 900)),
    ])  # fmt: skip
    if random.random() < 0.4:
        zone = ZoneInfo(timezone)
        since, until = (
            edge.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
            for edge in (since, until + timedelta(days=2))
        )
    scope = None
    if random.random() < 0.6:
        column = random.choice(["ad_account", "campaign", "ad_set", "ad"])
        scope = (column, getattr(random.choice(world.ads), column))
    return Question(
        since=since, until=until, timezone=timezone,
        events=tuple(sorted(random.sample(NAMES, random.randint(1, len(NAMES))))),
        by=tuple(random.sample(list(DIMENSIONS), random.choice([1, 1, 2, 2, 3, 4]))),
        app=random.choice([None, None, None, "app-1", "no-app"]), scope=scope,
        click=random.choice([0, 1, 7, 28]), view=random.choice([0, 1, 7, 28]),
        by_touch_time=random.random() < 0.4,
        currency=random.choice([None, None, "EUR", "USD", "JPY"]), project_timezone=world.timezone,
    )  # fmt: skip
