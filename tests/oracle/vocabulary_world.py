"""Random worlds for the vocabulary: trees, imports as they came in, exchange rates; and questions about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

# A Thursday. Europe's clocks change on the second Sunday, a month and a quarter end after it.
FIRST = date(2025, 3, 20)
DAYS = 18
DAY = timedelta(1)
KINDS = ("Project", "AdAccount", "Campaign", "AdSet", "Ad")
ADDITIVE = ("spend", "impressions", "clicks", "linkClicks", "conversions", "conversionValue")
METRICS = (
    "spend", "impressions", "clicks", "linkClicks", "reach", "frequency", "conversions", "conversionValue", "cpa",
    "cpc", "cpm", "ctr", "cvr", "linkCtr", "linkCpc", "linkCvr", "aov", "roas", "roi", "profit",
)  # fmt: skip
MONEY = ("spend", "conversionValue", "cpa", "cpc", "cpm", "linkCpc", "aov", "profit")
COSTS = ("cpa", "cpc", "cpm", "linkCpc")
OF_VALUE_OR_REACH = ("reach", "frequency", "conversionValue", "aov", "roas", "roi", "profit")
CURRENCIES = ("USD", "EUR", "JPY", "GBP", "XXX")
TIMEZONES = ("UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago")
PRESETS = (
    "TODAY", "YESTERDAY", "LAST_7_DAYS", "LAST_14_DAYS", "LAST_30_DAYS", "THIS_WEEK", "LAST_WEEK", "THIS_MONTH",
    "LAST_MONTH", "THIS_QUARTER", "LAST_QUARTER", "THIS_YEAR", "LIFETIME", "LIFETIME",
)  # fmt: skip
GRANULARITIES = ("DAY", "WEEK", "MONTH", "QUARTER")
AGAINST = ("PREVIOUS_PERIOD", "PREVIOUS_CALENDAR", "PREVIOUS_YEAR", "PREVIOUS_YEAR_SAME_WEEKDAYS")
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

# An entity: its kind, and its number among those of its kind.
Entity = tuple[str, int]


@dataclass(frozen=True)
class Account:
    """An ad account as it was first imported."""

    project: int
    platform: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class Project:
    """A project and what it has set; None: nothing."""

    timezone: str | None
    reporting_currency: str | None
    # days after Monday
    week_start: int


@dataclass(frozen=True)
class Row:
    """One row of a file: what a platform said of an entity's day; None: it does not say."""

    entity: Entity
    day: date
    numbers: dict[str, int | None]


@dataclass(frozen=True)
class Batch:
    """One import: rows of one level of one ad account, the days that it was said to cover, whether others go."""

    account: int
    kind: str
    since: date | None
    until: date | None
    replace_days: bool
    rows: list[Row]


@dataclass
class World:
    """One organization, what was imported into it, in order, and the moment at which it is asked."""

    now: datetime
    projects: list[Project] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    parents: dict[Entity, Entity] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    rates: dict[tuple[str, date], str] = field(default_factory=dict)

    @property
    def entities(self) -> list[Entity]:
        """All of them, parents before children."""
        return [*(("Project", number) for number, _ in enumerate(self.projects)), *self.parents]

    def account_of(self, entity: Entity) -> int:
        """The number of the ad account that an entity below the projects is in, or is."""
        return entity[1] if entity[0] == "AdAccount" else self.account_of(self.parents[entity])


@dataclass(frozen=True)
class Question:
    """What is asked of one entity."""

    entity: Entity
    window: dict[str, Any] | None
    currency: str | None
    floored: bool
    # into which buckets the days are cut; several: where they lie in all of these alike
    cut: tuple[str, ...]
    # a name, or the days of another window
    against: str | tuple[date, date]
    # of a project: some of its ad accounts; None: all
    platforms: tuple[str, ...] | None = None
    # of a list below the entity: who is in it
    members: tuple[Entity, ...] | None = None


def make_world(random: Random) -> World:
    """A world of one or two projects; its imports cover days, lack metrics, restate and remove what came before."""
    world = World(datetime(2025, 3, 27, tzinfo=UTC) + timedelta(minutes=random.randrange(13 * 1440)))
    for number in range(random.choice([1, 1, 2])):
        reporting = random.choice([None, "EUR", "USD"])
        week_start = random.choice([0, 0, random.randrange(7)])
        world.projects.append(Project(random.choice([None, *TIMEZONES]), reporting, week_start))
        # Mostly few currencies and timezones: where all differ, little is ever added up.
        currencies, timezones = random.sample(CURRENCIES, random.choice([1, 2, 3])), random.sample(TIMEZONES, 2)
        for _ in range(random.choice([1, 2, 3])):
            account = Account(
                number, random.choice(["META", "META", "TIKTOK", "APPLE"]), random.choice(currencies),
                random.choice(timezones),
            )  # fmt: skip
            world.accounts.append(account)
            world.parents["AdAccount", len(world.accounts) - 1] = ("Project", number)
    for kind, above, most in (("Campaign", "AdAccount", 3), ("AdSet", "Campaign", 2), ("Ad", "AdSet", 3)):
        count = 0
        for parent in [entity for entity in world.parents if entity[0] == above]:
            for _ in range(random.randint(0 if kind == "Ad" else random.choice([0, 1]), most)):
                world.parents[kind, count] = parent
                count += 1
    for _ in range(random.randint(6, 12)):
        world.batches.append(_batch(random, world))
    world.rates = _rates(random)
    return world


def _batch(random: Random, world: World) -> Batch:
    account = random.randrange(len(world.accounts))
    kinds = [kind for kind in KINDS[1:] if _below(world, account, kind)]
    kind = random.choice([kinds[-1], kinds[-1], *kinds])
    first = FIRST + random.randrange(DAYS - 3) * DAY
    days = [first + number * DAY for number in range(random.choice([1, 3, 7, DAYS])) if first + number * DAY < _END]
    lacking = set(random.sample(ADDITIVE, random.choice([0, 0, 1, 2])))
    holes, most = random.choice([0, 0, 0.1]), random.choice([3, 10**4, 10**9])
    named = {
        (random.choice(_below(world, account, kind)), random.choice(days)) for _ in range(random.choice([2, 20, 60]))
    }
    rows = [Row(entity, day, _numbers(random, lacking, holes, most)) for entity, day in sorted(named)]
    said = random.random() < 0.7
    return Batch(
        account, kind, days[0] if said else None, days[-1] + DAY if said else None, random.random() < 0.25, rows
    )


_END = FIRST + DAYS * DAY


def _below(world: World, account: int, kind: str) -> list[Entity]:
    return [entity for entity in world.parents if entity[0] == kind and world.account_of(entity) == account]


def _numbers(random: Random, lacking: set[str], holes: float, most: int) -> dict[str, int | None]:
    absent = {metric for metric in ADDITIVE if metric in lacking or random.random() < holes}
    numbers: dict[str, int | None] = {
        metric: None if metric in absent else random.choice([0, random.randrange(most)]) for metric in ADDITIVE
    }
    return numbers | {"reach": random.choice([None, None, random.randrange(9)])}


def _rates(random: Random) -> dict[tuple[str, date], str]:
    """No weekends, now and then a gap, sometimes none before a day or after one, sometimes one of years ago."""
    rates = {}
    for currency, about in (("USD", 1.08), ("JPY", 161), ("GBP", 0.84)):
        gap = random.choice([None, None, range(2, 5), range(3, DAYS)])
        if random.random() < 0.2:
            rates[currency, FIRST - random.randrange(9, 9_000) * DAY] = f"{about * 2:.4f}"
        for number in range(random.choice([-4, -4, 5]), DAYS):
            day = FIRST + number * DAY
            if day.weekday() < 5 and not (gap and number in gap):
                rates[currency, day] = f"{about * random.uniform(0.97, 1.03):.{random.choice([2, 4])}f}"
    return rates


def make_question(random: Random, world: World) -> Question:
    """One question about any of its entities."""
    kind = random.choice(["Project", "Project", *KINDS])
    entities = [entity for entity in world.entities if entity[0] == kind] or [("Project", 0)]
    entity = random.choice(entities)
    other = FIRST + random.randrange(DAYS) * DAY
    against: list[str | tuple[date, date]] = [*AGAINST, (other, other + random.choice([1, 7]) * DAY)]
    some = tuple(random.sample(["META", "TIKTOK", "APPLE"], random.choice([1, 2])))
    return Question(
        entity,
        make_window(random),
        random.choice([None, None, None, "USD", "EUR", "JPY", "CHF"]),
        random.random() < 0.1,
        (random.choice(GRANULARITIES),),
        random.choice(against),
        some if entity[0] == "Project" and random.random() < 0.3 else None,
    )


@dataclass(frozen=True)
class Listed:
    """A list below an entity, ordered by a metric over a window, of those who keep a bound of another one."""

    entity: Entity
    kind: str
    metric: str
    window: dict[str, Any] | None
    currency: str | None
    floored: bool
    descending: bool
    worst: bool
    bounded: str
    bound: str
    value: float
    first: int


def make_list(random: Random, world: World) -> Listed:
    """A list at any depth below any entity that has something below it."""
    kind = random.choice([kind for kind in KINDS[1:] if any(entity[0] == kind for entity in world.parents)])
    above = [entity for entity in world.entities if KINDS.index(entity[0]) < KINDS.index(kind)]
    return Listed(
        random.choice(above), kind, random.choice(METRICS), make_window(random),
        random.choice([None, None, "USD", "EUR"]), random.random() < 0.1, random.random() < 0.5, random.random() < 0.5,
        random.choice(ADDITIVE[:4]), random.choice(["gt", "gte", "lt", "lte"]), random.choice([0, 0, 1, 0.001, 10**6]),
        random.randint(1, 4),
    )  # fmt: skip


def descendants(world: World, entity: Entity, kind: str) -> list[Entity]:
    """All of one kind below an entity."""
    return [each for each in world.parents if each[0] == kind and entity in _above(world, each)]


def _above(world: World, entity: Entity) -> list[Entity]:
    if entity not in world.parents:
        return []
    return [world.parents[entity], *_above(world, world.parents[entity])]


def make_window(random: Random) -> dict[str, Any] | None:
    """A window, mostly over days of which something is known."""
    match random.choice(["range", "range", "range", "days", "preset", "none"]):
        case "range":
            since = FIRST + random.randrange(-2, DAYS) * DAY
            until = since + random.choice([1, 1, 2, 5, 10, 20]) * DAY
            return {"range": {"since": since.isoformat(), "until": until.isoformat()}}
        case "days":
            return {"lastDays": random.randint(1, 12)}
        case "preset":
            return {"preset": random.choice(PRESETS)}
    return None
