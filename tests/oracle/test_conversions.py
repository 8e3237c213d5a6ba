"""Conversions: what adgraph answers is what DuckDB works out from the raw events."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from resolvers import global_id
from tests.oracle.conversion_questions import Group, Question
from tests.oracle.conversion_world import World, make_question, make_world
from tests.oracle.conversions import Oracle, shown
from tests.oracle.costs import cost
from tests.oracle.sending import send

TYPES = {None: "Project", "ad_account": "AdAccount", "campaign": "Campaign", "ad_set": "AdSet", "ad": "Ad"}
ENTITIES = {"AD_ACCOUNT": "adAccount", "CAMPAIGN": "campaign", "AD_SET": "adSet", "AD": "ad"}
PLAIN = {
    "PLATFORM": "platform", "AD_PLATFORM": "adPlatform", "APP": "app", "EVENT_NAME": "eventName", "SOURCE": "source",
    "CURRENCY": "currency", "HOUR": "hour", "DAY": "day", "WEEK": "week", "MONTH": "month",
}  # fmt: skip
SUMS = "count uniqueUsers value currency refunds { count value }"
COSTS = "spend cpa roas unavailable { metric reason }"
MINOR_DIGITS = {"JPY": 0, None: 9}
AT_ONCE = 20
NOW = datetime(2025, 6, 1, tzinfo=UTC)
Row = tuple[Any, ...]
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.mark.slow
async def test_answers_are_those_of_the_oracle(database, org_id, ask, questions, questions_seed):
    random, asked = Random(questions_seed), 0
    while asked < questions:
        world = await make_world(database, org_id, random)
        await send(database, org_id, world.project_id, world.events, NOW, random)
        oracle = Oracle(world.events, world.ads, world.reporting_currency, world.rates)
        for _ in range(min(8, -(-(questions - asked) // AT_ONCE))):
            some = [make_question(random, world) for _ in range(AT_ONCE)]
            for question, (totals, groups) in zip(some, await answers(ask, world, some), strict=True):
                where = f"--questions-seed {questions_seed}, the {asked}th: {question}"
                expected = [(*row_of(one), *costs_of(world, question, one)) for one in oracle.groups(question)]
                assert totals == row_of(oracle.totals()), where
                assert sorted(groups, key=repr) == sorted(expected, key=repr), where
                asked += 1


async def answers(ask: Ask, world: World, questions: Sequence[Question]) -> list[tuple[Row, list[Row]]]:
    """What adgraph answers: the totals, and the groups."""
    found = await ask("{" + " ".join(_field(place, world, one) for place, one in enumerate(questions)) + "}")
    answered = []
    for place, question in enumerate(questions):
        report = found[f"q{place}"]["conversions"]
        nodes = report["groups"]["nodes"]
        assert report["groups"]["totalCount"] == len(nodes)
        rows = [(*_sums(node, _key(node["key"], question.by)), *_costs(question, node)) for node in nodes]
        answered.append((_sums(report["totals"], ()), rows))
    return answered


def row_of(group: Group) -> Row:
    """The oracle's answer in the form of adgraph's."""
    digits = MINOR_DIGITS.get(group.currency, 2)
    value, refunded = shown(group.value, digits), shown(group.refund_value, digits)
    return (*group.key, group.count, group.users, value, group.currency, group.refund_count, refunded)


def costs_of(world: World, question: Question, group: Group) -> Row:
    """The same of what it cost; of money that is converted this oracle does not tell."""
    if question.currency:
        return ()
    return tuple(one if isinstance(one, str) else float(one) for one in cost(world.books, question, group))


def _costs(question: Question, node: dict[str, Any]) -> Row:
    if question.currency:
        return ()
    why = {one["metric"]: one["reason"] for one in node["unavailable"]}
    return tuple(why[name.upper()] if node[name] is None else node[name] for name in ("spend", "cpa", "roas"))


def _field(place: int, world: World, question: Question) -> str:
    column, number = question.scope or (None, world.project_id)
    keys = " ".join(PLAIN.get(one) or f"{ENTITIES[one]} {{ id }}" for one in question.by)
    attribution = (
        f"{{click: {_days(question.click)}, view: {_days(question.view)}, "
        f"countBy: {'TOUCH_TIME' if question.by_touch_time else 'CONVERSION_TIME'}}}"
    )
    app = f', app: "{question.app}"' if question.app else ""
    currency = f", currency: {json.dumps(question.currency)}" if question.currency else ""
    events = ", ".join(f'"{one}"' for one in question.events)
    return f"""q{place}: node(id: "{global_id.encode(TYPES[column], number)}") {{ ... on {TYPES[column]} {{
        conversions(window: {{since: "{question.since.isoformat()}", until: "{question.until.isoformat()}"}}
            events: [{events}], timezone: "{question.timezone}", attribution: {attribution}{app}{currency}) {{
            totals {{ {SUMS} }}
            groups(by: [{", ".join(question.by)}], first: 1000) {{
                totalCount nodes {{ key {{ {keys} }} {SUMS} {COSTS} }} }}
        }} }} }}"""


def _days(days: int) -> str:
    return f"DAYS_{days}" if days else "NONE"


def _sums(found: dict[str, Any], key: Row) -> Row:
    refunds = found["refunds"]
    return (
        *key, found["count"], found["uniqueUsers"], found["value"], found["currency"], refunds["count"],
        refunds["value"],
    )  # fmt: skip


def _key(found: dict[str, Any], by: Sequence[str]) -> Row:
    return tuple(_part(dimension, found[PLAIN.get(dimension) or ENTITIES[dimension]]) for dimension in by)


def _part(dimension: str, value: Any) -> Any:
    if value is None:
        return None
    if dimension in ENTITIES:
        return global_id.parse(value["id"])[1]
    if dimension == "HOUR":
        return int(datetime.fromisoformat(value).timestamp())
    return date.fromisoformat(value) if dimension in {"DAY", "WEEK", "MONTH"} else value
