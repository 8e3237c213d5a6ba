"""Recording conversions: every event answered for itself, counted once however often and by whomever it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from db.conversions.taking import Intake
from db.database import Database
from graph.schema import schema
from resolvers import global_id
from tests.db.conversions.worlds import check_rollups, make_tree, rows
from tests.graph.failing import query, serving

Execute = Callable[..., Awaitable[Any]]
Ask = Callable[..., Awaitable[dict[str, Any]]]
Fields = dict[str, Any]

RECORD = """mutation ($input: RecordConversionsInput!) {
  recordConversions(input: $input) {
    accepted duplicates rejected unknownAds events { eventId outcome code field message }
  }
}"""


def event(event_id: str = "e1", **fields: Any) -> Fields:
    """An SDK's purchase."""
    return {
        "eventId": event_id, "eventName": "purchase_success", "source": "SDK", "occurredAt": "2025-06-17T10:00:00Z",
    } | fields  # fmt: skip


def given(project_id: int, *events: Fields) -> dict[str, Any]:
    return {"input": {"projectId": global_id.encode("Project", project_id), "events": events}}


async def record(ask: Ask, project_id: int, *events: Fields) -> dict[str, Any]:
    return dict((await ask(RECORD, given(project_id, *events)))["recordConversions"])


async def count(database: Database, project_id: int) -> int:
    return int((await rows(database, "select count(*) from conversion where project_id = $1", project_id))[0][0])


async def test_the_character_nul_is_refused_and_what_only_looks_like_it_is_not(
    database: Database, org_id: int, ask: Ask
) -> None:
    project_id = await make_tree(database, org_id, "a1")

    answer = await record(
        ask, project_id, event("e1", properties={"path": r"C:\u0000"}), event("e2", properties={"path": "C:\\\0"})
    )

    assert [(told["outcome"], told["field"]) for told in answer["events"]] == [
        ("ACCEPTED", None), ("REJECTED", "properties"),
    ]  # fmt: skip


async def test_each_event_is_answered_and_what_is_right_stands(database: Database, org_id: int, ask: Ask) -> None:
    project_id = await make_tree(database, org_id, "a1")
    touch = {"platform": "META", "ad": "unknown", "kind": "CLICK", "at": "2025-06-17T09:00:00Z"}

    answer = await record(
        ask, project_id, event("e1", touches=[touch]), event("e1", source="PLATFORM"), event("e2", occurredAt="today"),
        event("e3", revenueAmount=19.99, currency="EUR"),
    )  # fmt: skip

    assert {name: answer[name] for name in ("accepted", "duplicates", "rejected", "unknownAds")} == {
        "accepted": 2, "duplicates": 1, "rejected": 1, "unknownAds": 1,
    }  # fmt: skip
    assert [told["outcome"] for told in answer["events"]] == ["ACCEPTED", "DUPLICATE", "REJECTED", "ACCEPTED"]
    assert answer["events"][2] == {
        "eventId": "e2", "outcome": "REJECTED", "code": "VALIDATION", "field": "occurredAt",
        "message": "`occurredAt` is not a time with an offset like 2026-01-31T13:45:00Z or 2026-01-31T14:45:00+01:00.",
    }  # fmt: skip
    assert await count(database, project_id) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"eventId": None}, "eventId"),
        ({"eventId": ""}, "eventId"),
        ({"eventName": "n" * 5_000}, "eventName"),
        ({"eventName": "nul\0"}, "eventName"),
        ({"source": None}, "source"),
        ({"occurredAt": None}, "occurredAt"),
        ({"occurredAt": "2025-06-17T10:00:00"}, "occurredAt"),
        ({"occurredAt": "2025-02-30T10:00:00Z"}, "occurredAt"),
        ({"occurredAt": "2025-06-30T10:00:00Z"}, "occurredAt"),
        ({"occurredAt": "1999-06-30T10:00:00Z"}, "occurredAt"),
        ({"revenueAmount": "ten"}, "revenueAmount"),
        ({"revenueAmount": True}, "revenueAmount"),
        ({"revenueAmount": -1}, "revenueAmount"),
        ({"revenueAmount": "NaN"}, "revenueAmount"),
        ({"revenueAmount": "1e13"}, "revenueAmount"),
        ({"revenueAmount": [1]}, "revenueAmount"),
        ({"priceAmount": "1_000"}, "priceAmount"),
        ({"properties": {"value": "much"}}, "properties.value"),
        ({"properties": [1]}, "properties"),
        ({"properties": {"x": "y" * 9_000}}, "properties"),
        ({"properties": {"x": "nul\0"}}, "properties"),
        ({"currency": "EURO"}, "currency"),
        ({"kind": "REFUND"}, "refundOf"),
        ({"refundOf": "e0"}, "refundOf"),
        ({"transactionId": "t" * 201}, "transactionId"),
        ({"userId": "u\0"}, "userId"),
        ({"touches": [{"platform": "META", "kind": "VIEW", "at": "2025-06-17T09:00:00Z"}]}, "touches[0].ad"),
        ({"touches": [{"platform": "META", "ad": "a1", "kind": "VIEW"}]}, "touches[0].at"),
        (
            {"touches": [{"platform": "META", "ad": "a1", "kind": "VIEW", "at": "2025-06-17T10:00:01Z"}]},
            "touches[0].at",
        ),
    ],
)
async def test_what_is_wrong_is_told_by_its_field(
    database: Database, org_id: int, ask: Ask, wrong: Fields, field: str
) -> None:
    project_id = await make_tree(database, org_id, "a1")

    answer = await record(ask, project_id, event() | wrong)

    assert (answer["rejected"], answer["events"][0]["field"]) == (1, field)
    assert await count(database, project_id) == 0


async def test_a_value_without_a_currency_takes_the_reporting_currency_or_is_rejected(
    database: Database, org_id: int, ask: Ask
) -> None:
    project_id = await make_tree(database, org_id)
    await record(ask, project_id, event("e1", revenueAmount=1))
    unset = "mutation ($id: ID!) { updateProject(input: {id: $id, reportingCurrency: null}) { id } }"
    await ask(unset, {"id": global_id.encode("Project", project_id)})

    answer = await record(ask, project_id, event("e1", revenueAmount=1), event("e2"))

    assert await rows(database, "select value, currency from conversion where value is not null") == [(1, "USD")]
    assert [told["field"] for told in answer["events"]] == ["currency", None]


async def test_more_than_1000_events_are_refused_and_1000_taken(
    database: Database, org_id: int, execute: Execute, ask: Ask
) -> None:
    project_id = await make_tree(database, org_id)

    result = await execute(RECORD, given(project_id, *(event(f"e{number}") for number in range(1_001))))
    answer = await record(ask, project_id, *(event(f"e{number}") for number in range(1_000)))

    assert result.errors[0].extensions == {"code": "VALIDATION"}
    assert "1,000" in result.errors[0].message
    assert answer["accepted"] == await count(database, project_id) == 1_000


async def test_a_project_that_is_not_there_is_not_found(execute: Execute) -> None:
    result = await execute(RECORD, given(999, event()))

    assert result.errors[0].extensions == {"code": "NOT_FOUND"}


async def test_an_event_from_three_sources_over_many_connections_counts_once(
    database: Database, org_id: int, database_url: str
) -> None:
    project_id = await make_tree(database, org_id, "a1")
    touch = {"platform": "META", "ad": "a1", "kind": "CLICK", "at": "2025-06-17T09:00:00Z"}
    events = [
        event(f"e{number}" if source != "PLATFORM" else f"p{number}", source=source, transactionId=f"t{number}",
              touches=[touch], revenueAmount=number, currency="EUR")
        for number in range(20) for source in ("SDK", "CONVERSION_API", "PLATFORM")
    ]  # fmt: skip

    async with serving(database_url, schema) as client:
        answers = await asyncio.gather(*(
            query(client, RECORD, variables=given(project_id, *events[start:], *events[:start]))
            for start in range(0, 60, 5)
        ))  # fmt: skip

    told = [answer.json()["data"]["recordConversions"] for answer in answers]
    assert sum(each["accepted"] for each in told) == 20
    assert await count(database, project_id) == 20
    assert await rows(database, "select sum(count), sum(value) from conversion_quarter") == [(20, 190)]
    await check_rollups(database, project_id)


async def test_a_request_that_is_sent_again_is_executed_again(
    database: Database, org_id: int, database_url: str
) -> None:
    project_id = await make_tree(database, org_id)
    zone = "mutation ($id: ID!, $zone: String!) { updateProject(input: {id: $id, timezone: $zone}) { timezone } }"
    id_ = global_id.encode("Project", project_id)

    async with serving(database_url, schema) as client:
        told = [await query(client, RECORD, variables=given(project_id, event("e1"))) for _ in range(3)]
        for name in ("Asia/Tokyo", "Europe/Paris", "Asia/Tokyo"):
            await query(client, zone, variables={"id": id_, "zone": name})

    outcomes = [each.json()["data"]["recordConversions"]["events"][0]["outcome"] for each in told]
    assert outcomes == ["ACCEPTED", "DUPLICATE", "DUPLICATE"]
    assert await rows(database, "select timezone from project where id = $1", project_id) == [("Asia/Tokyo",)]


async def test_calls_that_wait_for_their_turn_leave_connections_to_others(
    database: Database, org_id: int, database_url: str
) -> None:
    project_id = await make_tree(database, org_id)
    projects = "{ projects { nodes { name } } }"

    async with serving(database_url, schema) as client:
        async with database.transaction() as transaction:
            await Intake.locked(transaction, org_id, project_id)
            waiting = [
                asyncio.create_task(query(client, RECORD, variables=given(project_id, event(f"e{number}"))))
                for number in range(20)
            ]
            await asyncio.sleep(0.2)
            async with asyncio.timeout(5):
                answers = [await query(client, projects) for _ in range(3)]
            assert not any(task.done() for task in waiting)
        recorded = await asyncio.gather(*waiting)

    assert all("errors" not in answer.json() for answer in (*answers, *recorded))
    assert await count(database, project_id) == 20
