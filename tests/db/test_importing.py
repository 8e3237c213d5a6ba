"""What an import does to the tables, whatever the source."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid, NotFound
from db.importers.records import BadRow, Note, Orphan
from db.importing import AccountInAnotherProject, Covered, CurrencyChanged, ImportRefused
from db.level import Level, Missing, Platform
from tests.records import (
    DAY,
    contents,
    make_entity,
    make_place,
    make_record,
    make_tree,
    named,
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
    records = [
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
    with pytest.raises(Invalid, match=said):
        await take(database, org_id, [], **{option: value})


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
        make_record(Level.AD, "1000", spend_micros=9, reach=4), make_record(Level.AD, "1000", NEXT, part=1, spend_micros=7),
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


# The tree


async def test_the_latest_row_describes_an_entity(database: Database, org_id: int):
    history = [make_entity(Level.CAMPAIGN, "10", "1", name=f"v{version}", version=version) for version in "132"]
    await take(database, org_id, [*make_tree(), *history])

    assert (await named(database, "campaign", "10"))["name"] == "v3"


async def test_what_a_row_leaves_out_keeps_what_is_stored(database: Database, org_id: int):
    full = make_entity(
        Level.CAMPAIGN, "10", "1", name="Spring", status="PAUSED", objective="SALES", budget_micros=5,
        budget_period="DAILY",
    )  # fmt: skip
    await take(database, org_id, [make_tree()[0], full])
    before = await named(database, "campaign", "10")

    await take(database, org_id, [make_entity(Level.CAMPAIGN, "10")])
    assert await named(database, "campaign", "10") == before

    await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", budget_period="NONE")])
    assert await named(database, "campaign", "10") == before | {"budget_micros": None, "budget_period": None}


async def test_a_parent_that_nobody_describes_is_a_placeholder_until_its_row_comes(database: Database, org_id: int):
    await take(database, org_id, [make_tree()[0], make_entity(
        Level.AD_SET, "100", "10", ad_account="1", name="Ad set"), make_record(Level.AD_SET, "100", spend_micros=5)
    ])  # fmt: skip
    placeholder = await named(database, "campaign", "10")
    assert (placeholder["name"], placeholder["status"], placeholder["placeholder"]) == ("10", "UNKNOWN", True)

    report = await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", "1", name="Spring", status="ACTIVE")])

    completed = await named(database, "campaign", "10")
    assert completed == placeholder | {"name": "Spring", "status": "ACTIVE", "placeholder": False}
    assert report.moved == 0


async def test_a_fact_with_nothing_but_an_account_gets_placeholders_and_moves_out_of_them(
    database: Database, org_id: int
):
    await take(database, org_id, [
        make_tree()[0], make_record(Level.AD, "1000", spend_micros=5, parents=((Level.AD_ACCOUNT, "1"),)),
    ])  # fmt: skip
    assert [row["name"] for row in await rows(database, "select name from campaign")] == ["Unknown campaign"]

    report = await take(database, org_id, make_tree())

    assert report.moved == 1
    assert [row["name"] for row in await rows(database, "select name from campaign")] == ["Campaign"]
    assert await standing(database, "ad_set", "100") == {DAY: 5}
    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert len(await rows(database, "select 1 from daily_rollup")) == 3


async def test_a_named_campaign_holds_ads_whose_ad_set_is_unknown(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree()[:2], make_record(Level.AD, "7", spend_micros=5, parents=((Level.CAMPAIGN, "10"),)),
    ])  # fmt: skip

    assert await standing(database, "campaign", "10") == {DAY: 5}


async def test_the_account_of_a_fact_places_an_entity_whose_own_row_names_no_account(database: Database, org_id: int):
    await take(database, org_id, [
        make_entity(Level.AD, "1000", "100"),
        make_record(Level.AD, "1000", spend_micros=5, parents=((Level.AD_ACCOUNT, "1"),)),
    ])  # fmt: skip

    assert await standing(database, "ad_set", "100") == {DAY: 5}
    assert await standing(database, "ad_account", "1") == {DAY: 5}


async def test_an_entitys_own_row_decides_and_disagreement_is_a_warning(database: Database, org_id: int):
    ad = make_entity(Level.AD, "1000", "100", parents=((Level.AD_ACCOUNT, "2"), (Level.CAMPAIGN, "20")), name="Ad")
    report = await take(database, org_id, [
        *make_tree()[:3], ad, make_record(Level.AD, "1000", spend_micros=5, parents=((Level.AD_SET, "300"),)),
    ])  # fmt: skip

    assert await standing(database, "ad_account", "1") == {DAY: 5}
    assert len(await rows(database, "select 1 from ad_account")) == 1
    assert len(report.warnings) == 2
    assert (
        f"export.csv:{ad.place.line}: a row of the ad 1000 names the campaign 20 and the ad account 2"
        in (report.warnings[0])
    )
    assert "names the ad set 300" in report.warnings[1]
    assert "in the ad set 100" in report.warnings[1]


async def test_orphans_are_set_aside_and_counted(database: Database, org_id: int):
    report = await take(database, org_id, [
        *make_tree(),
        make_entity(Level.CAMPAIGN, "50"),
        make_record(Level.AD_SET, "500", parents=((Level.CAMPAIGN, "50"),)),
        make_record(Level.AD_SET, "500", NEXT, parents=((Level.CAMPAIGN, "50"),)),
        *(Orphan(make_place(), Platform.META, Level.AD, "5000", day) for day in (DAY, DAY, NEXT)),
    ])  # fmt: skip

    assert [(each.level, each.entities, each.facts, each.examples) for each in report.orphans] == [
        (Level.CAMPAIGN, 1, 0, ("50",)), (Level.AD_SET, 1, 2, ("500",)), (Level.AD, 1, 2, ("5000",)),
    ]  # fmt: skip
    assert await rows(database, "select fact_count, orphan_count from data_import") == [
        {"fact_count": 0, "orphan_count": 4}
    ]
    assert await rows(database, "select 1 from daily_fact union all select 1 from coverage") == []


async def test_what_earlier_imports_said_places_facts(database: Database, org_id: int):
    await take(database, org_id, make_tree())
    report = await take(database, org_id, [make_record(Level.AD, "1000", spend_micros=5)])

    assert report.orphans == ()
    assert await standing(database, "ad_account", "1") == {DAY: 5}


async def test_an_entity_moves_with_all_its_past(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree(), *make_tree("2", "20", "200", "2000"),
        *(make_record(Level.AD, "1000", day, spend_micros=5) for day in (DAY, NEXT)),
        make_record(Level.AD, "2000", NEXT, spend_micros=1),
    ])  # fmt: skip

    report = await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", "2")])

    assert report.moved == 1
    assert report.warnings == ("The campaign 10 moved from the ad account 1 to the ad account 2, with its past.",)
    assert await standing(database, "ad_account", "1") == {}
    assert await standing(database, "ad_account", "2") == {DAY: 5, NEXT: 6}
    assert await standing(database, "campaign", "10") == {DAY: 5, NEXT: 5}
    (account,) = await rows(database, "select id from ad_account where external_id = '2'")
    for table in ("campaign", "ad_set", "ad", "daily_fact", "daily_rollup"):
        found = await rows(database, f"select distinct ad_account_id from {table}")
        assert found == [{"ad_account_id": account["id"]}], table


async def test_facts_do_not_move_into_another_currency(database: Database, org_id: int):
    await take(database, org_id, [
        *make_tree(), make_record(Level.AD, "1000", spend_micros=5), make_entity(Level.AD_ACCOUNT, "2", currency="EUR"),
    ])  # fmt: skip
    before = await contents(database)

    with pytest.raises(CurrencyChanged, match=r"ad 1000 has facts in USD .* would move to 2, which is in EUR"):
        await take(database, org_id, [make_entity(Level.CAMPAIGN, "10", "2")])

    assert await contents(database) == before


# Projects, currencies, timezones


async def test_an_account_in_another_project_is_an_error_that_names_it(database: Database, org_id: int):
    await take(database, org_id, make_tree())
    before = await contents(database)

    with pytest.raises(AccountInAnotherProject, match="account 1 belongs to the project 'Shop'"):
        await take(database, org_id, [make_record(Level.AD, "1000")], project="Other")

    assert await contents(database) == before


async def test_two_organizations_may_have_the_same_account(database: Database, org_id: int):
    from db.organization import organization_id

    other = await organization_id(database, "other")
    for organization in (org_id, other):
        await take(database, organization, [*make_tree(), make_record(Level.AD, "1000", spend_micros=5)])

    assert await rows(database, "select org_id, count(*) as facts from daily_fact group by org_id order by 1") == [
        {"org_id": org_id, "facts": 1}, {"org_id": other, "facts": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("in_file", "given", "kept", "note"),
    [
        ("EUR", None, "EUR", None),
        ("eur", None, "EUR", None),
        ("EUR", "USD", "EUR", "--currency USD does not count for the ad account 1: the files say EUR."),
        (None, "USD", "USD", None),
        (None, None, "XXX", "No currency is known for the ad account 1"),
        ("CAN", "CAD", "CAD", "The currency 'CAN' of the ad account 1 is no ISO 4217 code: CAD stands in for it."),
    ],
)
async def test_a_currency_comes_from_the_file_or_else_from_the_option(
    database: Database, org_id: int, in_file: str | None, given: str | None, kept: str, note: str | None
):
    account = make_entity(Level.AD_ACCOUNT, "1", currency=in_file, timezone="UTC")
    report = await take(database, org_id, [account], currency=given)

    assert (await named(database, "ad_account", "1"))["currency"] == kept
    assert [note in said for said in report.notes] == [True] if note else report.notes == ()


async def test_a_currency_that_is_no_code_is_a_bad_row(database: Database, org_id: int):
    account = make_entity(Level.AD_ACCOUNT, "1", currency="CAN")
    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, [account])

    (bad_row,) = refused.value.bad_rows
    assert (bad_row.place, bad_row.column, bad_row.value) == (account.place, "currency", "CAN")
    assert "--currency" in bad_row.reason


@pytest.mark.parametrize(("first", "then"), [("USD", "EUR"), (None, "USD")])
async def test_a_currency_never_changes_once_there_are_facts(
    database: Database, org_id: int, first: str | None, then: str
):
    tree = [make_entity(Level.AD_ACCOUNT, "1"), *make_tree()[1:]]
    await take(database, org_id, [*tree, make_record(Level.AD, "1000")], currency=first)
    before = await contents(database)

    with pytest.raises(CurrencyChanged, match=f"has facts in {first or 'XXX'}.* would now be in {then}"):
        await take(database, org_id, tree, currency=then)

    assert await contents(database) == before
    await take(database, org_id, tree)
    assert await contents(database) == before


async def test_an_account_without_facts_may_get_its_currency(database: Database, org_id: int):
    await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1")])
    await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1")], currency="USD")

    assert (await named(database, "ad_account", "1"))["currency"] == "USD"


@pytest.mark.parametrize(
    ("in_file", "given", "kept"),
    [("Etc/GMT+5", None, "Etc/GMT+5"), (None, "Asia/Tokyo", "Asia/Tokyo"), (None, None, "UTC"), ("Mars", "UTC", "UTC")],
)
async def test_a_timezone_comes_from_the_file_or_else_from_the_option(
    database: Database, org_id: int, in_file: str | None, given: str | None, kept: str
):
    account = make_entity(Level.AD_ACCOUNT, "1", currency="USD", timezone=in_file)
    await take(database, org_id, [account], timezone=given)

    assert (await named(database, "ad_account", "1"))["timezone"] == kept


async def test_a_timezone_that_is_none_is_a_bad_row(database: Database, org_id: int):
    with pytest.raises(ImportRefused, match="timezone 'Mars/Base' is no IANA timezone"):
        await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1", timezone="Mars/Base")])


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
    def records(ads: int) -> list[Any]:
        return [*make_tree(), *(record for number in range(ads) for record in (
            make_entity(Level.AD, f"ad{number}", "100"), make_record(Level.AD, f"ad{number}"),
        ))]  # fmt: skip

    await take(database, org_id, records(1))
    few = list(queries_sent)
    queries_sent.clear()
    await take(database, org_id, records(500))

    assert queries_sent == [name for name in few if name not in {"project_of_import"}] or len(queries_sent) <= len(few)


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
