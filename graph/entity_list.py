"""Lists of entities below a node: how clients filter, order and page them, and what comes back."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from db.database import Row
from db.entity import PROJECT, Kind, Step
from db.entity_list import Conditions, Field, Order
from db.errors import AdgraphError
from db.level import Platform
from graph.connection import After, Edge, First, PageInfo, checked_first, node_columns
from graph.enums import EntityStatus
from graph.field import batched
from graph.options import PerformanceOptions, options_of
from graph.performance import Chosen, Days, Performance, Platforms
from graph.ranking import MOST_CONDITIONS, Direction, MetricCondition, MetricOrder, few, given, text
from graph.selection import Selection
from graph.window import WindowInput
from resolvers import entity_list, global_id, performance, ranking, tree
from resolvers.alike import column
from resolvers.context import Request
from resolvers.listed import EntityList
from resolvers.options import Options
from resolvers.window import DEFAULT, WindowSpec

T = TypeVar("T")
MOST = 1_000


@strawberry.input(description="An order by what entities are. What is equal comes as it was first seen.")
class EntityFieldOrder:
    field: Field = strawberry.field(description="What they are ordered by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Over which days, and in which meaning, `performance` shows a metric.")
class Shown:
    window: WindowInput | None = strawberry.field(
        default=strawberry.UNSET, description="Over which days; without it, the 30 full days before today."
    )
    options: PerformanceOptions | None = strawberry.field(
        default=strawberry.UNSET, description="What the metric shall mean; without them, what the project has set."
    )

    def as_shown(self) -> tuple[WindowSpec, Options]:
        """The window and the options."""
        return self.window.spec if self.window else DEFAULT, options_of(self.options or None)


@strawberry.input(description="An order by a metric, as `performance` shows it. What is equal comes as first seen.")
class EntityMetricOrder(MetricOrder, Shown):
    pass


@strawberry.input(one_of=True, description="The order of a list: exactly one of these.")
class EntityOrder:
    field: EntityFieldOrder | None = strawberry.field(
        default=strawberry.UNSET, description="By what entities are."
    )  # fmt: skip
    metric: EntityMetricOrder | None = strawberry.field(
        default=strawberry.UNSET, description="By what their numbers are."
    )

    def order(self) -> Order | ranking.MetricOrder:
        """The order to apply."""
        if self.field:
            return Order(self.field.field, self.field.direction is Direction.DESC)
        assert self.metric
        return self.metric.order(*self.metric.as_shown())


@strawberry.input(description="Bounds of a metric, as `performance` shows it: at least one. Null is within none.")
class EntityMetricCondition(MetricCondition, Shown):
    pass


@strawberry.input(description="What entities of a list have in common: all of these that are given.")
class EntityFilter:
    ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="One of these ids: at most 1,000."
    )
    external_ids: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="One of these ids of the platform's: at most 1,000."
    )
    statuses: list[EntityStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="One of these statuses."
    )
    name_contains: str | None = strawberry.field(
        default=strawberry.UNSET, description="This text in the name, in capital letters or not."
    )
    metrics: list[EntityMetricCondition] | None = strawberry.field(
        default=strawberry.UNSET, description="Numbers within all of these bounds: at most 20."
    )

    def conditions(self, kind: Kind[Row]) -> Conditions:
        """What entities of that kind shall be; `Invalid` where an id is of none."""
        ids, external, statuses = given(self.ids), given(self.external_ids), given(self.statuses)
        name = given(self.name_contains)
        return Conditions(
            None if ids is None
            else tuple(global_id.parse_as(kind, id_, "filter.ids") for id_ in few("filter.ids", ids, MOST)),
            None if external is None
            else tuple(text("filter.externalIds", id_) for id_ in few("filter.externalIds", external, MOST)),
            None if statuses is None else tuple(status.value for status in few("filter.statuses", statuses, MOST)),
            None if name is None else text("filter.nameContains", name),
        )  # fmt: skip

    def measured(self) -> tuple[ranking.MetricCondition, ...]:
        """What their numbers shall be."""
        return tuple(
            one.condition("filter.metrics", *one.as_shown())
            for one in few("filter.metrics", given(self.metrics) or [], MOST_CONDITIONS)
        )


Where = Annotated[
    EntityFilter | None, strawberry.argument(name="filter", description="Which of them; without it, all.")
]
By = Annotated[EntityOrder | None, strawberry.argument(description="Their order; without it, as they were first seen.")]


async def _total_counts(request: Request, _selection: Selection, pages: Sequence[tree.Page]) -> list[int]:
    return await entity_list.total_counts(request, pages)


async def _performance(
    request: Request, _selection: Selection, pages: Sequence[tree.Page], window: Days = strawberry.UNSET,
    options: Chosen = strawberry.UNSET,
) -> Sequence[performance.Performance]:  # fmt: skip
    wholes = await entity_list.wholes(request, pages)
    return performance.Performances(wholes, None, window.spec if window else DEFAULT, options_of(options or None))


@strawberry.type(name="Connection", description="A page of a list of entities, in the order that was asked for.")
class EntityConnection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The nodes with their cursors.")
    nodes: list[T] = strawberry.field(description="The nodes alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in its list.")
    total_count = batched(_total_counts, int | None, "How many nodes the whole list has. Counted only when selected.")
    performance = batched(
        _performance, Performance | None, "The numbers of the whole list, not of this page alone, over a window."
    )


def descendants(parent: Kind[Row], kind: Kind[Row], graphql_type: object, description: str) -> Any:
    """The field that lists a node's entities of one kind, at any depth below it."""

    def asked(
        request: Request, selection: Selection, first: First = 50, after: After = strawberry.UNSET,
        platforms: Platforms = strawberry.UNSET, where: Where = strawberry.UNSET, order_by: By = strawberry.UNSET,
    ) -> tuple[EntityList, tuple[str, ...], str | None, int]:  # fmt: skip
        listed = _listed(parent, kind, where or None, order_by or None, given(platforms))
        return listed, node_columns(selection, kind), given(after), checked_first(request, first)

    def step(request: Request, selection: Selection, **arguments: Any) -> Step | None:
        return entity_list.step(*asked(request, selection, **arguments))

    async def of_platforms(
        request: Request, selection: Selection, rows: Sequence[Row], first: First = 50, after: After = strawberry.UNSET,
        platforms: Platforms = strawberry.UNSET, where: Where = strawberry.UNSET, order_by: By = strawberry.UNSET,
    ) -> Sequence[tree.Page | AdgraphError]:  # fmt: skip
        page = asked(request, selection, first, after, platforms, where, order_by)
        return await request.load_column(entity_list.pages, column(rows, "id"), *page)

    async def pages(
        request: Request, selection: Selection, rows: Sequence[Row], first: First = 50, after: After = strawberry.UNSET,
        where: Where = strawberry.UNSET, order_by: By = strawberry.UNSET,
    ) -> Sequence[tree.Page | AdgraphError]:  # fmt: skip
        return await of_platforms(request, selection, rows, first, after, None, where, order_by)

    # Anything deeper is of one platform.
    many = of_platforms if parent is PROJECT else pages
    return batched(many, graphql_type, description, needs=(), step=step)


def _listed(
    parent: Kind[Row], kind: Kind[Row], where: EntityFilter | None, order_by: EntityOrder | None,
    platforms: Iterable[Platform] | None,
) -> EntityList:  # fmt: skip
    conditions = where.conditions(kind) if where else Conditions()
    if platforms is not None:
        conditions = conditions._replace(platforms=tuple(sorted(set(platforms))))
    return EntityList(
        parent, kind, conditions, where.measured() if where else (), order_by.order() if order_by else Order()
    )
