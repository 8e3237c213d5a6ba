"""Delivery: what entities of one level add up to over windows and buckets, silent days included."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, Self, TypeVar

from db import delivery
from db.ad_account import AdAccountScopeRow
from db.delivery import Lines
from db.level import Level, Missing
from resolvers import coverage
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.formulas import WHOLE, Sums
from resolvers.window import Bucket, Granularity, Range, Window, WindowSpec, ad_account_scopes, begun, buckets, resolve

K = TypeVar("K", bound=Hashable)
# For each set of metrics that rows may lack, the kinds of rows that are such rows alone.
_KINDS = [WHOLE, *(frozenset({missing}) for missing in range(1, Missing.ALL + 1))]


class Entity(NamedTuple):
    """Whose delivery is asked: an ad account (then both ids are its own) or something in one."""

    id: int
    ad_account_id: int


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series and its sums."""

    bucket: date
    since: date
    until: date
    partial: bool
    metrics: Sums

    @classmethod
    def of(cls, bucket: Bucket, metrics: Sums) -> Self:
        return cls(bucket.start, bucket.since, bucket.until, bucket.partial, metrics)


@dataclass(frozen=True, slots=True)
class Series:
    """A window cut into buckets of one granularity."""

    granularity: Granularity
    points: list[Point]


@dataclass(frozen=True, slots=True)
class _Account:
    """What the numbers of all entities of one ad account share."""

    window: Window
    coverage: Coverage
    currencies: frozenset[str]

    def covered(self, level: Level, since: date, until: date) -> _Covered:
        """The covered days in `[since, until)` and what their sources lack."""
        by_missing = self.coverage.by_missing(level, since, until)
        return _Covered(sum(by_missing.values()), frozenset(by_missing))


class _Covered(NamedTuple):
    days: int
    missing: frozenset[int]


class _Unclear(NamedTuple):
    """Sums that may be those of silent days of one source or of another: only the dates tell."""

    sums: Sums
    entity: Entity
    account: _Account
    since: date
    until: date


async def totals(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, columns: tuple[str, ...]
) -> list[Sums]:
    """Batch: the sums of `columns` over each entity's window. All entities are of one level."""
    own = _by_ad_account(entities)
    windows = await _windows(request, own, spec)
    days = await _days(request, windows)
    lines, accounts = await asyncio.gather(
        delivery.totals(request.database, request.org_id, level, columns, days, own),
        _accounts(request, windows),
    )
    found = _Found(lines.entity_ids, lines, columns)
    covered = {id_: one.covered(level, one.window.since, one.window.until) for id_, one in accounts.items()}
    unclear = []
    answers = []
    for entity in entities:
        id_, account_id = entity
        account = accounts[account_id]
        sums = found.sums(id_, account.currencies)
        answers.append(sums)
        if not _settled(sums, covered[account_id], account.window.days):
            unclear.append(_Unclear(sums, entity, account, account.window.since, account.window.until))
    await _settle_by_date(request, level, unclear)
    return answers


async def series(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, granularity: Granularity,
    columns: tuple[str, ...],
) -> list[Series]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each entity's window."""
    own = _by_ad_account(entities)
    windows = await _windows(request, own, spec)
    cuts = {id_: buckets(window, granularity) for id_, window in windows.items()}
    request.spend(sum(len(cuts[entity.ad_account_id]) for entity in entities))
    days = await _days(request, windows)
    lines, accounts = await asyncio.gather(
        delivery.buckets(request.database, request.org_id, level, columns, granularity.value, days, own),
        _accounts(request, windows),
    )
    found = _Found(zip(lines.entity_ids, lines.buckets, strict=True), lines, columns)
    cut_and_covered = {
        id_: [(bucket, account.covered(level, bucket.since, bucket.until)) for bucket in cuts[id_]]
        for id_, account in accounts.items()
    }
    unclear = []
    answers = []
    for entity in entities:
        account = accounts[entity.ad_account_id]
        points = []
        for bucket, covered in cut_and_covered[entity.ad_account_id]:
            sums = found.sums((entity.id, bucket.start), account.currencies)
            points.append(Point.of(bucket, sums))
            if not _settled(sums, covered, bucket.days):
                unclear.append(_Unclear(sums, entity, account, bucket.since, bucket.until))
        answers.append(Series(granularity, points))
    await _settle_by_date(request, level, unclear)
    return answers


def _by_ad_account(entities: Iterable[Entity]) -> dict[int, list[int]]:
    own: dict[int, list[int]] = {}
    for id_, account in entities:
        own.setdefault(account, []).append(id_)
    return own


async def _windows(request: Request, ids: Iterable[int], spec: WindowSpec) -> dict[int, Window]:
    """The window of each ad account. Only one that depends on today waits for the project's timezone."""
    if isinstance(spec, Range):
        return dict.fromkeys(ids, Window(spec.since, spec.until))
    scopes = await request.load_all(ad_account_scopes, ids)
    return {id_: resolve(request, spec, scopes[id_].project_timezone) for id_ in ids}


async def _accounts(request: Request, windows: Mapping[int, Window]) -> dict[int, _Account]:
    scopes, covered = await asyncio.gather(
        request.load_all(ad_account_scopes, windows), request.load_all(coverage.of_windows, windows.items())
    )
    return {
        id_: _Account(window, covered[id_, window], frozenset({_currency(scopes[id_])}))
        for id_, window in windows.items()
    }


async def _days(request: Request, windows: Mapping[int, Window]) -> delivery.Windows:
    return dict(zip(windows, await begun(request, list(windows.items())), strict=True))


def _currency(scope: AdAccountScopeRow) -> str:
    # Unknown currencies mix with nothing, not even with each other.
    return f"XXX of {scope.id}" if scope.currency == "XXX" else scope.currency


class _Found(Generic[K]):
    """The sums of lines, each under its key; those of several lines with one key are added up."""

    def __init__(self, keys: Iterable[K], lines: Lines, columns: Iterable[str]) -> None:
        self._columns = lines.columns
        self._missing = list(map(_KINDS.__getitem__, lines.columns.get("missing", ())))
        self._added = [column for column in (*columns, "days", "reach_rows") if column in lines.columns]
        self._at: dict[K, int] = {}
        self._silent: int | None = None
        keys = list(keys)
        self._at = dict(zip(keys, range(len(keys)), strict=True))
        if len(self._at) < len(keys):
            self._merge(keys)

    def sums(self, key: K, currencies: frozenset[str]) -> Sums:
        """Those under `key`; zeros where there are none."""
        at = self._at.get(key)
        if at is None:
            return Sums(currencies=currencies)
        columns = self._columns
        if "reach" in columns:
            reach, seen = columns["reach"][at], columns["reach_rows"][at] > 0
        else:
            reach, seen = None, False
        return Sums(columns, at, self._missing[at], reach, seen, columns["days"][at], currencies)

    def _merge(self, keys: Sequence[K]) -> None:
        places: dict[K, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        for key, own in places.items():
            if len(own) > 1:
                self._at[key] = len(self._missing)
                self._missing.append(frozenset().union(*(self._missing[place] for place in own)))
                for numbers in map(self._columns.__getitem__, self._added):
                    known = [number for place in own if (number := numbers[place]) is not None]
                    # Only reach may be absent: of an entity's rows of one day one at most is its own.
                    numbers.append(sum(known) if known else None)


def _settled(sums: Sums, covered: _Covered, days: int) -> bool:
    """Completes the sums of some days: a covered day without a row is a row of zeros that lacks what its sources lack.

    False where sources that lack different metrics cover the days, and some days have no row.
    """
    if days > 1:
        # Of several days, reach cannot be told.
        sums.reach = None
    if covered.days <= sums.days:
        return True
    if len(covered.missing) == 1:
        sums.missing |= covered.missing
        return True
    return False


async def _settle_by_date(request: Request, level: Level, unclear: Sequence[_Unclear]) -> None:
    if not unclear:
        return
    windows = {one.entity.ad_account_id: one.account.window for one in unclear}
    lines = await delivery.buckets(
        request.database, request.org_id, level, (), Granularity.DAY.value, await _days(request, windows),
        _by_ad_account(one.entity for one in unclear),
    )  # fmt: skip
    spoken = set(zip(lines.entity_ids, lines.buckets, strict=True))
    for one in unclear:
        days = one.account.coverage.days(level, one.since, one.until)
        one.sums.missing |= {missing for day, missing in days if (one.entity.id, day) not in spoken}
