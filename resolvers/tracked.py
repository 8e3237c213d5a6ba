"""Tracked conversions: those of our own events that are due to ads, beside what platforms deliver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from db import tracked_sums
from db.ad_account import AdAccountScopeRow
from db.delivery import Entities, Windows
from db.level import Level
from db.standards import minor_unit
from db.tracked import REFUND
from db.tracked_sums import Due, SumRow
from resolvers.calendar import Granularity
from resolvers.context import Request
from resolvers.metric import (
    CONVERSION_VALUE,
    CONVERSIONS,
    MILLION,
    OTHER_MONEY,
    REFUND_VALUE,
    TRACKED_COLUMNS,
    TRACKED_VALUE,
    UNRATED,
)
from resolvers.options import Choice, ConversionSource, CountBy, Options, chosen
from resolvers.sums import Sums
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
    if not alike:
        return None
    found = await asyncio.gather(*reads)
    scopes = await request.load_all(ad_account_scopes, windows)
    return _tracked(found, "entity_id", options.currency, _currencies(entities, scopes))


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
    if not alike:
        return None
    found = await asyncio.gather(*reads)
    scopes = await request.load_all(ad_account_scopes, windows)
    return _tracked(found, ("entity_id", "bucket"), options.currency, _currencies(entities, scopes))


_Own = tuple[Windows, Entities]


async def _alike(
    request: Request, options: Options, columns: Iterable[str], windows: Windows, entities: Entities
) -> dict[Due, _Own]:
    """The windows and the entities of those ad accounts whose conversions are due to ads alike."""
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
        )
        for due, own in groups.items()
    }


def _due(choice: Choice) -> Due:
    click, view, count_by = choice.attribution
    return Due(choice.conversion_events, click.days, view.days, count_by is CountBy.TOUCH_TIME)


def _currencies(entities: Entities, scopes: Mapping[int, AdAccountScopeRow]) -> dict[int, str]:
    return {id_: scopes[account].currency for account, ids in entities.items() for id_ in ids}


def _tracked(
    found: Iterable[Sequence[SumRow]], key: str | tuple[str, ...], target: str | None, currencies: Mapping[int, str]
) -> Tracked:
    """The rows side by side, those of one key added up: of several kinds, and of money in several currencies."""
    read = itemgetter(key) if isinstance(key, str) else itemgetter(*key)
    places: dict[Any, int] = {}
    sums: dict[str, list[Any]] = {name: [] for name in TRACKED_COLUMNS}
    unrated: list[int] = []
    refunds_unrated: list[int] = []
    counts, values, refunds, refunded, own, other = sums.values()
    for row in chain.from_iterable(found):
        place = places.setdefault(read(row), len(places))
        if place == len(counts):
            for column in (*sums.values(), unrated, refunds_unrated):
                column.append(0)
        count, value, currency, is_refund = row["count"], row["value"], row["currency"], row["kind"] == REFUND
        if is_refund:
            refunds[place] += count
        else:
            counts[place] += MILLION * count
        if not currency:
            continue
        if target is None and currency != currencies[row["entity_id"]]:
            other[place] += count
            continue
        own[place] += count
        unrated[place] += row["unrated"]
        micros = _micros(value)
        values[place] += -micros if is_refund else micros
        if is_refund:
            refunded[place] += micros
            refunds_unrated[place] += row["unrated"]
    if target is not None:
        sums |= {UNRATED[TRACKED_VALUE.column]: unrated, UNRATED[REFUND_VALUE]: refunds_unrated}
    return Tracked(list(places), sums)


def _micros(value: Decimal) -> int | Fraction:
    above, below = value.as_integer_ratio()
    micros, left = divmod(above * MILLION, below)
    return Fraction(above * MILLION, below) if left else micros


def mark(blocks: Iterable[Sums], *, uncovered: bool) -> None:
    """Says of sums with tracked conversions what keeps their metrics from being plain quotients of integers."""
    for sums in blocks:
        sums.uncovered = uncovered
        sums.careful = not plain(sums)


def plain(sums: Sums) -> bool:
    """Whether the tracked money is all in the one currency, and in whole minor units of it."""
    unit = (minor_unit(sums.currency) if sums.currency else None) or 1
    return not sums.sum(OTHER_MONEY) and all(sums.sum(column) % unit == 0 for column in _MONEY)


def all_plain(found: Tracked, currencies: Iterable[str]) -> bool:
    """Whether that holds of all of them; `currencies` are those of the ad accounts."""
    unit = max((minor_unit(code) or 1 for code in currencies), default=1)
    columns = found.columns
    return not any(columns[OTHER_MONEY]) and not any(number % unit for name in _MONEY for number in columns[name])
