"""The Budget type: what clients see of resolvers.budget.Budget."""

from typing import Any

import strawberry

from db.ad_set import AdSetRow
from db.campaign import CampaignRow
from graph.enums import BudgetPeriod
from graph.scalars import BigInt, CurrencyCode
from graph.selection import Info
from resolvers import budget


@strawberry.type(description="What may be spent, per day or in all.")
class Budget:
    amount: float = strawberry.field(description="In units of the currency.")
    amount_minor: BigInt | None = strawberry.field(
        description="In the currency's minor units by ISO 4217 (cents for USD, yen for JPY); null where the currency "
        "is unknown."
    )
    currency: CurrencyCode = strawberry.field(description="The ad account's.")
    period: BudgetPeriod = strawberry.field(description="What the amount is for.")


async def _budget(root: strawberry.Parent[CampaignRow | AdSetRow], info: Info) -> Any:
    return await budget.budget(info.context, root.ad_account_id, root.budget_micros, root.budget_period)


budget_field = strawberry.field(
    resolver=_budget,
    graphql_type=Budget | None,
    description="Its own budget; null where it has none, or none is known.",
    metadata={"needs": ("ad_account_id", "budget_micros", "budget_period")},
)
