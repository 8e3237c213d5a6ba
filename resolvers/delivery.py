"""Delivery: what entities of one level add up to over windows and buckets, silent days included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self

from db import delivery
from db.ad_account import AdAccountScopeRow
from db.delivery import DeliveryRow
from db.level import Level
from resolvers import coverage
from resolvers.batching import many_per_key
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.formulas import Sums
from resolvers.window import DAY, Bucket, Granularity, Window, WindowSpec, ad_account_scopes, buckets, resolve


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
class _Asked:
    """An entity with its window and what covers that."""

    entity: Entity
    window: Window
    scope: AdAccountScopeRow
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class _Cell:
    """A part of an entity's window, and what its rows add up to."""

    asked: _Asked
    since: date
    until: date
    sums: Sums


async def totals(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, columns: tuple[str, ...]
) -> list[Sums]:
    """Batch: the sums of `columns` over each entity's window. All entities are of one level."""
    asked = await _asked(request, entities, spec)
    rows = await delivery.totals(request.database, request.org_id, level, columns, *_arguments(asked))
    groups = many_per_key([one.entity.id for one in asked], rows, key=lambda row: row.entity_id)
    cells = [
        _cell(one, one.window.since, one.window.until, group, columns) for one, group in zip(asked, groups, strict=True)
    ]
    await _add_silent_days(request, level, cells)
    return [cell.sums for cell in cells]


async def series(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, granularity: Granularity,
    columns: tuple[str, ...],
) -> list[Series]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each entity's window."""
    asked = await _asked(request, entities, spec)
    cuts = {window: buckets(window, granularity) for window in {one.window for one in asked}}
    request.spend(sum(len(cuts[one.window]) for one in asked))
    rows = await delivery.buckets(
        request.database, request.org_id, level, columns, granularity.value, *_arguments(asked)
    )
    groups = many_per_key(
        [(one.entity.id, bucket.start) for one in asked for bucket in cuts[one.window]],
        rows,
        key=lambda row: (row.entity_id, row.bucket),
    )
    group = iter(groups)
    points = [
        [(bucket, _cell(one, bucket.since, bucket.until, next(group), columns)) for bucket in cuts[one.window]]
        for one in asked
    ]
    await _add_silent_days(request, level, [cell for own in points for _, cell in own])
    return [Series(granularity, [Point.of(bucket, cell.sums) for bucket, cell in own]) for own in points]


async def _asked(request: Request, entities: Sequence[Entity], spec: WindowSpec) -> list[_Asked]:
    accounts = {entity.ad_account_id for entity in entities}
    scopes = await request.load_all(ad_account_scopes, accounts)
    windows = {account: resolve(request, spec, scopes[account].project_timezone) for account in accounts}
    covered = await request.load_all(coverage.of_windows, windows.items())
    known = {account: (window, scopes[account], covered[account, window]) for account, window in windows.items()}
    return [_Asked(entity, *known[entity.ad_account_id]) for entity in entities]


def _arguments(asked: Iterable[_Asked]) -> tuple[list[int], list[date], list[date]]:
    return (
        [one.entity.id for one in asked],
        [one.window.since for one in asked],
        [one.window.until for one in asked],
    )


def _cell(asked: _Asked, since: date, until: date, rows: Iterable[DeliveryRow], columns: tuple[str, ...]) -> _Cell:
    sums = Sums(currencies=frozenset({_currency(asked.scope)}))
    for row in rows:
        sums.missing.add(row.missing)
        sums.days += row.days
        for column in columns:
            if column != "reach":
                sums.values[column] = sums.values.get(column, 0) + row[column]
            elif row.reach_rows:
                sums.reach_seen = True
                # Of several days, or of the children, reach cannot be told.
                sums.reach = row.reach if until - since == DAY and row.reach is not None else sums.reach
    return _Cell(asked, since, until, sums)


def _currency(scope: AdAccountScopeRow) -> str:
    # Unknown currencies mix with nothing, not even with each other.
    return f"XXX of {scope.id}" if scope.currency == "XXX" else scope.currency


async def _add_silent_days(request: Request, level: Level, cells: Sequence[_Cell]) -> None:
    """Counts covered days without a row as rows of zeros that lack what the covering sources lack."""
    unclear = []
    for cell in cells:
        covered = cell.asked.coverage.by_missing(level, cell.since, cell.until)
        if sum(covered.values()) <= cell.sums.days:
            continue
        if len(covered) == 1:
            cell.sums.missing.update(covered)
        else:
            unclear.append(cell)
    if unclear:
        await _add_silent_days_by_date(request, level, unclear)


async def _add_silent_days_by_date(request: Request, level: Level, cells: Sequence[_Cell]) -> None:
    # Sources that lack different metrics cover these cells: only the dates tell which of them fell silent.
    rows = await delivery.buckets(
        request.database, request.org_id, level, (), Granularity.DAY.value,
        [cell.asked.entity.id for cell in cells], [cell.since for cell in cells], [cell.until for cell in cells],
    )  # fmt: skip
    spoken = {(row.entity_id, row.bucket) for row in rows}
    for cell in cells:
        for day, missing in cell.asked.coverage.days(level, cell.since, cell.until):
            if (cell.asked.entity.id, day) not in spoken:
                cell.sums.missing.add(missing)
