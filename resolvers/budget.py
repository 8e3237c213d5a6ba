"""Budgets: what may be spent per day or in all, in the currency of the ad account."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from iso4217 import Currency

from db.ad_set import AdSetRow
from db.campaign import CampaignRow
from resolvers.context import Request
from resolvers.window import ad_account_scopes


@dataclass(frozen=True, slots=True)
class Budget:
    """An amount, exact in micros, for a period (DAILY | LIFETIME)."""

    micros: int
    currency: str
    period: str

    @property
    def amount(self) -> float:
        """In units of the currency."""
        return self.micros / 1_000_000

    @property
    def amount_minor(self) -> int | None:
        """In the currency's minor units (cents, for most), half-even; None where it is unknown or has none."""
        exponent = Currency(self.currency).exponent
        return None if exponent is None else round(Decimal(self.micros).scaleb(exponent - 6))


async def budgets(request: Request, rows: Sequence[CampaignRow | AdSetRow]) -> list[Budget | None]:
    """Batch: each one's budget, if it has one, in the currency of its ad account."""
    having = {row.ad_account_id for row in rows if row.budget_micros is not None}
    scopes = await request.load_all(ad_account_scopes, having)
    return [
        None
        if row.budget_micros is None or row.budget_period is None
        else Budget(row.budget_micros, scopes[row.ad_account_id].currency, row.budget_period)
        for row in rows
    ]
