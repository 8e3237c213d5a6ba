"""Freshness: which days of a window numbers are of, and when those came in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from db.level import Level
from resolvers import global_id
from tests.make import IMPORTED_AT, make_ad, make_ad_account, make_coverage, make_project
from tests.trees import make_full_fact, make_tree

DAY = date(2025, 6, 10)
ASKED = """
query ($id: ID!, $one: WindowInput, $other: WindowInput) {
  node(id: $id) { ... on Measurable { one: performance(window: $one) { ...Told } other: performance(window: $other) {
    ...Told
  } } }
}
fragment Told on Performance {
  freshness { lastImportedAt missingDays }
  totals { spend impressions }
  series { points { bucket metrics { spend } } }
}
"""


def window(since, until):
    return {"range": {"since": since.isoformat(), "until": until.isoformat()}}


@pytest.fixture
def told(ask):
    async def told(type_name, number, one, other=None, **context):
        variables = {"id": global_id.encode(type_name, number), "one": one, "other": other or one}
        return (await ask(ASKED, variables, **context))["node"]

    return told


async def test_each_window_says_when_its_own_days_were_imported_whatever_else_is_asked(database, org_id, told):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)

    found = await told("Ad", tree.ad, window(DAY, DAY + timedelta(1)), window(DAY - timedelta(1), DAY))

    assert found["one"]["freshness"] == {"lastImportedAt": IMPORTED_AT.isoformat(), "missingDays": 0}
    assert found["other"]["freshness"] == {"lastImportedAt": None, "missingDays": 1}


async def test_an_import_above_an_entitys_level_is_none_of_its_own(database, org_id, told):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.campaign, DAY)
    day = window(DAY, DAY + timedelta(1))

    campaign = await told("Campaign", tree.campaign, day)
    ad = await told("Ad", tree.ad, day)

    assert campaign["one"]["freshness"]["lastImportedAt"] == IMPORTED_AT.isoformat()
    assert ad["one"]["freshness"] == {"lastImportedAt": None, "missingDays": 1}


async def test_a_day_that_has_not_begun_is_no_zero_even_where_a_file_names_it(database, org_id, told, now):
    tree = await make_tree(database, org_id)
    silent = await make_ad(database, org_id, tree.ad_set)
    today = now.date()
    await make_coverage(
        database, org_id, tree.ad_account, Level.AD, days=[today, today + timedelta(1), today + timedelta(2)]
    )
    await make_full_fact(database, org_id, tree.ad, today)
    await make_full_fact(database, org_id, tree.ad, today + timedelta(2))

    for type_name, number, spend in [("Ad", tree.ad, 10), ("Ad", silent, 0), ("AdAccount", tree.ad_account, 10)]:
        found = (await told(type_name, number, window(today, today + timedelta(3))))["one"]

        assert found["freshness"]["missingDays"] == 2
        assert found["totals"]["spend"] == spend
        assert [point["metrics"]["spend"] for point in found["series"]["points"]] == [spend, None, None]


async def test_a_day_begins_where_the_ad_account_is(database, org_id, told):
    project = await make_project(database, org_id, timezone="UTC")
    east = await make_ad_account(database, org_id, project, timezone="Pacific/Kiritimati")
    west = await make_ad_account(database, org_id, project, timezone="Pacific/Pago_Pago")
    for account in (east, west):
        await make_full_fact(database, org_id, account, DAY)
    day = window(DAY, DAY + timedelta(1))
    # In the east 14 hours before UTC's midnight, in the west 11 hours after it.
    dawns = {east: datetime(2025, 6, 9, 10, tzinfo=UTC), west: datetime(2025, 6, 10, 11, tzinfo=UTC)}

    for account, dawn in dawns.items():
        before = await told("AdAccount", account, day, now=dawn - timedelta(minutes=1))
        after = await told("AdAccount", account, day, now=dawn)

        assert (before["one"]["totals"]["spend"], before["one"]["freshness"]["missingDays"]) == (None, 1)
        assert (after["one"]["totals"]["spend"], after["one"]["freshness"]["missingDays"]) == (10, 0)

    between = (await told("Project", project, day, now=datetime(2025, 6, 10, 10, tzinfo=UTC)))["one"]
    assert (between["totals"]["spend"], between["freshness"]["missingDays"]) == (10, 1)
