"""One metric as a field, whatever block it stands in: its type, its description and its unit."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any

import strawberry

from graph.field import batched
from graph.scalars import BigInt
from graph.selection import Selection
from resolvers import formulas
from resolvers.context import Request
from resolvers.definition import Primitive, Unit
from resolvers.metric import METRICS, Metric, Reason, columns_of, definitions
from resolvers.sums import Sums


@strawberry.enum(description="How a rate is written: 2.5 % are 0.025 or 2.5.")
class RatioUnit(Enum):
    FRACTION = strawberry.enum_value("FRACTION", description="As a part of 1.")
    PERCENT = strawberry.enum_value("PERCENT", description="As a part of 100.")


As = Annotated[RatioUnit, strawberry.argument(name="as", description="How it is written.")]


def metric_field(metric: Metric, *, tracked: bool | None = None) -> Any:
    """The field of a metric, its type and its description; `tracked` says whose conversions it is about, if it does not
    follow what was asked.
    """
    definition = METRICS[metric] if tracked is None else definitions(tracked=tracked)[metric]
    whole = isinstance(definition, Primitive) and definition.scale == 1

    def values(_request: Request, _selection: Selection, blocks: Sequence[Sums]) -> list[float | int | None]:
        return formulas.values(metric, blocks, tracked=tracked)

    def rates(
        _request: Request, _selection: Selection, blocks: Sequence[Sums], unit: As = RatioUnit.FRACTION
    ) -> list[float | int | None]:
        return formulas.values(metric, blocks, tracked=tracked, percent=unit is RatioUnit.PERCENT)

    reads: dict[str, Any] = {"metrics": (metric,)}
    if tracked is not None:
        reads = {"columns": columns_of((metric,), tracked=tracked)}
    many = rates if definition.unit is Unit.FRACTION else values
    if tracked is None:
        # What it is where no argument says otherwise.
        many.metric = metric  # type: ignore[attr-defined]
    return batched(
        many,
        BigInt | None if whole else float | None,
        definition.plain_description if tracked is None else definition.description,
        name=metric.value,
        needs=(),
        **reads,
    )


@strawberry.type(description="A metric that is null or incomplete, and why.")
class UnavailableMetric:
    metric: Metric = strawberry.field(description="The metric.")
    reason: Reason = strawberry.field(description="Why it is null, or not the whole of what it says.")
