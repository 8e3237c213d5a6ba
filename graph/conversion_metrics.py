"""Conversions of one side: those that platforms report, and those that we attribute ourselves."""

from collections.abc import Sequence
from typing import Any

import strawberry

from db.importers.records import Dating
from graph.field import batched
from graph.metric import UnavailableMetric, metric_field
from graph.selection import Selection
from resolvers import reporting
from resolvers.context import Request
from resolvers.formulas import Blocks, Sums
from resolvers.metric import REPORTING, Metric, columns_of

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
