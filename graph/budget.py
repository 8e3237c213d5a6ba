"""The Budget type: what clients see of resolvers.budget.Budget."""

from collections.abc import Sequence

import strawberry

from db.ad_set import AdSetRow
from db.campaign import CampaignRow
from graph.enums import BudgetPeriod
from graph.field import batched
from graph.scalars import BigInt, CurrencyCode
from graph.selection import Selection
from resolvers import budget
from resolvers.context import Request


@strawberry.type(description="What may be spent, per day or in all.")
class Budget:
    amount: float = strawberry.field(description="In units of the currency.")
    amount_minor: BigInt | None = strawberry.field(
        description="In the currency's minor units by ISO 4217 (cents for USD, yen for JPY); null where the currency "
        "is unknown."
    )
    currency: CurrencyCode = strawberry.field(description="The ad account's.")
    period: BudgetPeriod = strawberry.field(description="What the amount is for.")


async def _budgets(
    request: Request, _selection: Selection, rows: Sequence[CampaignRow | AdSetRow]
) -> Sequence[budget.Budget | None]:
    return await budget.budgets(request, rows)


budget_field = batched(
    _budgets,
    Budget | None,
    "Its own budget; null where it has none, or none is known.",
    needs=("ad_account_id", "budget_micros", "budget_period"),
)
