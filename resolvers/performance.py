"""Performance: what a node's numbers are over a window, whichever kind of node it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from db.database import Row
from db.level import Level
from resolvers import coverage, delivery
from resolvers.context import Request
from resolvers.delivery import Entity, Point, Series
from resolvers.formulas import Sums, combined
from resolvers.window import (
    Granularity,
    Window,
    WindowSpec,
    ad_account_scopes,
    buckets,
    project_scopes,
    resolve,
)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the numbers of a window can be relied on."""

    last_imported_at: datetime | None
    missing_days: int


class Performance(Protocol):
    """A node's numbers over the window it was asked for."""

    async def window(self, request: Request) -> Window:
        """The days asked for."""

    async def currency(self, request: Request) -> str | None:
        """The currency of the window's money; None where there are several."""

    async def totals(self, request: Request, columns: tuple[str, ...]) -> Sums:
        """The sums of `columns` over the window."""

    async def series(self, request: Request, granularity: Granularity, columns: tuple[str, ...]) -> Series:
        """The sums of `columns` over each bucket of the window."""

    async def freshness(self, request: Request) -> Freshness:
        """How far the window's numbers can be relied on."""


@dataclass(frozen=True, slots=True)
class EntityPerformance:
    """The performance of an ad account, or of something in one."""

    entity: Entity
    level: Level
    spec: WindowSpec

    async def window(self, request: Request) -> Window:
        scope = await request.load(ad_account_scopes, self.entity.ad_account_id)
        assert scope is not None
        return resolve(request, self.spec, scope.project_timezone)

    async def currency(self, request: Request) -> str | None:
        scope = await request.load(ad_account_scopes, self.entity.ad_account_id)
        return scope.currency if scope else None

    async def totals(self, request: Request, columns: tuple[str, ...]) -> Sums:
        return await request.load(delivery.totals, self.entity, self.level, self.spec, columns)

    async def series(self, request: Request, granularity: Granularity, columns: tuple[str, ...]) -> Series:
        return await request.load(delivery.series, self.entity, self.level, self.spec, granularity, columns)

    async def freshness(self, request: Request) -> Freshness:
        window = await self.window(request)
        covered = await request.load(coverage.of_windows, (self.entity.ad_account_id, window))
        days = sum(covered.by_missing(self.level, window.since, window.until).values())
        return Freshness(covered.last_imported_at, window.days - days)


@dataclass(frozen=True, slots=True)
class ProjectPerformance:
    """The performance of a project: of all its ad accounts."""

    project_id: int
    spec: WindowSpec

    async def window(self, request: Request) -> Window:
        scope = await request.load(project_scopes, self.project_id)
        assert scope is not None
        return resolve(request, self.spec, scope.timezone)

    async def currency(self, request: Request) -> str | None:
        return (await self.totals(request, ())).currency

    async def totals(self, request: Request, columns: tuple[str, ...]) -> Sums:
        return await request.load(project_totals, self.project_id, self.spec, columns)

    async def series(self, request: Request, granularity: Granularity, columns: tuple[str, ...]) -> Series:
        return await request.load(project_series, self.project_id, self.spec, granularity, columns)

    async def freshness(self, request: Request) -> Freshness:
        window = await self.window(request)
        accounts = (await _ad_accounts(request, [self.project_id]))[0]
        covered = await request.load_all(coverage.of_windows, [(account.id, window) for account in accounts])
        # A day that one of the accounts lacks is a day on which the project's numbers are not whole.
        whole = [{day for day, _ in one.days(Level.AD_ACCOUNT, window.since, window.until)} for one in covered.values()]
        imported = [one.last_imported_at for one in covered.values() if one.last_imported_at]
        days = len(set.intersection(*whole)) if whole else 0
        return Freshness(max(imported, default=None), window.days - days)


def of(row: Row, level: Level | None, spec: WindowSpec) -> Performance:
    """The performance of the node that `row` is; without a level it is a project."""
    if level is None:
        return ProjectPerformance(row.id, spec)
    return EntityPerformance(Entity(row.id, row.id if level is Level.AD_ACCOUNT else row.ad_account_id), level, spec)


async def project_totals(
    request: Request, project_ids: Sequence[int], spec: WindowSpec, columns: tuple[str, ...]
) -> list[Sums]:
    """Batch: the sums over all ad accounts of each project."""
    accounts = await _ad_accounts(request, project_ids)
    wanted = [account for own in accounts for account in own]
    found = await request.load_all(delivery.totals, wanted, Level.AD_ACCOUNT, spec, columns)
    return [combined(found[account] for account in own) for own in accounts]


async def project_series(
    request: Request, project_ids: Sequence[int], spec: WindowSpec, granularity: Granularity, columns: tuple[str, ...]
) -> list[Series]:
    """Batch: the sums over all ad accounts of each project, bucket by bucket."""
    accounts = await _ad_accounts(request, project_ids)
    wanted = [account for own in accounts for account in own]
    found, scopes = await asyncio.gather(
        request.load_all(delivery.series, wanted, Level.AD_ACCOUNT, spec, granularity, columns),
        request.load_all(project_scopes, project_ids),
    )
    answers = []
    for id_, own in zip(project_ids, accounts, strict=True):
        scope = scopes[id_]
        assert scope is not None
        cut = buckets(resolve(request, spec, scope.timezone), granularity)
        parts = [found[account].points for account in own]
        points = [
            Point.of(bucket, combined(part[number].metrics for part in parts)) for number, bucket in enumerate(cut)
        ]
        answers.append(Series(granularity, points))
    return answers


async def _ad_accounts(request: Request, project_ids: Sequence[int]) -> list[list[Entity]]:
    scopes = await request.load_all(project_scopes, project_ids)
    ids = [scope.ad_account_ids if (scope := scopes[id_]) else [] for id_ in project_ids]
    return [[Entity(account, account) for account in own] for own in ids]
