"""Bounds of a reach: what is certain of it where no platform reported exactly that entity and those days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from db import reach_bounds
from db.level import Level
from resolvers import coverage, delivery
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.entity import Entity
from resolvers.options import AS_SET
from resolvers.performance import Performance, parts, windows
from resolvers.window import Window, WindowSpec


class Bounds(NamedTuple):
    """No fewer and no more people than these; None: unknown."""

    at_least: int | None
    at_most: int | None


async def of(request: Request, asked: Sequence[Performance]) -> list[Bounds]:
    """Batch: what is certain of each one's reach. A whole's is what its parts' come to."""
    resolved, own = await asyncio.gather(windows(request, asked), parts(request, asked))
    found: dict[tuple[Entity, Window], Bounds] = {}
    groups: dict[tuple[Level, WindowSpec], dict[tuple[Entity, Window], None]] = {}
    keys: list[list[tuple[Entity, Window]]] = []
    for one, those, window in zip(asked, own, resolved, strict=True):
        entities = [one.key] if isinstance(one.key, Entity) else those
        keys.append([(entity, window) for entity in entities])
        groups.setdefault((one.at_level, one.spec), {}).update(dict.fromkeys(keys[-1]))
    for (level, spec), wanted in groups.items():
        found |= zip(wanted, await _bounds(request, list(wanted), level, spec), strict=True)
    return [_combined([found[key] for key in those]) for those in keys]


async def _bounds(
    request: Request, wanted: Sequence[tuple[Entity, Window]], level: Level, spec: WindowSpec
) -> list[Bounds]:
    """The bounds of entities of one level, each over its window."""
    if not wanted:
        return []
    of_account = {entity.ad_account_id: window for entity, window in wanted}
    covered, exact = await asyncio.gather(
        request.load_all(coverage.of_windows, list(of_account.items())),
        request.load_all(delivery.totals, [entity for entity, _ in wanted], level, spec, AS_SET, ("reach",)),
    )
    known = {account: _known(covered[account, window], window) for account, window in of_account.items()}
    rows = await reach_bounds.by_entity_ids(
        request.database, request.org_id, list(of_account), [window.since for window in of_account.values()],
        [window.until for window in of_account.values()],
        [known[account] for account in of_account], [entity.id for entity, _ in wanted],
    )  # fmt: skip
    told = {row.entity_id: _consistent(row.at_least, row.at_most) for row in rows}
    answers = []
    for entity, _ in wanted:
        reach = exact[entity].reach
        # Who has no row on days that are all known reached nobody.
        silent = Bounds(0, 0) if known[entity.ad_account_id] >= level else Bounds(None, None)
        answers.append(told.get(entity.id, silent) if reach is None else Bounds(reach, reach))
    return answers


def _known(covered: Coverage, window: Window) -> int:
    """The deepest level that is covered on all days of the window, and so all above it; 0: none."""
    whole = (
        level for level in Level
        if sum(covered.by_missing(level, window.since, window.until).values()) == window.days
    )  # fmt: skip
    return max(whole, default=0)


def _consistent(at_least: int | None, at_most: int | None) -> Bounds:
    # Where the reports contradict each other, the sum of them is no bound.
    return Bounds(at_least, at_most if at_most is None or at_most >= (at_least or 0) else None)


def _combined(parts: Sequence[Bounds]) -> Bounds:
    if len(parts) == 1:
        return parts[0]
    at_least = [part.at_least for part in parts if part.at_least is not None]
    at_most = [part.at_most for part in parts if part.at_most is not None]
    return Bounds(max(at_least, default=None), sum(at_most) if parts and len(at_most) == len(parts) else None)
