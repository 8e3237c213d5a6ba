"""Residuals: what a platform reported for a node as a whole, and for none of its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from db import entity
from db.database import Row
from db.entity import Kind
from db.level import Level
from resolvers import coverage
from resolvers.batching import many_per_key
from resolvers.context import Request
from resolvers.definition import Additivity, Definition, Ratio
from resolvers.entity import Entity
from resolvers.metric import Reason
from resolvers.node_sums import totals
from resolvers.performance import Performance, accounts, settled, windows
from resolvers.several import Several
from resolvers.sums import Exact, Sums, combined

_KINDS: dict[Level, Kind[Row]] = {kind.level: kind for kind in entity.KINDS if kind.level}
_ALL = 2**31 - 1


@dataclass(slots=True, repr=False)
class Residual(Sums):
    """The sums of a node without those of its parts: additive metrics alone.

    `whole` says whether the parts are known on every day on which the node is.
    """

    own: Sums = field(default_factory=Sums)
    parts: Sums = field(default_factory=Sums)
    whole: bool = True

    @property
    def plain(self) -> bool:
        """Never: every metric is asked for one by one."""
        return False

    def exact(self, definition: Definition) -> Exact:
        """The metric's value before it is rounded, and its reason."""
        if definition.additivity is not Additivity.ADDITIVE:
            return None, Reason.NOT_ADDITIVE
        assert not isinstance(definition, Ratio)
        (own, why), (parts, why_parts) = self.own._number(definition), self.parts._number(definition)  # noqa: SLF001  # its own kind
        if own is None or parts is None:
            return None, why if own is None else why_parts
        reason = why or why_parts or (None if self.whole else Reason.PARTLY_REPORTED)
        return (own - parts, definition.scale), reason


async def residuals(request: Request, asked: Sequence[Performance], columns: tuple[str, ...]) -> list[Residual | None]:
    """Batch: what each has beyond its parts; None for ads, which have none, and for lists, which nobody
    reports as a whole.
    """
    asked = await settled(request, asked)
    having = [one for one in asked if one.level is not Level.AD and not isinstance(one.key, Several)]
    own, children, covered = await asyncio.gather(
        totals(request, having, columns), _children(request, having), _covered(request, having)
    )
    parts = await _sums(request, having, children, columns)
    found: dict[Performance, Residual] = {}
    for one, sums, those, (days, days_below, missing) in zip(having, own, parts, covered, strict=True):
        # Without any part, nothing is what covered days have of them.
        below = combined(those) if those else Sums(missing=missing)
        found[one] = Residual(
            missing=sums.missing, terms=sums.terms, reporting=sums.reporting, own=sums, parts=below,
            whole=days == days_below,
        )  # fmt: skip
    return [found.get(one) for one in asked]


async def _children(request: Request, asked: Sequence[Performance]) -> list[list[Entity]]:
    """Batch: what lies directly below each."""
    found: dict[Performance, list[Entity]] = {}
    projects = [one for one in asked if one.level is None]
    found |= zip(projects, await accounts(request, projects), strict=True)
    for level, kind in _KINDS.items():
        alike = [one for one in asked if one.level == level - 1]
        ids = list({one.node_id for one in alike})
        rows = await entity.children(request.database, request.org_id, kind, (), ids, kind.start, _ALL) if ids else []
        request.spend(len(rows))
        below = dict(zip(ids, many_per_key(ids, rows, key=lambda row: row[kind.parent_column]), strict=True))
        found |= {one: [Entity(row["id"], one.ad_account_id) for row in below[one.node_id]] for one in alike}
    return [found[one] for one in asked]


async def _sums(
    request: Request, asked: Sequence[Performance], children: Sequence[Sequence[Entity]], columns: tuple[str, ...]
) -> list[list[Sums]]:
    """Batch: the sums of each one's children over its window."""
    parts = [
        Performance(child, _below(one.level), one.spec, one.options)
        for one, those in zip(asked, children, strict=True) for child in those
    ]  # fmt: skip
    found = iter(await totals(request, parts, columns))
    return [[next(found) for _ in those] for those in children]


async def _covered(request: Request, asked: Sequence[Performance]) -> list[tuple[int, int, frozenset[int]]]:
    """Batch: the covered days of each one's level and of the one below, and the metrics that lack there.

    Of all its ad accounts together.
    """
    resolved, own = await asyncio.gather(windows(request, asked), accounts(request, asked))
    keys = [[(account.id, window) for account in those] for those, window in zip(own, resolved, strict=True)]
    found = await request.load_all(coverage.of_windows, {key for those in keys for key in those})
    told = []
    for one, those, window in zip(asked, keys, resolved, strict=True):
        at, below = (
            [found[key].by_missing(level, window.since, window.until) for key in those]
            for level in (one.level or Level.AD_ACCOUNT, _below(one.level))
        )
        days, days_below = (sum(sum(days.values()) for days in each) for each in (at, below))
        told.append((days, days_below, frozenset(missing for each in below for missing in each)))
    return told


def _below(level: Level | None) -> Level:
    return Level((level or 0) + 1)
