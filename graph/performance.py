"""The Performance type: what clients see of a node's numbers over a window."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db.database import Row
from db.entity import kind_of
from graph.metrics import Metrics
from graph.scalars import CurrencyCode
from graph.selection import Info, metrics
from graph.series import Series
from graph.window import Window, WindowInput
from resolvers import performance
from resolvers.window import DEFAULT, Granularity

Parent = strawberry.Parent[performance.Performance]
Size = Annotated[Granularity, strawberry.argument(description="The size of the buckets.")]
Asked = Annotated[
    WindowInput | None, strawberry.argument(description="Which days; without it, the 30 full days before today.")
]


@strawberry.type(description="How far the numbers of a window can be relied on.")
class Freshness:
    last_imported_at: datetime | None = strawberry.field(
        description="When the latest import that covers any of these days was made; null where none does."
    )
    missing_days: int = strawberry.field(
        description="How many of these days no import covers at this level or below (for a project: for some ad "
        "account), days yet to come among them. Sums are of the other days."
    )


async def _window(root: Parent, info: Info) -> Any:
    return await root.window(info.context)


async def _currency(root: Parent, info: Info) -> Any:
    return await root.currency(info.context)


async def _freshness(root: Parent, info: Info) -> Any:
    return await root.freshness(info.context)


async def _totals(root: Parent, info: Info) -> Any:
    return await root.totals(info.context, metrics(info))


async def _series(root: Parent, info: Info, granularity: Size = Granularity.DAY) -> Any:
    return await root.series(info.context, granularity, metrics(info, "points", "metrics"))


@strawberry.type(description="A node's numbers over a window of days.")
class Performance:
    window = strawberry.field(
        resolver=_window, graphql_type=Window | None, description="The days that these numbers are about."
    )
    currency = strawberry.field(
        resolver=_currency,
        graphql_type=CurrencyCode | None,
        description="The currency of all money here; null where ad accounts with delivery have several.",
    )
    freshness = strawberry.field(
        resolver=_freshness, graphql_type=Freshness | None, description="How far these numbers can be relied on."
    )
    totals = strawberry.field(resolver=_totals, graphql_type=Metrics | None, description="What the window adds up to.")
    series = strawberry.field(
        resolver=_series,
        graphql_type=Series | None,
        description="The window bucket by bucket, at most 1,100 of them (else WINDOW_TOO_LARGE).",
    )


def _performance(root: strawberry.Parent[Row], window: Asked = strawberry.UNSET) -> Any:
    return performance.of(root, kind_of(root).level, window.spec() if window else DEFAULT)


performance_field = strawberry.field(
    resolver=_performance,
    graphql_type=Performance | None,
    description="Its numbers over a window of days.",
    metadata={"needs": ("ad_account_id",)},
)
