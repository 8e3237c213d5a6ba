"""The Exchange type: what clients see of how money was converted."""

from datetime import date

import strawberry

from graph.scalars import CurrencyCode


@strawberry.type(description="A currency that money was converted from, each day's at that day's exchange rate.")
class Exchange:
    currency: CurrencyCode = strawberry.field(description="That of the ad accounts whose money was converted.")
    earlier_rate_days: int = strawberry.field(
        description="How many days of the window have no rate of their own and take the last one before, however "
        "old: weekends and holidays, on which none is published, and days whose rates are not imported."
    )
    no_rate_days: int = strawberry.field(
        description="How many days of the window are before the first rate that was imported, if any was: what was "
        "spent then cannot be converted (NO_RATE)."
    )
    last_rate_day: date | None = strawberry.field(description="The latest day whose rate was taken.")
