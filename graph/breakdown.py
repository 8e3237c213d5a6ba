"""The Breakdown types: a node's numbers as rows, along one or two dimensions."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db.database import Row
from db.entity import BY_LEVEL
from db.errors import AdgraphError
from db.level import Platform
from graph import comparison
from graph.comparison import Comparison, To, days_of
from graph.connection import After, First, PageInfo, checked_first
from graph.field import batched
from graph.metrics import Metrics
from graph.ranking import MOST_CONDITIONS, MetricCondition, MetricOrder, few, given
from graph.scalars import CurrencyCode
from graph.selection import Selection, once
from graph.series import Filled, Series, Size, asks_for_places, columns_of_series
from resolvers import breakdown, breakdown_page, global_id, points, remainder, tree
from resolvers import comparison as compared
from resolvers.breakdown_page import Breakdown, Page, asked_of, checked, entities_of
from resolvers.calendar import Granularity, Weekday
from resolvers.cell import LEVELS, By, Dimension
from resolvers.context import Request
from resolvers.metric import Metric, columns_of, in_order
from resolvers.next_asked import Ahead
from resolvers.performance import Performance
from resolvers.series import Fill

if TYPE_CHECKING:
    from graph.node import Measurable

Rows = Sequence[breakdown_page.Row]
Of = Annotated[Metric, strawberry.argument(description="Of which metric.")]
Along = Annotated[
    list[Dimension], strawberry.argument(description="One or two dimensions, none above what is broken down.")
]
Order = Annotated[
    MetricOrder | None,
    strawberry.argument(description="Their order; without it, by their keys: as first seen, and in order of time."),
]
Having = Annotated[
    list[MetricCondition] | None, strawberry.argument(description="Only rows within all of these bounds: at most 20.")
]


def _ids(dimension: Dimension) -> Any:
    """The id of the row's entity of one level."""
    name = global_id.TYPE_NAMES[BY_LEVEL[LEVELS[dimension]]]

    def ids(_request: Request, _selection: Selection, rows: Rows) -> list[str | None]:
        found = [row.cell.along.get(dimension) for row in rows]
        return [global_id.encode(name, id_) if isinstance(id_, int) else None for id_ in found]

    return batched(ids, strawberry.ID | None, f"The id of the {name}.", name=name[0].lower() + name[1:], needs=())


def _days(dimension: Dimension, description: str) -> Any:
    """The first day of the row's stretch of time."""

    def days(_request: Request, _selection: Selection, rows: Rows) -> list[date | None]:
        found = [row.cell.along.get(dimension) for row in rows]
        return [date.fromisoformat(day) if isinstance(day, str) else None for day in found]

    return batched(days, date | None, description, name=dimension.name.lower(), needs=())


def _platforms(_request: Request, _selection: Selection, rows: Rows) -> list[Platform | None]:
    found = [row.cell.along.get(Dimension.PLATFORM) for row in rows]
    return [Platform(platform) if isinstance(platform, str) else None for platform in found]


def _weekdays(_request: Request, _selection: Selection, rows: Rows) -> list[Weekday | None]:
    found = [row.cell.along.get(Dimension.WEEKDAY) for row in rows]
    return [list(Weekday)[number] if isinstance(number, int) else None for number in found]


@strawberry.type(description="Where a row lies along each dimension; null for those that it is not broken down by.")
class BreakdownKey:
    platform = batched(_platforms, Platform | None, "The platform.", needs=())
    ad_account = _ids(Dimension.AD_ACCOUNT)
    campaign = _ids(Dimension.CAMPAIGN)
    ad_set = _ids(Dimension.AD_SET)
    ad = _ids(Dimension.AD)
    day = _days(Dimension.DAY, "The day.")
    week = _days(Dimension.WEEK, "The first day of the week, even where that lies before the window.")
    month = _days(Dimension.MONTH, "The first day of the month, even where that lies before the window.")
    weekday = batched(_weekdays, Weekday | None, "The day of the week.", needs=())


def _same(_request: Request, _selection: Selection, rows: Rows) -> Rows:
    """The rows themselves, seen otherwise."""
    return rows


async def _entities(request: Request, selection: Selection, rows: Rows) -> list[Row | None]:
    entities = entities_of(rows)
    if not any(entities):
        return [None] * len(rows)
    level = asked_of(rows)[0].level
    assert level
    kind = BY_LEVEL[level]
    found = await request.load_all(tree.by_id, [one.id for one in entities if one], kind, selection.columns(kind))
    return [found[one.id] if one else None for one in entities]


def _shares(_request: Request, _selection: Selection, rows: Rows, of: Of = Metric.SPEND) -> list[float | None]:
    return [remainder.share(row.metrics, row.block.whole, of) for row in rows]


def _shared(of: Metric = Metric.SPEND) -> tuple[Metric, ...]:
    return (of,)


async def _comparisons(
    request: Request, selection: Selection, rows: Rows, to: To = None
) -> Sequence[compared.Comparison | None]:
    columns, partial = comparison.columns_of(selection), selection.has("partial")
    return await breakdown.comparisons(request, rows, days_of(to), columns, with_partial=partial)


async def _series(
    request: Request, selection: Selection, rows: Rows, granularity: Size = Granularity.DAY, fill: Filled = Fill.ZERO
) -> list[points.Series | None]:
    columns, placed = columns_of_series(selection), asks_for_places(selection)
    return await breakdown.series_of(request, rows, granularity, fill, columns, placed=placed)


@strawberry.type(description="A row: the numbers of a part of what is broken down, of some of the days, or of both.")
class BreakdownRow:
    key = batched(_same, BreakdownKey, "Where it lies along the dimensions.", needs=())
    entity = batched(
        _entities,
        Annotated["Measurable", strawberry.lazy("graph.node")] | None,
        "The node whose numbers these are, the lower one of two; null where no dimension is a level.",
    )
    days: int = strawberry.field(description="How many days of the window these are.")
    currency: CurrencyCode | None = strawberry.field(
        description="The currency of all money here; null where ad accounts with delivery have several."
    )
    metrics: Metrics = strawberry.field(description="What these days add up to.")
    share = batched(
        _shares,
        float | None,
        "How much this is of all that is broken down, a fraction. Null of what does not add up or is null, and of "
        "nothing.",
        needs=(),
        metrics=_shared,
    )
    comparison = batched(
        _comparisons,
        Comparison | None,
        "Beside the row at the same place in the days compared with: of the same key, but for time the bucket that is "
        "as far from the start; null past the end.",
    )
    series = batched(
        _series, Series | None, "Its days, bucket by bucket; null where they do not follow each other, as of a weekday."
    )


@strawberry.type(description="A row and its place in a list.")
class BreakdownEdge:
    node: BreakdownRow = strawberry.field(description="The row.")
    cursor: str = strawberry.field(description="Its place in the list, for `after`.")


@strawberry.type(description="A page of rows, in the order that was asked for.")
class BreakdownConnection:
    edges: list[BreakdownEdge] = strawberry.field(description="The rows with their cursors.")
    nodes: list[BreakdownRow] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in its list.")
    total_count: int | None = strawberry.field(description="How many rows there are on all pages.")
    rest: Metrics | None = strawberry.field(
        description="What the totals have beyond the rows of this page: other pages, rows that `having` left out, and "
        "the residual. Ratios are those of its own sums; reach, which does not add up, is null."
    )


async def _breakdowns(
    request: Request, selection: Selection, asked: Sequence[Performance], by: Along, order_by: Order = None,
    having: Having = None, first: First = 50, after: After = strawberry.UNSET,
) -> list[Page | AdgraphError]:  # fmt: skip
    conditions = tuple(one.condition() for one in few("having", given(having) or [], MOST_CONDITIONS))
    wanted = Breakdown(checked(by), order_by.order() if order_by else None, conditions)
    columns = _columns(selection, wanted.metrics)
    behind, limit = given(after), checked_first(request, first)
    whole, ahead = _with_whole(selection), _ahead(selection, wanted.by)
    return await breakdown.pages(request, asked, wanted, columns, behind, limit, with_whole=whole, ahead=ahead)


@once
def _with_whole(selection: Selection) -> bool:
    """Whether a share or the rest is selected, which are of all."""
    return any(selection.has(*path) for path in (("rest",), ("nodes", "share"), ("edges", "node", "share")))


@once
def _ahead(selection: Selection, by: By) -> Ahead:
    """What is selected of the rows that takes further statements: of a comparison, where its days are the default."""
    levels = [LEVELS[dimension] for dimension in by if dimension in LEVELS]
    if not levels or len(levels) < len(by):
        return Ahead()
    kind = BY_LEVEL[max(levels)]
    return Ahead(
        selection.columns(kind, "nodes", "entity") if selection.has("nodes", "entity") else None,
        comparison.columns_of(selection, "nodes", "comparison") if selection.plain("nodes", "comparison") else None,
        comparison.DEFAULT,
    )


def _columns(selection: Selection, measured: frozenset[Metric]) -> tuple[str, ...]:
    """The columns that all of a breakdown's sums need; rows are ordered and filtered by what is `measured`."""
    return in_order((*_columns_of_rows(selection), *columns_of(measured))) if measured else _columns_of_rows(selection)


@once
def _columns_of_rows(selection: Selection) -> tuple[str, ...]:
    found = {*selection.metrics("rest")}
    for path in (("nodes",), ("edges", "node")):
        found.update(selection.metrics(*path))
        found.update(selection.metrics(*path, "metrics"))
        found.update(comparison.columns_of(selection, *path, "comparison"))
    return in_order(found)


breakdown_field = batched(
    _breakdowns,
    BreakdownConnection | None,
    "The same numbers as rows along one or two dimensions. At most 1,100 buckets of time (else WINDOW_TOO_LARGE).",
)
