"""Options as clients give them, and the attribution that an answer used."""

import strawberry

import graph.enums  # noqa: F401  # an enum is described before any type names it
from graph.scalars import CurrencyCode
from resolvers.options import (
    AS_SET,
    AttributionWindow,
    ConversionSource,
    CountBy,
    Options,
    UndefinedRatios,
    checked_currency,
    checked_events,
)


@strawberry.input(
    description="Which touch a tracked conversion is due to: the last click within the click window, else the last "
    "view within the view window. What is left out is the project's setting."
)
class AttributionInput:
    click: AttributionWindow | None = strawberry.field(
        default=strawberry.UNSET, description="How long after a click a conversion may still be due to it."
    )
    view: AttributionWindow | None = strawberry.field(
        default=strawberry.UNSET,
        description="How long after a view a conversion may still be due to it, where no click comes first.",
    )
    count_by: CountBy | None = strawberry.field(
        default=strawberry.UNSET, description="On which day a conversion counts."
    )


@strawberry.input(
    description="What the numbers shall mean: one variable for all levels of a query. What is left out is the "
    "project's setting."
)
class PerformanceOptions:
    conversion_source: ConversionSource | None = strawberry.field(
        default=strawberry.UNSET, description="Whose conversions the plain `conversions`, `cpa`, `roas` … are about."
    )
    conversion_events: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="The names of the events that are tracked conversions: 1 to 100, each of at most 200 characters.",
    )
    attribution: AttributionInput | None = strawberry.field(
        default=strawberry.UNSET, description="Which touch a tracked conversion is due to."
    )
    currency: CurrencyCode | None = strawberry.field(
        default=strawberry.UNSET,
        description="The currency of all money in the answer: each day's is converted at that day's exchange rate. "
        "Without it, that of the ad account; of a project whose ad accounts have several, its reporting currency.",
    )
    undefined_ratios: UndefinedRatios | None = strawberry.field(
        default=strawberry.UNSET, description="What a ratio is whose denominator is 0; NULL where it is left out."
    )

    def options(self) -> Options:
        """The same, checked; `Invalid` where a name or a code cannot be."""
        events, currency = self.conversion_events, self.currency
        attribution = self.attribution or AttributionInput()
        return Options(
            self.conversion_source or None,
            None if events is None or events is strawberry.UNSET
            else checked_events("options.conversionEvents", events),
            attribution.click or None,
            attribution.view or None,
            attribution.count_by or None,
            None if currency is None or currency is strawberry.UNSET
            else CurrencyCode(checked_currency("options.currency", currency)),
            self.undefined_ratios or None,
        )  # fmt: skip


def options_of(given: PerformanceOptions | None) -> Options:
    """The options of a field; the project's settings where none were given."""
    return given.options() if given else AS_SET


@strawberry.type(description="Which touch a tracked conversion is due to, and on which day it counts.")
class Attribution:
    click: AttributionWindow = strawberry.field(
        description="How long after a click a conversion may still be due to it: the last click within this time."
    )
    view: AttributionWindow = strawberry.field(
        description="How long after a view a conversion may still be due to it, where no click comes first."
    )
    count_by: CountBy = strawberry.field(description="On which day a conversion counts.")
