"""Delivery: what entities of one level add up to over windows and buckets, silent days included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import repeat
from typing import Any, NamedTuple

from db import delivery
from db.delivery import Lines
from db.level import Level
from resolvers import coverage, reporting, together, tracked, window_reach
from resolvers.calendar import Bucket, Granularity
from resolvers.context import Request
from resolvers.entity import Entities, Entity, side_by_side
from resolvers.few import plain_at_hand
from resolvers.found import Found
from resolvers.ground import (
    Account,
    Covered,
    Ground,
    accounts_of,
    at_hand,
    conversion_of,
    currencies_of,
    days_of,
    terms_of,
    windows_of,
)
from resolvers.metric import REPORTING, stored
from resolvers.options import Options
from resolvers.points import Point, Series, plain_series
from resolvers.sums import WHOLE, Sums
from resolvers.together import ALONE, Together
from resolvers.tracked import Tracked
from resolvers.window import (
    LIFETIME,
    MAX_BUCKETS,
    Window,
    WindowSpec,
    ad_account_scopes,
    buckets,
    week_start,
)


class _Unclear(NamedTuple):
    """Sums that may be those of silent days of one source or of another: only the dates tell."""

    sums: Sums
    entity: Entity
    account: Account
    since: date
    until: date


async def totals(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, options: Options,
    columns: tuple[str, ...], asked: Together = ALONE,
) -> Sequence[Sums]:  # fmt: skip
    """Batch: the sums of `columns` over each entity's window. All entities are of one level. `asked`: with what else
    they are read.
    """
    entities = side_by_side(entities)
    plain = plain_at_hand(request, entities, level, spec, options, columns) if asked is ALONE else None
    if plain is None:
        return await _weighed(request, entities, level, spec, options, columns, asked)
    sums = await plain.sums()
    if isinstance(sums, Lines):
        return await _weighed(request, entities, level, spec, options, columns, asked, sums)
    return sums


async def _weighed(
    request: Request, entities: Entities, level: Level, spec: WindowSpec, options: Options,
    columns: tuple[str, ...], asked: Together, read: Lines | None = None,
) -> Sequence[Sums]:  # fmt: skip
    """The same whatever they are made of; `read`: their rows, where they are there."""
    own = entities.by_ad_account
    ground, windows, days, conversion = await _meant(request, own, level, spec, options, columns)
    reading = (
        _there(read) if read else _totals_read(request, own, level, spec, options, columns, days, conversion, asked)
    )
    lines, accounts, attributed = await _with_accounts(
        request, ground, windows, options, reading,
        lambda: tracked.totals(request, level, options, columns, days, own),
    )  # fmt: skip
    found = Found(lines.entity_ids, lines, columns)
    if attributed:
        found.add(*attributed)
    alike = {terms_of(level, account.choice) for account in accounts.values()}
    plain = found.plain and len(alike) == 1 and REPORTING not in columns
    if plain and all(account.plain(level, whole=bool(attributed)) for account in accounts.values()):
        codes = {code[:3] for account in accounts.values() for code in account.currencies}
        if not attributed or tracked.all_plain(attributed, codes):
            return found.plain_sums(entities.ids, currencies_of(entities, accounts), *alike)
    answers: dict[int, Sums] = {}
    unclear = []
    whole: list[window_reach.Told] = []
    lives: list[window_reach.Life] = []
    for account_id, ids in own.items():
        account = accounts[account_id]
        since, until = account.window.since, account.window.until
        covered = account.covered(level, since, until)
        terms = terms_of(level, account.choice)
        of_account = found.sums(ids, account.currencies, repeat(account.window.days == 1), terms)
        if attributed:
            tracked.mark(of_account, uncovered=covered.days < account.window.days)
        answers |= zip(ids, of_account, strict=True)
        unclear += [
            _Unclear(sums, Entity(id_, account_id), account, since, until)
            for id_, sums in zip(ids, of_account, strict=True)
            if sums.days < covered.days and not _settled(sums, covered)
        ]
        if "reach" in columns and account.window.days > 1:
            known = repeat(covered.days == account.window.days)
            whole += map(window_reach.Told, ids, repeat(since), repeat(until), of_account, known)
            if spec == LIFETIME:
                lives += [window_reach.Life(told, account.timezone, account.coverage) for told in whole[-len(ids) :]]
    await _settle_by_date(request, level, unclear)
    await window_reach.tell(request, whole)
    await window_reach.tell_lives(request, level, lives)
    if REPORTING in columns:
        parts = ((answers[entity.id], entity, accounts[entity.ad_account_id].window) for entity in entities)
        await _tell_reporting(request, level, accounts, parts)
    return [answers[id_] for id_, _ in entities]


async def _there(lines: Lines) -> Lines:
    return lines


async def series(
    request: Request, entities: Sequence[Entity], level: Level, spec: WindowSpec, options: Options,
    granularity: Granularity, columns: tuple[str, ...], asked: Together = ALONE, most: int = MAX_BUCKETS,
) -> Sequence[Series]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each entity's window, so many at `most`. `asked` as above."""
    entities = side_by_side(entities)
    own = entities.by_ad_account
    ground, windows, days, conversion = await _meant(request, own, level, spec, options, columns)
    starts = await _week_starts(request, own, granularity)
    cuts = {id_: buckets(window, granularity, starts[id_], most=most) for id_, window in windows.items()}
    request.spend(sum(len(cuts[entity.ad_account_id]) for entity in entities))
    reading = _buckets_read(request, own, level, options, columns, granularity, days, starts, conversion, asked)
    lines, accounts, attributed = await _with_accounts(
        request, ground, windows, options, reading,
        lambda: tracked.buckets(request, level, options, columns, days, own, granularity, starts),
    )  # fmt: skip
    if conversion is None and attributed is None and {"reach", REPORTING}.isdisjoint(columns):
        plain = _plain_series(level, granularity, entities, cuts, lines, accounts)
        if plain is not None:
            return plain
    found = Found(list(zip(lines.entity_ids, lines.buckets, strict=True)), lines, columns)
    if attributed:
        found.add(*attributed)
    answers: dict[int, Series] = {}
    unclear = []
    whole: list[window_reach.Told] = []
    for account_id, ids in own.items():
        account, cut = accounts[account_id], cuts[account_id]
        terms = terms_of(level, account.choice)
        covered = [account.covered(level, bucket.since, bucket.until) for bucket in cut]
        columns_of_cut = list(zip(*cut, strict=True))
        of_one_day = [bucket.days == 1 for bucket in cut]
        for id_ in ids:
            of_entity = found.sums(zip(repeat(id_), columns_of_cut[0]), account.currencies, of_one_day, terms)
            if attributed:
                for sums, days_covered, bucket in zip(of_entity, covered, cut, strict=True):
                    tracked.mark([sums], uncovered=days_covered.days < bucket.days)
            points = map(partial(tuple.__new__, Point), zip(*columns_of_cut, of_entity, strict=True))
            answers[id_] = Series(granularity, list(points))
            unclear += [
                _Unclear(sums, Entity(id_, account_id), account, bucket.since, bucket.until)
                for sums, days, bucket in zip(of_entity, covered, cut, strict=True)
                if sums.days < days.days and not _settled(sums, days)
            ]
            if "reach" in columns:
                whole += [
                    window_reach.Told(id_, bucket.since, bucket.until, sums, days.days == bucket.days)
                    for sums, days, bucket in zip(of_entity, covered, cut, strict=True)
                    if bucket.days > 1
                ]
    await _settle_by_date(request, level, unclear)
    await window_reach.tell(request, whole)
    if REPORTING in columns:
        each = ((point.metrics, entity, point) for entity in entities for point in answers[entity.id].points)
        await _tell_reporting(request, level, accounts, each)
    return [answers[id_] for id_, _ in entities]


def _totals_read(
    request: Request, own: dict[int, list[int]], level: Level, spec: WindowSpec, options: Options,
    columns: tuple[str, ...], days: delivery.Windows, conversion: delivery.Conversion | None, asked: Together,
) -> Coroutine[Any, Any, Lines]:  # fmt: skip
    if conversion or asked is ALONE:
        return delivery.totals(request.database, request.org_id, level, stored(columns), days, own, conversion)
    return together.totals(request, own, level, spec, options, asked)


def _buckets_read(
    request: Request, own: dict[int, list[int]], level: Level, options: Options, columns: tuple[str, ...],
    granularity: Granularity, days: delivery.Windows, starts: Mapping[int, int],
    conversion: delivery.Conversion | None, asked: Together,
) -> Coroutine[Any, Any, Lines]:  # fmt: skip
    if conversion or asked is ALONE:
        return delivery.buckets(
            request.database, request.org_id, level, stored(columns), granularity.value, days, own, starts, conversion
        )
    return together.days(request, own, level, options, asked)


async def _tell_reporting(
    request: Request, level: Level, accounts: Iterable[int], parts: Iterable[tuple[Sums, Entity, Window | Point]]
) -> None:
    """Gives sums, each of an entity over some days, what its conversions are that platforms reported."""
    known = await request.load_all(reporting.of_accounts, accounts)
    told = cache(lambda account, since, until: reporting.told(known[account], level, since, until))
    for sums, entity, days in parts:
        sums.reporting = told(entity.ad_account_id, days.since, days.until)


def _plain_series(
    level: Level, granularity: Granularity, entities: Entities, cuts: Mapping[int, Sequence[Bucket]], lines: Lines,
    accounts: Mapping[int, Account],
) -> Sequence[Series] | None:  # fmt: skip
    """The series where all ad accounts are cut alike, and neither lines nor what covers the days lacks anything."""
    cut, *others = cuts.values()
    alike = {terms_of(level, account.choice) for account in accounts.values()}
    if len(alike) > 1 or any(other != cut for other in others) or any(lines.columns.get("missing", ())):
        return None
    unknown: list[int] = []
    if not all(account.plain(level, whole=True) for account in accounts.values()):
        known, *rest = [
            [account.covered(level, bucket.since, bucket.until).missing for bucket in cut]
            for account in accounts.values()
        ]
        if any(one != known for one in rest) or not all(missing in (WHOLE, frozenset()) for missing in known):
            return None
        unknown = [number for number, missing in enumerate(known) if not missing]
    currencies = currencies_of(entities, accounts)
    return plain_series(granularity, cut, unknown, entities.ids, lines, currencies, *alike)


async def _week_starts(request: Request, ids: Iterable[int], granularity: Granularity) -> dict[int, int]:
    """How many days after Monday the weeks of each ad account start; 0 for whom weeks do not matter."""
    if granularity is not Granularity.WEEK:
        return dict.fromkeys(ids, 0)
    scopes = await request.load_all(ad_account_scopes, ids)
    return {id_: week_start(scopes[id_]) for id_ in ids}


async def _meant(
    request: Request, ids: Iterable[int], level: Level, spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> tuple[Ground | None, dict[int, Window], delivery.Windows, delivery.Conversion | None]:
    """The window of each ad account, the days of it that have begun, and what has to be converted."""
    if ground := at_hand(request, ids, level, spec, options, columns):
        return ground, ground.windows, ground.days, None
    windows = await windows_of(request, ids, spec)
    return None, windows, await days_of(request, windows), await conversion_of(request, ids, options, columns)


async def _with_accounts(
    request: Request, ground: Ground | None, windows: Mapping[int, Window], options: Options,
    reading: Awaitable[Lines], attributing: Callable[[], Awaitable[Tracked | None]],
) -> tuple[Lines, dict[int, Account], Tracked | None]:  # fmt: skip
    """What is read, what the numbers of the ad accounts share, and what is tracked: at the same time."""
    if ground:
        return await reading, ground.accounts, None
    lines, scopes, covered, attributed = await asyncio.gather(
        reading, request.load_all(ad_account_scopes, windows),
        request.load_all(coverage.of_windows, list(windows.items())), attributing(),
    )  # fmt: skip
    return lines, accounts_of(windows, options, scopes, covered), attributed


def _settled(sums: Sums, covered: Covered) -> bool:
    """Completes the sums of fewer days than are covered: a covered day without a row is a row of zeros that lacks what
    its sources lack. False where sources that lack different metrics cover the days: then the dates matter.
    """
    if len(covered.missing) == 1:
        sums.missing |= covered.missing
        return True
    return False


async def _settle_by_date(request: Request, level: Level, unclear: Sequence[_Unclear]) -> None:
    if not unclear:
        return
    windows = {one.entity.ad_account_id: one.account.window for one in unclear}
    lines = await delivery.buckets(
        request.database, request.org_id, level, (), Granularity.DAY.value, await days_of(request, windows),
        side_by_side([one.entity for one in unclear]).by_ad_account, dict.fromkeys(windows, 0),
    )  # fmt: skip
    spoken = set(zip(lines.entity_ids, lines.buckets, strict=True))
    for one in unclear:
        days = one.account.coverage.days(level, one.since, one.until)
        one.sums.missing |= {missing for day, missing in days if (one.entity.id, day) not in spoken}
