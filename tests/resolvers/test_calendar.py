"""The calendar: which days stand before others."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.calendar import Against, previous

PERIOD, CALENDAR, YEAR, WEEKDAYS = Against
DAY = timedelta(1)
FIRST_DAYS = st.dates(date(2000, 1, 1), date(2099, 1, 1))


@pytest.mark.parametrize(
    ("against", "unit", "window", "expected"),
    [
        (PERIOD, None, "2025-06-11 2025-06-18", "2025-06-04 2025-06-11"),
        (PERIOD, "MONTH", "2025-03-01 2025-04-01", "2025-01-29 2025-03-01"),
        # Units of the calendar move back by one such unit …
        (CALENDAR, "WEEK", "2025-06-09 2025-06-12", "2025-06-02 2025-06-05"),
        (CALENDAR, "MONTH", "2025-06-01 2025-06-19", "2025-05-01 2025-05-19"),
        (CALENDAR, "QUARTER", "2025-04-01 2025-07-01", "2025-01-01 2025-04-01"),
        (CALENDAR, "QUARTER", "2025-04-01 2025-05-20", "2025-01-01 2025-02-20"),
        (CALENDAR, "YEAR", "2024-01-01 2025-01-01", "2023-01-01 2024-01-01"),
        # … whole months to whole months, other last days to the same day of their month, or to its last.
        (CALENDAR, "MONTH", "2025-03-01 2025-04-01", "2025-02-01 2025-03-01"),
        (CALENDAR, "MONTH", "2025-03-01 2025-03-31", "2025-02-01 2025-03-01"),
        (CALENDAR, "MONTH", "2024-02-01 2024-03-01", "2024-01-01 2024-02-01"),
        (CALENDAR, "MONTH", "2024-02-01 2024-02-29", "2024-01-01 2024-01-29"),
        # Other windows: the fewest months that leave no day in both.
        (CALENDAR, None, "2025-06-18 2025-06-19", "2025-05-18 2025-05-19"),
        (CALENDAR, None, "2025-03-15 2025-04-15", "2025-02-15 2025-03-15"),
        (CALENDAR, None, "2025-03-15 2025-04-16", "2025-01-15 2025-02-16"),
        (CALENDAR, None, "2025-01-01 2025-03-01", "2024-11-01 2025-01-01"),
        (CALENDAR, None, "2025-03-31 2025-04-30", "2025-02-28 2025-03-30"),
        (YEAR, None, "2024-02-29 2024-03-01", "2023-02-28 2023-03-01"),
        (YEAR, "MONTH", "2024-02-01 2024-03-01", "2023-02-01 2023-03-01"),
        (YEAR, "MONTH", "2025-02-01 2025-03-01", "2024-02-01 2024-03-01"),
        (YEAR, None, "2025-02-15 2025-03-01", "2024-02-15 2024-02-29"),
        (YEAR, "WEEK", "2025-06-09 2025-06-16", "2024-06-09 2024-06-16"),
        (WEEKDAYS, None, "2025-06-09 2025-06-16", "2024-06-10 2024-06-17"),
    ],
)
def test_these_days_are_compared_with_those(against, unit, window, expected):
    since, until = map(date.fromisoformat, window.split())

    assert previous(since, until, unit, against) == tuple(map(date.fromisoformat, expected.split()))


@given(FIRST_DAYS, st.integers(1, 800))
def test_the_previous_period_is_as_long_and_ends_where_the_window_begins(since, days):
    before, end = previous(since, since + days * DAY, None, PERIOD)

    assert (end, (end - before).days) == (since, days)


@given(FIRST_DAYS, st.integers(1, 800))
def test_364_days_before_the_weekdays_are_the_same(since, days):
    before, end = previous(since, since + days * DAY, None, WEEKDAYS)

    assert (before.weekday(), (end - before).days, (since - before).days) == (since.weekday(), days, 364)


@given(FIRST_DAYS, st.integers(1, 800))
def test_other_windows_move_by_the_fewest_months_without_a_day_in_both(since, days):
    until = since + days * DAY
    before, end = previous(since, until, None, CALENDAR)

    assert before < end <= since
    moved = 12 * (since.year - before.year) + since.month - before.month
    assert moved >= 1
    # One month less, and the last day would be in both, or nothing would have moved.
    last, end_of = until - DAY, end - DAY
    assert 12 * (last.year - end_of.year) + last.month - end_of.month == moved
    later = 12 * since.year + since.month - (12 * last.year + last.month - (moved - 1))
    assert moved == 1 or later <= 0


@given(st.integers(2000, 2090), st.integers(1, 12), st.integers(1, 30), st.sampled_from([CALENDAR, YEAR]))
def test_whole_months_meet_whole_months(year, month, months, against):
    since = date(year, month, 1)
    until = date(year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1, 1)
    before, end = previous(since, until, None, against)

    assert before.day == end.day == 1
    assert 12 * (end.year - before.year) + end.month - before.month == months
