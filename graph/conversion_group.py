"""The ConversionGroup type: what clients see of resolvers.conversion_group.Group."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import strawberry

from db import entity
from db.database import Row
from db.entity import Kind
from db.level import Level, Platform
from graph.connection import PageInfo
from graph.field import batched
from graph.node import Measurable
from graph.scalars import BigInt, CurrencyCode
from graph.selection import Selection
from resolvers import conversion_group, conversion_spend, tree
from resolvers.context import Request
from resolvers.conversion_group import ConversionMetric, Dimension, EventSource, Group, Page
from resolvers.conversion_money import Told
from resolvers.conversion_spend import Spend
from resolvers.metric import Reason

if TYPE_CHECKING:
    from graph.ad import Ad
    from graph.ad_account import AdAccount
    from graph.ad_set import AdSet
    from graph.campaign import Campaign

Groups = Sequence[Group]
KINDS = {kind.level: kind for kind in entity.KINDS if kind.level}


def _of_key(dimension: Dimension, graphql_type: object, description: str) -> Any:
    def values(_request: Request, _selection: Selection, groups: Groups) -> list[Any]:
        return [group.keys.get(dimension) for group in groups]

    return batched(values, graphql_type, description)


def _entity_of_key(level: Level, graphql_type: object, description: str) -> Any:
    async def rows(request: Request, selection: Selection, groups: Groups) -> list[Row | None]:
        kind = KINDS[level]
        ids = [group.keys.get(Dimension[level.name]) for group in groups]
        found = await request.load_all(tree.by_id, {id_ for id_ in ids if id_}, kind, selection.columns(kind))
        return [found[id_] if id_ else None for id_ in ids]

    return batched(rows, graphql_type, description)


@strawberry.type(
    description="What the conversions of a group have in common: of each dimension that was grouped by, its value. "
    "Null where it was not grouped by, where no event said it, and of ads where no ad brought the conversions."
)
class ConversionKey:
    platform = _of_key(Dimension.PLATFORM, str | None, "The app's platform, as it was sent: `ios`, `android`, `web` …")
    ad_platform = _of_key(Dimension.AD_PLATFORM, Platform | None, "The advertising platform of the ad.")
    app = _of_key(Dimension.APP, str | None, "The app's id.")
    event_name = _of_key(Dimension.EVENT_NAME, str | None, "The event's name.")
    source = _of_key(
        Dimension.SOURCE,
        EventSource | None,
        "Who sent the event; of several, the first of SDK, CONVERSION_API, PLATFORM.",
    )
    currency = _of_key(Dimension.CURRENCY, CurrencyCode | None, "What the value is in; null of those without a value.")
    hour = _of_key(
        Dimension.HOUR, datetime | None, "The hour's first instant, with the timezone's offset then, so that it is one "
        "instant even where clocks show it twice."
    )  # fmt: skip
    day = _of_key(Dimension.DAY, date | None, "The day in the window's timezone.")
    week = _of_key(Dimension.WEEK, date | None, "The week's first day, even where that lies before the window.")
    month = _of_key(Dimension.MONTH, date | None, "The month's first day, even where that lies before the window.")
    ad_account = _entity_of_key(
        Level.AD_ACCOUNT,
        Annotated["AdAccount", strawberry.lazy("graph.ad_account")] | None,
        "The ad account of the ad.",
    )
    campaign = _entity_of_key(
        Level.CAMPAIGN, Annotated["Campaign", strawberry.lazy("graph.campaign")] | None, "The campaign of the ad."
    )
    ad_set = _entity_of_key(
        Level.AD_SET, Annotated["AdSet", strawberry.lazy("graph.ad_set")] | None, "The ad set of the ad."
    )
    ad = _entity_of_key(Level.AD, Annotated["Ad", strawberry.lazy("graph.ad")] | None, "The ad.")


@strawberry.type(description="A metric of conversions that is null, and why.")
class UnavailableConversionMetric:
    metric: ConversionMetric = strawberry.field(description="The metric.")
    reason: Reason = strawberry.field(description="Why it is null.")


@strawberry.type(description="What was refunded of conversions. It counts where they count, whenever it was sent.")
class Refunds:
    count: BigInt = strawberry.field(description="How many refunds.")
    value: float | None = strawberry.field(description="What they gave back, in the same `currency`.")


def counts(_request: Request, _selection: Selection, groups: Groups) -> list[int]:
    """How many conversions each is of."""
    return [group.count for group in groups]


def users(_request: Request, _selection: Selection, groups: Groups) -> list[int]:
    """How many people."""
    return [group.users for group in groups]


def values(_request: Request, _selection: Selection, groups: Groups) -> list[float | None]:
    """What they are worth."""
    return [conversion_group.value(group)[0] for group in groups]


def currencies(_request: Request, _selection: Selection, groups: Groups) -> list[str | None]:
    """The one currency of each one's money."""
    return [group.currency for group in groups]


def refunds(_request: Request, _selection: Selection, groups: Groups) -> list[Refunds]:
    """What was refunded."""
    return [
        Refunds(count=BigInt(group.refund_count), value=conversion_group.refund_value(group)[0]) for group in groups
    ]


SUMS = {
    ConversionMetric.VALUE: conversion_group.value,
    ConversionMetric.REFUND_VALUE: conversion_group.refund_value,
}
DERIVED: dict[ConversionMetric, Callable[[Group], Told]] = {
    **SUMS,
    ConversionMetric.SHARE: conversion_group.share,
    ConversionMetric.AOV: conversion_group.aov,
}
BY_SPEND: dict[ConversionMetric, Callable[[Group, Spend], Told]] = {
    ConversionMetric.SPEND: lambda _, spend: conversion_spend.spent(spend),
    ConversionMetric.CPA: conversion_spend.cpa,
    ConversionMetric.ROAS: conversion_spend.roas,
}


def unavailable(told: Sequence[tuple[ConversionMetric, Told]]) -> list[UnavailableConversionMetric]:
    """Those that are null."""
    return [UnavailableConversionMetric(metric=name, reason=reason) for name, (_, reason) in told if reason]


async def _spends(request: Request, groups: Groups) -> list[Spend]:
    found = await request.load_all(conversion_spend.spends, groups)
    return [found[group] for group in groups]


def _metric(metric: ConversionMetric, description: str) -> Any:
    def many(_request: Request, _selection: Selection, groups: Groups) -> list[float | None]:
        return [DERIVED[metric](group)[0] for group in groups]

    return batched(many, float | None, description)


def _metric_by_spend(metric: ConversionMetric, description: str) -> Any:
    async def many(request: Request, _selection: Selection, groups: Groups) -> list[float | None]:
        return [
            BY_SPEND[metric](group, spend)[0]
            for group, spend in zip(groups, await _spends(request, groups), strict=True)
        ]

    return batched(many, float | None, description)


async def _spend_currencies(request: Request, _selection: Selection, groups: Groups) -> list[str | None]:
    return [spend.currency for spend in await _spends(request, groups)]


async def _unavailable(
    request: Request, _selection: Selection, groups: Groups
) -> list[list[UnavailableConversionMetric]]:
    return [
        unavailable(
            [(name, told(group)) for name, told in DERIVED.items()]
            + [(name, told_by(group, spend)) for name, told_by in BY_SPEND.items()]
        )
        for group, spend in zip(groups, await _spends(request, groups), strict=True)
    ]


async def _entities(request: Request, selection: Selection, groups: Groups) -> list[Row | None]:
    wanted: dict[Kind[Row], set[int]] = {}
    for group in groups:
        if group.entity:
            wanted.setdefault(KINDS[group.entity[0]], set()).add(group.entity[1])
    found = {
        kind.level: await request.load_all(tree.by_id, ids, kind, selection.columns(kind))
        for kind, ids in wanted.items()
    }
    return [found[group.entity[0]][group.entity[1]] if group.entity else None for group in groups]


def _keys(_request: Request, _selection: Selection, groups: Groups) -> Groups:
    return groups


@strawberry.type(
    description="Conversions that have something in common, and the metrics derived from them. Groups without a "
    "conversion and without a refund are left out."
)
class ConversionGroup:
    key = batched(_keys, ConversionKey, "What they have in common.")
    count = batched(counts, BigInt, "How many conversions, each counted once, whoever sent it and how often.")
    unique_users = batched(users, BigInt, "How many different users made them; those without a user id do not count.")
    value = batched(
        values, float | None, "What they are worth, less refunds, in `currency`. Null (MIXED_CURRENCY) where they are "
        "in several."
    )  # fmt: skip
    currency = batched(
        currencies,
        CurrencyCode | None,
        "The currency of `value`; null where there are several, or no conversion has one.",
    )
    refunds = batched(refunds, Refunds, "What was refunded of them.")
    share = _metric(ConversionMetric.SHARE, "count / the count of all groups.")
    aov = _metric(ConversionMetric.AOV, "Average value: value / count, in `currency`.")
    spend = _metric_by_spend(
        ConversionMetric.SPEND, "What the same entities spent on the same days, in `spendCurrency`; of conversions "
        "that no ad brought, 0. Null (NOT_ADDITIVE) where the group's instants are no whole days of its ad accounts."
    )  # fmt: skip
    spend_currency = batched(_spend_currencies, CurrencyCode | None, "The currency of `spend` and `cpa`.")
    cpa = _metric_by_spend(
        ConversionMetric.CPA, "Cost per conversion that an ad brought: spend / their count, in `spendCurrency`."
    )  # fmt: skip
    roas = _metric_by_spend(
        ConversionMetric.ROAS, "Return on ad spend: the value of the conversions that an ad brought / spend."
    )  # fmt: skip
    entity = batched(
        _entities, Measurable | None, "The lowest of the ad account, campaign, ad set and ad in its key: from here a "
        "query goes on into its performance. Null where it was not grouped by these, or no ad brought the conversions."
    )  # fmt: skip
    unavailable = batched(
        _unavailable,
        list[UnavailableConversionMetric],
        "Every metric of this group that is null, whether selected or not, with the reason.",
    )


@strawberry.type(description="A group and its place in the list.")
class ConversionGroupEdge:
    node: ConversionGroup = strawberry.field(description="The group.")
    cursor: str = strawberry.field(description="Its place in the list, for `after`.")


class _Edge(NamedTuple):
    node: Group
    cursor: str


def _edges(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[list[_Edge]]:
    return [list(map(_Edge, page.groups, page.cursors)) for page in pages]


def _nodes(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[list[Group]]:
    return [page.groups for page in pages]


def _page_infos(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[tree.PageInfo]:
    return [
        tree.PageInfo(
            page.after + len(page.groups) < page.total,
            page.after > 0,
            *(page.cursors[end] if page.groups else None for end in (0, -1)),
        )
        for page in pages
    ]


def _total_counts(_request: Request, _selection: Selection, pages: Sequence[Page]) -> list[int]:
    return [page.total for page in pages]


@strawberry.type(description="A page of the groups of a report.")
class ConversionGroupConnection:
    edges = batched(_edges, list[ConversionGroupEdge], "The groups with their cursors.")
    nodes = batched(_nodes, list[ConversionGroup], "The groups alone.")
    page_info = batched(_page_infos, PageInfo, "Where the page lies in the list.")
    total_count = batched(_total_counts, int, "How many groups the whole list has.")
