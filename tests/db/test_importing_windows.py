"""The reach of whole windows: what an import takes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.database import Database
from db.importers.records import WindowReach
from db.importing import ImportRefused
from db.level import Level, Platform
from tests.records import contents, make_place, make_record, make_tree, named, rows, take

MARCH = (date(2025, 3, 1), date(2025, 4, 1))
LIFE = (None, None)
MONDAY, TUESDAY = (datetime(2025, 4, day, tzinfo=UTC) for day in (7, 8))


def make_window(
    reach: int, window: tuple[date | None, date | None] = MARCH, level: Level = Level.AD, external_id: str = "1000",
    **fields: Any,
) -> WindowReach:  # fmt: skip
    return WindowReach(make_place(), Platform.META, level, external_id, *window, reach, **fields)


async def found(database: Database) -> list[tuple[Any, ...]]:
    """What stands, by the platform's id of the entity."""
    stored = await rows(
        database,
        """select external_id, since, until, reach, extracted_at
        from window_reach
        join (
            select id, external_id from ad union all select id, external_id from ad_set
            union all select id, external_id from campaign union all select id, external_id from ad_account
        ) as entity on entity.id = entity_id
        order by 1, 2""",
    )
    return [tuple(row.values()) for row in stored]


async def test_each_window_of_an_entity_has_its_own_reach(database: Database, org_id: int):
    february = (date(2025, 2, 1), date(2025, 3, 1))
    windows = [
        make_window(900), make_window(700, february), make_window(5_000, LIFE, extracted_at=MONDAY),
        make_window(950, level=Level.CAMPAIGN, external_id="10"),
    ]  # fmt: skip
    report = await take(database, org_id, [*make_tree(), *windows])

    assert await found(database) == [
        ("10", *MARCH, 950, None), ("1000", date.min, date.max, 5_000, MONDAY), ("1000", *february, 700, None),
        ("1000", *MARCH, 900, None),
    ]  # fmt: skip
    assert (report.windows, report.changed) == (4, True)


async def test_the_same_again_changes_nothing_and_newer_ones_replace(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), make_window(900)])
    before = await contents(database)
    again = await take(database, org_id, [*make_tree(), make_window(900)])
    assert (again.changed, await contents(database) == before) == (False, True)

    newer = await take(database, org_id, [make_window(901)])
    assert (newer.windows, await found(database)) == (1, [("1000", *MARCH, 901, None)])


async def test_what_was_said_later_stands_whenever_it_is_imported(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), make_window(20, LIFE, extracted_at=TUESDAY)])
    late = await take(database, org_id, [make_window(10, LIFE, extracted_at=MONDAY)])

    assert late.changed is False
    assert await found(database) == [("1000", date.min, date.max, 20, TUESDAY)]


async def test_of_one_import_what_was_said_last_counts(database: Database, org_id: int):
    windows = [make_window(20, LIFE, extracted_at=TUESDAY), make_window(10, LIFE, extracted_at=MONDAY)]
    await take(database, org_id, [*make_tree(), *windows])

    assert await found(database) == [("1000", date.min, date.max, 20, TUESDAY)]


async def test_two_reaches_of_one_window_are_refused(database: Database, org_id: int):
    with pytest.raises(ImportRefused, match=r"reach '901' is there before with another reach \(export.csv:\d+, 900\)"):
        await take(database, org_id, [*make_tree(), make_window(900), make_window(900), make_window(901)])

    assert await found(database) == []


async def test_a_window_alone_places_its_entity_and_covers_no_day(database: Database, org_id: int):
    above = ((Level.AD_ACCOUNT, "1"), (Level.CAMPAIGN, "10"), (Level.AD_SET, "100"))
    report = await take(
        database, org_id, [make_window(900, parents=above)], since=date(2025, 3, 1), until=date(2025, 4, 1)
    )

    assert (await named(database, "ad", "1000"))["placeholder"] is True
    assert (report.facts, report.covered) == (0, ())
    assert await rows(database, "select 1 from coverage") == []
    assert len(await found(database)) == 1


async def test_a_window_of_no_known_account_is_set_aside(database: Database, org_id: int):
    report = await take(database, org_id, [make_window(900)])

    assert [(orphans.level, orphans.entities, orphans.facts) for orphans in report.orphans] == [(Level.AD, 1, 0)]
    assert await rows(database, "select 1 from window_reach") == []


async def test_a_window_is_no_fact_of_any_day(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000", reach=5), make_window(900)])

    assert await rows(database, "select reach from daily_fact") == [{"reach": 5}]


async def test_a_rehearsal_keeps_no_window(database: Database, org_id: int):
    report = await take(database, org_id, [*make_tree(), make_window(900)], dry_run=True)

    assert report.windows == 1
    assert await rows(database, "select 1 from window_reach") == []
