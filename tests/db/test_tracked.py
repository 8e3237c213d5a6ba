"""What is tracked, added up by entity and day: held against a small model that looks at every conversion by itself."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from db import tracked
from db.database import Database
from db.tracked import CHOICES, CONVERSION, REFUND, Change
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_project
from tests.records import rows

DAY = timedelta(days=1)
START = datetime(2025, 3, 25, tzinfo=UTC)


class Tree:
    """Two ad accounts in different timezones, and the ancestors of their ads."""

    def __init__(self) -> None:
        self.ads: dict[int, tuple[list[int], str]] = {}

    async def make(self, database: Database, org_id: int) -> None:
        project = await make_project(database, org_id)
        for timezone in ("Europe/Berlin", "Asia/Kathmandu"):
            account = await make_ad_account(database, org_id, project, timezone=timezone)
            for _ in range(2):
                campaign = await make_campaign(database, org_id, account)
                ad_set = await make_ad_set(database, org_id, campaign)
                for _ in range(2):
                    ad = await make_ad(database, org_id, ad_set)
                    self.ads[ad] = ([account, campaign, ad_set, ad], timezone)


def expected(tree: Tree, changes: list[Change]) -> dict[tuple[object, ...], tuple[int, Decimal]]:
    """What each choice makes of each entity's days, by the words of the rule."""
    sums: dict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for change in changes:
        for click, view in CHOICES:
            due: tuple[int, datetime] | None = None
            if (
                change.click_ad_id
                and change.clicked_at
                and change.occurred_at - change.clicked_at <= click * DAY
                and click
            ):
                due = change.click_ad_id, change.clicked_at
            elif (
                change.view_ad_id and change.viewed_at and change.occurred_at - change.viewed_at <= view * DAY and view
            ):
                due = change.view_ad_id, change.viewed_at
            if due is None:
                continue
            entities, timezone = tree.ads[due[0]]
            for basis, at in enumerate((change.occurred_at, due[1])):
                day = at.astimezone(ZoneInfo(timezone)).date()
                for entity in entities:
                    key = (entity, basis, day, change.event_name, change.currency, change.kind, click, view)
                    sums[key][0] += change.sign
                    sums[key][1] += change.sign * change.value
    return {key: (int(count), value) for key, (count, value) in sums.items() if count or value}


async def standing(database: Database, span: int = 1) -> dict[tuple[object, ...], tuple[int, Decimal]]:
    found = {}
    for row in await rows(database, "select * from tracked_day where span = $1", span):
        for click, view in CHOICES:
            sums = row[f"count_{click}_{view}"], row[f"value_{click}_{view}"]
            if any(sums):
                names = ("entity_id", "basis", "day", "event_name", "currency", "kind")
                found[(*(row[name] for name in names), click, view)] = sums
    return found


def random_change(chance: random.Random, ads: list[int]) -> Change:
    occurred_at = START + chance.random() * 20 * DAY

    def touch() -> tuple[int | None, datetime | None]:
        lag = chance.choice([0, 1, 7, 28, 30 * chance.random()]) * DAY + chance.choice([0, 1]) * timedelta(
            microseconds=1
        )
        return (None, None) if chance.random() < 0.3 else (chance.choice(ads), occurred_at - lag)

    (click, clicked_at), (view, viewed_at) = touch(), touch()
    value, kind = Decimal(chance.randrange(10_000)) / 1000, chance.choice([CONVERSION, CONVERSION, REFUND])
    name, currency = chance.choice(["purchase", "trial"]), chance.choice(["", "EUR", "USD"])
    return Change(1, name, currency, value, kind, occurred_at, click, clicked_at, view, viewed_at)


@pytest.mark.parametrize("seed", range(3))
async def test_every_choice_of_every_entity_and_day_is_what_its_conversions_add_up_to(
    database: Database, org_id: int, seed: int
) -> None:
    chance, tree = random.Random(seed), Tree()
    await tree.make(database, org_id)
    changes = [random_change(chance, list(tree.ads)) for _ in range(300)]

    for batch in (changes[:200], changes[200:], []):
        async with database.transaction() as transaction:
            await tracked.add(transaction, org_id, batch)
    assert await standing(database) == expected(tree, changes)

    # What is taken back leaves nothing behind, and what replaces it stands instead.
    replaced = [change._replace(sign=-1) for change in changes[:150]]
    instead = [random_change(chance, list(tree.ads)) for _ in range(50)]
    async with database.transaction() as transaction:
        await tracked.add(transaction, org_id, [*replaced, *instead])
    assert await standing(database) == expected(tree, [*changes[150:], *instead])


async def test_a_days_edge_is_that_of_the_ad_accounts_timezone(database: Database, org_id: int) -> None:
    tree = Tree()
    await tree.make(database, org_id)
    ad = next(iter(tree.ads))
    at = datetime(2025, 6, 17, 22, 30, tzinfo=UTC)
    change = Change(1, "purchase", "EUR", Decimal("9.99"), CONVERSION, at, ad, at - DAY, None, None)

    async with database.transaction() as transaction:
        await tracked.add(transaction, org_id, [change])

    days = await rows(database, "select distinct basis, day from tracked_day order by basis")
    assert days == [{"basis": 0, "day": date(2025, 6, 18)}, {"basis": 1, "day": date(2025, 6, 17)}]


async def spans(database: Database) -> dict[tuple[object, ...], tuple[int, Decimal]]:
    found = {}
    for row in await rows(database, "select * from tracked_span"):
        for place, entity in enumerate(row["entity_ids"]):
            for click, view in CHOICES:
                sums = row[f"counts_{click}_{view}"][place], row[f"values_{click}_{view}"][place]
                if any(sums):
                    names = ("span", "basis", "day", "event_name", "currency", "kind")
                    found[(entity, *(row[name] for name in names), click, view)] = sums
    return found


async def days_by_span(database: Database) -> dict[tuple[object, ...], tuple[int, Decimal]]:
    """What the days add up to, as far as `tracked_through` says that there are spans."""
    through = {row["basis"]: row["through"] for row in await rows(database, "select * from tracked_through")}
    epoch = date(1970, 1, 1)
    sums: dict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for (entity, basis, day, *rest), (count, value) in (await standing(database)).items():
        assert isinstance(day, date)
        for span in (1, 4, 16):
            first = day - (day - epoch).days % span * DAY
            if first + span * DAY <= through[basis]:
                sums[entity, span, basis, first, *rest][0] += count
                sums[entity, span, basis, first, *rest][1] += value
    return {key: (int(count), value) for key, (count, value) in sums.items() if count or value}


async def test_spans_are_their_days_added_up_whatever_came_before_they_were(database: Database, org_id: int) -> None:
    chance, tree = random.Random(7), Tree()
    await tree.make(database, org_id)
    changes = [random_change(chance, list(tree.ads)) for _ in range(300)]
    (project,) = await rows(database, "select id from project")
    todays = (date(2025, 4, 2), date(2025, 4, 2), date(2025, 4, 9), date(2025, 5, 20))
    for start, today in zip((0, 100, 200, 200), todays, strict=True):
        async with database.transaction() as transaction:
            await tracked.add(transaction, org_id, changes[start : start + 100])
            await tracked.add(transaction, org_id, [change._replace(sign=-1) for change in changes[start : start + 20]])
        async with database.transaction() as transaction:
            await tracked.add_up_spans(transaction, org_id, project["id"], today)

    through = {row["basis"]: row["through"] for row in await rows(database, "select * from tracked_through")}
    assert through == {0: todays[-1], 1: todays[-1] - 28 * DAY}
    found = await spans(database)
    assert found == await days_by_span(database)
    assert {key[1] for key in found} == {1, 4, 16}
    assert not await standing(database, span=0)


async def test_what_comes_late_waits_for_further_days_unless_it_is_asked_for(database: Database, org_id: int) -> None:
    chance, tree, today = random.Random(8), Tree(), date(2025, 6, 1)
    await tree.make(database, org_id)
    (project,) = await rows(database, "select id from project")
    changes = [random_change(chance, list(tree.ads)) for _ in range(120)]
    async with database.transaction() as transaction:
        await tracked.add_up_spans(transaction, org_id, project["id"], today)
        await tracked.add(transaction, org_id, changes)

    async with database.transaction() as transaction:
        await tracked.add_up_spans(transaction, org_id, project["id"], today)
    assert await standing(database, span=0)
    assert not await spans(database)

    async with database.transaction() as transaction:
        await tracked.add_up_spans(transaction, org_id, project["id"], today, late=True)
    assert not await standing(database, span=0)
    assert await spans(database) == await days_by_span(database)
