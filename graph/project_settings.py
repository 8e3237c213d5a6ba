"""The mutation updateProject: a project's settings as clients give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import strawberry

from db import entity
from db.database import Row
from graph.field import batched
from graph.options import AttributionInput
from graph.project import Project
from graph.query import by_id
from graph.scalars import CurrencyCode
from graph.selection import Selection
from resolvers import global_id, project_settings
from resolvers.calendar import Weekday
from resolvers.context import Request
from resolvers.options import ConversionSource, checked_currency, checked_events, checked_margin, checked_timezone

UNSET = strawberry.UNSET


@strawberry.input(
    description="What to set of a project. What is left out stays as it is; null sets back to the default."
)
class UpdateProjectInput:
    id: strawberry.ID = strawberry.field(description="The project's id.")
    timezone: str | None = strawberry.field(
        default=UNSET,
        description="The IANA timezone that presets resolve in. Default: the one that all its ad accounts share, else "
        "UTC.",
    )
    reporting_currency: CurrencyCode | None = strawberry.field(
        default=UNSET, description="What money of several currencies is converted into. Default: nothing."
    )
    conversion_source: ConversionSource | None = strawberry.field(
        default=UNSET, description="Whose conversions the plain metrics are about. Default: REPORTED."
    )
    conversion_events: list[str] | None = strawberry.field(
        default=UNSET,
        description="The names of the events that are tracked conversions: 1 to 100, each of at most 200 characters. "
        "Default: `purchase_success`, `subscribe_success`, `trial_start`.",
    )
    attribution: AttributionInput | None = strawberry.field(
        default=UNSET,
        description="Which touch a tracked conversion is due to; a null in it sets that part back. Default: 7 days "
        "after a click, 1 day after a view, on the day of the conversion.",
    )
    week_starts_on: Weekday | None = strawberry.field(
        default=UNSET, description="The first day of its weeks. Default: MONDAY."
    )
    margin: float | None = strawberry.field(
        default=UNSET,
        description="What is left of the value of a sale before advertising: a fraction above 0, at most 1. Default: "
        "none.",
    )

    def changes(self) -> dict[str, Any]:
        """What is to be set, by column; None: back to its default. `Invalid` where a value cannot be."""
        attribution = self.attribution
        if attribution is UNSET:
            attribution = AttributionInput()
        elif attribution is None:
            attribution = AttributionInput(click=None, view=None, count_by=None)
        assert attribution is not None
        given: dict[str, Any] = {
            "timezone": _checked(checked_timezone, "input.timezone", self.timezone),
            "reporting_currency": _checked(checked_currency, "input.reportingCurrency", self.reporting_currency),
            "conversion_source": self.conversion_source,
            "conversion_events": _checked(checked_events, "input.conversionEvents", self.conversion_events),
            "attribution_click": attribution.click,
            "attribution_view": attribution.view,
            "count_by": attribution.count_by,
            "week_starts_on": self.week_starts_on,
            "margin": _checked(checked_margin, "input.margin", self.margin),
        }
        return {column: value for column, value in given.items() if value is not UNSET}


def _checked(check: Callable[[str, Any], object], name: str, value: object) -> object:
    return value if value is None or value is UNSET else check(name, value)


async def _update_project(
    request: Request, selection: Selection, roots: Sequence[object],
    given: Annotated[UpdateProjectInput, strawberry.argument(name="input", description="What to set.")],
) -> Sequence[Row]:  # fmt: skip
    project_id = global_id.parse_as(entity.PROJECT, given.id, "input.id")
    await project_settings.change(request, project_id, given.changes())
    return await by_id(request, selection, roots, entity.PROJECT, project_id)


update_project = batched(
    _update_project,
    Project | None,
    "Changes the settings of a project: all that are given, or none where one cannot be. Gives the project as it then "
    "is. NOT_FOUND without one, VALIDATION for a value that cannot be.",
)
