"""An answer is of one moment: an import that takes effect while it is put together shows whole, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from db.database import Database
from db.level import Level
from db.version import MOST_KEPT, Versions
from graph.schema import schema
from resolvers import global_id
from tests.graph.failing import query, serving
from tests.records import DAY, make_entity, make_record, make_tree, take

ASKED = """
{ projects { nodes { ...Spent adAccounts { nodes { ...Spent campaigns { nodes { ...Spent adSets { nodes {
  ...Spent ads { nodes { ...Spent } }
} } } } } } } } }
fragment Spent on Measurable {
  performance(window: {range: {since: "2025-03-10", until: "2025-03-11"}}) { totals { spend } }
}
"""


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(database_url, schema) as client:
        yield client


async def spend(database: Database, org_id: int, micros: int) -> None:
    await take(database, org_id, [*make_tree(), make_record(Level.AD, "1000", DAY, spend_micros=micros)])


def spent(data: Any) -> list[float]:
    """What each level spent, from the project down."""
    node, found = data["projects"]["nodes"][0], []
    for below in ("adAccounts", "campaigns", "adSets", "ads", None):
        found.append(node["performance"]["totals"]["spend"])
        node = node[below]["nodes"][0] if below else None
    return found


async def only_ad_account(client: httpx.AsyncClient) -> str:
    """Its id."""
    found = (await query(client, "{ projects { nodes { adAccounts { nodes { id } } } } }")).json()["data"]
    id_: str = found["projects"]["nodes"][0]["adAccounts"]["nodes"][0]["id"]
    return id_


def noting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the statements that the server sends from now on."""
    sent: list[str] = []
    fetch = Database.fetch

    async def noted(self: Database, name: str, *arguments: Any, **options: Any) -> Any:
        sent.append(name)
        return await fetch(self, name, *arguments, **options)

    monkeypatch.setattr(Database, "fetch", noted)
    return sent


@pytest.mark.parametrize("after", ["projects_page", "ad_accounts_by_project_ids", "campaign_delivery_totals"])
async def test_an_import_between_two_statements_shows_at_every_level_or_at_none(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, after: str
):
    await spend(database, org_id, 1_000_000)
    assert spent((await query(client, ASKED)).json()["data"]) == [1.0] * 5
    fetch, pending = Database.fetch, [2_000_000, 3_000_000]

    async def fetch_then_import(self: Database, name: str, *arguments: Any, **options: Any) -> Any:
        rows = await fetch(self, name, *arguments, **options)
        if after in (name, options.get("label")) and pending:
            await spend(database, org_id, pending.pop(0))
        return rows

    monkeypatch.setattr(Database, "fetch", fetch_then_import)
    # Of pages as others have asked for no statement would be sent.
    answer = (await query(client, ASKED.replace("adAccounts", "adAccounts(first: 10)"))).json()

    # Both imports came in the midst of an attempt: the third is whole.
    assert pending == []
    assert spent(answer["data"]) == [3.0] * 5


async def test_an_answer_of_one_statement_asks_for_no_version(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await spend(database, org_id, 1_000_000)
    await query(client, ASKED)
    sent = noting(monkeypatch)
    await query(client, "{ projects { nodes { name } } }")
    await query(client, "{ __typename }")
    assert "data_version" not in sent

    await query(client, ASKED)
    assert sent.count("data_version") == 1


async def test_what_changes_with_imports_alone_is_read_once_for_all_requests_until_the_next_import(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await spend(database, org_id, 1_000_000)
    sent = noting(monkeypatch)
    asked = """{ projects { nodes { adAccounts { nodes {
        performance(window: {range: {since: "2025-03-10", until: "2025-03-12"}}) {
            totals { spend } freshness { missingDays } currency
        }
    } } } } }"""

    async def answer() -> Any:
        sent.clear()
        (project,) = (await query(client, asked)).json()["data"]["projects"]["nodes"]
        return project["adAccounts"]["nodes"][0]["performance"]

    first = await answer()
    assert {"ad_account_scopes_by_ids", "coverage_by_ad_account_ids"} < set(sent)
    assert await answer() == first
    assert not {"ad_account_scopes_by_ids", "coverage_by_ad_account_ids"} & set(sent)
    assert "data_version" in sent
    assert (first["totals"]["spend"], first["freshness"]["missingDays"]) == (1.0, 1)

    await take(database, org_id, [make_record(Level.AD, "1000", DAY + timedelta(1), spend_micros=500_000)])
    later = await answer()
    assert (later["totals"]["spend"], later["freshness"]["missingDays"]) == (1.5, 0)


async def test_an_answer_of_one_statement_beside_what_others_have_read_is_of_one_moment(
    database: Database, org_id: int, client: httpx.AsyncClient
):
    await spend(database, org_id, 1_000_000)
    id_ = await only_ad_account(client)
    asked = f"""{{ adAccount(id: "{id_}") {{
        performance(window: {{range: {{since: "2025-03-10", until: "2025-03-12"}}}}) {{ freshness {{ missingDays }} }}
    }} }}"""

    async def missing() -> Any:
        return (await query(client, asked)).json()["data"]["adAccount"]["performance"]["freshness"]["missingDays"]

    assert [await missing(), await missing()] == [1, 1]
    await take(database, org_id, [make_record(Level.AD, "1000", DAY + timedelta(1), spend_micros=500_000)])
    assert await missing() == 0


async def test_a_node_is_read_once_for_all_requests_until_the_next_import(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await spend(database, org_id, 1_000_000)
    id_ = await only_ad_account(client)
    sent = noting(monkeypatch)

    async def name() -> Any:
        sent.clear()
        return (await query(client, f'{{ adAccount(id: "{id_}") {{ name }} }}')).json()["data"]["adAccount"]["name"]

    assert await name() == "Account"
    assert await name() == "Account"
    assert sent == ["data_version"]
    await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1", name="Another name")])
    assert await name() == "Another name"


async def test_the_parts_of_a_node_are_read_once_for_all_requests_until_the_next_import(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await spend(database, org_id, 1_000_000)
    id_ = await only_ad_account(client)
    asked = f"""{{ adAccount(id: "{id_}") {{
        performance(window: {{range: {{since: "2025-03-10", until: "2025-03-12"}}}}) {{
            breakdown(by: [AD]) {{ nodes {{ entity {{ name }} metrics {{ spend }} }} }}
        }}
    }} }}"""
    sent = noting(monkeypatch)

    async def rows() -> Any:
        sent.clear()
        answer = (await query(client, asked)).json()["data"]["adAccount"]["performance"]["breakdown"]["nodes"]
        return {row["entity"]["name"]: row["metrics"]["spend"] for row in answer}

    first = await rows()
    assert {"listed_entity_ids", "entities_by_ids"} < set(sent)
    assert await rows() == first
    assert sent == ["delivery_totals_of_one_window"]
    await take(database, org_id, [
        make_entity(Level.AD, "1000", name="Another name"), make_entity(Level.AD, "1001", "100", name="New"),
        make_record(Level.AD, "1001", DAY, spend_micros=500_000),
    ])  # fmt: skip
    assert (await rows()) == {"Another name": 1.0, "New": 0.5}


async def test_what_is_below_nodes_is_read_once_for_all_requests_until_the_next_import(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await spend(database, org_id, 1_000_000)
    id_ = await only_ad_account(client)
    sent = noting(monkeypatch)

    async def ads(first: int) -> Any:
        sent.clear()
        asked = f"""{{ adAccount(id: "{id_}") {{ campaigns {{ nodes {{ adSets {{ nodes {{
            ads(first: {first}) {{ nodes {{ id name performance(window: {{range: {{
                since: "2025-03-10", until: "2025-03-12"
            }}}}) {{ totals {{ spend }} }} }} }}
        }} }} }} }} }} }}"""
        (campaign,) = (await query(client, asked)).json()["data"]["adAccount"]["campaigns"]["nodes"]
        return [
            (ad["name"], ad["performance"]["totals"]["spend"]) for ad in campaign["adSets"]["nodes"][0]["ads"]["nodes"]
        ]

    first = await ads(10)
    assert sent.count("children_by_parent_ids") == 3
    assert await ads(10) == first == [("Ad", 1.0)]
    assert sent == ["delivery_totals_of_one_window"]
    await take(database, org_id, [
        make_entity(Level.AD, "1000", name="Another name"), make_entity(Level.AD, "1001", "100", name="New"),
        make_record(Level.AD, "1001", DAY, spend_micros=500_000),
    ])  # fmt: skip
    assert await ads(10) == [("Another name", 1.0), ("New", 0.5)]
    assert await ads(1) == [("Another name", 1.0)]
    assert sent.count("children_by_parent_ids") == 1


async def test_numbers_that_tell_another_version_than_what_was_left_are_not_put_beside_it(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    await spend(database, org_id, 1_000_000)
    id_ = await only_ad_account(client)

    async def answer() -> Any:
        asked = f"""{{ adAccount(id: "{id_}") {{ name
            performance(window: {{range: {{since: "2025-03-10", until: "2025-03-11"}}}}) {{ totals {{ spend }} }}
        }} }}"""
        account = (await query(client, asked)).json()["data"]["adAccount"]
        return account["name"], account["performance"]["totals"]["spend"]

    assert await answer() == ("Account", 1.0)
    sent = noting(monkeypatch)
    assert await answer() == ("Account", 1.0)
    assert sent == ["delivery_totals_of_one_window"]

    fetch, pending = Database.fetch, [2_000_000]

    async def import_then_fetch(self: Database, name: str, *arguments: Any, **options: Any) -> Any:
        if name == "delivery_totals_of_one_window" and pending:
            micros = pending.pop()
            await take(database, org_id, [
                make_entity(Level.AD_ACCOUNT, "1", name="Another name"),
                make_record(Level.AD, "1000", DAY, spend_micros=micros),
            ])  # fmt: skip
        return await fetch(self, name, *arguments, **options)

    monkeypatch.setattr(Database, "fetch", import_then_fetch)
    assert await answer() == ("Another name", 2.0)
    assert not pending


@pytest.mark.parametrize("clicks", [0, None])
async def test_requests_that_ask_for_numbers_at_the_same_time_share_statements(
    database: Database, org_id: int, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, clicks: int | None
):
    """Whether or not one of them has numbers that lack something; the campaigns are of two ad accounts."""
    numbers = range(12)
    await take(database, org_id, [
        *make_tree(), *make_tree("2", "20", "200", "2000"),
        *(make_entity(Level.CAMPAIGN, f"c{number}", str(1 + number % 2), name=str(number)) for number in numbers),
        # The last has none.
        *(make_record(Level.CAMPAIGN, f"c{number}", spend_micros=number * 1_000_000) for number in numbers[1:-1]),
        make_record(Level.CAMPAIGN, "c0", clicks=clicks),
    ])  # fmt: skip
    listed = await query(client, "{ projects { nodes { adAccounts { nodes { campaigns { nodes { id name } } } } } } }")
    accounts = listed.json()["data"]["projects"]["nodes"][0]["adAccounts"]["nodes"]
    ids = {campaign["name"]: campaign["id"] for account in accounts for campaign in account["campaigns"]["nodes"]}

    async def answer(number: int) -> tuple[float, int | None]:
        asked = f"""{{ campaign(id: "{ids[str(number)]}") {{ name
            performance(window: {{range: {{since: "2025-03-10", until: "2025-03-11"}}}}) {{ totals {{ spend clicks }} }}
        }} }}"""
        campaign = (await query(client, asked)).json()["data"]["campaign"]
        assert campaign["name"] == str(number)
        return tuple(campaign["performance"]["totals"].values())

    expected = [(0.0, clicks), *((float(number), 0) for number in numbers[1:-1]), (0.0, 0)]
    assert [await answer(number) for number in numbers] == expected
    sent = noting(monkeypatch)
    assert await asyncio.gather(*map(answer, numbers)) == expected
    # At most ten entities each.
    assert sent == ["delivery_totals_of_one_window"] * 2


async def test_what_was_read_of_another_version_is_left_to_nobody(database: Database, org_id: int):
    await spend(database, org_id, 1_000_000)
    versions = Versions(database, org_id)
    before = await versions.read()
    await spend(database, org_id, 2_000_000)
    now = await versions.read()

    versions.leave(before, {"of before": 1}, 1)
    assert versions.kept == {}
    versions.leave(now, {"of now": 1}, 1)
    kept = versions.kept
    assert kept == {"of now": 1}
    versions.leave(now, {"too many": 1}, MOST_KEPT)
    assert versions.kept == {"too many": 1} and kept == {"of now": 1}


async def test_that_a_node_is_not_there_is_told_each_time(client: httpx.AsyncClient):
    asked = f'{{ campaign(id: "{global_id.encode("Campaign", 10**9)}") {{ name }} }}'
    for _ in range(2):
        (error,) = (await query(client, asked)).json()["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"


async def test_who_asks_for_the_version_at_the_same_time_shares_a_look_up(
    database: Database, org_id: int, queries_sent: list[str]
):
    versions = Versions(database, org_id)

    assert set(await asyncio.gather(*(versions.read() for _ in range(20)))) == {0}
    assert queries_sent == ["data_version"]
    await spend(database, org_id, 1)
    first = await versions.read()
    await spend(database, org_id, 2)
    assert first > 0
    assert await versions.read() > first
    assert versions.known is not None
    assert versions.known > first
