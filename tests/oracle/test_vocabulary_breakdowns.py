"""Breakdowns: which rows there are, in which order, what is in each and what is in none, is what the oracle says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isclose
from random import Random
from typing import Any, NamedTuple

import pytest

from db.database import Database
from resolvers import global_id
from tests.oracle.importing_vocabulary import bring
from tests.oracle.test_vocabulary import (
    FEW_METRICS,
    NUMBERS,
    TOLERANCE,
    Ask,
    compared_with,
    enum,
    literal,
    of_block,
    of_point,
)
from tests.oracle.test_vocabulary_lists import holds, several
from tests.oracle.vocabulary import Answer, Block, Oracle
from tests.oracle.vocabulary_world import (
    ADDITIVE,
    COSTS,
    KINDS,
    METRICS,
    MONEY,
    OF_VALUE_OR_REACH,
    WEEKDAYS,
    Entity,
    Question,
    World,
    descendants,
    make_question,
    make_world,
)

AT_ONCE = 10
OF_EACH_WORLD = 60
LEVELS = {"AD_ACCOUNT": "AdAccount", "CAMPAIGN": "Campaign", "AD_SET": "AdSet", "AD": "Ad"}
TIMES = ("DAY", "WEEK", "MONTH", "WEEKDAY")
KEYS = ("platform", "adAccount", "campaign", "adSet", "ad", "day", "week", "month", "weekday")
FIELD = """{alias}: node(id: "{id}") {{ ... on Measurable {{ performance({arguments}) {{
  breakdown(by: [{by}], first: {first}{order}{having}) {{
    totalCount
    nodes {{ key {{ {keys} }} days currency share(of: {bounded}) metrics {{ ...Numbers }} {comparison} }}
    rest {{ {additive} }}
  }}
}} }} }}"""


@dataclass(frozen=True)
class Broken:
    """A page of a breakdown of what a question asks about, perhaps in an order, perhaps of rows that keep a bound."""

    question: Question
    by: tuple[str, ...]
    metric: str | None
    descending: bool
    worst: bool
    bounded: str
    bound: str | None
    value: float
    first: int

    @property
    def times(self) -> tuple[str, ...]:
        """The dimensions of time."""
        return tuple(dimension for dimension in self.by if dimension in TIMES)

    @property
    def compares(self) -> bool:
        """Whether its rows stand beside others by their number alone."""
        return self.times == () or (len(self.times) == 1 and self.times != ("WEEKDAY",))


class Row(NamedTuple):
    """A row as it must be: where it lies, for its order as well, and what it holds."""

    key: tuple[str, ...]
    place: tuple[int | str, ...]
    block: Block
    currency: str | None
    before: Block | None


def make_breakdown(random: Random, world: World) -> Broken:
    """A breakdown of any entity by one or two dimensions at its level, below it, or of time."""
    question = replace(make_question(random, world), platforms=None)
    at = max(1, KINDS.index(question.entity[0]))
    dimensions = ["PLATFORM", *list(LEVELS)[at - 1 :], *TIMES]
    by = tuple(random.sample(dimensions, random.choice([1, 1, 2])))
    return Broken(
        question, by, random.choice([None, *METRICS]), random.random() < 0.5, random.random() < 0.5,
        random.choice(ADDITIVE[:4]), random.choice([None, "gt", "gte", "lt", "lte"]), random.choice([0, 0, 1, 10**6]),
        random.choice([1, 2, 3, 5, 1000]),
    )  # fmt: skip


@pytest.mark.slow
async def test_every_breakdown_is_that_of_the_oracle(
    database: Database, org_id: int, ask: Ask, questions: int, questions_seed: int
):
    print(f"--questions-seed {questions_seed}")  # noqa: T201  # shown with a failure, or by -s
    for number in range(-(-(questions // 4) // OF_EACH_WORLD)):
        random = Random(questions_seed + number)
        world = make_world(random)
        ids = await bring(database, org_id, world, f"w{number}")
        oracle = Oracle(world)
        for _ in range(OF_EACH_WORLD // AT_ONCE):
            drawn = (make_breakdown(random, world) for _ in range(10 * AT_ONCE))
            those = [one for one in drawn if may_be_asked(one, world)][:AT_ONCE]
            text = "\n".join(field(f"b{place}", one, ids) for place, one in enumerate(those))
            found = await ask(f"{{ {text} }} {NUMBERS}", now=world.now)
            parts = [list(parts_of(one, world)) for one in those]
            asked = [question for own in parts for _, question in own] + [one.question for one in those]
            told = oracle.answers(asked)
            for place, one in enumerate(those):
                rows = [row for labels, _ in parts[place] for row in rows_of(one, labels, told.pop(0), ids)]
                whole = told[len(told) - len(those) + place]
                said = list(differences(found[f"b{place}"]["performance"]["breakdown"], rows, whole, ids, one))
                where = f"--questions-seed {questions_seed + number} (of one world): {one}"
                assert not said, "\n".join([where, field("b", one, ids), *said[:20]])
        oracle.close()


def may_be_asked(one: Broken, world: World) -> bool:
    """Whether the metrics compare: in one currency, and on a platform that has them."""
    accounts = accounts_of(one.question.entity, world)
    if {world.accounts[number].platform for number in accounts} == {"APPLE"} and one.metric in OF_VALUE_OR_REACH:
        return False
    compared = one.metric in MONEY or (one.bound is not None and one.bounded in MONEY)
    return not compared or not several(world, accounts) or bool(currency_of(one.question, world))


def accounts_of(entity: Entity, world: World) -> dict[int, Entity]:
    """The ad accounts of an entity's numbers."""
    own = descendants(world, entity, "AdAccount") if entity[0] == "Project" else [entity]
    return {world.account_of(each): each for each in own}


def currency_of(question: Question, world: World) -> str | None:
    """What is asked for, else what the project reports in where that stands in."""
    if question.currency or question.entity[0] != "Project" or not several(world, accounts_of(question.entity, world)):
        return question.currency
    return world.projects[question.entity[1]].reporting_currency


def parts_of(one: Broken, world: World) -> Iterator[tuple[dict[str, Any], Question]]:
    """Each part along what is no time, and what is asked of it."""
    entity = one.question.entity
    asked = replace(one.question, cut=one.times, currency=currency_of(one.question, world))
    levels = [LEVELS[dimension] for dimension in one.by if dimension in LEVELS]
    if levels:
        deepest = max(levels, key=KINDS.index)
        for leaf in [entity] if entity[0] == deepest else descendants(world, entity, deepest):
            labels: dict[str, Any] = {"PLATFORM": world.accounts[world.account_of(leaf)].platform}
            labels |= {dimension: above(world, leaf, kind) for dimension, kind in LEVELS.items() if kind in levels}
            yield labels, replace(asked, entity=leaf)
    elif "PLATFORM" in one.by:
        accounts = accounts_of(entity, world)
        for platform in sorted({world.accounts[number].platform for number in accounts}):
            own = tuple(each for number, each in accounts.items() if world.accounts[number].platform == platform)
            yield {"PLATFORM": platform}, replace(asked, members=own) if entity[0] == "Project" else asked
    else:
        yield {}, asked


def above(world: World, entity: Entity, kind: str) -> Entity:
    """The entity itself, or the one above it that is of a kind."""
    return entity if entity[0] == kind else above(world, world.parents[entity], kind)


def rows_of(one: Broken, labels: Mapping[str, Any], answer: Answer, ids: Mapping[Entity, int]) -> Iterator[Row]:
    """The rows of one part."""
    earlier = answer.comparison.series if one.times else [answer.comparison.previous]
    for number, block in enumerate(answer.series if one.times else [answer.totals]):
        own = dict(labels) | dict(zip(one.times, block.bucket or (), strict=True))
        key: list[str] = []
        place: list[int | str] = []
        for dimension in one.by:
            value = own[dimension]
            if dimension in LEVELS:
                key.append(global_id.encode(value[0], ids[value]))
                place.append(ids[value])
            else:
                key.append(value)
                place.append(WEEKDAYS.index(value) if dimension == "WEEKDAY" else value)
        before = earlier[number] if number < len(earlier) else None
        yield Row(tuple(key), tuple(place), block, answer.currency, before)


def field(alias: str, one: Broken, ids: Mapping[Entity, int]) -> str:
    """A breakdown as GraphQL."""
    question = one.question
    options = [f'currency: "{question.currency}"'] if question.currency else []
    options += ["undefinedRatios: FLOORED"] if question.floored else []
    order = ""
    if one.metric:
        direction, undefined = "DESC" if one.descending else "ASC", "WORST" if one.worst else "NULL"
        order = f", orderBy: {{metric: {enum(one.metric)}, direction: {direction}, undefinedAs: {undefined}}}"
    having = f", having: {{metric: {enum(one.bounded)}, {one.bound}: {one.value}}}" if one.bound else ""
    comparison = (
        f"comparison(to: {compared_with(question)}) {{ window {{ since until }} "
        f"previous {{ {' '.join(FEW_METRICS)} unavailable {{ metric reason }} }} }}"
        if one.compares
        else ""
    )
    return FIELD.format(
        alias=alias, id=global_id.encode(question.entity[0], ids[question.entity]), by=" ".join(one.by), order=order,
        arguments=f"window: {literal(question.window)}, options: {{{', '.join(options)}}}", keys=" ".join(KEYS),
        additive=" ".join(ADDITIVE), first=one.first, having=having, bounded=enum(one.bounded), comparison=comparison,
    )  # fmt: skip


def differences(
    answer: dict[str, Any], rows: Sequence[Row], whole: Answer, ids: Mapping[Entity, int], one: Broken
) -> Iterator[str]:
    """Where a breakdown is not what it must be."""
    names = [_key(dimension) for dimension in one.by]
    shown = [tuple(node["key"][name] for name in names) for node in answer["nodes"]]
    of_key = {row.key: row for row in rows if keeps(row, one)}
    behind = of_key.keys() - set(shown)
    said = (len(shown), len(set(shown) & of_key.keys()), answer["totalCount"])
    if said != (len(of_key) - len(behind), min(one.first, len(of_key)), len(of_key)):
        yield f"the rows {sorted(shown)} of {answer['totalCount']} where the rules say {one.first} of {sorted(of_key)}"
        return
    for key, node in zip(shown, answer["nodes"], strict=True):
        row = of_key[key]
        if (node["days"], node["currency"]) != (row.block.days, row.currency):
            yield f"{key}: {node['days']} days, {node['currency']}; the rules say {row.block.days}, {row.currency}"
        yield from of_block(node["metrics"], row.block, f"{key}")
        yield from of_share(node["share"], row, whole, one)
        if one.compares:
            yield from of_point(node["comparison"], row.before, f"{key}")
    page = [of_key[key] for key in shown]
    yield from of_order(page, one)
    for key in behind:
        yield from of_order([page[-1], of_key[key]], one)
    yield from of_rest(answer["rest"], page, whole)


def keeps(row: Row, one: Broken) -> bool:
    """Whether a row is within the bound."""
    return one.bound is None or holds(row.block.metrics[one.bounded].value, one.bound, one.value)


def of_share(share: float | None, row: Row, whole: Answer, one: Broken) -> Iterator[str]:
    """Where a share is not that of the row in the whole."""
    own, total = row.block.metrics[one.bounded].value, whole.totals.metrics[one.bounded].value
    told = None if own is None or not total else own / total
    if (share is None) is not (told is None) or not isclose(share or 0, told or 0, rel_tol=TOLERANCE):
        yield f"{row.key}: a share of {share} where the rules say {own} of {total}"


def of_order(rows: Sequence[Row], one: Broken) -> Iterator[str]:
    """Where an order is not one of the metric, what is null last, what is equal in order of the keys."""
    for earlier, later in pairwise(rows):
        (before, size), (behind, size_behind) = _sort_key(earlier, one), _sort_key(later, one)
        if before is None or behind is None:
            wrong = before is None and (behind is not None or earlier.place > later.place)
        elif before == behind:
            wrong = earlier.place > later.place
        else:
            wrong = abs(before - behind) > TOLERANCE * (size + size_behind) and (before < behind) is one.descending
        if wrong:
            yield f"{earlier.key} ({before}) stands before {later.key} ({behind})"


def _sort_key(row: Row, one: Broken) -> tuple[float | None, float]:
    if one.metric is None:
        return None, 0
    told, spend = row.block.metrics[one.metric], row.block.metrics["spend"].value
    if one.worst and one.metric in COSTS and told.reason == "ZERO_DENOMINATOR" and (spend or 0) > 0:
        return inf, 0
    return told.value, told.size or 0


def of_rest(rest: Mapping[str, float | None], rows: Sequence[Row], whole: Answer) -> Iterator[str]:
    """Where what is in no row is not what the rows leave of the whole."""
    for metric in ADDITIVE:
        told = whole.totals.metrics[metric].value
        if (rest[metric] is None) is not (told is None):
            yield f"rest of {metric}: {rest[metric]} where the whole is {told}"
        elif told is not None and (found := rest[metric]) is not None:
            own = [row.block.metrics[metric].value or 0 for row in rows]
            if abs(found - (told - sum(own))) > TOLERANCE * (told + sum(own)):
                yield f"rest of {metric}: {found} where the rules say {told - sum(own)}"


def _key(dimension: str) -> str:
    first, *others = dimension.lower().split("_")
    return first + "".join(map(str.capitalize, others))
