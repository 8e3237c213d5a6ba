"""Breadth first and graphql-core's own executor give the same answer to random operations, whatever breaks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from db.organization import organization_id
from resolvers.context import Request
from tests.graph.executor import menagerie
from tests.graph.executor.choices import Choices
from tests.graph.executor.faults import FAILURES, SPOILED, STATEMENTS, Fault, Faults, Remembering, installed
from tests.graph.executor.inputs import Values
from tests.graph.executor.operations import Operation, operation
from tests.graph.executor.oracle import Oracle, try_out
from tests.graph.executor.world import NOW, make_world, ours, theirs

# Where a variable that steers @skip is null, graphql-core stops amid a selection and leaves what it had begun.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine '.*_async_resolver' was never awaited:RuntimeWarning")
# So that several workers have something to do.
PARTS = 4


class Silent:
    """A log that keeps nothing: here things break all the time."""

    def error(self, *_: object, **__: object) -> None: ...

    warning = error


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.errors.log", Silent())
        yield runner


@dataclass(frozen=True)
class World:
    """The product's schema over a database that nobody writes to any more, and what may break in it."""

    oracle: Oracle
    values: Values
    faults: Faults
    wrong: dict[str, list[Any]]


@pytest.fixture(scope="module")
def world(shared_url: str, runner: asyncio.Runner) -> Iterator[World]:
    faults = Faults()
    connecting = Remembering.connect(shared_url)
    database = runner.run(connecting.__aenter__())
    database.faults, database.answers = faults, {}
    org_id = runner.run(organization_id(database, "default"))
    values = runner.run(make_world(database, org_id))
    database.answers = {}
    oracle = Oracle(runner, ours, theirs, lambda: Request(database, org_id, NOW, max_nodes=10**9))
    with installed(theirs, faults) as wrong:
        yield World(oracle, values, faults, wrong)
    runner.run(connecting.__aexit__(None, None, None))


@st.composite
def _broken_or_not(draw: Any, world: World) -> tuple[Operation, Faults]:
    choices = Choices(draw)
    asked, faults = operation(theirs._schema, world.values, choices), Faults()
    fields = sorted(name for name in world.wrong if re.search(rf"\b{name}\b", asked.text))
    while fields and len(faults.fields) < 4 and choices.chance(55):
        name = choices.one(fields)
        if choices.chance(25):
            faults.fields[name] = Fault(choices.one(FAILURES), raised=True)
        else:
            faults.fields[name] = Fault(choices.one(world.wrong[name]), every=1 + choices.number(2))
    if choices.chance(25):
        column = choices.one(list(SPOILED))
        faults.columns[column] = choices.one(SPOILED[column])
    if choices.chance(20):
        faults.statements[choices.one(STATEMENTS)] = choices.one(FAILURES)
    return asked, faults


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_queries_of_the_product_are_answered_as_by_graphql_core(
    world: World, part: int, operations: int, operations_seed: int
) -> None:
    left: dict[Hashable, Any] = {}

    def check(example: tuple[Operation, Faults]) -> None:
        asked, faults = example
        world.faults.become(faults)
        world.oracle.ask(asked)
        if faults == Faults():
            # Once more with what all the requests before have left.
            world.oracle.ask(asked, kept=left)

    try_out(_broken_or_not(world), check, operations // PARTS, operations_seed + part)


@st.composite
def _of_beasts(draw: Any) -> tuple[Operation, menagerie.Beast]:
    choices = Choices(draw)
    asked = operation(menagerie.theirs._schema, lambda scalar, *_: menagerie.VALUES[scalar], choices)
    return asked, menagerie.Beast(choices.number(10_000), 0, "Query")


@pytest.mark.slow
def test_queries_of_a_schema_with_every_kind_of_type_are_answered_as_by_graphql_core(
    runner: asyncio.Runner, operations: int, operations_seed: int
) -> None:
    nowhere: Any = None
    oracle = Oracle(
        runner, menagerie.ours, menagerie.theirs, lambda: Request(nowhere, 1, datetime(2025, 6, 18, tzinfo=UTC))
    )

    def check(example: tuple[Operation, menagerie.Beast]) -> None:
        oracle.ask(*example)

    try_out(_of_beasts(), check, operations // 4, operations_seed)
