"""Which days a platform may still restate, and which own rows it has outrun."""

from datetime import UTC, date, datetime, timedelta

import pytest

from db.level import Level, Platform
from resolvers import global_id
from tests.make import make_ad_account, make_project
from tests.records import make_entity, make_record, take
from tests.records import make_tree as told_tree
from tests.trees import make_full_fact, make_tree

DAY = date(2025, 6, 10)
ASKED = """
query ($id: ID!, $window: WindowInput) {
  node(id: $id) { ... on Measurable { performance(window: $window) { freshness {
    provisionalSince staleOwnRows
  } } } }
}
"""


def window(since, until):
    return {"range": {"since": since.isoformat(), "until": until.isoformat()}}


@pytest.fixture
def told(ask):
    async def told(type_name, number, asked, **context):
        variables = {"id": global_id.encode(type_name, number), "window": asked}
        return (await ask(ASKED, variables, **context))["node"]["performance"]["freshness"]

    return told


@pytest.fixture
def imported(database, org_id):
    async def imported(at, *days, level=None):
        """Says that the coverage of `days` is of an import made then."""
        async with database.transaction() as transaction:
            await transaction._connection.execute(
                "update coverage set imported_at = $1 where day = any($2) and level = coalesce($3, level)",
                at, days, level,
            )  # fmt: skip

    return imported


@pytest.mark.parametrize(
    ("hours", "since"), [(0, DAY), (71.9, DAY), (72, None), (500, None)], ids=["at once", "before", "at", "after"]
)
async def test_a_day_is_provisional_until_72_hours_after_its_end(database, org_id, told, imported, hours, since):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)
    await imported(datetime(2025, 6, 11, tzinfo=UTC) + timedelta(hours=hours), DAY)

    for type_name, number in [("Ad", tree.ad), ("AdAccount", tree.ad_account), ("Project", tree.project)]:
        found = await told(type_name, number, window(DAY - timedelta(3), DAY + timedelta(2)))
        assert found["provisionalSince"] == (since and since.isoformat())


async def test_a_day_ends_where_the_ad_account_is(database, org_id, told, imported):
    project = await make_project(database, org_id, timezone="UTC")
    west = await make_ad_account(database, org_id, project, timezone="Pacific/Pago_Pago")
    await make_full_fact(database, org_id, west, DAY)
    ended = datetime(2025, 6, 11, 11, tzinfo=UTC)

    for hours, since in [(71, DAY.isoformat()), (72, None)]:
        await imported(ended + timedelta(hours=hours), DAY)
        assert (await told("AdAccount", west, window(DAY, DAY + timedelta(1))))["provisionalSince"] == since


async def test_how_long_a_platform_restates_is_a_setting_of_its_own(database, org_id, told, imported):
    tree = await make_tree(database, org_id, platform=Platform.TIKTOK)
    await make_full_fact(database, org_id, tree.ad, DAY)
    await imported(datetime(2025, 6, 12, 6, tzinfo=UTC), DAY)
    days = window(DAY, DAY + timedelta(1))

    settling = dict.fromkeys(Platform, 72)
    assert (await told("Ad", tree.ad, days, settles_after=settling))["provisionalSince"] == DAY.isoformat()
    sooner = settling | {Platform.TIKTOK: 24}
    assert (await told("Ad", tree.ad, days, settles_after=sooner))["provisionalSince"] is None


async def test_it_is_the_first_such_day_of_any_ad_account_and_level_below(database, org_id, told, imported):
    tree = await make_tree(database, org_id)
    other = await make_ad_account(database, org_id, tree.project)
    days = [DAY + timedelta(number) for number in range(3)]
    for entity in (tree.ad, tree.campaign, other):
        for day in days:
            await make_full_fact(database, org_id, entity, day)
    late = datetime(2025, 6, 30, tzinfo=UTC)
    await imported(late, *days)
    await imported(datetime(2025, 6, 13, tzinfo=UTC), days[2], level=Level.AD)
    await imported(datetime(2025, 6, 13, tzinfo=UTC), days[1], level=Level.CAMPAIGN)
    await imported(datetime(2025, 6, 12, tzinfo=UTC), days[0], level=Level.AD_ACCOUNT)

    found = {
        type_name: (await told(type_name, number, window(days[0], days[2] + timedelta(1))))["provisionalSince"]
        for type_name, number in [
            ("Ad", tree.ad), ("Campaign", tree.campaign), ("AdAccount", tree.ad_account), ("Project", tree.project),
        ]
    }  # fmt: skip

    assert found == {
        "Ad": days[2].isoformat(), "Campaign": days[1].isoformat(), "AdAccount": days[1].isoformat(),
        "Project": days[0].isoformat(),
    }  # fmt: skip


async def test_own_rows_that_were_outrun_are_counted_at_and_above_them(database, org_id, ask):
    ad = make_record(Level.AD, "1000", DAY, spend_micros=5)
    own = [make_record(Level.CAMPAIGN, "10", day, spend_micros=9) for day in (DAY, DAY + timedelta(1))]
    sibling = make_entity(Level.CAMPAIGN, "11", "1")
    await take(database, org_id, [*told_tree(), sibling, ad, *own])
    await take(database, org_id, [ad._replace(spend_micros=6)])
    query = """
    query ($window: WindowInput) { projects { nodes { ...Stale adAccounts { nodes { ...Stale campaigns { nodes {
      externalId ...Stale adSets { nodes { ...Stale } }
    } } } } } } }
    fragment Stale on Measurable { performance(window: $window) { freshness { staleOwnRows } } }
    """

    def count(node):
        return node["performance"]["freshness"]["staleOwnRows"]

    (project,) = (await ask(query, {"window": window(DAY, DAY + timedelta(2))}))["projects"]["nodes"]
    (account,) = project["adAccounts"]["nodes"]
    campaigns = {node["externalId"]: node for node in account["campaigns"]["nodes"]}
    assert [count(node) for node in (project, account, campaigns["10"], campaigns["11"])] == [1, 1, 1, 0]
    assert count(campaigns["10"]["adSets"]["nodes"][0]) == 0
    (project,) = (await ask(query, {"window": window(DAY + timedelta(1), DAY + timedelta(2))}))["projects"]["nodes"]
    assert count(project) == 0


async def test_freshness_of_many_nodes_takes_one_statement_for_each_thing_asked(database, org_id, ask, queries_sent):
    tree = await make_tree(database, org_id, ads=3)
    await make_full_fact(database, org_id, tree.ad, DAY)
    queries_sent.clear()

    await ask(
        """query ($window: WindowInput) { projects { nodes { adAccounts { nodes { campaigns { nodes { adSets { nodes {
          ads { nodes { performance(window: $window) { freshness { provisionalSince staleOwnRows } } } }
        } } } } } } } } }""",
        {"window": window(DAY, DAY + timedelta(1))},
    )

    assert sorted(name for name in queries_sent if "provisional" in name or "stale" in name) == [
        "provisional_by_ad_account_ids", "stale_own_rows_by_entity_ids",
    ]  # fmt: skip
