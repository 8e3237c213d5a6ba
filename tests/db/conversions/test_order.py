"""Whatever order and batches events arrive in, the tables come to the same, and rollups to what conversions add up."""

from __future__ import annotations

from random import Random

import pytest

from db.database import Database
from db.verify import verify
from tests.db.conversions.worlds import check_rollups, make_tree, random_events, take_at_once, told
from tests.db.conversions.worlds import take as take_each


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_and_any_batches_give_the_same(
    database: Database, org_id: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    # What an import remembers is soon forgotten, or taken for another.
    monkeypatch.setattr("db.conversions.stored._MARKS", random.choice([3, 1_000]))
    monkeypatch.setattr("db.conversions.stored._MOST_KNOWN", random.choice([1, 1_000]))
    events = random_events(random, 10 + seed * 7)
    answers = []
    for take, size in ((take_each, 1), (take_each, 7), (take_each, 1_000), (take_at_once, 4), (take_at_once, 30)):
        # An ad has its id once in an organization, so each order has a project to itself in another one.
        project_id = await make_tree(database, await another(database), "a1", "a2")
        org = await organization_of(database, project_id)
        random.shuffle(events)
        await take(database, org, project_id, events, size)
        await take(database, org, project_id, random.sample(events, len(events) // 2), 5)
        await check_rollups(database, project_id)
        assert (await verify(database, org)).differences == []
        answers.append(await told(database, project_id))

    for answer in answers[1:]:
        assert answer == answers[0]


async def another(database: Database) -> int:
    from db.organization import organization_id
    from tests.make import _numbers

    return await organization_id(database, f"org {next(_numbers)}")


async def organization_of(database: Database, project_id: int) -> int:
    from tests.db.conversions.worlds import rows

    return int((await rows(database, "select org_id from project where id = $1", project_id))[0][0])
