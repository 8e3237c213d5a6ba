"""Lists: who is in them, in which order, on which page, and what they add up to, is what the oracle's numbers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from random import Random
from typing import Any, NamedTuple

import pytest

from db.database import Database
from resolvers import global_id
from tests.oracle.importing_vocabulary import bring
from tests.oracle.test_vocabulary import NUMBERS, TOLERANCE, Ask, enum, literal, of_block
from tests.oracle.vocabulary import Answer, Oracle
from tests.oracle.vocabulary_world import (
    COSTS,
    MONEY,
    OF_VALUE_OR_REACH,
    Entity,
    Listed,
    Question,
    World,
    descendants,
    make_list,
    make_world,
)

AT_ONCE = 10
OF_EACH_WORLD = 60
ANY = Question(("Project", 0), None, None, False, (), "PREVIOUS_PERIOD")
FIELDS = {"AdAccount": "adAccounts", "Campaign": "campaigns", "AdSet": "adSets", "Ad": "ads"}
FIELD = """{alias}: node(id: "{id}") {{ ... on {type} {{ {field}(first: {first}{after}, filter: {filter}, orderBy: {order}) {{
  totalCount pageInfo {{ hasNextPage endCursor }}
  nodes {{ id performance({arguments}) {{ totals {{ {metric} }} }} }}
  performance({arguments}) {{ currency totals {{ ...Numbers }} }}
}} }} }}"""  # noqa: E501  # a query


class Member(NamedTuple):
    """Somebody in a list: the id, what it is ordered by, and the size of what that was computed from."""

    id: str
    key: float | None
    size: float


@pytest.mark.slow
async def test_every_list_is_that_of_the_oracle(
    database: Database, org_id: int, ask: Ask, questions: int, questions_seed: int
):
    print(f"--questions-seed {questions_seed}")  # noqa: T201  # shown with a failure, or by -s
    wanted = questions // 4
    for number in range(-(-wanted // OF_EACH_WORLD)):
        random = Random(questions_seed + number)
        world = make_world(random)
        ids = await bring(database, org_id, world, f"w{number}")
        oracle = Oracle(world)
        for _ in range(OF_EACH_WORLD // AT_ONCE):
            drawn = (make_list(random, world) for _ in range(10 * AT_ONCE))
            those = [one for one in drawn if may_be_asked(one, world)][:AT_ONCE]
            whole = await found(ask, world, ids, those, ["first: 1000"] * len(those))
            page = await found(ask, world, ids, those, [f"first: {one.first}" for one in those])
            cursors = [one["pageInfo"]["endCursor"] for one in page]
            rest = [f'first: 1000, after: "{cursor}"' if cursor else "first: 1" for cursor in cursors]
            behind = await found(ask, world, ids, those, rest)
            lists = [members(one, world) for one in those]
            told = oracle.answers([question for own in lists for _, question in own] or [ANY])
            inside = [
                kept(one, ids, [(each, told.pop(0)) for each, _ in own]) for one, own in zip(those, lists, strict=True)
            ]
            wholes = oracle.answers(
                [
                    replace(ask_of(one, one.entity, one.currency), members=tuple(own))
                    for one, own in zip(those, inside, strict=True)
                ]
            )
            for place, one in enumerate(those):
                said = list(differences(whole[place], inside[place], wholes[place], ids, one))
                nodes = [page[place]["nodes"], behind[place]["nodes"] if cursors[place] else []]
                if [node["id"] for part in nodes for node in part] != [node["id"] for node in whole[place]["nodes"]]:
                    said.append("the pages are not the list")
                where = f"--questions-seed {questions_seed + number} (of one world): {one}"
                assert not said, "\n".join([where, field("l", one, ids, "first: 1000"), *said[:20]])
        oracle.close()


def may_be_asked(one: Listed, world: World) -> bool:
    """Whether the metric compares: in one currency, and on a platform that has it."""
    accounts = {world.account_of(entity): entity for entity in descendants(world, one.entity, one.kind)}
    platforms = {world.accounts[number].platform for number in accounts}
    if platforms == {"APPLE"} and one.metric in OF_VALUE_OR_REACH:
        return False
    compared = one.metric in MONEY or one.bounded in MONEY
    return not (compared and several(world, accounts) and not currency_of(one, world))


def several(world: World, accounts: Mapping[int, Entity]) -> bool:
    """Whether ad accounts have several currencies; one that nobody told is one of its own."""
    codes = {
        f"XXX {number}" if world.accounts[number].currency == "XXX" else world.accounts[number].currency
        for number in accounts
    }
    return len(codes) > 1


def currency_of(one: Listed, world: World) -> str | None:
    """What the metrics are compared in: as asked, else in the project's reporting currency where there are several."""
    accounts = {world.account_of(entity): entity for entity in descendants(world, one.entity, one.kind)}
    if one.currency or not several(world, accounts):
        return one.currency
    (number,) = {world.accounts[account].project for account in accounts}
    return world.projects[number].reporting_currency


async def found(
    ask: Ask, world: World, ids: Mapping[Entity, int], those: Sequence[Listed], pages: Sequence[str]
) -> list[dict[str, Any]]:
    """One page of each list."""
    text = "\n".join(
        field(f"l{place}", one, ids, page) for place, (one, page) in enumerate(zip(those, pages, strict=True))
    )
    answered = await ask(f"{{ {text} }} {NUMBERS}", now=world.now)
    return [answered[f"l{place}"][FIELDS[one.kind]] for place, one in enumerate(those)]


def field(alias: str, one: Listed, ids: Mapping[Entity, int], page: str) -> str:
    """A list as GraphQL."""
    options = [f'currency: "{one.currency}"'] if one.currency else []
    options += ["undefinedRatios: FLOORED"] if one.floored else []
    arguments = f"window: {literal(one.window)}, options: {{{', '.join(options)}}}"
    bound = f"metric: {enum(one.bounded)}, {arguments}, {one.bound}: {one.value}"
    order = f"metric: {enum(one.metric)}, {arguments}, direction: {'DESC' if one.descending else 'ASC'}, "
    order += f"undefinedAs: {'WORST' if one.worst else 'NULL'}"
    first, _, after = page.partition(",")
    return FIELD.format(
        alias=alias, id=global_id.encode(one.entity[0], ids[one.entity]), type=one.entity[0], field=FIELDS[one.kind],
        first=first.removeprefix("first: "), after=f",{after}" if after else "", arguments=arguments, metric=one.metric,
        filter=f"{{metrics: [{{{bound}}}]}}", order=f"{{metric: {{{order}}}}}",
    )  # fmt: skip


def ask_of(one: Listed, entity: Entity, currency: str | None) -> Question:
    """What is asked of somebody in a list."""
    return Question(entity, one.window, currency, one.floored, (), "PREVIOUS_PERIOD")


def members(one: Listed, world: World) -> list[tuple[Entity, Question]]:
    """Who may be in a list, each with what it is ordered and filtered by."""
    currency = currency_of(one, world)
    return [(each, ask_of(one, each, currency)) for each in descendants(world, one.entity, one.kind)]


def kept(one: Listed, ids: Mapping[Entity, int], told: Sequence[tuple[Entity, Answer]]) -> dict[Entity, Member]:
    """Who is in the list."""
    inside = {}
    for entity, answer in told:
        metrics = answer.totals.metrics
        key, reason = metrics[one.metric].value, metrics[one.metric].reason
        # What was spent on and got nothing costs infinitely much.
        if one.worst and one.metric in COSTS and reason == "ZERO_DENOMINATOR" and (metrics["spend"].value or 0) > 0:
            key = inf
        if holds(metrics[one.bounded].value, one.bound, one.value):
            id_ = global_id.encode(entity[0], ids[entity])
            inside[entity] = Member(id_, key, metrics[one.metric].size or 0)
    return inside


def differences(
    answer: dict[str, Any], inside: Mapping[Entity, Member], whole: Answer, ids: Mapping[Entity, int], one: Listed
) -> Iterator[str]:
    """Where a list is not what it must be."""
    yield from of_order([node["id"] for node in answer["nodes"]], inside, ids, one)
    if answer["totalCount"] != len(inside):
        yield f"{answer['totalCount']} in the list where the rules say {len(inside)}"
    if answer["performance"]["currency"] != whole.currency:
        yield f"in {answer['performance']['currency']} where the rules say {whole.currency}"
    yield from of_block(answer["performance"]["totals"], whole.totals, "the whole list")


def holds(value: float | None, bound: str, limit: float) -> bool:
    """Whether a value keeps the bound."""
    if value is None:
        return False
    return {"gt": value > limit, "gte": value >= limit, "lt": value < limit, "lte": value <= limit}[bound]


def of_order(
    shown: Sequence[str], inside: Mapping[Entity, Member], ids: Mapping[Entity, int], one: Listed
) -> Iterator[str]:
    """Where an order is not one of the metric, what is null last, what is equal as first seen."""
    of_id = {member.id: (member, ids[entity]) for entity, member in inside.items()}
    if set(shown) != set(of_id) or len(shown) != len(of_id):
        yield f"the list has {sorted(shown)} where the rules say {sorted(of_id)}"
        return
    for earlier, later in pairwise(shown):
        (before, id_before), (behind, id_behind) = of_id[earlier], of_id[later]
        if before.key is None or behind.key is None:
            wrong = before.key is None and (behind.key is not None or id_before > id_behind)
        elif before.key == behind.key:
            wrong = id_before > id_behind
        else:
            close = abs(before.key - behind.key) <= TOLERANCE * (before.size + behind.size)
            wrong = not close and (before.key < behind.key) is one.descending
        if wrong:
            yield f"{before} stands before {behind}"
