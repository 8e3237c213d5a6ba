"""The Performance type: what clients see of a node's numbers over a window."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import strawberry

from db.database import Row
from db.entity import kind_of
from db.level import Platform
from graph.blended import blended_field
from graph.breakdown import breakdown_field
from graph.comparison import DEFAULT as COMPARED
from graph.comparison import columns_of as columns_of_comparison
from graph.comparison import comparison_field
from graph.exchange import Exchange
from graph.field import batched
from graph.metrics import Metrics
from graph.options import Attribution, PerformanceOptions, options_of
from graph.scalars import BigInt, CurrencyCode
from graph.selection import Selection, once
from graph.series import Filled, Series, Size, asks_for_places, columns_of_series
from graph.window import Window, WindowInput
from resolvers import (
    exchange,
    freshness,
    node_sums,
    options,
    performance,
    points,
    reach_bounds,
    residual,
    series,
    window,
)
from resolvers.calendar import Granularity
from resolvers.comparison import spec_of
from resolvers.context import Request
from resolvers.metric import in_order
from resolvers.options import ConversionSource
from resolvers.several import OfPlatforms
from resolvers.sums import Sums
from resolvers.together import ALONE, Together, together
from resolvers.window import DEFAULT, WindowSpec

Asked = Sequence[performance.Performance]
Days = Annotated[
    WindowInput | None, strawberry.argument(description="Which days; without it, the 30 full days before today.")
]

Platforms = Annotated[
    list[Platform] | None, strawberry.argument(description="What is on these platforms; without it, on all.")
]
Chosen = Annotated[
    PerformanceOptions | None,
    strawberry.argument(description="What the numbers shall mean; without them, what the project has set."),
]


async def _provisional_since(
    request: Request, _selection: Selection, asked: Sequence[freshness.Freshness]
) -> Sequence[date | None]:
    return await freshness.provisional_since(request, asked)


async def _stale_own_rows(
    request: Request, _selection: Selection, asked: Sequence[freshness.Freshness]
) -> Sequence[int]:
    return await freshness.stale_own_rows(request, asked)


@strawberry.type(description="How far the numbers of a window can be relied on.")
class Freshness:
    last_imported_at: datetime | None = strawberry.field(
        description="When the latest import that covers any of these days was made; null where none does."
    )
    missing_days: int = strawberry.field(
        description="How many of these days no import covers at this level or below (for a project: for some ad "
        "account), days yet to come among them. Sums are of the other days."
    )
    provisional_since = batched(
        _provisional_since,
        date | None,
        "The first of these days whose numbers may still change: its last import came so early that its platform may "
        "restate it, less than 72 hours after the day's end in the ad account's timezone (a setting for each "
        "platform); or tracked conversions, where they count on the day of their touch, may come yet. Null where there "
        "is none.",
    )
    stale_own_rows = batched(
        _stale_own_rows,
        int,
        "How many entity-days at or below the node have numbers that the platform reported for the whole before it "
        "restated the parts. Import that level again.",
    )


@strawberry.type(description="Between which numbers a reach lies; both are the same where it was reported.")
class ReachBounds:
    at_least: BigInt | None = strawberry.field(
        description="The largest reach that was reported of one of the days, or of a part; null where none was."
    )
    at_most: BigInt | None = strawberry.field(
        description="The sum over all the days, or over all the parts; null where not all of them were reported, or "
        "where the parts were shown less often than the whole."
    )


async def _windows(request: Request, _selection: Selection, asked: Asked) -> Sequence[window.Window]:
    return await performance.windows(request, asked)


async def _currencies(request: Request, _selection: Selection, asked: Asked) -> Sequence[str | None]:
    return await node_sums.currencies(request, asked)


async def _exchanges(request: Request, _selection: Selection, asked: Asked) -> Sequence[Sequence[exchange.Exchanged]]:
    return await exchange.exchanges(request, asked)


async def _conversion_sources(request: Request, _selection: Selection, asked: Asked) -> Sequence[ConversionSource]:
    return [choice.conversion_source for choice in await performance.choices(request, asked)]


async def _attributions(request: Request, _selection: Selection, asked: Asked) -> Sequence[options.Attribution]:
    return [choice.attribution for choice in await performance.choices(request, asked)]


async def _conversion_events(request: Request, _selection: Selection, asked: Asked) -> Sequence[list[str]]:
    return [list(choice.conversion_events) for choice in await performance.choices(request, asked)]


async def _freshness(request: Request, _selection: Selection, asked: Asked) -> Sequence[freshness.Freshness]:
    return await freshness.of(request, asked)


async def _totals(request: Request, selection: Selection, asked: Asked) -> Sequence[Sums]:
    return await node_sums.totals(request, asked, selection.metrics())


async def _residuals(request: Request, selection: Selection, asked: Asked) -> Sequence[Sums | None]:
    return await residual.residuals(request, asked, selection.metrics())


async def _reach_bounds(request: Request, _selection: Selection, asked: Asked) -> Sequence[reach_bounds.Bounds]:
    return await reach_bounds.of(request, asked)


async def _series(
    request: Request, selection: Selection, asked: Asked, granularity: Size = Granularity.DAY,
    fill: Filled = series.Fill.ZERO,
) -> Sequence[points.Series]:  # fmt: skip
    columns = columns_of_series(selection)
    return await series.of(request, asked, granularity, fill, columns, placed=asks_for_places(selection))


@strawberry.type(description="A node's numbers over a window of days.")
class Performance:
    window = batched(_windows, Window | None, "The days that these numbers are about.")
    currency = batched(
        _currencies,
        CurrencyCode | None,
        "The currency of all money here: the one that was asked for, else the ad account's. Of a project whose ad "
        "accounts have several, its reporting currency; null where none is set and those with delivery have several.",
    )
    exchange = batched(
        _exchanges,
        list[Exchange] | None,
        "The currencies that money was converted from, and by which days' rates; empty where nothing was.",
    )
    conversion_source = batched(
        _conversion_sources,
        ConversionSource | None,
        "Whose conversions the plain `conversions`, `cpa`, `roas` … are about: as the query chose, else as set.",
    )
    attribution = batched(
        _attributions,
        Attribution | None,
        "Which touch a tracked conversion is due to: chosen by the query, else the project's.",
    )
    conversion_events = batched(
        _conversion_events,
        list[str] | None,
        "The names of the events that are tracked conversions: chosen by the query, else the project's.",
    )
    freshness = batched(_freshness, Freshness | None, "How far these numbers can be relied on.")
    totals = batched(_totals, Metrics | None, "What the window adds up to.")
    comparison = comparison_field
    residual = batched(
        _residuals,
        Metrics | None,
        "What the platform reported for the node as a whole beyond what its children add up to: additive metrics, "
        "nothing else. Null for an ad, which has no children.",
    )
    blended = blended_field
    reach_bounds = batched(
        _reach_bounds,
        ReachBounds | None,
        "What is certain of the window's reach, which is seldom reported for exactly the days that are asked.",
    )
    series = batched(
        _series, Series | None, "The window bucket by bucket, at most 1,100 of them (else WINDOW_TOO_LARGE)."
    )
    breakdown = breakdown_field


def asked_together(selection: Selection, spec: WindowSpec) -> Together:
    """What is asked of the totals of a window in several places."""
    columns, compared, daily = _together(selection)
    return (
        together(columns, (spec, spec_of(spec, COMPARED)) if compared else (spec,), daily=daily) if columns else ALONE
    )


@once
def _together(selection: Selection) -> tuple[tuple[str, ...], bool, bool]:
    """Which columns are asked for in totals, in a comparison and in the series of days; whether the comparison is with
    the days that are the default; and whether there are days. Nothing where one place asks for all.
    """
    compared = columns_of_comparison(selection, "comparison")
    daily = selection.has("series") and selection.said("series", "granularity") in (None, Granularity.DAY.name)
    of_days = columns_of_series(selection, "series") if daily else ()
    if not compared and not (of_days and selection.has("totals")):
        return (), False, False
    columns = in_order((*selection.metrics("totals"), *compared, *of_days))
    return columns, bool(compared) and selection.plain("comparison"), bool(of_days)


def _performance(
    _request: Request, selection: Selection, rows: Sequence[Row], window: Days = strawberry.UNSET,
    options: Chosen = strawberry.UNSET,
) -> Sequence[performance.Performance]:  # fmt: skip
    spec = window.spec if window else DEFAULT
    return performance.of(rows, kind_of(rows[0]).level, spec, options_of(options), asked_together(selection, spec))


def _project_performance(
    request: Request, selection: Selection, rows: Sequence[Row], window: Days = strawberry.UNSET,
    platforms: Platforms = strawberry.UNSET, options: Chosen = strawberry.UNSET,
) -> Sequence[performance.Performance]:  # fmt: skip
    if platforms is None or platforms is strawberry.UNSET:
        return _performance(request, selection, rows, window, options)
    keys = [OfPlatforms(row["id"], tuple(sorted(set(platforms)))) for row in rows]
    spec = window.spec if window else DEFAULT
    asked = None, spec, options_of(options)
    return performance.Performances(keys, *asked, together=asked_together(selection, spec))


performance_field = batched(
    _performance, Performance | None, "Its numbers over a window of days.", needs=("ad_account_id",)
)
project_performance_field = batched(
    _project_performance,
    Performance | None,
    "Its numbers over a window of days: those of all its ad accounts.",
    needs=(),
)
