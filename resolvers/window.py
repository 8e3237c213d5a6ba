"""Windows: ranges of calendar dates, half-open, and the buckets that a series cuts them into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from db import ad_account, project
from db.ad_account import AdAccountScopeRow
from db.errors import Invalid, WindowTooLarge
from db.project import ProjectScopeRow
from resolvers.batching import one_per_key, sure_per_key
from resolvers.calendar import DAY, Against, Bucket, Granularity, Weekday, cut, previous, start_of
from resolvers.context import Request, found_by

FIRST_DAY = date(2000, 1, 1)
LAST_UNTIL = date(2100, 1, 1)
MAX_BUCKETS = 1_100


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


class Window(NamedTuple):
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


class Today(NamedTuple):
    """What windows are resolved by: the day where a project is, the first day that anything is known of in it, and on
    which day its weeks start: so many after Monday.
    """

    day: date
    first: date | None = None
    week_start: int = 0


class LastDays(NamedTuple):
    """The full days directly before today."""

    days: int

    def resolve(self, today: Today) -> Window:
        """The window as of `today`."""
        return Window(today.day - self.days * DAY, today.day)


class Named(NamedTuple):
    """A preset."""

    preset: Preset

    @property
    def unit(self) -> str | None:
        """The unit of the calendar that it is named by, if any."""
        last = self.preset.value.split("_")[-1]
        return last if last in {"WEEK", "MONTH", "QUARTER", "YEAR"} else None

    def resolve(self, today: Today) -> Window:
        """The window as of `today`: LAST_… are full units before this one, THIS_… run from its start through today, and
        LIFETIME from the first day that anything is known of.
        """
        day = today.day
        match self.preset.value.split("_"):
            case ["LIFETIME"]:
                return Window(min(today.first or day, day), day + DAY)
            case ["TODAY"]:
                return Window(day, day + DAY)
            case ["YESTERDAY"]:
                return Window(day - DAY, day)
            case ["LAST", days, "DAYS"]:
                return LastDays(int(days)).resolve(today)
            case ["THIS", unit]:
                return Window(start_of(unit, day, today.week_start), day + DAY)
            case [_, unit]:
                until = start_of(unit, day, today.week_start)
                return Window(start_of(unit, until - DAY, today.week_start), until)
        raise AssertionError(self.preset)


class Range(NamedTuple):
    """A window given by its days."""

    since: date
    until: date

    def resolve(self, _today: Today) -> Window:
        """The same window, whatever the day."""
        return Window(self.since, self.until)


class Before(NamedTuple):
    """The window that another is compared with."""

    spec: LastDays | Named | Range
    against: Against

    def resolve(self, today: Today) -> Window:
        """The window as of `today`."""
        window = self.spec.resolve(today)
        unit = self.spec.unit if isinstance(self.spec, Named) else None
        return Window(*previous(window.since, window.until, unit, self.against))


WindowSpec = LastDays | Named | Range | Before


def told_by_itself(spec: WindowSpec) -> bool:
    """Whether the days of a window do not depend on today."""
    return isinstance(spec, Range) or (isinstance(spec, Before) and isinstance(spec.spec, Range))


# What tells where a project is: of itself, or of an ad account in it.
Scope = AdAccountScopeRow | ProjectScopeRow
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


def buckets(
    window: Window, granularity: Granularity, week_start: int = 0, *, most: int = MAX_BUCKETS
) -> Sequence[Bucket]:
    """The window cut into buckets; weeks start `week_start` days after Monday. `WindowTooLarge` past `most`."""
    found = _first_buckets(window, granularity, week_start)
    if most > MAX_BUCKETS < len(found):
        found = tuple(islice(cut(window.since, window.until, granularity, week_start), most + 1))
    if len(found) > most:
        number = sum(1 for _ in cut(window.since, window.until, granularity, week_start))
        raise too_many(window, granularity.value, number)
    return found


@lru_cache(maxsize=64)  # the same days are asked for again and again
def _first_buckets(window: Window, granularity: Granularity, week_start: int) -> tuple[Bucket, ...]:
    return tuple(islice(cut(window.since, window.until, granularity, week_start), MAX_BUCKETS + 1))


def too_many(window: Window, by: str, number: int) -> WindowTooLarge:
    """What says that there are more buckets than an answer may have."""
    return WindowTooLarge(
        f"`window`: {window.since} to {window.until} by {by} has {number:,} buckets; a series or a breakdown by time "
        f"may have {MAX_BUCKETS:,}. Take a shorter window or a coarser granularity."
    )


def resolve(request: Request, spec: WindowSpec, scope: Scope, first: date | None) -> Window:
    """The window as of the request's time where the project of the scope is; `first` as `first_days` tells it."""
    timezone = scope.project_timezone if isinstance(scope, AdAccountScopeRow) else scope.timezone
    today = Today(today_in(request, timezone), first, week_start(scope))
    return spec.resolve(today)._replace(timezone=timezone)


def week_start(scope: Scope) -> int:
    """How many days after Monday the weeks of the scope's project start."""
    return Weekday(scope.week_starts_on).number


async def first_days(request: Request, asked: Iterable[tuple[WindowSpec, int]]) -> Mapping[int, date | None]:
    """The first day that anything is known of, by the id of each project of those `asked` whose window begins there."""
    wanted = {project_id for spec, project_id in asked if LIFETIME in {spec, getattr(spec, "spec", None)}}
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
    found = begun_at_once(request, windows)
    return (
        _begun(request, windows, await request.load_all(ad_account_scopes, _open_ended(request, windows)))
        if (found is None)
        else found
    )


def begun_at_once(request: Request, windows: Sequence[tuple[int, Window]]) -> list[tuple[date, date]] | None:
    """The same without waiting; None where timezones matter that are not at hand."""
    scopes = request.at_once(ad_account_scopes, _open_ended(request, windows))
    return None if scopes is None else _begun(request, windows, scopes)


def _open_ended(request: Request, windows: Iterable[tuple[int, Window]]) -> list[int]:
    # Where the date changes last, it is 12 hours behind UTC: what has begun there has begun everywhere.
    everywhere = (request.now.astimezone(UTC) - timedelta(hours=12)).date()
    # Windows of the past need not wait for the timezones.
    return list(dict.fromkeys(account for account, window in windows if window.last_day > everywhere))


def _begun(
    request: Request, windows: Iterable[tuple[int, Window]], scopes: Mapping[int, AdAccountScopeRow]
) -> list[tuple[date, date]]:
    ends = {account: today_in(request, scope.timezone) + DAY for account, scope in scopes.items()}
    return [(window.since, min(window.until, ends.get(account, window.until))) for account, window in windows]


def quarter_of(request: Request) -> int:
    """The quarter of an hour that a request was made in: no day begins anywhere but with one."""
    return int(request.now.timestamp()) // 900


def today_in(request: Request, timezone: str) -> date:
    """The date in a timezone at the time of the request."""
    return request.now.astimezone(ZoneInfo(timezone)).date()


@found_by(lambda request, ids: request.had(_ad_account_scopes, ids))
async def ad_account_scopes(request: Request, ids: Sequence[int]) -> list[AdAccountScopeRow]:
    """Batch: what the numbers of each ad account depend on."""
    return await request.keep(_ad_account_scopes, ids)


async def _ad_account_scopes(request: Request, ids: Sequence[int]) -> list[AdAccountScopeRow]:
    rows = await ad_account.scopes_by_ids(request.database, request.org_id, ids)
    return sure_per_key(ids, rows, key=lambda row: row.id)


@found_by(lambda request, ids: request.had(_project_scopes, ids))
async def project_scopes(request: Request, ids: Sequence[int]) -> list[ProjectScopeRow]:
    """Batch: what the numbers of each project depend on."""
    return await request.keep(_project_scopes, ids)


async def _project_scopes(request: Request, ids: Sequence[int]) -> list[ProjectScopeRow]:
    rows = await project.scopes_by_ids(request.database, request.org_id, ids)
    return sure_per_key(ids, rows, key=lambda row: row.id)
