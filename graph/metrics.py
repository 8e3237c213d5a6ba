"""The Metrics type: what clients see of resolvers.sums.Sums. Every field comes from the metric's definition."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import strawberry

from db.errors import Invalid
from graph.conversion_metrics import ReportedMetrics, TrackedMetrics, gap_field
from graph.executor.plan import FieldPlan
from graph.field import batched
from graph.metric import As, RatioUnit, UnavailableMetric, metric_field
from graph.scalars import MAX_EXACT, exact
from graph.selection import Selection
from resolvers import formulas
from resolvers.context import Request
from resolvers.displays import displays
from resolvers.formulas import Blocks, PlainBlocks, levels_of
from resolvers.metric import BUNDLES, METRICS, Metric, Reason
from resolvers.sums import Sums


def _builder(fields: Sequence[FieldPlan]) -> Callable[[Sequence[Sums]], list[dict[str, Any]] | None] | None:
    """What makes the answer's objects for sums that are all plain, where nothing but metrics is selected; else None."""
    metrics = [None if one.nodes[0].arguments else getattr(one.many, "metric", None) for one in fields]
    if None in metrics:
        return None
    selected = tuple((one.key, metric.value) for one, metric in zip(fields, metrics, strict=True) if metric)
    return lambda blocks: displays(selected, blocks, MAX_EXACT) if isinstance(blocks, Blocks | PlainBlocks) else None


def _unavailable(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[list[UnavailableMetric]]:
    return [
        [UnavailableMetric(metric=metric, reason=reason) for metric, reason in sums.unavailable()] for sums in blocks
    ]


@strawberry.type(description="One metric of a block: its value, or why there is none.")
class MetricValue:
    metric: Metric = strawberry.field(description="The metric.")
    value: float | None = strawberry.field(description="What its field would give.")
    reason: Reason | None = strawberry.field(description="Why it is null, or not the whole of what it says.")


Chosen = Annotated[
    list[Metric] | None,
    strawberry.argument(name="metrics", description="Which, each once; without them the default bundle of the scope."),
]


def _computed(metrics: Sequence[Metric] | None = None, **_: object) -> Sequence[Metric]:
    """What `values` computes, given its arguments."""
    return metrics or [name for name in METRICS if any(name in bundle for bundle in BUNDLES.values())]


def _values(
    request: Request, _selection: Selection, blocks: Sequence[Sums], metrics: Chosen = None,
    unit: As = RatioUnit.FRACTION,
) -> list[list[MetricValue]]:  # fmt: skip
    if metrics and len(set(metrics)) < len(metrics):
        raise Invalid("`metrics` names a metric twice.")
    wanted = [tuple(metrics)] * len(blocks) if metrics is not None else [BUNDLES[level] for level in levels_of(blocks)]
    request.spend(sum(map(len, wanted)))
    names = {name for each in set(wanted) for name in each}
    told = {name: formulas.told(name, blocks, percent=unit is RatioUnit.PERCENT) for name in names}
    return [[_value(name, *told[name][number]) for name in each] for number, each in enumerate(wanted)]


def _value(name: Metric, value: float | None, reason: Reason | None) -> MetricValue:
    # An integer that no float has is an error, here as in a field of its own.
    shown: Any = value if value is None else float(exact(value)) if isinstance(value, int) else value
    return MetricValue(metric=name, value=shown, reason=reason)


def _same(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> Sequence[Sums]:
    """The same numbers, seen otherwise."""
    return blocks


@strawberry.type(
    description="Sums over some days, and what is computed from those sums. Null is not zero: what is null, or not "
    "whole, is listed in `unavailable` with the reason."
)
class Metrics:
    gather = staticmethod(Blocks)
    builder = staticmethod(_builder)

    spend = metric_field(Metric.SPEND)
    impressions = metric_field(Metric.IMPRESSIONS)
    clicks = metric_field(Metric.CLICKS)
    link_clicks = metric_field(Metric.LINK_CLICKS)
    reach = metric_field(Metric.REACH)
    frequency = metric_field(Metric.FREQUENCY)
    conversions = metric_field(Metric.CONVERSIONS)
    conversion_value = metric_field(Metric.CONVERSION_VALUE)
    cpa = metric_field(Metric.CPA)
    cpc = metric_field(Metric.CPC)
    cpm = metric_field(Metric.CPM)
    ctr = metric_field(Metric.CTR)
    cvr = metric_field(Metric.CVR)
    link_ctr = metric_field(Metric.LINK_CTR)
    link_cpc = metric_field(Metric.LINK_CPC)
    link_cvr = metric_field(Metric.LINK_CVR)
    aov = metric_field(Metric.AOV)
    roas = metric_field(Metric.ROAS)
    roi = metric_field(Metric.ROI)
    profit = metric_field(Metric.PROFIT)
    reported = batched(
        _same, ReportedMetrics, "What follows from the conversions that platforms report, whatever the plain ones are."
    )
    tracked = batched(
        _same, TrackedMetrics, "What follows from the conversions that are due to ads by the project's own events."
    )
    gap = gap_field
    values = batched(
        _values,
        list[MetricValue] | None,
        "The metrics that the query names, by a variable say, each with its reason; fractions are written as chosen.",
        metrics=_computed,
    )
    unavailable = batched(
        _unavailable,
        list[UnavailableMetric],
        "Every metric of this block that is null or incomplete, whether selected or not, with the reason.",
        metrics=tuple(METRICS),
    )
