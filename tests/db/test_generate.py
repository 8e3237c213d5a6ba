"""Synthetic data: exactly as much as asked for, the same for the same seed, summing up at every level."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from db.database import Database
from db.errors import Invalid
from db.generate import GenerateReport, generate, generate_file
from db.importers.table import read
from db.organization import organization_id
from tests.records import take

UNTIL = date(2026, 1, 1)


async def make_generated(database: Database, org_id: int, project: str = "Load", **sizes: Any) -> GenerateReport:
    small: dict[str, Any] = {
        "accounts": 2,
        "campaigns": 3,
        "ad_sets": 7,
        "ads": 20,
        "days": 5,
        "seed": 1,
        "until": UNTIL,
    }
    return await generate(database, org_id, project=project, **(small | sizes))


async def _rows(database: Database, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
    async with database.transaction() as transaction:
        return [tuple(row) for row in await transaction._connection.fetch(sql, *arguments)]


async def _facts(database: Database, project_id: int) -> list[tuple[Any, ...]]:
    """Every fact of the project with the names of its ad and account, for ids differ from one run to the next."""
    return await _rows(
        database,
        "select ad_account.name, ad.name, day, spend_micros, impressions, clicks, link_clicks, conversions_millionths, "
        "conversion_value_micros, reach from daily_fact join ad on ad.id = entity_id "
        "join ad_account on ad_account.id = ad.ad_account_id where project_id = $1 order by 1, 2, 3",
        project_id,
    )


async def test_there_is_exactly_as_much_as_asked_for(database, org_id):
    heard: list[int] = []
    report = await make_generated(database, org_id, progress=heard.append)

    assert (report.ad_accounts, report.campaigns, report.ad_sets, report.ads, report.facts) == (2, 6, 14, 40, 200)
    for table, count in {"ad_account": 2, "campaign": 6, "ad_set": 14, "ad": 40, "daily_fact": 200}.items():
        assert await _rows(database, f"select count(*) from {table}") == [(count,)], table
    assert await _rows(database, "select min(day), max(day), count(*) from coverage") == [
        (date(2025, 12, 27), date(2025, 12, 31), 10)
    ]
    assert heard == [100, 200]


async def test_every_parent_has_children(database, org_id):
    await make_generated(database, org_id)

    assert await _rows(database, "select count(distinct campaign_id) from ad_set") == [(6,)]
    assert await _rows(database, "select min(n), max(n) from (select count(*) n from ad group by ad_set_id) a") == [
        (2, 3)
    ]


async def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(database, org_id):
    one = await make_generated(database, org_id, "One")
    same = await make_generated(database, org_id, "Same")
    other = await make_generated(database, org_id, "Other", seed=2)

    facts = await _facts(database, one.project_id)
    assert facts == await _facts(database, same.project_id)
    assert facts != await _facts(database, other.project_id)
    assert len({row[3:] for row in facts}) > 190


async def test_children_sum_to_their_parents(database, org_id):
    await make_generated(database, org_id)
    sums = "sum(spend_micros), sum(impressions), sum(clicks), sum(link_clicks), sum(conversions_millionths), "
    sums += "sum(conversion_value_micros)"

    facts = await _rows(database, f"select ad_account_id, day, {sums} from daily_fact group by 1, 2 order by 1, 2")
    for level in (1, 2, 3):
        rollups = await _rows(
            database,
            f"select ad_account_id, day, {sums} from daily_rollup where level = $1 group by 1, 2 order by 1, 2", level,
        )  # fmt: skip
        assert rollups == facts, level


async def test_numbers_are_plausible(database, org_id):
    await make_generated(database, org_id)

    assert await _rows(
        database,
        "select count(*) from daily_fact where reach > impressions or clicks > impressions or link_clicks > clicks "
        "or conversions_millionths > clicks * 1000000 or spend_micros % 10000 <> 0 or spend_micros <= 0",
    ) == [(0,)]


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ({"ads": 0}, "ask for at least 1"),
        ({"days": -1}, "ask for at least 1"),
        ({"ads": 5}, "every ad set an ad"),
        ({"campaigns": 8}, "every campaign needs an ad set"),
        ({"accounts": 1_000}, "at most 999"),
        ({"days": 4_000}, "at most 3,660"),
        ({"ads": 50_000_000}, "ask for at most 100,000,000"),
        ({"seed": 2**63}, "64 bits"),
        ({"until": date(2000, 1, 3)}, "too far back"),
        ({"project": " "}, "needs a name"),
    ],
)
async def test_sizes_that_make_no_sense_are_refused_with_the_way_out(database, org_id, sizes, said):
    with pytest.raises(Invalid, match=said):
        await make_generated(database, org_id, **sizes)
    assert await _rows(database, "select count(*) from project") == [(0,)]


async def test_a_project_with_ad_accounts_is_left_alone(database, org_id):
    await make_generated(database, org_id)

    with pytest.raises(Invalid, match="generate into a new one"):
        await make_generated(database, org_id)
    assert await _rows(database, "select count(*) from ad_account") == [(2,)]


@pytest.mark.parametrize("name", ["facts.csv", "facts.parquet"])
async def test_a_file_holds_the_facts_of_the_project_of_the_same_seed(database, org_id, tmp_path, name):
    sizes: dict[str, Any] = {"accounts": 2, "campaigns": 3, "ad_sets": 7, "ads": 20, "days": 5, "seed": 1}
    made = await make_generated(database, org_id)

    await generate_file(database, tmp_path / name, until=UNTIL, **sizes)

    other = await organization_id(database, "other")
    await take(database, other, read([tmp_path / name]))
    (imported,) = await _rows(database, "select id from project where org_id = $1", other)
    assert await _facts(database, imported[0]) == await _facts(database, made.project_id)
    tree = (
        "select campaign.name, ad_set.name, ad.name from ad join ad_set on ad_set.id = ad_set_id "
        "join campaign on campaign.id = campaign_id where ad.org_id = $1 order by 1, 2, 3"
    )
    assert await _rows(database, tree, other) == await _rows(database, tree, org_id)


async def test_a_file_of_another_kind_is_refused(database, tmp_path):
    with pytest.raises(Invalid, match=r"\.csv or \.parquet"):
        await generate_file(
            database, tmp_path / "facts.xls", until=UNTIL, accounts=1, campaigns=1, ad_sets=1, ads=1, days=1, seed=1
        )
