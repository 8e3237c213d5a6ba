"""The BlendedMetrics type: what clients see of resolvers.blended.Blended."""

from collections.abc import Sequence
from typing import Any

import strawberry

from graph.field import batched
from graph.selection import Selection
from resolvers import blended
from resolvers.blended import Blended, BlendedMetric
from resolvers.context import Request
from resolvers.metric import Reason
from resolvers.performance import Performance


@strawberry.type(description="A blended metric that is null, and why.")
class UnavailableBlendedMetric:
    metric: BlendedMetric = strawberry.field(description="The metric.")
    reason: Reason = strawberry.field(description="Why it is null.")


def _metric(metric: BlendedMetric, graphql_type: object, description: str) -> Any:
    def many(_request: Request, _selection: Selection, wholes: Sequence[Blended]) -> list[float | None]:
        return [whole.told(metric).value for whole in wholes]

    return batched(many, graphql_type, description, name=metric.value)


def _unavailable(
    _request: Request, _selection: Selection, wholes: Sequence[Blended]
) -> list[list[UnavailableBlendedMetric]]:
    told = ([(metric, whole.told(metric).reason) for metric in BlendedMetric] for whole in wholes)
    return [
        [UnavailableBlendedMetric(metric=metric, reason=reason) for metric, reason in each if reason] for each in told
    ]


@strawberry.type(
    description="All conversions of a project's own events, whether due to an ad or not, over all that its ad accounts "
    "spent. Conversions are dated by their own time in the project's timezone."
)
class BlendedMetrics:
    conversions = _metric(BlendedMetric.CONVERSIONS, float, "How many conversions there are.")
    conversion_value = _metric(
        BlendedMetric.CONVERSION_VALUE, float | None, "What they are worth, less refunds, in `currency`."
    )
    cpa = _metric(BlendedMetric.CPA, float | None, "Cost per acquisition: spend / conversions, in `currency`.")
    mer = _metric(BlendedMetric.MER, float | None, "Marketing efficiency ratio: conversionValue / spend.")
    unavailable = batched(
        _unavailable, list[UnavailableBlendedMetric], "Every metric of this block that is null, with the reason."
    )


async def _of(request: Request, _selection: Selection, asked: Sequence[Performance]) -> Sequence[Blended | None]:
    return await blended.of(request, asked)


blended_field = batched(
    _of,
    BlendedMetrics | None,
    "All conversions over all spend. Null of anything but a whole project.",
)
