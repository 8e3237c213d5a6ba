"""Delivery: what entities of one level add up to over windows and buckets, silent days included."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self, TypeVar

from db import delivery
from db.ad_account import AdAccountScopeRow
from db.delivery import DeliveryRow
from db.level import Level
from resolvers import coverage
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.formulas import WHOLE, Sums
from resolvers.window import Bucket, Granularity, Range, Window, WindowSpec, ad_account_scopes, begun, buckets, resolve

K = TypeVar("K", bound=Hashable)


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
    windows = await _windows(request, entities, spec)
    days = await _days(request, windows)
    rows, accounts = await asyncio.gather(
        delivery.totals(request.database, request.org_id, level, columns, days, _ids(entities)),
        _accounts(request, windows),
    )
    found = _added_up((row["entity_id"] for row in rows), rows, columns)
    covered = {id_: one.covered(level, one.window.since, one.window.until) for id_, one in accounts.items()}
    unclear = []
    answers = []
    for entity in entities:
        account = accounts[entity.ad_account_id]
        sums = found.get(entity.id) or Sums()
        answers.append(sums)
        if not _settled(sums, account, covered[entity.ad_account_id], account.window.days):
            unclear.append(_Unclear(sums, entity, account, account.window.since, account.window.until))
    await _settle_by_date(request, level, unclear)
    return answers


async def series(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, granularity: Granularity,
    columns: tuple[str, ...],
) -> list[Series]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each entity's window."""
    windows = await _windows(request, entities, spec)
    cuts = {id_: buckets(window, granularity) for id_, window in windows.items()}
    request.spend(sum(len(cuts[entity.ad_account_id]) for entity in entities))
    days = await _days(request, windows)
    rows, accounts = await asyncio.gather(
        delivery.buckets(request.database, request.org_id, level, columns, granularity.value, days, _ids(entities)),
        _accounts(request, windows),
    )
    found = _added_up(((row["entity_id"], row["bucket"]) for row in rows), rows, columns)
    covered = {
        (id_, bucket.start): account.covered(level, bucket.since, bucket.until)
        for id_, account in accounts.items()
        for bucket in cuts[id_]
    }
    unclear = []
    answers = []
    for entity in entities:
        account = accounts[entity.ad_account_id]
        points = []
        for bucket in cuts[entity.ad_account_id]:
            sums = found.get((entity.id, bucket.start)) or Sums()
            points.append(Point.of(bucket, sums))
            length = (bucket.until - bucket.since).days
            if not _settled(sums, account, covered[entity.ad_account_id, bucket.start], length):
                unclear.append(_Unclear(sums, entity, account, bucket.since, bucket.until))
        answers.append(Series(granularity, points))
    await _settle_by_date(request, level, unclear)
    return answers


async def _windows(request: Request, entities: Sequence[Entity], spec: WindowSpec) -> dict[int, Window]:
    """The window of each ad account. Only one that depends on today waits for the project's timezone."""
    ids = {entity.ad_account_id for entity in entities}
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


def _ids(entities: Iterable[Entity]) -> list[int]:
    return [entity.id for entity in entities]


def _currency(scope: AdAccountScopeRow) -> str:
    # Unknown currencies mix with nothing, not even with each other.
    return f"XXX of {scope.id}" if scope.currency == "XXX" else scope.currency


def _added_up(keys: Iterable[K], rows: Iterable[DeliveryRow], columns: tuple[str, ...]) -> dict[K, Sums]:
    """The sums of the rows of each key. Most keys have one row, which then is the sums."""
    reach = "reach" in columns
    found: dict[K, Sums] = {}
    for key, row in zip(keys, rows, strict=True):
        own = Sums(
            row,
            WHOLE if row["missing"] == 0 else frozenset({row["missing"]}),
            row["reach"] if reach else None,
            reach and row["reach_rows"] > 0,
            row["days"],
        )
        known = found.get(key)
        found[key] = own if known is None else known.with_rows(own, columns)
    return found


def _settled(sums: Sums, account: _Account, covered: _Covered, days: int) -> bool:
    """Completes the sums of some days: a covered day without a row is a row of zeros that lacks what its sources lack.

    False where sources that lack different metrics cover the days, and some days have no row.
    """
    sums.currencies = account.currencies
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
    rows = await delivery.buckets(
        request.database, request.org_id, level, (), Granularity.DAY.value, await _days(request, windows),
        _ids(one.entity for one in unclear),
    )  # fmt: skip
    spoken = {(row.entity_id, row.bucket) for row in rows}
    for one in unclear:
        days = one.account.coverage.days(level, one.since, one.until)
        one.sums.missing |= {missing for day, missing in days if (one.entity.id, day) not in spoken}
