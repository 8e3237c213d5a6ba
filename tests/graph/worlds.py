"""Random worlds: projects with small trees, what platforms reported of them, which days are covered, and questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from db.database import Database
from db.organization import organization_id
from db.rollup import roll_up

# A Thursday. Europe's clocks change on the Sunday, a month and a quarter begin on the Tuesday.
FIRST = date(2025, 3, 27)
DAYS = 8
MIDNIGHT = datetime(2025, 3, 27, tzinfo=UTC)
KINDS = ("Project", "AdAccount", "Campaign", "AdSet", "Ad")
TABLES = dict(zip(KINDS, ("project", "ad_account", "campaign", "ad_set", "ad"), strict=True))
# As the tables name and number them: a metric's place is its bit.
COLUMNS = {
    "spend": "spend_micros", "impressions": "impressions", "clicks": "clicks", "linkClicks": "link_clicks",
    "conversions": "conversions_millionths", "conversionValue": "conversion_value_micros",
}  # fmt: skip
TIMEZONES = ("UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago")
SHORT_PRESETS = ("TODAY", "YESTERDAY", "LAST_7_DAYS", "THIS_WEEK", "LAST_WEEK")
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
LONG_PRESETS = ("LAST_14_DAYS", "LAST_30_DAYS", "LAST_90_DAYS", "THIS_MONTH", "LAST_MONTH", "THIS_QUARTER",
                "LAST_QUARTER", "THIS_YEAR", "LAST_YEAR", "LIFETIME")  # fmt: skip

T = TypeVar("T")
# An entity: its kind and its number among those of its kind.
Entity = tuple[str, int]
Fact = dict[str, int | None]
Window = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """An ad account of the project numbered `project`."""

    project: int
    platform: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class Source:
    """An import that covered `days` days from `first` at one level of one ad account, without the metrics `lacking`."""

    account: int
    kind: str
    first: date
    days: int
    lacking: frozenset[str]
    imported_at: datetime


@dataclass(frozen=True)
class Covered:
    """What covers a day at one level of one ad account, all sources together."""

    lacking: frozenset[str]
    imported_at: datetime

    def __and__(self, other: Covered) -> Covered:
        return Covered(self.lacking & other.lacking, max(self.imported_at, other.imported_at))


@dataclass(frozen=True)
class World:
    """One organization and the moment at which it is asked. Entities name their parents by number."""

    now: datetime
    projects: list[str | None]
    accounts: list[Account]
    campaigns: list[int]
    ad_sets: list[int]
    ads: list[int]
    sources: list[Source]
    facts: dict[tuple[Entity, date], Fact]

    @cached_property
    def entities(self) -> list[Entity]:
        every: tuple[list[Any], ...] = (self.projects, self.accounts, self.campaigns, self.ad_sets, self.ads)
        return [(kind, number) for kind, those in zip(KINDS, every, strict=True) for number, _ in enumerate(those)]

    @cached_property
    def parents(self) -> dict[Entity, Entity]:
        above = ([account.project for account in self.accounts], self.campaigns, self.ad_sets, self.ads)
        return {
            (kind, number): (KINDS[KINDS.index(kind) - 1], parent)
            for kind, parents in zip(KINDS[1:], above, strict=True)
            for number, parent in enumerate(parents)
        }

    def week_start(self, project: int) -> int:
        """How many days after Monday a project's weeks start: as its ad accounts happen to be many."""
        return sum(1 for account in self.accounts if account.project == project) * 3 % 7

    def account_of(self, entity: Entity) -> int:
        """The number of the ad account that an entity below the projects is in, or is."""
        return entity[1] if entity[0] == "AdAccount" else self.account_of(self.parents[entity])

    @cached_property
    def coverage(self) -> dict[tuple[int, str, date], Covered]:
        """What covers each account, level and day: the sources, and whatever brought the facts."""
        found: dict[tuple[int, str, date], Covered] = {}

        def cover(account: int, kind: str, day: date, covered: Covered) -> None:
            known = found.get((account, kind, day), covered)
            found[account, kind, day] = known & covered

        for source in self.sources:
            for offset in range(source.days):
                day = source.first + timedelta(offset)
                cover(source.account, source.kind, day, Covered(source.lacking, source.imported_at))
        for (entity, day), fact in self.facts.items():
            lacking = frozenset(metric for metric in COLUMNS if fact[metric] is None)
            cover(self.account_of(entity), entity[0], day, Covered(lacking, MIDNIGHT))
        return found


days = st.integers(0, DAYS - 1).map(lambda offset: FIRST + timedelta(offset))
indexes = st.integers(0, 59)


def fact_of(seed: int) -> Fact:
    """A row that reports all metrics or some. Made from one number, for to draw each of its own takes long."""
    random = Random(seed)
    absent = random.choice([0, 0, 0.2, 0.5])
    # Small numbers meet zero often; large ones show what is not exact.
    most = random.choice([2, 10**6, 2**45])
    row = {metric: None if random.random() < absent else random.randint(0, most) for metric in COLUMNS}
    return row | {"reach": random.choice([None, random.randint(0, 9)])}


facts = st.tuples(indexes, days, st.integers(0, 2**20).map(fact_of))
sources = st.tuples(
    indexes, st.just("Ad") | st.sampled_from(KINDS[1:]), days | st.just(FIRST), st.just(DAYS) | st.integers(1, DAYS),
    st.just(frozenset[str]()) | st.frozensets(st.sampled_from(list(COLUMNS)), max_size=3), st.integers(0, 400),
)  # fmt: skip
accounts = st.tuples(
    indexes, st.sampled_from(["META", "TIKTOK", "APPLE"]), st.sampled_from(["XXX", "USD", "EUR"]),
    st.sampled_from(TIMEZONES),
)  # fmt: skip
ranges = st.tuples(st.integers(-1, DAYS - 2), st.integers(1, 7)).map(
    lambda drawn: {
        "range": {
            "since": (FIRST + timedelta(drawn[0])).isoformat(),
            "until": (FIRST + timedelta(drawn[0] + drawn[1])).isoformat(),
        }
    }
)
short_windows = (
    ranges
    | st.integers(1, 8).map(lambda count: {"lastDays": count})
    | st.sampled_from(SHORT_PRESETS).map(lambda preset: {"preset": preset})
)
long_windows = st.none() | st.sampled_from(LONG_PRESETS).map(lambda preset: {"preset": preset})


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world in which facts lie on covered days."""

    def several(of: st.SearchStrategy[T], most: int, least: int = 0) -> list[T]:
        # Left alone, lists are short.
        return draw(st.lists(of, min_size=draw(st.integers(least, most)), max_size=most))

    projects = several(st.none() | st.sampled_from(TIMEZONES), 2, 1)
    known = [
        Account(project % len(projects), platform, currency, timezone)
        for project, platform, currency, timezone in several(accounts, 4, 1)
    ]
    campaigns = [parent % len(known) for parent in several(indexes, 3)]
    ad_sets = [parent % len(campaigns) for parent in several(indexes, 4) if campaigns]
    ads = [parent % len(ad_sets) for parent in several(indexes, 5) if ad_sets]
    world = World(
        MIDNIGHT + timedelta(minutes=draw(st.integers(4 * 1440, (DAYS + 2) * 1440))),
        projects,
        known,
        campaigns,
        ad_sets,
        ads,
        [
            Source(account % len(known), kind, first, length, lacking, MIDNIGHT + timedelta(hours=hour))
            for account, kind, first, length, lacking, hour in several(sources, 8)
        ],
        {},
    )
    reporting = [entity for entity in world.entities if entity[0] != "Project"]
    for index, day, fact in several(facts, 40):
        world.facts[reporting[index % len(reporting)], day] = fact
    return world


async def write(database: Database, organization: str, world: World) -> tuple[int, dict[Entity, int]]:
    """Writes the world as an organization of its own: its id, and the id of each entity."""
    org_id = await organization_id(database, organization)
    async with database.transaction() as transaction:
        fetched = await transaction._connection.fetch(
            "select nextval('node_id') as id from generate_series(1, $1)", len(world.entities)
        )
        ids = {entity: row["id"] for entity, row in zip(world.entities, fetched, strict=True)}
        for kind in KINDS:
            records = [_record(world, entity, org_id, ids) for entity in world.entities if entity[0] == kind]
            if records:
                await transaction.copy(TABLES[kind], tuple(records[0]), [tuple(one.values()) for one in records])
        await transaction.copy(
            "daily_fact",
            ("org_id", "ad_account_id", "entity_id", "day", "level", "missing", *COLUMNS.values(), "reach"),
            [
                (
                    org_id, ids["AdAccount", world.account_of(entity)], ids[entity], day, KINDS.index(entity[0]),
                    _bits(metric for metric in COLUMNS if fact[metric] is None),
                    *(fact[metric] or 0 for metric in COLUMNS), fact["reach"],
                )
                for (entity, day), fact in world.facts.items()
            ],
        )  # fmt: skip
        await transaction.copy(
            "coverage",
            ("org_id", "ad_account_id", "level", "day", "missing", "imported_at"),
            [
                (org_id, ids["AdAccount", account], KINDS.index(kind), day, _bits(covered.lacking), covered.imported_at)
                for (account, kind, day), covered in world.coverage.items()
            ],
        )
        for account in {world.account_of(entity) for entity, _ in world.facts}:
            reported = sorted({day for entity, day in world.facts if world.account_of(entity) == account})
            await roll_up(transaction, org_id, ids["AdAccount", account], reported)
    return org_id, ids


def _bits(metrics: Any) -> int:
    return sum(1 << list(COLUMNS).index(metric) for metric in metrics)


def _record(world: World, entity: Entity, org_id: int, ids: dict[Entity, int]) -> dict[str, Any]:
    kind, number = entity
    record: dict[str, Any] = {"org_id": org_id, "id": ids[entity], "name": f"{kind} {number}"}
    if kind == "Project":
        return record | {"timezone": world.projects[number], "week_starts_on": WEEKDAYS[world.week_start(number)]}
    parent = world.parents[entity]
    account = world.accounts[world.account_of(entity)]
    record |= {"platform": account.platform, "external_id": str(number), "status": "ACTIVE", "placeholder": False}
    record[f"{TABLES[parent[0]]}_id"] = ids[parent]
    if kind == "AdAccount":
        record |= {"currency": account.currency, "timezone": account.timezone}
    else:
        record["ad_account_id"] = ids["AdAccount", world.account_of(entity)]
    return record
