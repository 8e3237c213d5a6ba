"""Performance: what nodes' numbers are over a window, whatever kind of node they are."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from db.ad_account import AdAccountScopeRow
from db.database import Row
from db.level import Level
from resolvers import coverage, delivery
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.delivery import Entity, Point, Series
from resolvers.formulas import Sums, combined, shared
from resolvers.window import (
    Bucket,
    Granularity,
    Window,
    WindowSpec,
    ad_account_scopes,
    buckets,
    project_scopes,
    resolve,
)


class Performance(NamedTuple):
    """A node and the window over which it is asked. A project has no level and no ad account of its own."""

    node_id: int
    ad_account_id: int
    level: Level | None
    spec: WindowSpec

    @property
    def key(self) -> Entity | int:
        """What its numbers are loaded by."""
        return Entity(self.node_id, self.ad_account_id) if self.level else self.node_id


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the numbers of a window can be relied on."""

    last_imported_at: datetime | None
    missing_days: int


def of(rows: Iterable[Row], level: Level | None, spec: WindowSpec) -> list[Performance]:
    """The performance of nodes of one level."""
    if level is None:
        return [Performance(row["id"], 0, None, spec) for row in rows]
    account = "id" if level is Level.AD_ACCOUNT else "ad_account_id"
    return [Performance(row["id"], row[account], level, spec) for row in rows]


async def windows(request: Request, asked: Sequence[Performance]) -> list[Window]:
    """Batch: the days that each is asked about."""
    projects, accounts = await asyncio.gather(
        request.load_all(project_scopes, {one.node_id for one in asked if one.level is None}),
        request.load_all(ad_account_scopes, {one.ad_account_id for one in asked if one.level is not None}),
    )
    timezones = {id_: scope.timezone for id_, scope in projects.items()}
    timezones |= {id_: scope.project_timezone for id_, scope in accounts.items()}
    # Ids are unique across kinds of nodes.
    return [resolve(request, one.spec, timezones[one.ad_account_id or one.node_id]) for one in asked]


async def currencies(request: Request, asked: Sequence[Performance]) -> list[str | None]:
    """Batch: the currency of each one's money; None where there are several."""
    scopes, projects = await asyncio.gather(
        request.load_all(ad_account_scopes, {one.ad_account_id for one in asked if one.level}),
        totals(request, [one for one in asked if not one.level], ()),
    )
    several = iter(projects)
    return [_currency(scopes[one.ad_account_id]) if one.level else next(several).currency for one in asked]


def _currency(scope: AdAccountScopeRow | None) -> str | None:
    return scope.currency if scope else None


async def totals(request: Request, asked: Sequence[Performance], columns: tuple[str, ...]) -> list[Sums]:
    """Batch: the sums of `columns` over each one's window."""
    return await _by_level(request, asked, (delivery.totals, columns), (_project_totals, columns))


async def series(
    request: Request, asked: Sequence[Performance], granularity: Granularity, columns: tuple[str, ...]
) -> list[Series]:
    """Batch: the sums of `columns` over each bucket of each one's window."""
    arguments = (granularity, columns)
    return await _by_level(request, asked, (delivery.series, *arguments), (_project_series, *arguments))


async def freshness(request: Request, asked: Sequence[Performance]) -> list[Freshness]:
    """Batch: how far each window's numbers can be relied on."""
    resolved, accounts = await asyncio.gather(windows(request, asked), _accounts(request, asked))
    wanted = [[(account.id, window) for account in own] for own, window in zip(accounts, resolved, strict=True)]
    covered = await request.load_all(coverage.of_windows, {key for keys in wanted for key in keys})
    return [
        _freshness([covered[key] for key in keys], one.level or Level.AD_ACCOUNT, window)
        for one, keys, window in zip(asked, wanted, resolved, strict=True)
    ]


def _freshness(covered: Sequence[Coverage], level: Level, window: Window) -> Freshness:
    # A day that one of a project's ad accounts lacks is one on which the project's numbers are not whole.
    whole = [{day for day, _ in one.days(level, window.since, window.until)} for one in covered]
    imported = [one.last_imported_at[level] for one in covered if level in one.last_imported_at]
    return Freshness(max(imported, default=None), window.days - (len(set.intersection(*whole)) if whole else 0))


async def _by_level(
    request: Request, asked: Sequence[Performance], entities: tuple[Any, ...], projects: tuple[Any, ...]
) -> list[Any]:
    """Asks once for each level and window; `entities` and `projects` are batch functions with their last arguments."""
    groups: dict[tuple[Level | None, WindowSpec], list[Hashable]] = {}
    for one in asked:
        groups.setdefault((one.level, one.spec), []).append(one.key)
    answers = await asyncio.gather(
        *(
            request.load_all(entities[0], keys, level, spec, *entities[1:])
            if level
            else request.load_all(projects[0], keys, spec, *projects[1:])
            for (level, spec), keys in groups.items()
        )
    )
    found = dict(zip(groups, answers, strict=True))
    return [found[one.level, one.spec][one.key] for one in asked]


async def _project_totals(
    request: Request, project_ids: Sequence[int], spec: WindowSpec, columns: tuple[str, ...]
) -> list[Sums]:
    accounts = await _accounts_of(request, project_ids)
    wanted = [account for own in accounts for account in own]
    found = await request.load_all(delivery.totals, wanted, Level.AD_ACCOUNT, spec, columns)
    return [combined([found[account] for account in own]) for own in accounts]


async def _project_series(
    request: Request, project_ids: Sequence[int], spec: WindowSpec, granularity: Granularity, columns: tuple[str, ...]
) -> list[Series]:
    accounts = await _accounts_of(request, project_ids)
    wanted = [account for own in accounts for account in own]
    found, resolved = await asyncio.gather(
        request.load_all(delivery.series, wanted, Level.AD_ACCOUNT, spec, granularity, columns),
        windows(request, [Performance(id_, 0, None, spec) for id_ in project_ids]),
    )
    return [
        _combined_series(buckets(window, granularity), granularity, [found[account] for account in own])
        for own, window in zip(accounts, resolved, strict=True)
    ]


def _combined_series(cut: Sequence[Bucket], granularity: Granularity, parts: Sequence[Series]) -> Series:
    # The money of a window is in one currency or in several, and so is that of each of its buckets: one in which fewer
    # ad accounts have rows, or none has any, says no more about the currency than the window.
    currencies = shared(
        (sum(point.metrics.days for point in part.points), part.points[0].metrics.currencies) for part in parts
    )
    points = [
        Point.of(bucket, combined([part.points[number].metrics for part in parts], currencies))
        for number, bucket in enumerate(cut)
    ]
    return Series(granularity, points)


async def _accounts(request: Request, asked: Sequence[Performance]) -> list[list[Entity]]:
    projects = iter(await _accounts_of(request, [one.node_id for one in asked if not one.level]))
    return [[Entity(one.ad_account_id, one.ad_account_id)] if one.level else next(projects) for one in asked]


async def _accounts_of(request: Request, project_ids: Sequence[int]) -> list[list[Entity]]:
    scopes = await request.load_all(project_scopes, project_ids)
    ids = [scope.ad_account_ids if (scope := scopes[id_]) else [] for id_ in project_ids]
    return [[Entity(account, account) for account in own] for own in ids]
