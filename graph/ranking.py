"""Orders and conditions by metrics, as clients give them."""

from collections.abc import Sequence
from enum import Enum
from typing import TypeVar

import strawberry

from db.errors import Invalid
from resolvers import ranking
from resolvers.metric import Metric
from resolvers.options import AS_SET, Options
from resolvers.window import DEFAULT, WindowSpec

V = TypeVar("V")
MOST_CONDITIONS = 20


@strawberry.enum(description="Which way a list is ordered. Null comes last either way.")
class Direction(Enum):
    ASC = strawberry.enum_value("ASC", description="The least first.")
    DESC = strawberry.enum_value("DESC", description="The most first.")


@strawberry.enum(description="What a cost counts as where something was spent, and nothing was got for it.")
class UndefinedAs(Enum):
    NULL = strawberry.enum_value("NULL", description="Null: last in any order, and within no bounds.")
    WORST = strawberry.enum_value("WORST", description="More than any cost. What cost nothing stays null.")


@strawberry.input(description="An order by a metric, over the days and with the options of what is ordered.")
class MetricOrder:
    metric: Metric = strawberry.field(description="What the rows are ordered by.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")
    undefined_as: UndefinedAs = strawberry.field(
        default=UndefinedAs.NULL, description="What a cost counts as where nothing was got for what was spent."
    )

    def order(self, window: WindowSpec = DEFAULT, options: Options = AS_SET) -> ranking.MetricOrder:
        """The order to apply."""
        worst = self.undefined_as is UndefinedAs.WORST
        return ranking.MetricOrder(self.metric, window, options, worst, self.direction is Direction.DESC)


@strawberry.input(
    description="Bounds of a metric, over the days and with the options of what is filtered: at least one. Null is "
    "within none."
)
class MetricCondition:
    metric: Metric = strawberry.field(description="What is bounded.")
    gt: float | None = strawberry.field(default=strawberry.UNSET, description="More than this.")
    gte: float | None = strawberry.field(default=strawberry.UNSET, description="This or more.")
    lt: float | None = strawberry.field(default=strawberry.UNSET, description="Less than this.")
    lte: float | None = strawberry.field(default=strawberry.UNSET, description="This or less.")
    undefined_as: UndefinedAs = strawberry.field(
        default=UndefinedAs.NULL, description="What a cost counts as where nothing was got for what was spent."
    )

    def condition(
        self, argument: str = "having", window: WindowSpec = DEFAULT, options: Options = AS_SET
    ) -> ranking.MetricCondition:
        """The condition to apply, given as that argument; `Invalid` where its bounds are none."""
        bounds = [given(bound) for bound in (self.gt, self.gte, self.lt, self.lte)]
        worst = self.undefined_as is UndefinedAs.WORST
        return ranking.checked(argument, ranking.MetricCondition(self.metric, window, options, worst, *bounds))


def given(value: V | None) -> V | None:
    """The value; None where it was left out."""
    return None if value is strawberry.UNSET else value


def text(name: str, value: str) -> str:
    """The text that a client gave as `name`; `Invalid` where the database holds no such text."""
    if "\0" in value:
        raise Invalid(f"`{name}` holds the character NUL, which no text here has. Leave it out.")
    return value


def few(name: str, values: Sequence[V], most: int) -> Sequence[V]:
    """The list that a client gave as `name`; `Invalid` where it is longer than `most`."""
    if len(values) > most:
        raise Invalid(f"`{name}` may hold {most:,}; got {len(values):,}.")
    return values
