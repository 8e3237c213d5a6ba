"""The document on conversions: its events give its answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from db.conversions.recording import record
from db.database import Database
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_project
from tests.test_documents import blocks

DOCUMENT = Path("docs/conversions.md")


@pytest.fixture
def now() -> datetime:
    """When all of it was over."""
    return datetime(2026, 5, 2, tzinfo=UTC)


async def test_the_events_of_the_document_give_its_answers(
    database: Database, org_id: int, ask: Callable[..., Awaitable[dict[str, Any]]], now: datetime
) -> None:
    project = await make_project(database, org_id, timezone="UTC")
    ad_set = await make_ad_set(
        database, org_id, await make_campaign(database, org_id, await make_ad_account(database, org_id, project))
    )
    for external_id in ("501", "502"):
        await make_ad(database, org_id, ad_set, external_id=external_id)
    found = blocks(DOCUMENT)
    (events,) = ([json.loads(line) for line in block.text.splitlines()] for block in found if block.language == "jsonl")

    # One by one and backwards: the order makes no difference.
    for event in reversed(events):
        await record(database, org_id, project, [event], now)

    asked = [
        (query, answer) for query, answer in pairwise(found) if (query.language, answer.language) == ("graphql", "json")
    ]
    assert len(asked) == 3
    for query, answer in asked:
        assert await ask(query.text) == json.loads(answer.text)
