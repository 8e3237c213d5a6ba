"""Windows: presets, checks and buckets."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.database import Database
from db.errors import Invalid, WindowTooLarge
from db.project import ProjectScopeRow
from resolvers.calendar import Granularity
from resolvers.context import Request
from resolvers.window import (
    FIRST_DAY,
    LAST_UNTIL,
    MAX_BUCKETS,
    Named,
    Preset,
    Today,
    Window,
    buckets,
    date_range,
    last_days,
    resolve,
)

WEDNESDAY = date(2024, 2, 28)
DAYS = st.dates(FIRST_DAY, LAST_UNTIL - timedelta(1))


@pytest.mark.parametrize(
    ("preset", "since", "until"),
    [
        (Preset.TODAY, "2024-02-28", "2024-02-29"),
        (Preset.YESTERDAY, "2024-02-27", "2024-02-28"),
        (Preset.LAST_7_DAYS, "2024-02-21", "2024-02-28"),
        (Preset.LAST_14_DAYS, "2024-02-14", "2024-02-28"),
        (Preset.LAST_30_DAYS, "2024-01-29", "2024-02-28"),
        (Preset.LAST_90_DAYS, "2023-11-30", "2024-02-28"),
        (Preset.THIS_WEEK, "2024-02-26", "2024-02-29"),
        (Preset.LAST_WEEK, "2024-02-19", "2024-02-26"),
        (Preset.THIS_MONTH, "2024-02-01", "2024-02-29"),
        (Preset.LAST_MONTH, "2024-01-01", "2024-02-01"),
        (Preset.THIS_QUARTER, "2024-01-01", "2024-02-29"),
        (Preset.LAST_QUARTER, "2023-10-01", "2024-01-01"),
        (Preset.THIS_YEAR, "2024-01-01", "2024-02-29"),
        (Preset.LAST_YEAR, "2023-01-01", "2024-01-01"),
        (Preset.LIFETIME, "2024-02-28", "2024-02-29"),
    ],
)
def test_presets_mean_these_days(preset, since, until):
    assert Named(preset).resolve(Today(WEDNESDAY)) == Window(date.fromisoformat(since), date.fromisoformat(until))


@given(st.sampled_from(Preset), DAYS)
def test_last_ends_before_today_and_this_with_it(preset, today):
    window = Named(preset).resolve(Today(today))

    assert window.since < window.until
    assert (window.last_day == today) == preset.name.startswith(("THIS", "TODAY", "LIFE"))


@given(DAYS, DAYS)
def test_a_lifetime_is_from_the_first_day_known_to_today(first, today):
    window = Named(Preset.LIFETIME).resolve(Today(today, first))

    assert window == Window(min(first, today), today + timedelta(1))


def test_today_is_that_of_the_projects_timezone():
    asked_nothing = cast(Database, None)
    request = Request(database=asked_nothing, org_id=1, now=datetime(2025, 1, 1, 3, tzinfo=UTC))

    def today_in(timezone: str) -> date:
        scope = cast(ProjectScopeRow, SimpleNamespace(timezone=timezone, week_starts_on="MONDAY"))
        return resolve(request, Named(Preset.TODAY), scope, None).since

    assert today_in("UTC") == date(2025, 1, 1)
    assert today_in("America/New_York") == date(2024, 12, 31)


@pytest.mark.parametrize(
    ("week_start", "this", "last"),
    [(0, "2024-02-26", "2024-02-19"), (2, "2024-02-28", "2024-02-21"), (6, "2024-02-25", "2024-02-18")],
)
def test_weeks_start_on_the_day_that_the_project_has_set(week_start, this, last):
    today = Today(WEDNESDAY, None, week_start)

    assert Named(Preset.THIS_WEEK).resolve(today).since == Named(Preset.LAST_WEEK).resolve(today).until
    assert str(Named(Preset.THIS_WEEK).resolve(today).since) == this
    assert str(Named(Preset.LAST_WEEK).resolve(today).since) == last


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2025, 1, 2), date(2025, 1, 1)),
        (date(2025, 1, 1), date(2025, 1, 1)),
        (date(1, 1, 1), date(2025, 1, 1)),
        (date(2025, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_range_that_is_empty_or_out_of_time_is_refused(since, until):
    with pytest.raises(Invalid, match="`since` before `until`"):
        date_range(since, until)


@pytest.mark.parametrize("days", [0, -1, 36_501, 10**9])
def test_last_days_out_of_bounds_is_refused(days):
    with pytest.raises(Invalid, match="`lastDays`"):
        last_days(days)


BEGINNINGS = {
    Granularity.DAY: lambda _day, _week_start: True,
    Granularity.WEEK: lambda day, week_start: day.weekday() == week_start,
    Granularity.MONTH: lambda day, _week_start: day.day == 1,
    Granularity.QUARTER: lambda day, _week_start: day.day == 1 and day.month in {1, 4, 7, 10},
}


@given(DAYS, st.integers(1, MAX_BUCKETS), st.sampled_from(Granularity), st.integers(0, 6))
def test_buckets_cover_the_window_once_in_order_of_time(since, days, granularity, week_start):
    window = Window(since, since + timedelta(days))

    cut = buckets(window, granularity, week_start)

    assert cut[0].since == window.since
    assert cut[-1].until == window.until
    assert all(one.until == other.since for one, other in pairwise(cut))
    begins = BEGINNINGS[granularity]
    for bucket in cut:
        assert bucket.start <= bucket.since < bucket.until
        inside = [bucket.start + timedelta(number) for number in range((bucket.until - bucket.start).days)]
        assert begins(bucket.start, week_start)
        assert granularity is Granularity.DAY or [day for day in inside if begins(day, week_start)] == [bucket.start]
        assert bucket.partial == (bucket.start < bucket.since or not begins(bucket.until, week_start))


def test_more_buckets_than_an_answer_holds_are_refused():
    window = Window(FIRST_DAY, FIRST_DAY + timedelta(MAX_BUCKETS + 1))

    with pytest.raises(WindowTooLarge, match="coarser"):
        buckets(window, Granularity.DAY)
    assert len(buckets(window, Granularity.WEEK)) == 158
    assert len(buckets(Window(FIRST_DAY, FIRST_DAY + timedelta(3 * 365 + 1)), Granularity.QUARTER)) == 12
