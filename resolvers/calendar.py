"""The calendar: units of days, where they begin, and which days stand before others. Dates alone, no request."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from itertools import count
from typing import NamedTuple

DAY = timedelta(days=1)
WEEK = 7 * DAY
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


class Weekday(Enum):
    """A day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"

    @property
    def number(self) -> int:
        """How many days after Monday it is."""
        return _WEEKDAYS.index(self)


_WEEKDAYS = list(Weekday)


class Granularity(Enum):
    """The size of a series' buckets."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"


class Against(Enum):
    """Which days some days are compared with."""

    PREVIOUS_PERIOD = "PREVIOUS_PERIOD"
    PREVIOUS_CALENDAR = "PREVIOUS_CALENDAR"
    PREVIOUS_YEAR = "PREVIOUS_YEAR"
    PREVIOUS_YEAR_SAME_WEEKDAYS = "PREVIOUS_YEAR_SAME_WEEKDAYS"


class Bucket(NamedTuple):
    """A part of a window: `start` names the whole unit, `since` to `until` is what of it lies in the window."""

    start: date
    since: date
    until: date
    partial: bool

    @property
    def days(self) -> int:
        """Its length."""
        return (self.until - self.since).days


def start_of(unit: str, day: date, week_start: int = 0) -> date:
    """The first day of the unit (DAY, WEEK …) that the day is in. Weeks start `week_start` days after Monday."""
    match unit:
        case "DAY":
            return day
        case "WEEK":
            return day - (day.weekday() - week_start) % 7 * DAY
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "YEAR":
            return day.replace(month=1, day=1)
    raise AssertionError(unit)


def start_after(unit: str, start: date) -> date:
    """The first day of the unit after the one that begins at `start`."""
    if unit in _MONTHS:
        return _months_before(start, -_MONTHS[unit])
    return start + (WEEK if unit == "WEEK" else DAY)


def cut(since: date, until: date, granularity: Granularity, week_start: int = 0) -> Iterator[Bucket]:
    """The days `[since, until)` in buckets, in order."""
    unit = granularity.value
    start = start_of(unit, since, week_start)
    while start < until:
        after = start_after(unit, start)
        first, end = max(start, since), min(after, until)
        yield Bucket(start, first, end, first > start or end < after)
        start = after


def previous(since: date, until: date, unit: str | None, against: Against) -> tuple[date, date]:
    """The days that `[since, until)` are compared with. `unit`: the calendar unit that the window is named by, if any.

    In months, whole months meet whole months; of other days the first and the last move, a day that its month lacks to
    that month's last.
    """
    match against:
        case Against.PREVIOUS_PERIOD:
            return since - (until - since), since
        case Against.PREVIOUS_YEAR_SAME_WEEKDAYS:
            return since - 52 * WEEK, until - 52 * WEEK
        case Against.PREVIOUS_YEAR:
            return _moved(since, until, 12)
        case Against.PREVIOUS_CALENDAR:
            if unit == "WEEK":
                return since - WEEK, until - WEEK
            if unit in _MONTHS:
                return _moved(since, until, _MONTHS[unit])
            return next(days for months in count(1) if (days := _moved(since, until, months))[1] <= since)


def _moved(since: date, until: date, months: int) -> tuple[date, date]:
    if since.day == until.day == 1:
        return _months_before(since, months), _months_before(until, months)
    return _months_before(since, months), _months_before(until - DAY, months) + DAY


def _months_before(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
