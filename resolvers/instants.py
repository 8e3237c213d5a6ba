"""Windows of instants: cut into the hours, days, weeks and months of a timezone, and into quarter hours to read by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import timezone as fixed
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from db.errors import Invalid, WindowTooLarge
from db.standards import timezones
from resolvers.calendar import DAY, Weekday
from resolvers.window import FIRST_DAY, LAST_UNTIL

MOST_DAYS = 3_660
MOST_SEGMENTS = 50_000
HOUR = timedelta(hours=1)
# What conversions are rolled up by: every offset of a timezone since 1972 is a multiple of it.
QUARTER = timedelta(minutes=15)
_SECOND = timedelta(seconds=1)
_FIRST, _LAST = (datetime(day.year, 1, 1, tzinfo=UTC) for day in (FIRST_DAY, LAST_UNTIL))


class TimeUnit(Enum):
    """What instants are grouped by."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The instants from `since` to before `until`, in UTC, and the timezone in which they are looked at."""

    since: datetime
    until: datetime
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Segment(NamedTuple):
    """A part of a window in which all instants have the same hour, day, … : `keys`, one for each unit asked for.

    An hour is named by its first instant, a day by its date, a week and a month by their first day.
    """

    since: datetime
    until: datetime
    keys: tuple[datetime | date, ...]
    # in the timezone whose days exchange rates are taken of, where money is converted
    day: date | None = None


class Span(NamedTuple):
    """A part of a window, and the place of its keys among those of the window."""

    since: datetime
    until: datetime
    place: int
    day: date | None


class Reading(NamedTuple):
    """How a window is read: whole hours and quarter hours from what was rolled up by these, the edges from the events
    themselves.
    """

    parts: list[Span]
    hours: list[Span]
    quarters: list[Span]
    edges: list[Span]


def checked_timezone(name: str, timezone: str) -> str:
    """A timezone that a client gave as `name`; `Invalid` unless IANA has it."""
    if timezone not in timezones():
        shown = timezone if len(timezone) <= 60 else f"{timezone[:60]}…"
        raise Invalid(f"`{name}` {shown!r} is no IANA timezone. Give one like Europe/Berlin.")
    return timezone


def checked_range(name: str, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The ends of a window that a client gave as `name`, in UTC."""
    for field, instant in (("since", since), ("until", until)):
        if instant.utcoffset() is None:
            raise Invalid(f"`{name}.{field}` needs an offset from UTC, such as {instant.isoformat()}Z.")
        if not _FIRST <= instant <= _LAST:
            raise Invalid(f"`{name}.{field}` must lie between {FIRST_DAY} and {LAST_UNTIL}; got {instant.isoformat()}.")
    if since >= until:
        raise Invalid(f"`{name}` must have `since` before `until`; got {since.isoformat()} to {until.isoformat()}.")
    if until - since > MOST_DAYS * DAY:
        raise Invalid(f"`{name}` may be {MOST_DAYS:,} days long; got {(until - since).days:,}. Ask for a part of it.")
    return since.astimezone(UTC), until.astimezone(UTC)


def cut(window: TimeWindow, units: Sequence[TimeUnit], week_starts_on: Weekday) -> list[Segment]:
    """The window cut where any of the units changes; `WindowTooLarge` past `MOST_SEGMENTS`. Without a unit it is whole.

    Where clocks were put back over midnight, parts that are not next to each other may have the same keys.
    """
    if not units:
        return [Segment(window.since, window.until, ())]
    step = HOUR if TimeUnit.HOUR in units else DAY
    if (window.until - window.since) / step > MOST_SEGMENTS:
        raise WindowTooLarge(
            f"`window` may have {MOST_SEGMENTS:,} hours by which to group; this one has more. Take a shorter one or a "
            "coarser dimension."
        )
    segments: list[Segment] = []
    for piece in _pieces(window, step):
        keys = tuple(_key(unit, piece, week_starts_on) for unit in units)
        if segments and segments[-1].keys == keys and segments[-1].until == piece.since:
            segments[-1] = segments[-1]._replace(until=piece.until)
        else:
            segments.append(Segment(piece.since, piece.until, keys))
    return segments


def reading(segments: Sequence[Segment], *, by_hour: bool) -> tuple[list[tuple[datetime | date, ...]], Reading]:
    """The keys of the segments, each once, and how to read them; `by_hour`: whether there are whole hours to read."""
    places: dict[tuple[datetime | date, ...], int] = {}
    parts = [Span(since, until, places.setdefault(keys, len(places)), day) for since, until, keys, day in segments]
    quarters, edges = _split(parts, QUARTER)
    hours, quarters = _split(quarters, HOUR) if by_hour else ([], quarters)
    return list(places), Reading(parts, hours, quarters, edges)


def _split(parts: Sequence[Span], unit: timedelta) -> tuple[list[Span], list[Span]]:
    """What of the parts is whole units, and the rest."""
    whole, rest = [], []
    for since, until, place, day in parts:
        first, last = since + (_FIRST - since) % unit, until - (until - _FIRST) % unit
        if first < last:
            whole.append(Span(first, last, place, day))
            edges = [(since, first), (last, until)]
        else:
            edges = [(since, until)]
        rest += [Span(*edge, place, day) for edge in edges if edge[0] < edge[1]]
    return whole, rest


def local_days(window: TimeWindow, since: datetime, until: datetime) -> tuple[date, date] | None:
    """The days `[first, last)` of the window's timezone that the instants are, if they are whole days."""
    first, last = (_midnight(instant, window.zone) for instant in (since, until))
    return (first, last) if first and last else None


def by_days(segments: Sequence[Segment], window: TimeWindow, timezone: str) -> list[Segment]:
    """The segments of the window, cut at the days of another timezone, too, each part with its day."""
    days = [
        (piece.since, piece.until, piece.local.date())
        for piece in _pieces(TimeWindow(window.since, window.until, timezone), DAY)
    ]
    found, place = [], 0
    for segment in segments:
        while days[place][1] <= segment.since:
            place += 1
        for since, until, day in days[place:]:
            if since >= segment.until:
                break
            found.append(Segment(max(since, segment.since), min(until, segment.until), segment.keys, day))
    return found


class _Piece(NamedTuple):
    since: datetime
    until: datetime
    # on the clock of the timezone
    local: datetime
    # when that clock was last put to another offset, if lately
    set_at: datetime
    offset: timedelta


def _pieces(window: TimeWindow, step: timedelta) -> Iterator[_Piece]:
    """The window cut at whole hours or days of the timezone's clock, and wherever that was put to another time."""
    for set_at, until, offset in _offsets(window.timezone, window.since, window.until):
        at = max(set_at, window.since)
        while at < until:
            local = (at + offset).replace(tzinfo=None)
            whole = local.replace(minute=0, second=0, microsecond=0)
            whole = whole if step is HOUR else whole.replace(hour=0)
            end = min(at + (whole + step - local), until)
            yield _Piece(at, end, whole, set_at, offset)
            at = end


def _key(unit: TimeUnit, piece: _Piece, week_starts_on: Weekday) -> datetime | date:
    if unit is TimeUnit.HOUR:
        # Of two times on one clock Python takes those for equal that differ in their offsets alone.
        return max(piece.local.replace(tzinfo=UTC) - piece.offset, piece.set_at).astimezone(fixed(piece.offset))
    day = piece.local.date()
    if unit is TimeUnit.WEEK:
        return day - ((day.weekday() - list(Weekday).index(week_starts_on)) % 7) * DAY
    return day.replace(day=1) if unit is TimeUnit.MONTH else day


@lru_cache(maxsize=256)
def _offsets(timezone: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """The offsets from UTC over a window and the day before it: from when, until when, which."""
    zone = ZoneInfo(timezone)
    start = at = since - DAY
    found = []
    while at < until:
        later = min(at + DAY, until)
        if _offset(later, zone) != _offset(at, zone):
            # No clock is put twice in a day.
            at = _change(at, later, zone)
            found.append((start, at, _offset(start, zone)))
            start = at
        else:
            at = later
    found.append((start, until, _offset(start, zone)))
    return [part for part in found if part[1] > since]


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the offset is that of `after`."""
    before, after = before.replace(microsecond=0), after.replace(microsecond=0) + _SECOND
    offset = _offset(before, zone)
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // (2 * _SECOND))
        before, after = (middle, after) if _offset(middle, zone) == offset else (before, middle)
    return after


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _midnight(instant: datetime, zone: ZoneInfo) -> date | None:
    """The day that begins at the instant, if one does."""
    local = instant.astimezone(zone)
    before = (instant - timedelta(microseconds=1)).astimezone(zone)
    return local.date() if local.date() > before.date() else None
