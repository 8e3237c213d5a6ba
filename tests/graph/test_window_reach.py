"""Reach over several days: given where it was reported for exactly those, and for no others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from db.database import Database
from db.importers.records import WindowReach
from db.level import Level, Platform
from tests.records import make_place, make_record, make_tree, take

FIRST = date(2025, 3, 3)  # a Monday
WEEK = (FIRST, FIRST + timedelta(7))


def query(since: date, until: date) -> str:
    performance = f"""
      performance(window: {{range: {{since: "{since}", until: "{until}"}}}}) {{
        totals {{ reach frequency unavailable {{ metric reason }} }}
        series(granularity: WEEK) {{ points {{ since metrics {{ reach }} }} }}
      }}"""
    ids = {"ad": "1000", "campaign": "10"}
    return " ".join(
        [
            "{",
            *(f'{noun}(external: {{platform: META, id: "{id_}"}}) {{ {performance} }}' for noun, id_ in ids.items()),
            "}",
        ]
    )


def make_window(reach: int, since: date, until: date) -> WindowReach:
    return WindowReach(make_place(), Platform.META, Level.AD, "1000", since, until, reach)


@pytest.fixture
async def two_weeks(database: Database, org_id: int) -> None:
    """Fourteen days of an ad with 100 impressions and a reach of 60 each, and the reach of its first week."""
    days = [FIRST + timedelta(number) for number in range(14)]
    facts = [make_record(Level.AD, "1000", day, impressions=100, reach=60) for day in days]
    await take(database, org_id, [*make_tree(), *facts, make_window(280, *WEEK)])


def told(data: dict[str, Any], noun: str) -> dict[str, Any]:
    totals: dict[str, Any] = data[noun]["performance"]["totals"]
    return totals


async def test_a_window_that_was_reported_has_reach_and_frequency(two_weeks: None, ask: Any):
    data = await ask(query(WEEK[0], WEEK[1]))

    assert (told(data, "ad")["reach"], told(data, "ad")["frequency"]) == (280, 2.5)
    assert told(data, "campaign")["reach"] is None
    assert {"metric": "REACH", "reason": "NOT_ADDITIVE"} in told(data, "campaign")["unavailable"]


@pytest.mark.parametrize("length", [1, 6, 8, 14])
async def test_no_other_window_has_it(two_weeks: None, ask: Any, length: int):
    data = await ask(query(WEEK[0], WEEK[0] + timedelta(length)))

    assert told(data, "ad")["reach"] == (60 if length == 1 else None)


async def test_a_bucket_that_was_reported_has_it(two_weeks: None, ask: Any):
    data = await ask(query(WEEK[0], WEEK[0] + timedelta(14)))

    points = data["ad"]["performance"]["series"]["points"]
    assert [point["metrics"]["reach"] for point in points] == [280, None]


async def test_a_window_with_days_that_no_import_covers_has_none(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    longer = WEEK[0] - timedelta(1), WEEK[1]
    await take(database, org_id, [make_window(300, *longer)])
    data = await ask(query(longer[0], longer[1]))

    # Its impressions would be those of fewer days, and so would the frequency.
    assert (told(data, "ad")["reach"], told(data, "ad")["frequency"]) == (None, None)


async def test_reach_of_many_windows_is_looked_up_at_once(two_weeks: None, ask: Any, queries_sent: list[str]):
    await ask(query(WEEK[0], WEEK[0] + timedelta(14)))

    # For each level the window itself and, of its buckets, all together.
    assert queries_sent.count("window_reaches") == 4
