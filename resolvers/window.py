"""Windows: ranges of calendar dates, half-open, and the buckets that a series cuts them into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from db import ad_account, project
from db.ad_account import AdAccountScopeRow
from db.errors import Invalid, WindowTooLarge
from db.project import ProjectScopeRow
from resolvers.batching import one_per_key, sure_per_key
from resolvers.context import Request

FIRST_DAY = date(2000, 1, 1)
LAST_UNTIL = date(2100, 1, 1)
MAX_BUCKETS = 1_100
DAY = timedelta(days=1)


class Preset(Enum):
    """A window named by its place relative to today."""

    TODAY = "TODAY"
    YESTERDAY = "YESTERDAY"
    LAST_7_DAYS = "LAST_7_DAYS"
    LAST_14_DAYS = "LAST_14_DAYS"
    LAST_30_DAYS = "LAST_30_DAYS"
    LAST_90_DAYS = "LAST_90_DAYS"
    THIS_WEEK = "THIS_WEEK"
    LAST_WEEK = "LAST_WEEK"
    THIS_MONTH = "THIS_MONTH"
    LAST_MONTH = "LAST_MONTH"
    THIS_QUARTER = "THIS_QUARTER"
    LAST_QUARTER = "LAST_QUARTER"
    THIS_YEAR = "THIS_YEAR"
    LAST_YEAR = "LAST_YEAR"
    LIFETIME = "LIFETIME"


class Granularity(Enum):
    """The size of a series' buckets."""

    DAY = "DAY"
    WEEK = "WEEK"


class Weekday(Enum):
    """A day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `since` to the day before `until`; `timezone` is the one in which they were resolved."""

    since: date
    until: date
    timezone: str = "UTC"

    @property
    def last_day(self) -> date:
        return self.until - DAY

    @property
    def days(self) -> int:
        return (self.until - self.since).days


@dataclass(frozen=True, slots=True)
class LastDays:
    """The full days directly before today."""

    days: int

    def resolve(self, today: date, _first: date | None) -> Window:
        """The window as of `today`."""
        return Window(today - self.days * DAY, today)


@dataclass(frozen=True, slots=True)
class Named:
    """A preset."""

    preset: Preset

    def resolve(self, today: date, first: date | None) -> Window:
        """The window as of `today`: LAST_… are full units before this one, THIS_… run from its start through today, and
        LIFETIME from the `first` day that anything is known of.
        """
        match self.preset.value.split("_"):
            case ["LIFETIME"]:
                return Window(min(first or today, today), today + DAY)
            case ["TODAY"]:
                return Window(today, today + DAY)
            case ["YESTERDAY"]:
                return Window(today - DAY, today)
            case ["LAST", days, "DAYS"]:
                return LastDays(int(days)).resolve(today, first)
            case ["THIS", unit]:
                return Window(_start_of(unit, today), today + DAY)
            case [_, unit]:
                until = _start_of(unit, today)
                return Window(_start_of(unit, until - DAY), until)
        raise AssertionError(self.preset)


@dataclass(frozen=True, slots=True)
class Range:
    """A window given by its days."""

    since: date
    until: date

    def resolve(self, _today: date, _first: date | None) -> Window:
        """The same window, whatever the day."""
        return Window(self.since, self.until)


WindowSpec = LastDays | Named | Range
DEFAULT = Named(Preset.LAST_30_DAYS)
LIFETIME = Named(Preset.LIFETIME)


def last_days(days: int) -> LastDays:
    """`lastDays` as clients give it, checked."""
    if not 1 <= days <= 36_500:
        raise Invalid(f"`lastDays` must be 1 to 36500; got {days}.")
    return LastDays(days)


def date_range(since: date, until: date) -> Range:
    """`range` as clients give it, checked."""
    if not FIRST_DAY <= since < until <= LAST_UNTIL:
        raise Invalid(
            f"`range` must have `since` before `until`, both from {FIRST_DAY} to {LAST_UNTIL} (`until` is the day "
            f"after the last one); got {since} to {until}."
        )
    return Range(since, until)


def _start_of(unit: str, day: date) -> date:
    match unit:
        case "WEEK":
            return day - day.weekday() * DAY
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "YEAR":
            return day.replace(month=1, day=1)
    raise AssertionError(unit)


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


def buckets(window: Window, granularity: Granularity) -> list[Bucket]:
    """The window cut into days, or into weeks that start on Monday; `WindowTooLarge` past `MAX_BUCKETS`."""
    step = timedelta(days=7 if granularity is Granularity.WEEK else 1)
    first = _start_of("WEEK", window.since) if granularity is Granularity.WEEK else window.since
    count = -(-(window.until - first) // step)
    if count > MAX_BUCKETS:
        raise WindowTooLarge(
            f"A series may have {MAX_BUCKETS:,} buckets; {window.since} to {window.until} by {granularity.value} has "
            f"{count:,}. Take a shorter window or a coarser granularity."
        )
    return [_bucket(window, first + number * step, step) for number in range(count)]


def _bucket(window: Window, start: date, step: timedelta) -> Bucket:
    since, until = max(start, window.since), min(start + step, window.until)
    return Bucket(start, since, until, until - since < step)


def resolve(request: Request, spec: WindowSpec, timezone: str, first: date | None) -> Window:
    """The window as of the request's time in a project's timezone; `first` as `first_days` tells it."""
    return replace(spec.resolve(_today(request, timezone), first), timezone=timezone)


async def first_days(request: Request, asked: Iterable[tuple[WindowSpec, int]]) -> Mapping[int, date | None]:
    """The first day that anything is known of, by the id of each project of those `asked` whose window begins there."""
    wanted = {project_id for spec, project_id in asked if spec == LIFETIME}
    return await request.load_all(_first_days, wanted) if wanted else {}


async def _first_days(request: Request, ids: Sequence[int]) -> list[date | None]:
    return await request.keep(_stored_first_days, ids)


async def _stored_first_days(request: Request, ids: Sequence[int]) -> list[date | None]:
    rows = await project.first_days_by_ids(request.database, request.org_id, ids)
    return [row.first_day if row else None for row in one_per_key(ids, rows, key=lambda row: row.id)]


async def begun(request: Request, windows: Sequence[tuple[int, Window]]) -> list[tuple[date, date]]:
    """Of each ad account's window the days `[since, until)` that have begun where the ad account is.

    A day yet to come says nothing, whatever a file claims.
    """
    # Where the date changes last, it is 12 hours behind UTC: what has begun there has begun everywhere.
    everywhere = (request.now.astimezone(UTC) - timedelta(hours=12)).date()
    open_ended = {account for account, window in windows if window.last_day > everywhere}
    # Windows of the past need not wait for the timezones.
    scopes = await request.load_all(ad_account_scopes, open_ended) if open_ended else {}
    ends = {account: _today(request, scopes[account].timezone) + DAY for account in open_ended}
    return [(window.since, min(window.until, ends.get(account, window.until))) for account, window in windows]


def _today(request: Request, timezone: str) -> date:
    return request.now.astimezone(ZoneInfo(timezone)).date()


async def ad_account_scopes(request: Request, ids: Sequence[int]) -> list[AdAccountScopeRow]:
    """Batch: what the numbers of each ad account depend on."""
    return await request.keep(_ad_account_scopes, ids)


async def _ad_account_scopes(request: Request, ids: Sequence[int]) -> list[AdAccountScopeRow]:
    rows = await ad_account.scopes_by_ids(request.database, request.org_id, ids)
    return sure_per_key(ids, rows, key=lambda row: row.id)


async def project_scopes(request: Request, ids: Sequence[int]) -> list[ProjectScopeRow]:
    """Batch: what the numbers of each project depend on."""
    return await request.keep(_project_scopes, ids)


async def _project_scopes(request: Request, ids: Sequence[int]) -> list[ProjectScopeRow]:
    rows = await project.scopes_by_ids(request.database, request.org_id, ids)
    return sure_per_key(ids, rows, key=lambda row: row.id)
