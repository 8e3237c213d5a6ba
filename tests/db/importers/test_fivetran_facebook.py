"""Facebook Ads as Fivetran lands it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.importers.choices import Choices
from db.importers.fivetran_facebook import read
from db.importers.records import BadRow, Entity, Fact, Note, Orphan, Reported
from db.level import Level, Missing
from tests.db.importers.exports import make_table, real
from tests.records import contents, rows, take

BASIC_AD = "ad_id,date,account_id,impressions,inline_link_clicks,spend,reach"
ACTIONS = "ad_id,date,action_type,value,_fivetran_synced"


def make_export(directory: Path, **tables: tuple[str, list[Any]]) -> Path:
    """A directory with an ad of account 1, delivering on March 10 and 12, and whatever `tables` say."""
    known: dict[str, tuple[str, list[Any]]] = {
        "ad_history": ("id,account_id,ad_set_id,campaign_id,name,updated_time", [(7, 1, 5, 3, "Ad", "2025-03-01")]),
        "basic_ad": (BASIC_AD, [(7, f"2025-03-{day}", 1, 100, 4, "1.50", 60) for day in (10, 12)]),
    }
    for name, (header, lines) in (known | tables).items():
        make_table(directory, name, header, lines)
    return directory


def facts(directory: Path) -> list[Fact]:
    return [record for record in read([directory]) if isinstance(record, Fact)]


async def test_the_real_export_adds_up_to_its_known_totals(database: Database, org_id: int):
    report = await take(database, org_id, read([real("fivetran_facebook")]))

    (total,) = await rows(
        database,
        """select sum(impressions)::bigint as impressions, sum(link_clicks)::bigint as link_clicks,
        sum(spend_micros)::bigint as spend, sum(conversions_millionths)::bigint as conversions,
        sum(conversion_value_micros)::bigint as value, bit_and(missing) as missing, sum(days)::integer as days
        from daily_rollup where level = 1""",
    )
    # No ad-day has a purchase among its actions; one has a purchase among its values.
    assert total == {
        "impressions": 37_275, "link_clicks": 149, "spend": 643_630_000, "conversions": 0, "value": 29_324_840_000,
        "missing": Missing.CLICKS, "days": 9,
    }  # fmt: skip
    assert (report.ad_accounts, report.campaigns, report.ad_sets, report.ads, report.facts) == (1, 4, 4, 4, 10)
    assert [(each.entities, each.facts, each.examples) for each in report.orphans] == [
        (2, 7, ("23856469955990536", "6317039926871"))
    ]
    assert report.warnings == ()


async def test_importing_the_real_export_again_changes_nothing(database: Database, org_id: int):
    await take(database, org_id, read([real("fivetran_facebook")]), currency="USD")
    first = await contents(database)
    await take(database, org_id, read([real("fivetran_facebook")]))

    assert await contents(database) == first


def test_conversions_are_the_first_present_type_and_never_a_sum(tmp_path: Path):
    directory = make_export(tmp_path, basic_ad_actions=(ACTIONS, [
        (7, "2025-03-10", "purchase", 3, ""), (7, "2025-03-10", "omni_purchase", 2, ""),
        (7, "2025-03-10", "lead", 9, ""), (7, "2025-03-12", "lead", 9, ""),
    ]))  # fmt: skip

    assert [(fact.day.day, fact.conversions_millionths, fact.conversion_value_micros) for fact in facts(directory)] == [
        (10, 2_000_000, None), (12, 0, None),
    ]  # fmt: skip


def test_clicks_are_missing_and_without_actions_so_are_conversions(tmp_path: Path):
    (fact, _) = facts(make_export(tmp_path))

    assert (fact.clicks, fact.conversions_millionths, fact.conversion_value_micros) == (None, None, None)
    assert (fact.link_clicks, fact.impressions, fact.spend_micros, fact.reach) == (4, 100, 1_500_000, 60)


def test_conversions_without_delivery_count_inside_the_days_of_the_report_only(tmp_path: Path):
    directory = make_export(tmp_path, basic_ad_actions=(ACTIONS, [
        (7, "2025-03-11", "purchase", 3, ""), (7, "2025-03-09", "purchase", 3, ""), (7, "2025-03-11", "lead", 1, ""),
        (8, "2025-03-11", "lead", 1, ""), (8, "2025-03-20", "purchase", 1, ""),
    ]))  # fmt: skip
    records = list(read([directory]))

    assert [fact.day.day for fact in records if isinstance(fact, Fact)] == [10, 12, 11]
    only = [fact for fact in records if isinstance(fact, Fact)][-1]
    assert (only.conversions_millionths, only.spend_micros, only.impressions, only.link_clicks) == (3_000_000, 0, 0, 0)
    assert [(each.external_id, each.day.day) for each in records if isinstance(each, Orphan)] == [("8", 11), ("8", 20)]
    assert any("1 ad-days with conversions were left out" in each.text for each in records if isinstance(each, Note))


def test_a_repeated_action_counts_once_and_a_contradiction_is_a_bad_row(tmp_path: Path):
    actions = [(7, "2025-03-10", "purchase", 3, "2025-03-11"), (7, "2025-03-10", "purchase", 4, "2025-03-12")]
    directory = make_export(tmp_path, basic_ad_actions=(ACTIONS, actions))
    assert facts(directory)[0].conversions_millionths == 4_000_000

    directory = make_export(tmp_path, basic_ad_actions=(ACTIONS, [*actions, (*actions[1][:3], 5, "2025-03-12")]))
    (bad_row,) = [record for record in read([directory]) if isinstance(record, BadRow)]
    assert (bad_row.place.line, bad_row.column) == (4, "action_type")


def test_budgets_count_in_hundredths_but_for_some_currencies(tmp_path: Path):
    make_export(
        tmp_path,
        account_history=("id,name,currency,timezone_name,account_status,_fivetran_synced", [
            (1, "A", "USD", "Europe/Berlin", "1", "2025-03-01"), (2, "B", "JPY", "Asia/Tokyo", "101", "2025-03-01"),
        ]),
        campaign_history=("id,account_id,name,status,objective,daily_budget,lifetime_budget,updated_time", [
            (3, 1, "C", "PAUSED", "SALES", 5000, "", "2025-03-01"), (4, 2, "D", "ACTIVE", "", "", 900, "2025-03-01"),
            (6, 9, "E", "WITH_ISSUES", "", 5000, "", "2025-03-01"),
        ]),
    )  # fmt: skip
    found = {record.external_id: record for record in read([tmp_path]) if isinstance(record, Entity)}

    assert [(found[key].budget_micros, found[key].budget_period, found[key].status) for key in ("3", "4", "6")] == [
        (50_000_000, "DAILY", "PAUSED"), (900_000_000, "LIFETIME", "ACTIVE"), (None, None, "ACTIVE"),
    ]  # fmt: skip
    assert [(found[key].currency, found[key].timezone, found[key].status) for key in ("1", "2")] == [
        ("USD", "Europe/Berlin", "ACTIVE"), ("JPY", "Asia/Tokyo", "ARCHIVED"),
    ]  # fmt: skip
    assert found["7"].parents == ((Level.AD_ACCOUNT, "1"), (Level.CAMPAIGN, "3"), (Level.AD_SET, "5"))


@pytest.mark.parametrize(
    ("cell", "column", "value", "reason"),
    [(1, "date", "soon", "date like"), (3, "impressions", "1.5", "whole"), (5, "spend", "-1", "negative"),
     (0, "ad_id", "6.2E+12", "lost digits"), (6, "reach", "x", "number")],
)  # fmt: skip
def test_a_bad_cell_is_told_with_file_line_and_column(tmp_path: Path, cell: int, column: str, value: str, reason: str):
    row: list[object] = [7, "2025-03-10", 1, 100, 4, "1.50", 60]
    row[cell] = value
    directory = make_export(tmp_path, basic_ad=(BASIC_AD, [(7, "2025-03-09", 1, 1, 1, 1, 1), row]))
    (bad_row,) = [record for record in read([directory]) if isinstance(record, BadRow)]

    assert (bad_row.place.file.name, bad_row.place.line, bad_row.column, bad_row.value) == (
        "basic_ad.csv", 3, column, value,
    )  # fmt: skip
    assert reason in bad_row.reason


def test_a_directory_without_the_report_says_what_it_has(tmp_path: Path):
    make_table(tmp_path, "facebook_ads_ad_history_data", "id", [])

    with pytest.raises(Invalid, match=r"no table basic_ad .* it has facebook_ads_ad_history_data\.csv"):
        list(read([tmp_path]))


def test_a_missing_path_and_a_file_in_place_of_a_directory_are_told(tmp_path: Path):
    with pytest.raises(Invalid, match="does not exist"):
        list(read([tmp_path / "absent"]))
    with pytest.raises(Invalid, match="is a file"):
        list(read([make_table(tmp_path, "basic_ad", "x", [])]))
    with pytest.raises(Invalid, match="takes one path"):
        list(read([tmp_path, tmp_path]))


def test_two_files_for_one_table_are_refused(tmp_path: Path):
    make_export(tmp_path, facebook_basic_ad=(BASIC_AD, []))

    with pytest.raises(Invalid, match="more than one file for the table basic_ad"):
        list(read([tmp_path]))


def test_the_action_types_that_are_conversions_may_be_chosen(tmp_path: Path):
    actions = [(7, "2025-03-10", name, value, "") for name, value in (("purchase", 2), ("lead", 3), ("fb_lead", 3))]
    export = make_export(tmp_path, basic_ad_actions=(ACTIONS, actions))
    records = list(read([export], Choices(action_types=("fb_lead", "lead"))))

    assert [record.conversions_millionths for record in records if isinstance(record, Fact)] == [3_000_000, 0]
    assert [record.conversion for record in records if isinstance(record, Reported)] == ["fb_lead, lead"]
