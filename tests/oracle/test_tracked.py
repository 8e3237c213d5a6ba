"""What is tracked in `performance`: what DuckDB works out from the raw events, over whole days of the ad account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from db import tracked_sums
from resolvers import global_id
from tests.oracle.conversion_questions import Question
from tests.oracle.conversion_world import DAYS, FIRST, NAMES, World, make_world
from tests.oracle.conversions import Oracle, shown
from tests.oracle.sending import send

TYPES = {"ad_account": "AdAccount", "campaign": "Campaign", "ad_set": "AdSet", "ad": "Ad"}
WINDOWS = (0, 1, 7, 28)
AT_ONCE = 20
WORLDS = 8
NOW = datetime(2025, 6, 1, tzinfo=UTC)
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.mark.slow
async def test_what_is_tracked_of_every_entity_is_that_of_the_oracle(
    database, org_id, ask, questions_seed, monkeypatch
):
    random = Random(questions_seed)
    for _ in range(WORLDS):
        # From days, or from spans of them, however few there are.
        monkeypatch.setattr(tracked_sums, "FEW", random.choice([0, 512]))
        world = await make_world(database, org_id, random)
        await send(database, org_id, world.project_id, world.events, NOW, random)
        oracle = Oracle(world.events, world.ads, world.reporting_currency, world.rates)
        asked = [_question(random, world) for _ in range(AT_ONCE)]
        found = await ask("{" + " ".join(_field(place, *one) for place, one in enumerate(asked)) + "}")
        for place, (question, since, until) in enumerate(asked):
            where = f"--questions-seed {questions_seed}: {question}"
            told = found[f"q{place}"]["performance"]
            assert told["totals"]["tracked"] == _expected(oracle, world, question), where
            for point in told["series"]["points"]:
                day = date.fromisoformat(point["since"])
                assert since <= day < until
                of_day = _between(question, day, day + timedelta(1))
                assert point["metrics"]["tracked"] == _expected(oracle, world, of_day), (where, day)
            points = [point["metrics"]["tracked"] for point in told["series"]["points"]]
            columns = told["series"]["columns"]["tracked"]
            assert columns == {name: [point[name] for point in points] for name in columns}, where


def _question(random: Random, world: World) -> tuple[Question, date, date]:
    """About anything but the project, in which no one timezone tells the days."""
    ad = random.choice(world.ads)
    column = random.choice(list(TYPES))
    account = next(one for one in world.accounts if one.ad_account == ad.ad_account)
    since = FIRST.date() + timedelta(days=random.randint(-3, DAYS))
    until = since + timedelta(days=random.choice([1, 2, 7, 30, random.randint(1, 45)]))
    question = Question(
        since=FIRST, until=FIRST, timezone=account.timezone,
        events=tuple(sorted(random.sample(NAMES, random.randint(1, len(NAMES))))), scope=(column, getattr(ad, column)),
        click=random.choice(WINDOWS), view=random.choice(WINDOWS), by_touch_time=random.random() < 0.4,
    )  # fmt: skip
    return _between(question, since, until), since, until


def _between(question: Question, since: date, until: date) -> Question:
    zone = ZoneInfo(question.timezone)
    start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (since, until))
    return replace(question, since=start, until=end)


def _field(place: int, question: Question, since: date, until: date) -> str:
    assert question.scope
    column, number = question.scope
    click, view = (f"DAYS_{days}" if days else "NONE" for days in (question.click, question.view))
    count_by = "TOUCH_TIME" if question.by_touch_time else "CONVERSION_TIME"
    events = ", ".join(f'"{one}"' for one in question.events)
    tracked = "tracked { conversions conversionValue refunds { count value } }"
    return f"""q{place}: node(id: "{global_id.encode(TYPES[column], number)}") {{ ... on {TYPES[column]} {{
        performance(window: {{range: {{since: "{since}", until: "{until}"}}}}, options: {{conversionEvents: [{events}],
            attribution: {{click: {click}, view: {view}, countBy: {count_by}}}}}) {{
            totals {{ {tracked} }}
            series {{
                points {{ since metrics {{ {tracked} }} }} columns {{ tracked {{ conversions conversionValue }} }}
            }}
        }} }} }}"""


def _expected(oracle: Oracle, world: World, question: Question) -> dict[str, Any]:
    """In the ad account's currency, the one in which what it spends is; null where anything is worth another's."""
    groups = oracle.groups(replace(question, by=("CURRENCY",)))
    assert question.scope
    column, number = question.scope
    (account,) = {ad.ad_account for ad in world.ads if getattr(ad, column) == number}
    (own,) = {one.currency for one in world.accounts if one.ad_account == account}
    alike = all(group.currency in {own, None} for group in groups)

    def money(amounts: Iterable[Fraction | None]) -> float | None:
        return shown(sum((amount or Fraction() for amount in amounts), start=Fraction()), 2) if alike else None

    return {
        "conversions": float(sum(group.count for group in groups)),
        "conversionValue": money(group.value for group in groups),
        "refunds": {
            "count": sum(group.refund_count for group in groups),
            "value": money(group.refund_value for group in groups),
        },
    }
