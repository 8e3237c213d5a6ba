"""Conversions of one side: those that platforms report, and those that we attribute ourselves."""

from collections.abc import Sequence
from typing import Any

import strawberry

from db.importers.records import Dating
from graph.field import batched
from graph.metric import UnavailableMetric, metric_field
from graph.scalars import BigInt
from graph.selection import Selection
from resolvers import gap, reporting
from resolvers.context import Request
from resolvers.formulas import Blocks
from resolvers.gap import GapReason
from resolvers.metric import REFUND_VALUE, REFUNDS, REPORTING, Metric, columns_of
from resolvers.sums import Sums

_METRICS = (Metric.CONVERSIONS, Metric.CONVERSION_VALUE, Metric.CPA, Metric.CVR, Metric.AOV, Metric.ROAS, Metric.ROI,
            Metric.PROFIT)  # fmt: skip


def _unavailable(*, tracked: bool) -> Any:
    def many(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[list[UnavailableMetric]]:
        told = ([(metric, sums.told(metric, tracked=tracked)[1]) for metric in _METRICS] for sums in blocks)
        return [[UnavailableMetric(metric=metric, reason=reason) for metric, reason in each if reason] for each in told]

    return batched(
        many,
        list[UnavailableMetric],
        "Every metric of this block that is null or incomplete, whether selected or not, with the reason.",
        columns=columns_of(_METRICS, tracked=tracked),
    )


def _refund_counts(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[int]:
    return [sums.sum(REFUNDS) for sums in blocks]


def _refund_values(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[float | None]:
    return [None if sums.why_no_tracked_money(REFUND_VALUE) else sums.shown(sums.sum(REFUND_VALUE)) for sums in blocks]


@strawberry.type(description="What was refunded of conversions. It lowers their value, never their number.")
class TrackedRefunds:
    count = batched(_refund_counts, BigInt, "How many refunds there are.")
    value = batched(
        _refund_values,
        float | None,
        "What they come to, in `currency`; null where that cannot be told of the value either.",
    )


def _same(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> Sequence[Sums]:
    return blocks


@strawberry.type(
    description="What follows from the conversions that are due to ads by the project's own events, deduplicated and "
    "attributed alike on every platform. On days that have begun it is known; what it is held against may not be: a "
    "metric that takes spend or clicks as well is null where an import is missing for any of the days."
)
class TrackedMetrics:
    gather = staticmethod(Blocks)

    conversions = metric_field(Metric.CONVERSIONS, tracked=True)
    conversion_value = metric_field(Metric.CONVERSION_VALUE, tracked=True)
    cpa = metric_field(Metric.CPA, tracked=True)
    cvr = metric_field(Metric.CVR, tracked=True)
    aov = metric_field(Metric.AOV, tracked=True)
    roas = metric_field(Metric.ROAS, tracked=True)
    roi = metric_field(Metric.ROI, tracked=True)
    profit = metric_field(Metric.PROFIT, tracked=True)
    refunds = batched(_same, TrackedRefunds, "What was refunded of it.", columns=(REFUNDS, REFUND_VALUE))
    unavailable = _unavailable(tracked=True)


def _gaps(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[gap.Gap]:
    return gap.gaps(blocks)


@strawberry.type(description="Tracked conversions against reported ones: null where either is null or incomplete.")
class ConversionGap:
    conversions: float | None = strawberry.field(description="Tracked conversions minus reported ones.")
    conversion_value: float | None = strawberry.field(description="Tracked value minus reported value, in `currency`.")
    conversions_ratio: float | None = strawberry.field(
        description="Tracked conversions / reported ones; null where none were reported."
    )
    conversion_value_ratio: float | None = strawberry.field(
        description="Tracked value / reported value; null where none was reported."
    )
    comparable: bool = strawberry.field(
        description="Whether both are of the same windows of attribution and dated alike, by what imports told."
    )
    reason: GapReason | None = strawberry.field(description="Why they are not comparable; null where they are.")


gap_field = batched(
    _gaps,
    ConversionGap,
    "What is tracked beyond what platforms report, and whether the two can be compared.",
    columns=(
        *columns_of((Metric.CONVERSIONS, Metric.CONVERSION_VALUE), tracked=False),
        *columns_of((Metric.CONVERSIONS, Metric.CONVERSION_VALUE), tracked=True),
        REPORTING,
    ),
)


def _attributions(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[list[str]]:
    return [sorted({one.attribution for one in sums.reporting}) for sums in blocks]


def _datings(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[Dating]:
    return [Dating(reporting.dating(sums.reporting)) for sums in blocks]


@strawberry.type(description="What follows from the conversions that platforms report, each attributed its own way.")
class ReportedMetrics:
    gather = staticmethod(Blocks)

    conversions = metric_field(Metric.CONVERSIONS, tracked=False)
    conversion_value = metric_field(Metric.CONVERSION_VALUE, tracked=False)
    cpa = metric_field(Metric.CPA, tracked=False)
    cvr = metric_field(Metric.CVR, tracked=False)
    aov = metric_field(Metric.AOV, tracked=False)
    roas = metric_field(Metric.ROAS, tracked=False)
    roi = metric_field(Metric.ROI, tracked=False)
    profit = metric_field(Metric.PROFIT, tracked=False)
    attribution = batched(
        _attributions,
        list[str],
        "The attribution behind them, in the platforms' words; several where imports of these days differ, none where "
        "none told.",
        columns=(REPORTING,),
    )
    dating = batched(
        _datings,
        Dating,
        "The day that they are filed under: UNKNOWN where no source says, or sources differ.",
        columns=(REPORTING,),
    )
    unavailable = _unavailable(tracked=False)
