"""Tracked conversions: those of our own events that are due to ads, beside what platforms deliver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from db import tracked_sums
from db.ad_account import AdAccountScopeRow
from db.database import Row
from db.delivery import Entities, Windows
from db.level import Level
from db.standards import minor_unit
from db.tracked_sums import Due
from resolvers.calendar import Granularity
from resolvers.context import Request
from resolvers.formulas import Sums
from resolvers.metric import (
    CONVERSION_VALUE,
    CONVERSIONS,
    OTHER_MONEY,
    REFUND_VALUE,
    TRACKED_COLUMNS,
    TRACKED_VALUE,
)
from resolvers.options import Choice, ConversionSource, CountBy, Options, chosen
from resolvers.window import ad_account_scopes

# The plain ones mean tracked conversions where the project or the query says so.
_PLAIN = frozenset({CONVERSIONS.column, CONVERSION_VALUE.column})
_MONEY = (TRACKED_VALUE.column, REFUND_VALUE)


class Tracked(NamedTuple):
    """Sums of what is tracked, side by side: by entity, or by entity and the first day of the bucket's unit."""

    keys: list[Any]
    columns: dict[str, list[Any]]


def asked(columns: Iterable[str], choices: Iterable[Choice]) -> bool:
    """Whether anything tracked is asked for, given what the numbers of each ad account mean."""
    named = set(columns)
    if not named.isdisjoint(TRACKED_COLUMNS):
        return True
    return not named.isdisjoint(_PLAIN) and any(
        choice.conversion_source is ConversionSource.TRACKED for choice in choices
    )


async def totals(
    request: Request, level: Level, options: Options, columns: Iterable[str], windows: Windows, entities: Entities
) -> Tracked | None:
    """What is tracked of each entity over its ad account's window; None where nobody asks for that."""
    alike = await _alike(request, options, columns, windows, entities)
    reads = [
        tracked_sums.totals(request.database, request.org_id, level, due, *own, options.currency)
        for due, own in alike.items() if due.click or due.view
    ]  # fmt: skip
    rows = [row for found in await asyncio.gather(*reads) for row in found]
    return _tracked([row["entity_id"] for row in rows], rows) if alike else None


async def buckets(
    request: Request, level: Level, options: Options, columns: Iterable[str], windows: Windows, entities: Entities,
    granularity: Granularity, week_starts: Mapping[int, int],
) -> Tracked | None:  # fmt: skip
    """The same for each bucket of the windows."""
    alike = await _alike(request, options, columns, windows, entities)
    reads = [
        tracked_sums.buckets(
            request.database, request.org_id, level, due, *own, options.currency, granularity.value, week_starts
        )
        for due, own in alike.items() if due.click or due.view
    ]  # fmt: skip
    rows = [row for found in await asyncio.gather(*reads) for row in found]
    return _tracked([(row["entity_id"], row["bucket"]) for row in rows], rows) if alike else None


_Own = tuple[Windows, Entities, Mapping[int, str]]


async def _alike(
    request: Request, options: Options, columns: Iterable[str], windows: Windows, entities: Entities
) -> dict[Due, _Own]:
    """The windows, the entities and the currencies of those ad accounts whose conversions are due to ads alike."""
    named = set(columns)
    always = not named.isdisjoint(TRACKED_COLUMNS)
    if not always and named.isdisjoint(_PLAIN):
        return {}
    scopes = await request.load_all(ad_account_scopes, windows)
    groups: dict[Due, list[AdAccountScopeRow]] = {}
    for id_ in windows:
        choice = chosen(options, scopes[id_])
        if always or choice.conversion_source is ConversionSource.TRACKED:
            groups.setdefault(_due(choice), []).append(scopes[id_])
    return {
        due: (
            {scope.id: windows[scope.id] for scope in own},
            {scope.id: entities[scope.id] for scope in own},
            {scope.id: scope.currency for scope in own},
        )
        for due, own in groups.items()
    }


def _due(choice: Choice) -> Due:
    click, view, count_by = choice.attribution
    return Due(choice.conversion_events, click.days, view.days, count_by is CountBy.TOUCH_TIME)


def _tracked(keys: list[Any], rows: Sequence[Row]) -> Tracked:
    if not rows:
        return Tracked([], {name: [] for name in TRACKED_COLUMNS})
    columns = dict(zip(rows[0].keys(), zip(*rows, strict=True), strict=True))
    return Tracked(
        keys,
        {
            name: list(map(_exact, numbers) if name in _MONEY else map(int, numbers))
            for name, numbers in columns.items()
            if name not in ("entity_id", "bucket")
        },
    )


def _exact(micros: Decimal) -> int | Fraction:
    whole = int(micros)
    return whole if whole == micros else Fraction(micros)


def mark(blocks: Iterable[Sums], *, uncovered: bool) -> None:
    """Says of sums with tracked conversions what keeps their metrics from being plain quotients of integers."""
    for sums in blocks:
        sums.uncovered = uncovered
        sums.careful = not plain(sums)


def plain(sums: Sums) -> bool:
    """Whether the tracked money is all in the one currency, and in whole minor units of it."""
    unit = minor_unit(sums.currency) if sums.currency else None
    return not sums.sum(OTHER_MONEY) and all(sums.sum(column) % (unit or 1) == 0 for column in _MONEY)
