"""The Comparison type: numbers beside those of other days."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from graph.field import batched
from graph.metric import As, RatioUnit
from graph.metrics import Metrics
from graph.selection import Selection, once
from graph.window import Window, WindowInput
from resolvers import comparison
from resolvers.calendar import Against
from resolvers.comparison import Changes, Verdict
from resolvers.context import Request
from resolvers.definition import Unit
from resolvers.metric import METRICS, Metric, Reason, in_order
from resolvers.metric import columns_of as read_by
from resolvers.window import WindowSpec


@strawberry.input(one_of=True, description="Which days to compare with: exactly one of these.")
class ComparisonInput:
    against: Against | None = strawberry.field(
        default=strawberry.UNSET, description="Days that stand before those that are asked about."
    )
    window: WindowInput | None = strawberry.field(default=strawberry.UNSET, description="Any days.")

    def days(self) -> Against | WindowSpec:
        """The days; `Invalid` where the window's numbers or dates cannot be."""
        if self.against:
            return self.against
        assert self.window
        return self.window.spec


To = Annotated[
    ComparisonInput | None,
    strawberry.argument(description="Which days to compare with; without it, as many directly before."),
]


DEFAULT = Against.PREVIOUS_PERIOD


def days_of(to: ComparisonInput | None) -> Against | WindowSpec:
    """What the argument says, or its default."""
    return to.days() if to else DEFAULT


@once
def columns_of(selection: Selection, *path: str) -> tuple[str, ...]:
    """The columns that a comparison selected at `path` below a field needs, of either side."""
    return in_order((*selection.metrics(*path, "previous"), *selection.metrics(*path, "changes")))


@strawberry.type(description="How one metric changed.")
class MetricChange:
    absolute: float | None = strawberry.field(description="The current value minus the previous one.")
    percent: float | None = strawberry.field(
        description="`absolute` as a percentage of the previous value without its sign; 0 where both are 0."
    )
    reason: Reason | None = strawberry.field(
        description="Why something of it is null, or why one of the values is not the whole of what it says."
    )
    verdict: Verdict = strawberry.field(description="Whether that is better.")


def _change(metric: Metric, *, tracked: bool | None = None) -> Any:
    """The field of a metric's change; `tracked` says whose conversions it is about, if it does not follow what was
    asked.
    """

    def changes(request: Request, _selection: Selection, pairs: Sequence[Changes]) -> comparison.Moves:
        request.spend(len(pairs))
        return comparison.Moves(metric, pairs, tracked=tracked)

    def rates(
        request: Request, _selection: Selection, pairs: Sequence[Changes], unit: As = RatioUnit.FRACTION
    ) -> comparison.Moves:
        request.spend(len(pairs))
        return comparison.Moves(metric, pairs, tracked=tracked, percent=unit is RatioUnit.PERCENT)

    many = rates if METRICS[metric].unit is Unit.FRACTION else changes
    reads: dict[str, Any] = {"metrics": (metric,)}
    if tracked is not None:
        reads = {"columns": read_by((metric,), tracked=tracked)}
    return batched(many, MetricChange, f"Of `{metric.value}`.", name=metric.value, needs=(), **reads)


def _same(_request: Request, _selection: Selection, pairs: Sequence[Changes]) -> Sequence[Changes]:
    """The same pairs, seen otherwise."""
    return pairs


@strawberry.type(description="How what follows from the conversions that platforms report changed.")
class ReportedChanges:
    conversions = _change(Metric.CONVERSIONS, tracked=False)
    conversion_value = _change(Metric.CONVERSION_VALUE, tracked=False)
    cpa = _change(Metric.CPA, tracked=False)
    cvr = _change(Metric.CVR, tracked=False)
    aov = _change(Metric.AOV, tracked=False)
    roas = _change(Metric.ROAS, tracked=False)
    roi = _change(Metric.ROI, tracked=False)
    profit = _change(Metric.PROFIT, tracked=False)


@strawberry.type(description="How what follows from the conversions that are tracked changed.")
class TrackedChanges:
    conversions = _change(Metric.CONVERSIONS, tracked=True)
    conversion_value = _change(Metric.CONVERSION_VALUE, tracked=True)
    cpa = _change(Metric.CPA, tracked=True)
    cvr = _change(Metric.CVR, tracked=True)
    aov = _change(Metric.AOV, tracked=True)
    roas = _change(Metric.ROAS, tracked=True)
    roi = _change(Metric.ROI, tracked=True)
    profit = _change(Metric.PROFIT, tracked=True)


@strawberry.type(description="How each metric changed.")
class MetricChanges:
    spend = _change(Metric.SPEND)
    impressions = _change(Metric.IMPRESSIONS)
    clicks = _change(Metric.CLICKS)
    link_clicks = _change(Metric.LINK_CLICKS)
    reach = _change(Metric.REACH)
    frequency = _change(Metric.FREQUENCY)
    conversions = _change(Metric.CONVERSIONS)
    conversion_value = _change(Metric.CONVERSION_VALUE)
    cpa = _change(Metric.CPA)
    cpc = _change(Metric.CPC)
    cpm = _change(Metric.CPM)
    ctr = _change(Metric.CTR)
    cvr = _change(Metric.CVR)
    link_ctr = _change(Metric.LINK_CTR)
    link_cpc = _change(Metric.LINK_CPC)
    link_cvr = _change(Metric.LINK_CVR)
    aov = _change(Metric.AOV)
    roas = _change(Metric.ROAS)
    roi = _change(Metric.ROI)
    profit = _change(Metric.PROFIT)
    reported = batched(
        _same,
        ReportedChanges,
        "Of what follows from the conversions that platforms report, whatever the plain ones are.",
        needs=(),
    )
    tracked = batched(
        _same,
        TrackedChanges,
        "Of what follows from the conversions that are tracked, whatever the plain ones are.",
        needs=(),
    )


@strawberry.type(description="Numbers beside those of other days.")
class Comparison:
    window: Window = strawberry.field(description="The days that are compared with.")
    partial: bool = strawberry.field(
        description="Whether some day on either side is not over yet, or not covered by imports."
    )
    previous: Metrics = strawberry.field(description="What those days add up to.")
    changes: MetricChanges = strawberry.field(description="How each metric changed since.")


async def _comparisons(
    request: Request, selection: Selection, asked: Sequence[Any], to: To = None
) -> Sequence[comparison.Comparison]:
    partial = selection.has("partial")
    return await comparison.of(request, asked, days_of(to), columns_of(selection), with_partial=partial)


comparison_field = batched(
    _comparisons, Comparison | None, "The totals beside those of other days: of as many directly before, if not said."
)
