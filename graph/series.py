"""The Series type: a window cut into buckets."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import strawberry

from graph import comparison
from graph.comparison import Comparison, To, days_of
from graph.field import batched
from graph.metric import As, RatioUnit
from graph.metrics import Metrics
from graph.scalars import BigInt
from graph.selection import Selection, once
from resolvers import comparison as compared
from resolvers import formulas, points, series
from resolvers.alike import Alike, Nested
from resolvers.calendar import Granularity
from resolvers.context import Request
from resolvers.definition import Primitive, Unit
from resolvers.metric import METRICS, Metric, columns_of, in_order
from resolvers.points import AllSeries
from resolvers.series import Columns, Fill, Placed

Size = Annotated[Granularity, strawberry.argument(description="The size of the buckets.")]
Filled = Annotated[Fill, strawberry.argument(description="What there is of buckets in which nothing was delivered.")]


async def _comparisons(
    request: Request, selection: Selection, points: Sequence[Placed], to: To = None
) -> Sequence[compared.Comparison | None]:
    return await series.comparisons(request, points, days_of(to), comparison.columns_of(selection))


@strawberry.type(description="One bucket of a series.")
class SeriesPoint:
    bucket: date = strawberry.field(
        description="The first day of the whole bucket, even where that lies before the window."
    )
    since: date = strawberry.field(description="The bucket's first day in the window.")
    until: date = strawberry.field(description="The day after its last one in the window.")
    partial: bool = strawberry.field(description="Whether a part of the bucket lies outside the window.")
    provisional: bool = strawberry.field(
        description="Whether the numbers of one of these days may still change; `freshness` has the first such day."
    )
    metrics: Metrics = strawberry.field(description="What the bucket's days in the window add up to.")
    comparison = batched(
        _comparisons,
        Comparison | None,
        "Beside the bucket at the same place in the series of the days compared with, the first with the first; null "
        "past that one's end.",
    )


def _side_by_side(every: Sequence[points.Series]) -> Columns | AllSeries:
    return every if isinstance(every, Columns | AllSeries) else Columns(every)


def _column(metric: Metric, *, tracked: bool | None = None) -> Any:
    """One metric of all the points of series; `tracked` says whose conversions it is about, if it does not follow what
    was asked.
    """
    definition = METRICS[metric]

    def columns(_request: Request, _selection: Selection, every: Sequence[points.Series]) -> Nested[Any]:
        together = _side_by_side(every)
        return Nested(formulas.values(metric, together.blocks, tracked=tracked), together.lengths)

    def rates(
        _request: Request, _selection: Selection, every: Sequence[points.Series], unit: As = RatioUnit.FRACTION
    ) -> Nested[Any]:
        together = _side_by_side(every)
        percent = unit is RatioUnit.PERCENT
        return Nested(formulas.values(metric, together.blocks, tracked=tracked, percent=percent), together.lengths)

    whole = isinstance(definition, Primitive) and definition.scale == 1
    reads: dict[str, Any] = {"metrics": (metric,)}
    if tracked is not None:
        reads = {"columns": columns_of((metric,), tracked=tracked)}
    return batched(
        rates if definition.unit is Unit.FRACTION else columns,
        list[BigInt | None] | None if whole else list[float | None] | None,
        f"`{metric.value}` of each bucket.",
        name=metric.value,
        needs=(),
        **reads,
    )


def _of_points(name: str, graphql_type: object, description: str) -> Any:
    """One attribute of all the points of series."""

    def columns(_request: Request, _selection: Selection, every: Sequence[points.Series]) -> Nested[Any]:
        together = _side_by_side(every)
        points = together.points
        told = points.every(name) if isinstance(points, Alike) else [getattr(point, name) for point in points]
        return Nested(told, together.lengths)

    return batched(columns, graphql_type, description, name=name, needs=())


def _same(_request: Request, _selection: Selection, every: Sequence[points.Series]) -> Sequence[points.Series]:
    """The same series, seen otherwise."""
    return every


@strawberry.type(description="What follows from the conversions that platforms report, bucket by bucket.")
class ReportedColumns:
    gather = staticmethod(_side_by_side)

    conversions = _column(Metric.CONVERSIONS, tracked=False)
    conversion_value = _column(Metric.CONVERSION_VALUE, tracked=False)
    cpa = _column(Metric.CPA, tracked=False)
    cvr = _column(Metric.CVR, tracked=False)
    aov = _column(Metric.AOV, tracked=False)
    roas = _column(Metric.ROAS, tracked=False)
    roi = _column(Metric.ROI, tracked=False)
    profit = _column(Metric.PROFIT, tracked=False)


@strawberry.type(description="What follows from the conversions that are tracked, bucket by bucket.")
class TrackedColumns:
    gather = staticmethod(_side_by_side)

    conversions = _column(Metric.CONVERSIONS, tracked=True)
    conversion_value = _column(Metric.CONVERSION_VALUE, tracked=True)
    cpa = _column(Metric.CPA, tracked=True)
    cvr = _column(Metric.CVR, tracked=True)
    aov = _column(Metric.AOV, tracked=True)
    roas = _column(Metric.ROAS, tracked=True)
    roi = _column(Metric.ROI, tracked=True)
    profit = _column(Metric.PROFIT, tracked=True)


@strawberry.type(
    description="The points of a series turned round: a list for each field, with a value for every point."
)
class SeriesColumns:
    gather = staticmethod(_side_by_side)

    bucket = _of_points("bucket", list[date], "The first day of each whole bucket.")
    since = _of_points("since", list[date], "Each bucket's first day in the window.")
    until = _of_points("until", list[date], "The day after each bucket's last one in the window.")
    partial = _of_points("partial", list[bool], "Whether a part of each bucket lies outside the window.")
    provisional = _of_points("provisional", list[bool], "Whether a platform may still restate one of its days.")
    spend = _column(Metric.SPEND)
    impressions = _column(Metric.IMPRESSIONS)
    clicks = _column(Metric.CLICKS)
    link_clicks = _column(Metric.LINK_CLICKS)
    reach = _column(Metric.REACH)
    frequency = _column(Metric.FREQUENCY)
    conversions = _column(Metric.CONVERSIONS)
    conversion_value = _column(Metric.CONVERSION_VALUE)
    cpa = _column(Metric.CPA)
    cpc = _column(Metric.CPC)
    cpm = _column(Metric.CPM)
    ctr = _column(Metric.CTR)
    cvr = _column(Metric.CVR)
    link_ctr = _column(Metric.LINK_CTR)
    link_cpc = _column(Metric.LINK_CPC)
    link_cvr = _column(Metric.LINK_CVR)
    aov = _column(Metric.AOV)
    roas = _column(Metric.ROAS)
    roi = _column(Metric.ROI)
    profit = _column(Metric.PROFIT)
    reported = batched(
        _same,
        ReportedColumns,
        "What follows from the conversions that platforms report, whatever the plain ones are.",
        needs=(),
    )
    tracked = batched(
        _same,
        TrackedColumns,
        "What follows from the conversions that are due to ads by the project's own events.",
        needs=(),
    )


@strawberry.type(description="A window cut into buckets.")
class Series:
    granularity: Granularity = strawberry.field(description="The size of the buckets.")
    points: list[SeriesPoint] = strawberry.field(description="The buckets that `fill` asks for, in order of time.")
    columns = batched(_same, SeriesColumns, "The same as one list for each metric, for plots.", needs=())


@once
def columns_of_series(selection: Selection, *path: str) -> tuple[str, ...]:
    """The columns that a series selected at `path` below a field needs."""
    beside = comparison.columns_of(selection, *path, "points", "comparison")
    own = selection.metrics(*path, "points", "metrics"), selection.metrics(*path, "columns")
    return in_order((*own[0], *own[1], *beside))


@once
def asks_for_places(selection: Selection) -> bool:
    """Whether something is selected that points have to know their place for."""
    wanted = (("points", "provisional"), ("points", "comparison"), ("columns", "provisional"))
    return any(selection.has(*path) for path in wanted)
