"""The catalogue: the vocabulary of metrics as clients see it, and as docs/metrics.md prints it."""

from collections.abc import Iterator, Sequence
from enum import Enum

import strawberry

from db.level import Level, Platform
from graph.field import batched
from graph.selection import Selection
from resolvers.context import Request
from resolvers.definition import Additivity, Definition, Difference, Direction, Ratio, Unit
from resolvers.metric import BUNDLES, METRICS, Metric


@strawberry.enum(description="What numbers are asked of: a kind of node.")
class Scope(Enum):
    PROJECT = strawberry.enum_value(None, description="Projects.")
    AD_ACCOUNT = strawberry.enum_value(Level.AD_ACCOUNT, description="Ad accounts.")
    CAMPAIGN = strawberry.enum_value(Level.CAMPAIGN, description="Campaigns.")
    AD_SET = strawberry.enum_value(Level.AD_SET, description="Ad sets.")
    AD = strawberry.enum_value(Level.AD, description="Ads.")


@strawberry.type(description="What a metric is. All that is said of it anywhere follows from this.")
class MetricDefinition:
    metric: Metric = strawberry.field(description="The metric.")
    field: str = strawberry.field(description="The name of its field.")
    description: str = strawberry.field(description="What it is, in words.")
    formula: str | None = strawberry.field(description="How it follows from other metrics; null where it is counted.")
    inputs: list[Metric] = strawberry.field(description="The metrics that it follows from.")
    unit: Unit = strawberry.field(description="What one of it is.")
    direction: Direction = strawberry.field(description="Which way it gets better.")
    additivity: Additivity = strawberry.field(description="How that of a whole follows from its parts.")
    platforms: list[Platform] = strawberry.field(
        description="Whose reports may have it. Of conversions that are tracked, all may."
    )
    default_scopes: list[Scope] = strawberry.field(description="Where `values` gives it if the query names no metrics.")


def _definition(one: Definition) -> MetricDefinition:
    return MetricDefinition(
        metric=one.name,
        field=one.name.value,
        description=one.plain_description,
        formula=one.formula,
        inputs=[each.name for each in one.inputs],
        unit=one.unit,
        direction=one.direction,
        additivity=one.additivity,
        platforms=list(one.platforms),
        default_scopes=[Scope(level) for level, bundle in BUNDLES.items() if one.name in bundle],
    )


CATALOG = [_definition(one) for one in METRICS.values()]


def _catalog(_request: Request, _selection: Selection, roots: Sequence[object]) -> list[list[MetricDefinition]]:
    return [CATALOG] * len(roots)


metric_catalog = batched(_catalog, list[MetricDefinition], "What every metric is, in the order of `Metrics`.")

_HEAD = """# The metrics

Printed by `adgraph metrics`, from the definitions that the numbers are computed by; `metricCatalog` has the same.
[numbers.md](numbers.md) says when a metric is null, and why.

The enum `Metric` has them in capitals: `LINK_CTR` is `linkCtr`. That of a *whole* (several days, what lies below an
entity) is the sum of its parts, or the quotient of two sums, or what was reported of the whole itself. *Floored* is
what `undefinedRatios: FLOORED` divides; *default of* says where `values` gives it without being asked for.

| metric | is | unit | better | whole | floored | reported by | default of |
|---|---|---|---|---|---|---|---|"""
_UNITS = {Unit.CURRENCY: "`currency`", Unit.FRACTION: "fraction", Unit.RATIO: "ratio", Unit.COUNT: ""}
_BETTER = {Direction.UP_IS_BETTER: "up", Direction.DOWN_IS_BETTER: "down", Direction.NEUTRAL: ""}
_WHOLE = {Additivity.ADDITIVE: "sum", Additivity.QUOTIENT: "quotient", Additivity.UNIQUE: "as reported"}


def document() -> str:
    """The text of docs/metrics.md."""
    return "\n".join([_HEAD, *_rows()])


def _rows() -> Iterator[str]:
    for one in CATALOG:
        definition = METRICS[one.metric]
        platforms = "" if len(one.platforms) == len(Platform) else ", ".join(each.value for each in one.platforms)
        scopes = ", ".join(scope.name for scope in one.default_scopes)
        cells = (
            f"`{one.field}`", definition.plain_description.removesuffix(" Additive."), _UNITS[one.unit],
            _BETTER[one.direction], _WHOLE[one.additivity], _floored(definition), platforms or "all", scopes,
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _floored(definition: Definition) -> str:
    if not isinstance(definition, Ratio):
        return ""
    bottom = definition.denominator
    least = bottom.floor / bottom.scale
    floored = f"max({bottom.name.value}, {least:g})"
    top = definition.numerator
    above = f"({top.formula})" if isinstance(top, Difference) else top.name.value
    factor = f"{definition.factor} × " if definition.factor != 1 else ""
    return f"{factor}{above} / {floored}"
