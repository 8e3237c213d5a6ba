"""The Series type: a window cut into buckets."""

from datetime import date

import strawberry

from graph.metrics import Metrics
from resolvers.calendar import Granularity


@strawberry.type(description="One bucket of a series.")
class SeriesPoint:
    bucket: date = strawberry.field(
        description="The first day of the whole bucket, even where that lies before the window."
    )
    since: date = strawberry.field(description="The bucket's first day in the window.")
    until: date = strawberry.field(description="The day after its last one in the window.")
    partial: bool = strawberry.field(description="Whether a part of the bucket lies outside the window.")
    metrics: Metrics = strawberry.field(description="What the bucket's days in the window add up to.")


@strawberry.type(description="A window cut into buckets.")
class Series:
    granularity: Granularity = strawberry.field(description="The size of the buckets.")
    points: list[SeriesPoint] = strawberry.field(
        description="Every bucket, in order of time. One without delivery has zeros where imports cover its days, else "
        "nulls (NOT_IMPORTED)."
    )
