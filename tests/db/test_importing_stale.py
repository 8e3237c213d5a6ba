"""Own rows that are older than what lies below them: known after every import, whatever it brings or moves."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.database import Database
from db.level import Level
from db.organization import organization_id
from tests.db.test_rollup_rule import ENTITIES, parents
from tests.records import DAY, make_entity, make_record, make_tree, rows, take

NEXT = DAY + timedelta(days=1)
DAYS = [DAY, NEXT]
_organizations = itertools.count()
Entity = tuple[Level, str]


async def stale(database: Database, org_id: int) -> dict[tuple[str, date], int]:
    """How many stale own rows are at or below each entity, by day."""
    return {
        (row["external_id"], row["day"]): row["count"]
        for row in await rows(
            database,
            """select external_id, day, count from stale_own_rows join (
                select id, external_id from ad_account union all select id, external_id from campaign
                union all select id, external_id from ad_set
            ) as entity on entity.id = stale_own_rows.entity_id where stale_own_rows.org_id = $1""",
            org_id,
        )
    }


async def test_an_own_row_is_stale_once_its_children_were_restated_and_until_it_is_confirmed(
    database: Database, org_id: int
):
    campaign = make_record(Level.CAMPAIGN, "10", spend_micros=5)
    ad = make_record(Level.AD, "1000", spend_micros=5)

    await take(database, org_id, [*make_tree(), campaign, ad])
    assert await stale(database, org_id) == {}
    await take(database, org_id, [ad])
    assert await stale(database, org_id) == {}, "the same numbers again restate nothing"
    await take(database, org_id, [ad._replace(spend_micros=6)])
    assert await stale(database, org_id) == {("10", DAY): 1, ("1", DAY): 1}
    await take(database, org_id, [campaign])
    assert await stale(database, org_id) == {}, "the same numbers again confirm them"


# The facts of one import: each with a number of its own, so that every fact that comes restates.
facts = st.sets(st.tuples(st.sampled_from(ENTITIES), st.sampled_from(DAYS)), max_size=12)


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(imports=st.lists(st.tuples(parents, facts), min_size=1, max_size=4))
async def test_stale_own_rows_are_those_that_an_earlier_import_brought_than_a_row_below(
    database: Database, imports: Any
):
    org_id = await organization_id(database, f"organization {next(_organizations)}")
    brought: dict[tuple[Entity, date], int] = {}
    for number, (tree, restated) in enumerate(imports):
        await take(database, org_id, [
            *(make_entity(level, name, tree[level, name][1] if level > Level.AD_ACCOUNT else None)
              for level, name in ENTITIES),
            *(make_record(level, name, day, spend_micros=number) for (level, name), day in restated),
        ], currency="USD")  # fmt: skip
        brought |= dict.fromkeys(restated, number)

        assert await stale(database, org_id) == expected(tree, brought)


def expected(tree: dict[Entity, Entity], brought: dict[tuple[Entity, date], int]) -> dict[tuple[str, date], int]:
    def path(entity: Entity) -> list[Entity]:
        return [entity, *(path(tree[entity]) if entity in tree else [])]

    found: dict[tuple[str, date], int] = {}
    for (entity, day), number in brought.items():
        below = [later for (other, when), later in brought.items() if when == day and entity in path(other)[1:]]
        if entity[0] < Level.AD and max(below, default=number) > number:
            for above in path(entity):
                found[above[1], day] = found.get((above[1], day), 0) + 1
    return found
