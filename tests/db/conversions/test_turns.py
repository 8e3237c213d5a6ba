"""Calls that record events of one project while others do: taken together, and answered as if each had been alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest

from db.conversions.preparing import Batch, key_in
from db.conversions.recording import Recorded, record
from db.conversions.taking import Intake
from db.conversions.turns import Turns
from db.database import Database
from db.errors import Unavailable
from db.organization import organization_id
from tests.db.conversions.worlds import NOW, Fields, check_rollups, event, make_tree, random_events, rows, told

WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


@asynccontextmanager
async def turn_taken(database: Database, org_id: int, project_id: int) -> AsyncIterator[None]:
    """Somebody else's turn: those who come meanwhile wait."""
    async with database.transaction() as transaction:
        await Intake.locked(transaction, org_id, project_id)
        yield


async def sent(database: Database, org_id: int, project_id: int, *calls: list[Fields]) -> list[asyncio.Task[Recorded]]:
    """The calls one after the other: the first waits for its turn, the others behind it."""
    turns = Turns.at(database, org_id, project_id)
    tasks = []
    for place, events in enumerate(calls):
        tasks.append(asyncio.create_task(record(database, org_id, project_id, events, NOW)))
        while turns._working is None or len(turns._waiting) != place:  # noqa: ASYNC110  # it is no event
            await asyncio.sleep(0.005)
    return tasks


async def ids(database: Database, project_id: int) -> list[str]:
    return [row[0] for row in await rows(
        database, "select event_id from conversion_message where project_id = $1 order by 1", project_id
    )]  # fmt: skip


def answers(recorded: list[Recorded]) -> list[list[object]]:
    return [[answer if isinstance(answer, bool) else str(answer) for answer in each.answers] for each in recorded]


async def test_calls_that_wait_for_a_project_are_recorded_together(
    database: Database, org_id: int, queries_sent: list[str]
) -> None:
    project_id = await make_tree(database, org_id)

    async with turn_taken(database, org_id, project_id):
        tasks = await sent(database, org_id, project_id, *([event(f"e{number}")] for number in range(8)))
        queries_sent.clear()
    await asyncio.gather(*tasks)

    # The first was alone when its turn came to wait for others.
    assert queries_sent.count("lock_conversions") == 1
    assert queries_sent.count("add_new_conversions") == 2
    assert len(await ids(database, project_id)) == 8


async def test_they_are_answered_as_if_each_had_come_alone(database: Database) -> None:
    random = Random(1)
    for number in range(6):
        events = random_events(random, 60)
        calls = [events[start : start + 6] for start in range(0, 60, 6)]
        alone_org, together_org = [
            await organization_id(database, f"{kind} {number}") for kind in ("alone", "together")
        ]
        alone, together = [await make_tree(database, each, "a1", "a2") for each in (alone_org, together_org)]

        one_by_one = [await record(database, alone_org, alone, call, NOW) for call in calls]
        async with turn_taken(database, together_org, together):
            tasks = await sent(database, together_org, together, *calls)
        at_once = list(await asyncio.gather(*tasks))

        assert answers(at_once) == answers(one_by_one)
        assert [each.strange_touches for each in at_once] == [each.strange_touches for each in one_by_one]
        assert await told(database, together) == await told(database, alone)
        await check_rollups(database, together)


async def test_no_more_than_1000_events_of_several_calls_are_recorded_at_once(
    database: Database, org_id: int, queries_sent: list[str]
) -> None:
    project_id = await make_tree(database, org_id)
    calls = [[event(f"e{call}-{number}") for number in range(400)] for call in range(6)]

    async with turn_taken(database, org_id, project_id):
        tasks = await sent(database, org_id, project_id, *calls)
    await asyncio.gather(*tasks)

    # The first alone, then two and two, and the last.
    assert queries_sent.count("add_new_conversions") == 4
    assert len(await ids(database, project_id)) == 2_400


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], list[str]]:
    """Makes taking an event of the id `bad` fail; gives the first ids of the calls that were begun."""
    take = Intake.take

    def fail(error: BaseException) -> list[str]:
        begun: list[str] = []

        async def failing_take(self: Intake, batch: Batch, *arguments: object) -> list[bool]:
            begun.append(key_in(batch.key_rows[0]))
            if begun[-1] == "bad":
                raise error
            return await take(self, batch, *arguments)  # type: ignore[arg-type]  # as they came

        monkeypatch.setattr(Intake, "take", failing_take)
        return begun

    return fail


async def test_a_call_that_fails_leaves_the_others_theirs(
    database: Database, org_id: int, failing: Callable[[BaseException], list[str]]
) -> None:
    project_id = await make_tree(database, org_id)
    failing(ValueError("cannot be taken"))

    async with turn_taken(database, org_id, project_id):
        tasks = await sent(database, org_id, project_id, *([event(id_)] for id_ in ("e1", "e2", "bad", "e3")))
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [getattr(result, "answers", str(result)) for result in results] == [
        [True], [True], "cannot be taken", [True],
    ]  # fmt: skip
    assert await ids(database, project_id) == ["e1", "e2", "e3"]
    await check_rollups(database, project_id)


async def test_where_the_database_is_gone_nobody_is_tried_again(
    database: Database, org_id: int, failing: Callable[[BaseException], list[str]]
) -> None:
    project_id = await make_tree(database, org_id)
    begun = failing(Unavailable("gone"))

    async with turn_taken(database, org_id, project_id):
        tasks = await sent(database, org_id, project_id, *([event(id_)] for id_ in ("e1", "e2", "bad", "e3")))
    results = await asyncio.gather(*tasks, return_exceptions=True)

    # What was committed is not known then; to send it again changes nothing.
    assert [type(result) for result in results] == [Recorded, Unavailable, Unavailable, Unavailable]
    assert begun == ["e1", "e2", "bad"]
    assert await ids(database, project_id) == ["e1"]


async def test_who_gives_up_leaves_the_others_theirs(database: Database, org_id: int) -> None:
    project_id = await make_tree(database, org_id)

    async with turn_taken(database, org_id, project_id):
        first, second, third = await sent(database, org_id, project_id, *([event(f"e{n}")] for n in range(1, 4)))
        second.cancel()
    await asyncio.gather(first, third)

    assert await ids(database, project_id) == ["e1", "e3"]


async def test_who_gives_up_while_others_are_recorded_with_it_leaves_them_theirs(
    database: Database, org_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = await make_tree(database, org_id)
    take = Intake.take
    third_begun = asyncio.Event()
    going_on = asyncio.Event()

    async def slow_take(self: Intake, batch: Batch, *arguments: object) -> list[bool]:
        if key_in(batch.key_rows[0]) == "e3":
            third_begun.set()
            await going_on.wait()
        return await take(self, batch, *arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Intake, "take", slow_take)
    async with turn_taken(database, org_id, project_id):
        first, second, third = await sent(database, org_id, project_id, *([event(f"e{n}")] for n in range(1, 4)))
    await third_begun.wait()
    second.cancel()
    await asyncio.sleep(0.05)
    going_on.set()

    assert (await first).answers == (await third).answers == [True]
    assert await ids(database, project_id) == ["e1", "e2", "e3"]


async def test_a_turn_that_nobody_waits_for_any_more_ends(database: Database, org_id: int) -> None:
    project_id = await make_tree(database, org_id)

    async with turn_taken(database, org_id, project_id):
        (only,) = await sent(database, org_id, project_id, [event("e1")])
        only.cancel()
        await asyncio.sleep(0.1)
    waiting = await rows(database, WAITING)
    later = await record(database, org_id, project_id, [event("e2")], NOW)

    assert waiting == [(0,)]
    assert later.answers == [True]
    assert await ids(database, project_id) == ["e2"]


async def test_nobody_waits_for_a_turn_that_was_ended(
    database: Database, org_id: int, failing: Callable[[BaseException], list[str]]
) -> None:
    project_id = await make_tree(database, org_id)
    failing(asyncio.CancelledError())

    async with turn_taken(database, org_id, project_id):
        tasks = await sent(database, org_id, project_id, *([event(id_)] for id_ in ("e1", "e2", "bad")))
    async with asyncio.timeout(10):
        await asyncio.wait(tasks)

    assert [task.cancelled() for task in tasks] == [False, True, True]
    assert await ids(database, project_id) == ["e1"]
