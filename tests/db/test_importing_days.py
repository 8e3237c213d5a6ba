"""The days that an import accounts for, and what it does to those that it no longer names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.records import Record
from db.importing import Covered
from db.level import Level, Missing
from tests.records import DAY, contents, make_entity, make_record, make_tree, rows, standing, take

NEXT = DAY + timedelta(days=1)
AFTER = DAY + timedelta(days=2)


async def covered(database: Database) -> list[tuple[int, date]]:
    return [(row["level"], row["day"]) for row in await rows(database, "select level, day from coverage order by 1, 2")]


async def test_since_and_until_say_which_days_are_covered(database: Database, org_id: int):
    report = await take(
        database, org_id, [*make_tree(), make_record(Level.AD, "1000", NEXT)], since=DAY, until=AFTER + timedelta(1)
    )

    assert report.covered == (Covered("1", Level.AD, DAY, AFTER),)
    assert await covered(database) == [(Level.AD, day) for day in (DAY, NEXT, AFTER)]


@pytest.mark.parametrize(("options", "first", "last"), [({"since": NEXT}, NEXT, AFTER), ({"until": AFTER}, DAY, NEXT)])
async def test_either_end_may_be_left_to_the_files(
    database: Database, org_id: int, options: dict[str, Any], first: date, last: date
):
    records = [make_record(Level.AD, "1000", day, spend_micros=1) for day in (DAY, NEXT, AFTER)]
    report = await take(database, org_id, [*make_tree(), *records], **options)

    assert report.covered == (Covered("1", Level.AD, first, last),)
    assert (report.facts, report.outside) == (2, 1)
    assert set(await standing(database, "ad_account", "1")) == {first, last}


async def test_an_account_that_is_silent_on_the_days_is_covered_where_the_files_name_it_on_others(
    database: Database, org_id: int
):
    tree = [*make_tree(), *make_tree("2", "20", "200", "2000")]
    facts = [make_record(Level.AD, "1000", DAY, clicks=None), make_record(Level.AD, "2000", NEXT, clicks=None)]

    report = await take(database, org_id, [*tree, *facts], since=NEXT, until=AFTER)

    assert report.covered == (Covered("1", Level.AD, NEXT, NEXT), Covered("2", Level.AD, NEXT, NEXT))
    assert await rows(database, "select distinct missing from coverage") == [{"missing": Missing.CLICKS}]


async def test_no_import_covers_a_day_that_has_not_begun(database: Database, org_id: int):
    today = datetime.now(UTC).date()
    account = make_entity(Level.AD_ACCOUNT, "1", currency="USD", timezone="UTC")
    facts = [make_record(Level.AD_ACCOUNT, "1", today + timedelta(days)) for days in (-3, 5)]

    await take(database, org_id, [account, *facts])

    last = (await covered(database))[-1][1]
    # The test may run across midnight.
    assert today <= last <= today + timedelta(1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"since": NEXT, "until": NEXT}, "hold no day"),
        ({"since": date(1999, 1, 1)}, "--since 1999-01-01 is not between"),
        ({"replace_days": True, "skip_bad_rows": True}, "exclude each other"),
    ],
)
async def test_days_that_cannot_be_are_refused(database: Database, org_id: int, options: dict[str, Any], said: str):
    with pytest.raises(Invalid, match=said):
        await take(database, org_id, [], **options)


# What the covered days no longer name


async def test_what_a_later_import_does_not_name_stays_unless_days_are_replaced(database: Database, org_id: int):
    other = make_entity(Level.AD, "1001", "100")
    ads = [make_record(Level.AD, ad, day, spend_micros=1) for ad in ("1000", "1001") for day in (DAY, NEXT)]
    campaign = make_record(Level.CAMPAIGN, "10", NEXT, spend_micros=9)
    await take(database, org_id, [*make_tree(), other, *ads, campaign])
    restated = [make_record(Level.AD, "1000", NEXT, spend_micros=5)]

    kept = await take(database, org_id, restated)
    assert await standing(database, "ad_set", "100") == {DAY: 2, NEXT: 6}
    replaced = await take(database, org_id, restated, replace_days=True)

    assert (kept.removed, replaced.removed) == (0, 1)
    assert await standing(database, "ad_set", "100") == {DAY: 2, NEXT: 5}
    # The campaign's own row is of another level.
    assert await standing(database, "campaign", "10") == {DAY: 2, NEXT: 9}


async def test_replacing_days_reaches_as_far_as_the_options_say_and_leaves_other_accounts(
    database: Database, org_id: int
):
    tree = [*make_tree(), *make_tree("2", "20", "200", "2000")]
    facts = [make_record(Level.AD, ad, day, spend_micros=1) for ad in ("1000", "2000") for day in (DAY, NEXT, AFTER)]
    await take(database, org_id, [*tree, *facts])

    report = await take(
        database, org_id, [make_record(Level.AD, "1000", DAY, spend_micros=1)], replace_days=True, since=DAY,
        until=AFTER,
    )  # fmt: skip

    assert (report.removed, report.changed) == (1, True)
    assert await standing(database, "ad_account", "1") == {DAY: 1, AFTER: 1}
    assert await standing(database, "ad_account", "2") == {DAY: 1, NEXT: 1, AFTER: 1}


# Hours


async def test_fewer_hours_than_before_are_a_warning(database: Database, org_id: int):
    def hours(number: int) -> list[Record]:
        return [make_record(Level.AD, "1000", part=hour, spend_micros=2) for hour in range(number)]

    whole = await take(database, org_id, [*make_tree(), *hours(24)])
    again = await take(database, org_id, hours(24))
    fewer = await take(database, org_id, hours(3))

    assert (whole.warnings, again.warnings) == ((), ())
    assert fewer.warnings[0].startswith("1 entity-days have fewer hours than were imported before")
    assert await standing(database, "ad_account", "1") == {DAY: 6}


# What changed


async def test_an_import_knows_what_it_added_and_replaced_and_whether_anything_changed(database: Database, org_id: int):
    facts = [make_record(Level.AD, "1000", day, spend_micros=1) for day in (DAY, NEXT)]
    own = make_record(Level.CAMPAIGN, "10", DAY, spend_micros=1)

    first = await take(database, org_id, [*make_tree(), *facts, own])
    again = await take(database, org_id, [*make_tree(), *facts, own])
    restated = await take(database, org_id, [make_record(Level.AD, "1000", NEXT, spend_micros=2)])

    assert [(report.added, report.replaced, report.changed) for report in (first, again, restated)] == [
        (3, 0, True), (0, 0, False), (0, 1, True),
    ]  # fmt: skip


async def test_a_rehearsal_reports_everything_and_keeps_nothing(database: Database, org_id: int):
    before = await contents(database)

    report = await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000")], dry_run=True)

    assert (report.facts, report.added, report.ads, report.changed) == (1, 1, 1, True)
    assert await contents(database) == before
    assert await rows(database, "select 1 from data_import") == []
