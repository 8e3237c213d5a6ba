"""Taking events in: what it costs, however much came before."""

from __future__ import annotations

from db.conversions.event import read
from db.conversions.preparing import prepare
from db.conversions.taking import Intake
from db.database import Database
from tests.db.conversions.worlds import NOW, Fields, check_rollups, event, make_tree, take

TOUCH = {"platform": "META", "ad": "a1", "kind": "CLICK", "at": "2025-06-10T11:00:00Z"}
READ = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'conversion'"


def purchases(first: int, beyond: int) -> list[Fields]:
    return [event(f"e{number}", touches=[TOUCH], revenue_amount=1) for number in range(first, beyond)]


async def test_what_is_new_is_added_up_without_a_look_at_what_came_before(database: Database, org_id: int) -> None:
    project_id = await make_tree(database, org_id, "a1")
    # Nobody has gathered statistics yet.
    await take(database, org_id, project_id, purchases(0, 3_000))

    async with database.transaction() as transaction:
        before = await transaction._connection.fetchval(READ)
        intake = await Intake.locked(transaction, org_id, project_id)
        await intake.take(prepare([read(fields, "USD", NOW) for fields in purchases(3_000, 3_010)], NOW), NOW)
        await intake.finish()
        rows_read = await transaction._connection.fetchval(READ) - before

    # Once for the sums of conversions, once for what is tracked.
    assert rows_read == 20
    await check_rollups(database, project_id)
