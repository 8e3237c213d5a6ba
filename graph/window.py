"""Windows as clients give them, and as they were resolved."""

from datetime import date
from functools import cached_property

import strawberry

from resolvers import window
from resolvers.window import Preset, WindowSpec


@strawberry.input(description="The days from `since` to the day before `until`, both from 2000-01-01 to 2100-01-01.")
class DateRangeInput:
    since: date = strawberry.field(description="The first day.")
    until: date = strawberry.field(description="The day after the last one.")


@strawberry.input(one_of=True, description="Which days to look at: exactly one of these.")
class WindowInput:
    preset: Preset | None = strawberry.field(default=strawberry.UNSET, description="A window relative to today.")
    range: DateRangeInput | None = strawberry.field(default=strawberry.UNSET, description="A window by its dates.")
    last_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="This many full days directly before today: 1 to 36500."
    )

    @cached_property
    def spec(self) -> WindowSpec:
        """The window to resolve; `Invalid` where its numbers or dates cannot be."""
        if self.preset:
            return window.Named(self.preset)
        if self.range:
            return window.date_range(self.range.since, self.range.until)
        return window.last_days(self.last_days or 0)


@strawberry.type(description="The days that an answer is about.")
class Window:
    since: date = strawberry.field(description="The first day.")
    until: date = strawberry.field(description="The day after the last one.")
    last_day: date = strawberry.field(description="The last day: the one before `until`.")
    days: int = strawberry.field(description="How many days these are.")
    timezone: str = strawberry.field(
        description="The IANA timezone that presets resolve in: the project's. Each ad account's days are those of its "
        "own timezone."
    )
