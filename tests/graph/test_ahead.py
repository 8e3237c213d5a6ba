"""Reading ahead: all levels are asked for at once, and what is answered is what would have been level by level."""

import asyncio
from collections import Counter

import pytest

from db import entity
from db.database import Database
from resolvers import global_id
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_project

TREE = """
query ($id: ID!) {
  adAccount(id: $id) { campaigns { nodes { name adSets { nodes { name ads { nodes { name } } } } } } }
}
"""
# What is below what, in ways that differ from page to page.
QUERIES = [
    TREE,
    "query ($id: ID!) { node(id: $id) { ...on AdAccount { campaigns { edges { node { adSets { totalCount } } } } } } }",
    """query ($id: ID!) { adAccount(id: $id) {
      few: campaigns(first: 1) { nodes { adSets(first: 2) { nodes { ads(first: 1) { nodes { id } } } } } }
      all: campaigns { nodes { adSets(first: 2) { nodes { ads(first: 1) { nodes { id } totalCount } } } } }
    } }""",
    """query ($id: ID!) { adAccount(id: $id) { campaigns {
      nodes { adSets { nodes { id } } }
      edges { cursor node { name adSets { nodes { name ads(first: 2) { nodes { name } } } } } }
    } } }""",
    """query ($id: ID!) {
      one: adAccount(id: $id) { campaigns { nodes { name adSets(first: 1) { nodes { ...Ads } } } } }
      other: adAccount(id: $id) { campaigns { nodes { status adSets(first: 1) { nodes { ...Ads } } } } }
    } fragment Ads on AdSet { ads { nodes { name } } }""",
    """query ($id: ID!) { adAccount(id: $id) { campaigns { nodes {
      adSets(orderBy: {field: {field: NAME, direction: DESC}}, first: 2) { nodes { name ads { nodes { name } } } }
      ads(first: 3) { nodes { name adSet { ads(first: 1) { nodes { id } } } } }
    } } } }""",
    """query ($id: ID!) { adAccount(id: $id) { campaigns { nodes {
      bad: adSets(first: 0) { nodes { ads { nodes { id } } } }
      worse: adSets { nodes { ads(after: "nonsense") { nodes { id } } } }
      good: adSets { nodes { ads { nodes { id } } } }
    } } } }""",
    """query ($id: ID!, $no: Boolean! = false) { adAccount(id: $id) {
      campaigns @skip(if: $no) { nodes { adSets @include(if: $no) { nodes { id } } name } }
    } }""",
    "{ projects { nodes { adAccounts { nodes { campaigns(first: 1) { nodes { adSets { nodes { name } } } } } } } } }",
    """query ($id: ID!) { adAccount(id: $id) { project {
      adAccounts(platforms: [META]) { nodes { campaigns { nodes { name } } } }
      all: adAccounts { nodes { campaigns { nodes { adSets { nodes { id } } } } } }
    } } }""",
    """query ($id: ID!) {
      ad(id: $id) { name }
      campaign(id: "Q2FtcGFpZ246MQ==") { adSets { nodes { ads { nodes { id } } } } }
    }""",
]


@pytest.fixture
async def account(database, org_id):
    """An ad account with a lopsided tree, and another beside it."""
    project = await make_project(database, org_id)
    first, second = [await make_ad_account(database, org_id, project) for _ in range(2)]
    for campaigns, parent in ((3, first), (1, second)):
        for number in range(campaigns):
            campaign = await make_campaign(database, org_id, parent)
            for ads in range(number + 2):
                ad_set = await make_ad_set(database, org_id, campaign)
                for _ in range(ads):
                    await make_ad(database, org_id, ad_set)
    return first


@pytest.fixture
def level_by_level(monkeypatch):
    """From when it is called on, nothing is read ahead."""
    return lambda: monkeypatch.setattr("graph.executor.run.read_ahead", lambda *_: None)


def _told(result):
    return result.data, sorted((error.message, str(error.path)) for error in result.errors or ())


async def test_all_levels_are_asked_for_at_the_same_time(ask, account, monkeypatch):
    together = asyncio.Barrier(4)
    fetch = Database.fetch

    async def fetched(self, *arguments, **named):
        # None is answered before all are asked: one after the other would wait for ever.
        await asyncio.wait_for(together.wait(), timeout=10)
        return await fetch(self, *arguments, **named)

    monkeypatch.setattr(Database, "fetch", fetched)

    data = await ask(TREE, {"id": global_id.encode("AdAccount", account)})

    assert [len(one["adSets"]["nodes"]) for one in data["adAccount"]["campaigns"]["nodes"]] == [2, 3, 4]


@pytest.mark.parametrize("query", QUERIES)
async def test_answers_are_those_of_level_by_level(execute, account, level_by_level, query):
    variables = {"id": global_id.encode("AdAccount", account)} if "$id" in query else {}
    ahead = await execute(query, variables)
    level_by_level()

    assert _told(ahead) == _told(await execute(query, variables))


async def test_reading_ahead_takes_no_statement_more(ask, account, queries_sent):
    variables = {"id": global_id.encode("AdAccount", account)}
    several = TREE.replace(
        "query ($id: ID!) {", "query ($id: ID!) { other: adAccount(id: $id) { campaigns { nodes { name } } }"
    )
    for query in (TREE, several, QUERIES[1], QUERIES[3], QUERIES[8]):
        queries_sent.clear()
        await ask(query, variables if "$id" in query else {})
        ahead = Counter(queries_sent)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("graph.executor.run.read_ahead", lambda *_: None)
            queries_sent.clear()
            await ask(query, variables if "$id" in query else {})
        assert ahead == Counter(queries_sent)


async def test_what_cannot_be_read_ahead_is_read_when_it_is_asked_for(execute, account, monkeypatch, queries_sent):
    variables = {"id": global_id.encode("AdAccount", account)}
    expected = _told(await execute(TREE, variables))

    async def failing(*_):
        raise OSError("gone")

    monkeypatch.setattr("resolvers.ahead.MOST", 3)
    assert _told(await execute(TREE, variables)) == expected

    monkeypatch.setattr(entity, "below", failing)
    queries_sent.clear()
    assert _told(await execute(TREE, variables)) == expected
    assert Counter(queries_sent).total() == 4


async def test_rows_of_other_parents_are_not_taken(execute, account, database, org_id, monkeypatch):
    """As if a campaign had come between the statement that found the campaigns and the one that looked below them."""
    below, added = entity.below, []

    async def late(database, org_id, ids, path, most):
        if len(path) == 1:
            campaign = await make_campaign(database, org_id, account)
            added.append(await make_ad_set(database, org_id, campaign))
        found = await below(database, org_id, ids, path, most)
        return [row for row in found if len(path) == 1 or row.id not in added]

    monkeypatch.setattr(entity, "below", late)
    result = await execute(TREE, {"id": global_id.encode("AdAccount", account)})

    assert not result.errors
    assert len(result.data["adAccount"]["campaigns"]["nodes"]) == 4


async def test_more_than_an_answer_may_hold_is_refused_as_ever(execute, account, level_by_level):
    variables = {"id": global_id.encode("AdAccount", account)}
    ahead = await execute(TREE, variables, max_nodes=8)
    level_by_level()

    assert _told(ahead) == _told(await execute(TREE, variables, max_nodes=8))
    assert [error.extensions["code"] for error in ahead.errors] == ["QUERY_TOO_COMPLEX"] * len(ahead.errors)


async def test_nothing_of_another_organization_is_read(execute, account, database, monkeypatch):
    found = []
    below = entity.below

    async def kept(*arguments):
        found.extend(rows := await below(*arguments))
        return rows

    monkeypatch.setattr(entity, "below", kept)
    result = await execute(TREE, {"id": global_id.encode("AdAccount", account)}, org_id=2**40)

    assert result.data == {"adAccount": None}
    assert found == []
