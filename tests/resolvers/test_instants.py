"""Windows of instants: every hour and day of a timezone, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.errors import Invalid, WindowTooLarge
from resolvers.calendar import Weekday
from resolvers.instants import (
    TimeUnit,
    TimeWindow,
    checked_range,
    checked_timezone,
    cut,
    local_days,
    reading,
)

MONDAY = Weekday.MONDAY
ZONES = sorted(available_timezones())
INSTANTS = st.integers(946_771_200, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))


def window(since: str, until: str, timezone: str) -> TimeWindow:
    zone = ZoneInfo(timezone)
    first, last = (datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) for text in (since, until))
    return TimeWindow(first, last, timezone)


def hours_of(day: str, timezone: str) -> list[str]:
    first = datetime.fromisoformat(day)
    found = cut(window(day, str(first + timedelta(days=1)), timezone), [TimeUnit.HOUR], MONDAY)
    return [segment.keys[0].isoformat() for segment in found]


def test_a_day_has_23_24_or_25_hours():
    assert [len(hours_of(day, "Europe/Berlin")) for day in ("2026-03-29", "2026-03-30", "2026-10-25")] == [23, 24, 25]


def test_the_hour_that_comes_twice_is_two_instants():
    assert hours_of("2026-10-25", "Europe/Berlin")[1:5] == [
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]


def test_hours_of_a_zone_a_quarter_off_begin_on_its_own_clock():
    assert hours_of("2026-05-01", "Asia/Kathmandu")[:2] == ["2026-05-01T00:00:00+05:45", "2026-05-01T01:00:00+05:45"]


def test_clocks_put_by_half_an_hour_make_half_hours():
    # Lord Howe: from 02:00 back to 01:30, and from 02:00 on to 02:30.
    assert hours_of("2026-04-05", "Australia/Lord_Howe")[1:4] == [
        "2026-04-05T01:00:00+11:00",
        "2026-04-05T01:30:00+10:30",
        "2026-04-05T02:00:00+10:30",
    ]
    assert hours_of("2026-10-04", "Australia/Lord_Howe")[1:4] == [
        "2026-10-04T01:00:00+10:30",
        "2026-10-04T02:30:00+11:00",
        "2026-10-04T03:00:00+11:00",
    ]


def test_an_hour_that_the_window_cuts_is_still_named_by_its_beginning():
    since = datetime(2026, 5, 1, 10, 20, tzinfo=UTC)
    (first, *_) = cut(TimeWindow(since, since + timedelta(hours=2), "Asia/Kolkata"), [TimeUnit.HOUR], MONDAY)

    assert (first.since, first.keys[0].isoformat()) == (since, "2026-05-01T15:00:00+05:30")


def test_weeks_begin_where_the_project_has_them_begin():
    days = window("2026-05-01", "2026-05-12", "UTC")

    def weeks(start: Weekday) -> list[date | datetime]:
        return [segment.keys[0] for segment in cut(days, [TimeUnit.WEEK], start)]

    assert weeks(MONDAY) == [date(2026, 4, 27), date(2026, 5, 4), date(2026, 5, 11)]
    assert weeks(Weekday.SUNDAY) == [date(2026, 4, 26), date(2026, 5, 3), date(2026, 5, 10)]


def test_weeks_and_months_together_are_cut_at_both():
    found = cut(window("2026-04-27", "2026-05-04", "Europe/Berlin"), [TimeUnit.MONTH, TimeUnit.WEEK], MONDAY)

    assert [segment.keys for segment in found] == [
        (date(2026, 4, 1), date(2026, 4, 27)),
        (date(2026, 5, 1), date(2026, 4, 27)),
    ]


def test_a_day_that_comes_twice_is_one_key_of_two_parts():
    # In Newfoundland clocks went back at 00:01, so that 2010-11-07 began twice.
    segments = cut(window("2010-11-06", "2010-11-09", "America/St_Johns"), [TimeUnit.DAY], MONDAY)
    keys, read = reading(segments, by_hour=True)

    assert [key for (key,) in keys] == [date(2010, 11, 6), date(2010, 11, 7), date(2010, 11, 8)]
    assert len(segments) == 5
    assert [part.place for part in read.edges] == [1, 0]


@given(
    st.sampled_from(ZONES),
    INSTANTS,
    st.timedeltas(timedelta(seconds=1), timedelta(days=40)),
    st.lists(st.sampled_from(list(TimeUnit)), min_size=1, max_size=3, unique=True),
)
@settings(deadline=None, max_examples=300)
def test_every_instant_lies_in_one_segment_and_has_its_keys(timezone, since, length, units):
    asked = TimeWindow(since, since + length, timezone)
    segments = cut(asked, units, MONDAY)

    assert [segments[0].since, segments[-1].until] == [asked.since, asked.until]
    assert all(one.until == other.since and one.keys != other.keys for one, other in pairwise(segments))
    for segment in segments[:50]:
        for instant in (segment.since, segment.until - timedelta(microseconds=1)):
            local = instant.astimezone(asked.zone)
            for unit, key in zip(units, segment.keys, strict=True):
                match unit:
                    case TimeUnit.HOUR:
                        assert isinstance(key, datetime)
                        assert key <= instant < key + timedelta(hours=1)
                        assert (key.hour, key.utcoffset()) == (local.hour, local.utcoffset())
                    case TimeUnit.DAY:
                        assert key == local.date()
                    case TimeUnit.WEEK:
                        assert key == local.date() - timedelta(days=local.weekday())
                    case TimeUnit.MONTH:
                        assert key == local.date().replace(day=1)


@given(INSTANTS, st.timedeltas(timedelta(seconds=1), timedelta(hours=3)))
def test_only_the_edges_are_read_from_events(since, length):
    asked = TimeWindow(since, since + length, "UTC")
    _, read = reading(cut(asked, [], MONDAY), by_hour=True)

    parts = sorted((part.since, part.until) for part in (*read.hours, *read.quarters, *read.edges))
    assert (parts[0][0], parts[-1][1]) == (asked.since, asked.until)
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    assert not any((edge.minute, edge.second) != (0, 0) for hour in read.hours for edge in hour[:2])
    for rolled in read.quarters:
        assert not any((edge.minute % 15, edge.second, edge.microsecond) != (0, 0, 0) for edge in rolled[:2])
    assert sum((part.until - part.since for part in read.edges), timedelta()) < timedelta(minutes=30)


def test_whole_quarter_hours_need_no_events():
    _, read = reading(cut(window("2026-03-01", "2026-05-01", "Asia/Kathmandu"), [TimeUnit.DAY], MONDAY), by_hour=True)

    assert read.edges == []
    # Three at the beginning of each day, and one at its end.
    assert sum((part.until - part.since for part in read.quarters), timedelta()) == timedelta(hours=61)


def test_whole_days_are_those_between_midnights_of_the_zone():
    days = window("2026-03-28", "2026-03-30", "Europe/Berlin")

    assert local_days(days, days.since, days.until) == (date(2026, 3, 28), date(2026, 3, 30))
    assert local_days(days, days.since + timedelta(hours=1), days.until) is None


def test_what_is_no_window_is_refused_by_name():
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for since, until, named in (
        (noon.replace(tzinfo=None), noon, "window.since"),
        (noon, noon.replace(tzinfo=None), "window.until"),
        (noon, noon, "`window`"),
        (noon, noon + timedelta(days=4_000), "3,660"),
        (noon.replace(year=1999), noon, "window.since"),
    ):
        with pytest.raises(Invalid, match=named):
            checked_range("window", since, until)
    with pytest.raises(Invalid, match="timezone"):
        checked_timezone("timezone", "Mars/Olympus")
    with pytest.raises(WindowTooLarge):
        cut(TimeWindow(noon, noon + timedelta(days=3_000), "UTC"), [TimeUnit.HOUR], MONDAY)
