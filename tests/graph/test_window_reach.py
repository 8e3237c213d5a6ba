"""Reach over several days: given where it was reported for exactly those, and for no others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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


async def test_a_window_with_days_that_no_import_covers_has_reach_and_no_frequency(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    longer = WEEK[0] - timedelta(1), WEEK[1]
    await take(database, org_id, [make_window(300, *longer)])
    data = await ask(query(longer[0], longer[1]))

    # Its impressions are those of fewer days, and so would the frequency be.
    assert (told(data, "ad")["reach"], told(data, "ad")["frequency"]) == (300, None)
    assert {"metric": "FREQUENCY", "reason": "NOT_IMPORTED"} in told(data, "ad")["unavailable"]


async def test_a_window_of_which_nothing_is_imported_has_the_reach_that_was_reported(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    before = WEEK[0] - timedelta(30), WEEK[0]
    await take(database, org_id, [make_window(900, *before)])
    data = await ask(query(*before))

    assert told(data, "ad")["reach"] == 900
    assert [entry["metric"] for entry in told(data, "ad")["unavailable"] if entry["reason"] != "NOT_IMPORTED"] == []


async def test_reach_of_many_windows_is_looked_up_at_once(two_weeks: None, ask: Any, queries_sent: list[str]):
    await ask(query(WEEK[0], WEEK[0] + timedelta(14)))

    # For each level the window itself and, of its buckets, all together.
    assert queries_sent.count("window_reaches") == 4


# Whole lives

LIFETIME = """{
  ad(external: {platform: META, id: "1000"}) {
    performance(window: {preset: LIFETIME}) {
      window { since until }
      totals { impressions reach frequency unavailable { metric reason } }
      reachBounds { atLeast atMost }
    }
  }
}"""
LAST = FIRST + timedelta(13)


def make_life(reach: int, said: date | None, impressions: int | None = None) -> WindowReach:
    at = datetime(said.year, said.month, said.day, 12, tzinfo=UTC) if said else None
    return WindowReach(make_place(), Platform.META, Level.AD, "1000", None, None, reach, at, (), impressions)


async def lifetime(ask: Any) -> dict[str, Any]:
    performance: dict[str, Any] = (await ask(LIFETIME))["ad"]["performance"]
    return performance


async def test_a_lifetime_is_from_the_first_day_that_is_known_to_today(two_weeks: None, ask: Any, now: datetime):
    told = await lifetime(ask)

    assert told["window"] == {"since": str(FIRST), "until": str(now.date() + timedelta(1))}
    assert (told["totals"]["impressions"], told["totals"]["reach"]) == (1400, None)


async def test_where_nothing_was_imported_a_lifetime_is_today(ask: Any, database: Database, org_id: int, now: datetime):
    await take(database, org_id, make_tree())

    assert (await lifetime(ask))["window"] == {"since": str(now.date()), "until": str(now.date() + timedelta(1))}


async def test_a_lifetime_begins_with_what_any_account_of_the_project_knows(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    earlier = FIRST - timedelta(100)
    others = make_tree("2", "20", "200", "2000")
    await take(database, org_id, [*others, make_record(Level.AD, "2000", earlier)])

    assert (await lifetime(ask))["window"]["since"] == str(earlier)


@pytest.mark.parametrize(("said", "reach"), [(0, 500), (5, 500), (-1, None)])
async def test_the_reach_of_a_whole_life_is_that_of_lifetime_unless_the_entity_was_shown_since(
    two_weeks: None, ask: Any, database: Database, org_id: int, said: int, reach: int | None
):
    await take(database, org_id, [make_life(500, LAST + timedelta(said))])
    told = await lifetime(ask)

    assert told["totals"]["reach"] == reach
    assert told["reachBounds"]["atLeast"] == (reach or 60)


@pytest.mark.parametrize(("said", "reach", "at_least"), [(60, 60, 60), (59, None, 60)])
async def test_a_whole_life_in_which_one_day_reached_more_is_none(
    two_weeks: None, ask: Any, database: Database, org_id: int, said: int, reach: int | None, at_least: int
):
    await take(database, org_id, [make_life(said, LAST)])
    told = await lifetime(ask)

    assert (told["totals"]["reach"], told["reachBounds"]["atLeast"]) == (reach, at_least)


async def test_a_day_without_impressions_takes_no_lifetime_reach_away(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    silent = make_record(Level.AD, "1000", LAST + timedelta(1))
    await take(database, org_id, [silent, make_life(500, LAST)])
    told = await lifetime(ask)

    assert (told["totals"]["reach"], told["totals"]["frequency"]) == (500, 2.8)


async def test_a_lifetime_with_days_that_no_import_covers_has_reach_and_no_frequency(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    await take(database, org_id, [make_life(500, LAST + timedelta(2))])
    told = await lifetime(ask)

    assert (told["totals"]["reach"], told["totals"]["frequency"]) == (500, None)
    assert {"metric": "FREQUENCY", "reason": "NOT_IMPORTED"} in told["totals"]["unavailable"]


async def test_a_life_that_nobody_dated_is_as_of_its_import(two_weeks: None, ask: Any, database: Database, org_id: int):
    await take(database, org_id, [make_life(500, None)])

    assert (await lifetime(ask))["totals"]["reach"] == 500


async def test_no_other_window_has_the_reach_of_a_whole_life(
    two_weeks: None, ask: Any, database: Database, org_id: int
):
    await take(database, org_id, [make_life(500, LAST)])
    data = await ask(query(FIRST, LAST + timedelta(1)))

    assert told(data, "ad")["reach"] is None


@pytest.mark.parametrize(("impressions", "frequency"), [(1400, 2.8), (1399, 2.8), (None, 2.8), (1401, None)])
async def test_a_life_of_more_impressions_than_are_known_has_no_frequency(
    two_weeks: None, ask: Any, database: Database, org_id: int, impressions: int | None, frequency: float | None
):
    await take(database, org_id, [make_life(500, LAST, impressions)])
    told = await lifetime(ask)

    assert (told["totals"]["reach"], told["totals"]["frequency"]) == (500, frequency)


@pytest.mark.parametrize(("impressions", "frequency"), [(700, 2.5), (701, None), (None, None)])
async def test_days_that_nobody_imported_may_be_known_to_be_empty(
    two_weeks: None, ask: Any, database: Database, org_id: int, impressions: int | None, frequency: float | None
):
    longer = WEEK[0] - timedelta(1), WEEK[1]
    await take(database, org_id, [make_window(280, *longer)._replace(impressions=impressions)])
    data = await ask(query(*longer))

    assert told(data, "ad")["frequency"] == frequency
