"""What an import does to the tables, whatever the source."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid, NotFound
from db.importers.records import BadRow, Note, Record
from db.importing import Covered, ImportRefused
from db.level import Level, Missing
from tests.records import (
    DAY,
    contents,
    make_entity,
    make_place,
    make_record,
    make_tree,
    rows,
    standing,
    take,
)

NEXT = DAY + timedelta(days=1)


async def test_a_fact_stands_at_every_level_above_it(database: Database, org_id: int):
    report = await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000", spend_micros=5, impressions=7)])

    assert [await standing(database, table, external_id) for table, external_id in
            (("ad_set", "100"), ("campaign", "10"), ("ad_account", "1"))] == [{DAY: 5}] * 3  # fmt: skip
    assert (report.ad_accounts, report.campaigns, report.ad_sets, report.ads, report.facts) == (1, 1, 1, 1, 1)
    assert report.project_created
    assert (report.warnings, report.notes, report.orphans) == ((), (), ())


async def test_importing_twice_changes_nothing_but_the_record_of_it(database: Database, org_id: int):
    records: list[Record] = [
        *make_tree(),
        make_record(Level.AD, "1000", spend_micros=5, clicks=None, reach=3),
        make_record(Level.CAMPAIGN, "10", spend_micros=6),
        make_record(Level.AD, "7", parents=((Level.AD_ACCOUNT, "1"),)),
    ]
    await take(database, org_id, records)
    before = await contents(database)

    report = await take(database, org_id, records)

    assert await contents(database) == before
    assert not report.project_created
    assert len(await rows(database, "select 1 from data_import")) == 2


async def test_restating_replaces_the_days_it_names_and_no_others(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), *(make_record(Level.AD, "1000", day, spend_micros=5)
                                                  for day in (DAY, NEXT))])  # fmt: skip
    await take(database, org_id, [make_record(Level.AD, "1000", NEXT, spend_micros=1)])

    assert await standing(database, "ad_account", "1") == {DAY: 5, NEXT: 1}


async def test_bad_rows_leave_nothing_and_are_all_told(database: Database, org_id: int):
    bad_rows = [BadRow(make_place(), "spend", value, "is negative") for value in ("-1", "-2")]
    before = await contents(database)

    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, [*make_tree(), bad_rows[0], make_record(Level.AD, "1000"), bad_rows[1]])

    assert refused.value.bad_rows == tuple(bad_rows)
    assert refused.value.count == 2
    assert "export.csv:" in str(refused.value)
    assert "spend '-1' is negative and 1 more" in str(refused.value)
    assert await contents(database) == before


async def test_a_source_that_breaks_off_leaves_nothing(database: Database, org_id: int):
    def breaking():
        yield from make_tree()
        yield make_record(Level.AD, "1000")
        raise Invalid("The disk is gone.")

    before = await contents(database)
    with pytest.raises(Invalid, match="disk"):
        await take(database, org_id, breaking())

    assert await contents(database) == before


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("currency", "CAN", "USD or EUR"), ("timezone", "Mars/Base", "Europe/Berlin"), ("project", " ", "--project")],
)
async def test_a_wrong_option_is_named_with_an_example(
    database: Database, org_id: int, option: str, value: str, said: str
):
    options: dict[str, Any] = {option: value}
    with pytest.raises(Invalid, match=said):
        await take(database, org_id, [], **options)


async def test_an_unknown_organization_is_an_error(database: Database):
    with pytest.raises(NotFound):
        await take(database, 404, make_tree())


# Hours, versions and repeats


async def test_hours_are_summed_and_give_no_reach(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), *(
        make_record(Level.AD, "1000", part=hour, spend_micros=2, impressions=3, reach=9) for hour in range(24)
    )])  # fmt: skip

    (fact,) = await rows(database, "select spend_micros, impressions, reach, missing from daily_fact")
    assert fact == {"spend_micros": 48, "impressions": 72, "reach": None, "missing": 0}


async def test_a_metric_that_an_hour_lacks_is_missing_for_the_day(database: Database, org_id: int):
    report = await take(database, org_id, [
        *make_tree(), make_record(Level.AD, "1000", part=1, spend_micros=2, clicks=4),
        make_record(Level.AD, "1000", part=2, spend_micros=3, clicks=None),
    ])  # fmt: skip

    (fact,) = await rows(database, "select spend_micros, clicks, missing from daily_fact")
    assert fact == {"spend_micros": 5, "clicks": 0, "missing": int(Missing.CLICKS)}
    assert "1 entity-days lack a metric in some of their hours" in report.warnings[0]


async def test_a_whole_day_stands_where_its_hours_are_given_too(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree(), make_record(Level.AD, "1000", part=1, spend_micros=2),
        make_record(Level.AD, "1000", spend_micros=9, reach=4),
        make_record(Level.AD, "1000", NEXT, part=1, spend_micros=7),
    ])  # fmt: skip

    found = await rows(database, "select spend_micros, reach from daily_fact order by day")
    assert found == [{"spend_micros": 9, "reach": 4}, {"spend_micros": 7, "reach": None}]


async def test_the_latest_version_of_a_row_counts(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), *(
        make_record(Level.AD, "1000", version=version, spend_micros=version) for version in (2, 3, 1)
    )])  # fmt: skip

    assert await standing(database, "ad_account", "1") == {DAY: 3}


async def test_an_identical_repeat_is_taken_once(database: Database, org_id: int):
    await take(database, org_id, [*make_tree(), *(make_record(Level.AD, "1000", spend_micros=5) for _ in range(3))])

    assert await standing(database, "ad_account", "1") == {DAY: 5}


async def test_a_repeat_with_other_numbers_is_a_bad_row(database: Database, org_id: int):
    first, second = (make_record(Level.AD, "1000", spend_micros=spend) for spend in (5, 6))

    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, [*make_tree(), first, second])

    (bad_row,) = refused.value.bad_rows
    assert bad_row.place == second.place
    assert f"export.csv:{first.place.line}" in bad_row.reason


# Coverage and the record of the import


async def test_an_import_covers_every_day_from_the_first_to_the_last_it_names(database: Database, org_id: int):
    last = DAY + timedelta(days=4)
    report = await take(database, org_id, [
        *make_tree(), make_record(Level.AD, "1000", DAY, clicks=None), make_record(Level.AD, "1000", last, clicks=None),
        make_record(Level.CAMPAIGN, "10", NEXT, conversions_millionths=None),
        make_record(Level.CAMPAIGN, "10", last, conversions_millionths=3),
    ])  # fmt: skip

    assert report.covered == (
        Covered("1", Level.CAMPAIGN, NEXT, last),
        Covered("1", Level.AD, DAY, last),
    )
    found = await rows(database, "select level, count(*) as days, bit_or(missing) as missing from coverage group by 1")
    assert sorted(found, key=lambda row: row["level"]) == [
        {"level": Level.CAMPAIGN, "days": 4, "missing": 0},
        {"level": Level.AD, "days": 5, "missing": Missing.CLICKS},
    ]


async def test_coverage_keeps_every_metric_that_some_import_reported(database: Database, org_id: int):
    await take(
        database, org_id, [*make_tree(), make_record(Level.AD, "1000", clicks=None, conversion_value_micros=None)]
    )
    await take(
        database, org_id, [make_record(Level.AD, "1000", clicks=2, link_clicks=None, conversion_value_micros=None)]
    )

    assert await rows(database, "select missing from coverage") == [{"missing": Missing.CONVERSION_VALUE}]


async def test_an_import_is_recorded_and_notes_are_passed_on(database: Database, org_id: int):
    report = await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000"), Note("A word.")])

    assert report.notes == ("A word.",)
    assert await rows(database, "select id, source, fact_count, orphan_count from data_import") == [
        {"id": report.import_id, "source": "test", "fact_count": 1, "orphan_count": 0}
    ]
    assert await rows(database, "select 1 from staged_fact") == []


async def test_progress_counts_the_records_read(database: Database, org_id: int):
    heard: list[int] = []
    await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000")], progress=heard.append)

    assert heard == [5]


async def test_sums_beyond_64_bits_are_refused(database: Database, org_id: int):
    ads = [record for number in range(100) for record in (
        make_entity(Level.AD, f"ad{number}", "100"),
        make_record(Level.AD, f"ad{number}", spend_micros=10**17),
    )]  # fmt: skip
    with pytest.raises(Invalid, match="64 bits"):
        await take(database, org_id, [*make_tree(), *ads])


async def test_the_statements_of_an_import_do_not_grow_with_its_rows(
    database: Database, org_id: int, queries_sent: list[str]
):
    async def sent(name: str, ads: int) -> list[str]:
        queries_sent.clear()
        entities = [make_entity(Level.AD, f"{name}{number}", "100") for number in range(ads)]
        await take(database, org_id, [*entities, *(make_record(Level.AD, ad.external_id) for ad in entities)])
        return list(queries_sent)

    await take(database, org_id, make_tree())

    assert await sent("one", 1) == await sent("many", 500)


async def test_two_imports_at_once_end_in_one_of_the_two_orders(database: Database, org_id: int):
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(30)]

    def records(number: int) -> list[Any]:
        ads = [make_entity(Level.AD, f"ad{ad}", "100", name=f"v{number}") for ad in range(20)]
        facts = [make_record(Level.AD, f"ad{ad}", day, spend_micros=number) for ad in range(20) for day in days]
        return [*make_tree(), *ads, *(facts if number == 1 else reversed(facts))]

    await asyncio.gather(*(take(database, org_id, records(number)) for number in (1, 2)))

    (found,) = await rows(database, "select array_agg(distinct spend_micros) as spends from daily_fact")
    (names,) = await rows(database, "select array_agg(distinct name) as names from ad where external_id like 'ad%'")
    assert found["spends"] in ([1], [2])
    assert names["names"] == [f"v{found['spends'][0]}"]
    assert set((await standing(database, "ad_account", "1")).values()) == {found["spends"][0] * 20}
