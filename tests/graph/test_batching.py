"""Batching: the number of statements grows with a query's depth, never with its width."""

import asyncio
from collections import Counter
from datetime import date, timedelta

import pytest

from db.database import Database, statement
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_project
from tests.trees import FIVE_LEVELS, make_full_fact, make_tree

DAY = date(2025, 6, 10)


async def test_five_levels_cost_the_same_statements_for_one_ad_and_for_a_thousand(database, org_id, ask, queries_sent):
    narrow = await make_tree(database, org_id)
    await make_full_fact(database, org_id, narrow.ad, DAY)
    queries_sent.clear()
    await ask(FIVE_LEVELS)
    for_one = Counter(queries_sent)

    for project in [narrow.project, await make_project(database, org_id)]:
        account = await make_ad_account(database, org_id, project, timezone="America/New_York")
        for _ in range(2):
            campaign = await make_campaign(database, org_id, account)
            for _ in range(5):
                ad_set = await make_ad_set(database, org_id, campaign)
                ads = [await make_ad(database, org_id, ad_set) for _ in range(50)]
                await make_full_fact(database, org_id, ads[0], DAY)
    queries_sent.clear()
    data = await ask(FIVE_LEVELS)
    for_a_thousand = Counter(queries_sent)

    assert len(str(data).split("'cpa'")) > 1000
    assert for_a_thousand == for_one == {
        "projects_page": 1,
        "ad_accounts_by_project_ids": 1,
        "campaigns_by_ad_account_ids": 1,
        "ad_sets_by_campaign_ids": 1,
        "ads_by_ad_set_ids": 1,
        "project_scopes_by_ids": 1,
        "ad_account_scopes_by_ids": 1,
        "coverage_by_ad_account_ids": 1,
        "ad_account_delivery_totals": 1,
        "campaign_delivery_totals": 1,
        "ad_set_delivery_totals": 1,
        "ad_delivery_totals": 1,
        # Reach is asked for, which platforms may have told of the whole window: once for each level.
        "window_reaches": 4,
    }  # fmt: skip


async def test_a_count_is_asked_for_only_when_it_is_selected(database, org_id, ask, queries_sent):
    await make_tree(database, org_id, ads=3)
    without = "{ projects { nodes { adAccounts { nodes { name } } } } }"
    counted = "{ projects { totalCount nodes { adAccounts { totalCount nodes { name } } } } }"
    queries_sent.clear()

    await ask(without)
    assert queries_sent == ["projects_page", "ad_accounts_by_project_ids"]
    queries_sent.clear()
    data = await ask(counted)

    assert Counter(queries_sent) == Counter(
        ["projects_page", "project_count", "ad_accounts_by_project_ids", "ad_account_counts_by_project_ids"]
    )
    assert data["projects"]["totalCount"] == data["projects"]["nodes"][0]["adAccounts"]["totalCount"] == 1


@pytest.fixture
def statements_sent(monkeypatch):
    """The texts of the statements sent, by name."""
    sent = {}

    def kept(name, label=None, **slots):
        sent[label or name] = text = statement(name, label, **slots)
        return text

    monkeypatch.setattr("db.database.statement", kept)
    return sent


async def test_statements_fetch_the_columns_that_the_query_selects(database, org_id, ask, statements_sent):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, DAY)
    query = """
    query ($id: ID!, $no: Boolean!) {
      campaign(id: $id) { name ...More performance { totals { cpc reach @include(if: $no) } } }
    }
    fragment More on Campaign { adAccount { currency } objective @include(if: $no) budget @skip(if: true) { amount } }
    """

    await ask(query, {"id": global_id.encode("Campaign", tree.campaign), "no": False})

    assert (
        "select campaign.ad_account_id, campaign.id, campaign.name\nfrom campaign"
        in statements_sent["campaigns_by_ids"]
    )
    assert "select ad_account.currency, ad_account.id\nfrom ad_account" in statements_sent["ad_accounts_by_ids"]
    totals = statements_sent["campaign_delivery_totals"]
    assert "spend_micros" in totals
    assert "clicks" in totals
    for unwanted in ("impressions", "link_clicks", "conversion", "reach"):
        assert f"fact.{unwanted}" not in totals


async def test_equal_selections_of_two_aliases_share_a_statement(database, org_id, ask, queries_sent):
    tree = await make_tree(database, org_id)
    query = """
    query ($id: ID!) {
      ad(id: $id) {
        one: performance(window: {lastDays: 7}) { totals { spend } }
        same: performance(window: {lastDays: 7}) { totals { spend } }
        other: performance(window: {lastDays: 8}) { totals { spend } }
      }
    }
    """
    queries_sent.clear()

    await ask(query, {"id": global_id.encode("Ad", tree.ad)})

    assert Counter(queries_sent)["ad_delivery_totals"] == 2


async def test_sibling_relations_are_asked_for_at_the_same_time(database, org_id, ask, monkeypatch):
    tree = await make_tree(database, org_id)
    together = asyncio.Barrier(2)
    fetch = Database.fetch

    async def fetched(self, name, *arguments, **named):
        # Neither statement is answered before both are asked: one after the other would wait for ever.
        if named.get("label") in {"campaign_delivery_totals", "ad_sets_by_campaign_ids"}:
            await asyncio.wait_for(together.wait(), timeout=10)
        return await fetch(self, name, *arguments, **named)

    monkeypatch.setattr(Database, "fetch", fetched)
    query = "query ($id: ID!) { campaign(id: $id) { performance { totals { spend } } adSets { nodes { name } } } }"

    data = await ask(query, {"id": global_id.encode("Campaign", tree.campaign)})

    assert len(data["campaign"]["adSets"]["nodes"]) == 1


async def test_totals_what_they_are_compared_with_days_and_platforms_share_a_statement(
    database, org_id, ask, queries_sent
):
    tree = await make_tree(database, org_id)
    for offset in (0, 1, 3):
        await make_full_fact(database, org_id, tree.ad, DAY - timedelta(offset), spend=10**offset, conversions=1)
    query = """
    query ($id: ID!, $window: WindowInput!) {
      adAccount(id: $id) { performance(window: $window) {
        totals { spend }
        comparison { previous { spend cpa } changes { spend { percent } } }
        series { points { metrics { spend } } }
        platforms: breakdown(by: [PLATFORM]) { nodes { metrics { spend } } }
        best: breakdown(by: [CAMPAIGN], orderBy: {metric: CPA}, first: 1) {
          nodes { entity { name } metrics { spend } comparison { previous { spend } } }
        }
      } }
    }
    """
    window = {"range": {"since": str(DAY - timedelta(1)), "until": str(DAY + timedelta(1))}}
    queries_sent.clear()

    data = await ask(query, {"id": global_id.encode("AdAccount", tree.ad_account), "window": window})

    found = data["adAccount"]["performance"]
    assert found["totals"] == found["platforms"]["nodes"][0]["metrics"] == {"spend": 11}
    assert found["comparison"] == {"previous": {"spend": 1000, "cpa": 1000}, "changes": {"spend": {"percent": -98.9}}}
    assert [point["metrics"]["spend"] for point in found["series"]["points"]] == [10, 1]
    (best,) = found["best"]["nodes"]
    assert (best["metrics"], best["comparison"]) == ({"spend": 11}, {"previous": {"spend": 1000}})
    assert sorted(queries_sent) == [
        "ad_account_delivery_by_day", "ad_account_scopes_by_ids", "ad_accounts_by_ids", "campaign_delivery_by_day",
        "campaign_ids_by_ad_account_ids", "campaigns_by_ids", "coverage_by_ad_account_ids",
    ]  # fmt: skip
