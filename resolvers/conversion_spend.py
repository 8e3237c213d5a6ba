"""What was spent on the conversions of a group: of the same entities, on the same days."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from db import entity
from db.database import Row
from db.level import Level
from resolvers import coverage, delivery, tree
from resolvers.calendar import DAY, Granularity
from resolvers.context import Request
from resolvers.conversion_group import Dimension, Group
from resolvers.conversion_money import Told
from resolvers.entity import Entity
from resolvers.instants import TimeWindow, local_days
from resolvers.metric import METRICS, Metric, Reason
from resolvers.options import Options
from resolvers.sums import Sums, combined
from resolvers.window import Range, Window, ad_account_scopes, project_scopes

_KINDS = {kind.level: kind for kind in entity.KINDS if kind.level}
_COLUMNS = ("spend_micros",)
# More windows than these are read day by day, in one statement.
_FEW = 1


class Spend(NamedTuple):
    """What was spent, in micros; `reason` says why a ratio cannot be made of it."""

    micros: int | Fraction
    currency: str | None
    reason: Reason | None


class _Part(NamedTuple):
    """An entity of a level and days of its ad account."""

    level: Level
    entity: Entity
    since: date
    until: date


async def spends(request: Request, groups: Sequence[Group]) -> list[Spend]:
    """Batch: what was spent on each group's conversions."""
    whose = await _whose(request, groups)
    accounts = {own.ad_account_id for _, entities in whose for own in entities}
    scopes = await request.load_all(ad_account_scopes, accounts)
    timezones = {id_: scopes[id_].timezone for id_ in accounts}
    wanted = [_parts(group, *of, timezones) for group, of in zip(groups, whose, strict=True)]
    by_currency: dict[str | None, set[_Part]] = {}
    for group, parts in zip(groups, wanted, strict=True):
        by_currency.setdefault(group.report.question.currency, set()).update(parts or ())
    keys = {
        (part.entity.ad_account_id, Window(part.since, part.until)) for parts in by_currency.values() for part in parts
    }
    covered, found = await asyncio.gather(
        request.load_all(coverage.of_windows, keys),
        asyncio.gather(*(_sums(request, parts, Options(currency=one)) for one, parts in by_currency.items())),
    )
    of_currency = dict(zip(by_currency, found, strict=True))
    return [
        Spend(0, None, Reason.NOT_ADDITIVE)
        if parts is None
        else _spend(parts, of_currency[group.report.question.currency], covered)
        for group, parts in zip(groups, wanted, strict=True)
    ]


async def _whose(request: Request, groups: Sequence[Group]) -> list[tuple[Level, list[Entity]]]:
    """The entities that each group's conversions are due to: that of its keys, or all that its report is about."""
    lowest = [group.entity for group in groups]
    ids: dict[Level, set[int]] = {}
    for found in lowest:
        if found:
            ids.setdefault(found[0], set()).add(found[1])
    rows = {
        level: await request.load_all(tree.by_id, own, _KINDS[level], _account(level)) for level, own in ids.items()
    }
    projects = {group.report.question.project_id for group in groups if group.report.question.level is None}
    scopes = await request.load_all(project_scopes, projects)
    of_projects = {id_: scopes[id_].ad_account_ids for id_ in projects}
    accounts = await request.load_all(
        tree.by_id, (id_ for own in of_projects.values() for id_ in own), entity.AD_ACCOUNT, ("platform",)
    )
    whose = []
    for group, found in zip(groups, lowest, strict=True):
        question, key = group.report.question, group.report.key
        if found and (question.level is None or found[0] > question.level):
            level, id_ = found
            row = rows[level][id_]
            assert row is not None
            whose.append((level, [Entity(id_, id_ if level is Level.AD_ACCOUNT else row["ad_account_id"])]))
        elif isinstance(key, Entity):
            assert question.level is not None
            whose.append((question.level, [key]))
        else:
            platform = group.keys.get(Dimension.AD_PLATFORM)
            own = [id_ for id_ in of_projects[key] if platform in (None, _platform(accounts[id_]))]
            whose.append((Level.AD_ACCOUNT, [] if group.of_no_ad else [Entity(id_, id_) for id_ in own]))
    return whose


def _platform(account: Row | None) -> str:
    assert account is not None
    platform: str = account["platform"]
    return platform


def _account(level: Level) -> tuple[str, ...]:
    return () if level is Level.AD_ACCOUNT else ("ad_account_id",)


def _parts(group: Group, level: Level, entities: Sequence[Entity], timezones: Mapping[int, str]) -> list[_Part] | None:
    """The entities' days that the group's instants are; None where they are no whole days."""
    if entities and Dimension.HOUR in group.keys:
        return None
    parts = []
    for own in entities:
        window = TimeWindow(*group.parts[0], timezones[own.ad_account_id])
        for since, until in group.parts:
            days = local_days(window, since, until)
            if days is None:
                return None
            parts.append(_Part(level, own, *days))
    return parts


async def _sums(request: Request, parts: set[_Part], options: Options) -> dict[_Part, Sums]:
    """What was spent in each part: window by window, or where these are many, day by day."""
    by_level: dict[Level, list[_Part]] = {}
    for part in parts:
        by_level.setdefault(part.level, []).append(part)
    found: dict[_Part, Sums] = {}
    for level, own in by_level.items():
        windows = {(part.since, part.until) for part in own}
        if len(windows) <= _FEW:
            for since, until in windows:
                of_window = [part for part in own if (part.since, part.until) == (since, until)]
                sums = await request.load_all(
                    delivery.totals, [part.entity for part in of_window], level, Range(since, until), options, _COLUMNS
                )
                found |= {part: sums[part.entity] for part in of_window}
        else:
            found |= await _by_day(request, level, own, options)
    return found


async def _by_day(request: Request, level: Level, parts: Sequence[_Part], options: Options) -> dict[_Part, Sums]:
    since, until = min(part.since for part in parts), max(part.until for part in parts)
    edges = [*(since + number * DAY for number in range(0, (until - since).days, 1_000)), until]
    days: dict[tuple[Entity, date], Sums] = {}
    for first, last in pairwise(edges):
        series = await request.load_all(
            delivery.series,
            {part.entity for part in parts},
            level,
            Range(first, last),
            options,
            Granularity.DAY,
            _COLUMNS,
        )
        for own in {part.entity for part in parts}:
            days |= {(own, point.since): point.metrics for point in series[own].points}
    return {
        part: combined(
            [days[part.entity, part.since + number * DAY] for number in range((part.until - part.since).days)]
        )
        for part in parts
    }


def _spend(
    parts: Sequence[_Part], sums: Mapping[_Part, Sums],
    covered: Mapping[tuple[int, Window], coverage.Coverage],
) -> Spend:  # fmt: skip
    if not parts:
        return Spend(0, None, None)
    for part in parts:
        known = covered[part.entity.ad_account_id, Window(part.since, part.until)]
        if sum(known.by_missing(part.level, part.since, part.until).values()) < (part.until - part.since).days:
            return Spend(0, None, Reason.NOT_IMPORTED)
    whole = combined([sums[part] for part in parts])
    exact, reason = whole.exact(METRICS[Metric.SPEND])
    return Spend(0 if exact is None else exact[0], whole.currency, reason)


def spent(spend: Spend) -> Told:
    """What was spent."""
    return (None if spend.reason else float(spend.micros / 1_000_000)), spend.reason


def cpa(group: Group, spend: Spend) -> Told:
    """What each conversion that an ad brought did cost."""
    if spend.reason:
        return None, spend.reason
    if not group.attributed_count:
        return None, Reason.ZERO_DENOMINATOR
    return float(spend.micros / (1_000_000 * group.attributed_count)), None


def roas(group: Group, spend: Spend) -> Told:
    """What the conversions that ads brought are worth, by what was spent."""
    if spend.reason:
        return None, spend.reason
    value = group.attributed_value
    if value.reason:
        return None, value.reason
    if value.currency and spend.micros and spend.currency != value.currency:
        return None, Reason.MIXED_CURRENCY
    if not spend.micros:
        return None, Reason.ZERO_DENOMINATOR
    return float(Fraction(value.amount) * 1_000_000 / spend.micros), None
