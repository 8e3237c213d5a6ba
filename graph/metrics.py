"""The Metrics type: what clients see of resolvers.formulas.Sums. Every field comes from the metric's definition."""

from collections.abc import Sequence
from typing import Any

import strawberry

from graph.field import batched
from graph.scalars import BigInt
from graph.selection import Selection
from resolvers import formulas
from resolvers.context import Request
from resolvers.formulas import METRICS, Blocks, Metric, Reason, Sums


def _metric(metric: Metric, graphql_type: object) -> Any:
    def values(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[float | int | None]:
        return formulas.values(metric, blocks)

    return batched(values, graphql_type, METRICS[metric].description, name=metric.value, needs=(), metrics=(metric,))


@strawberry.type(description="A metric that is null or incomplete, and why.")
class UnavailableMetric:
    metric: Metric = strawberry.field(description="The metric.")
    reason: Reason = strawberry.field(description="Why it is null, or not the whole of what it says.")


def _unavailable(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[list[UnavailableMetric]]:
    return [
        [UnavailableMetric(metric=metric, reason=reason) for metric, reason in sums.unavailable()] for sums in blocks
    ]


@strawberry.type(
    description="Sums over some days, and the ratios computed from those sums. Null is not zero: what is null, or not "
    "whole, is listed in `unavailable` with the reason."
)
class Metrics:
    gather = staticmethod(Blocks)

    spend = _metric(Metric.SPEND, float | None)
    impressions = _metric(Metric.IMPRESSIONS, BigInt | None)
    clicks = _metric(Metric.CLICKS, BigInt | None)
    link_clicks = _metric(Metric.LINK_CLICKS, BigInt | None)
    conversions = _metric(Metric.CONVERSIONS, float | None)
    conversion_value = _metric(Metric.CONVERSION_VALUE, float | None)
    reach = _metric(Metric.REACH, BigInt | None)
    cpa = _metric(Metric.CPA, float | None)
    cpc = _metric(Metric.CPC, float | None)
    cpm = _metric(Metric.CPM, float | None)
    ctr = _metric(Metric.CTR, float | None)
    cvr = _metric(Metric.CVR, float | None)
    roas = _metric(Metric.ROAS, float | None)
    frequency = _metric(Metric.FREQUENCY, float | None)
    unavailable = batched(
        _unavailable,
        list[UnavailableMetric],
        "Every metric of this block that is null or incomplete, whether selected or not, with the reason.",
        metrics=tuple(METRICS),
    )
