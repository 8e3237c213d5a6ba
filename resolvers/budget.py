"""Budgets: what may be spent per day or in all, in the currency of the ad account."""

from dataclasses import dataclass
from decimal import Decimal

from iso4217 import Currency

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


async def budget(request: Request, ad_account_id: int, micros: int | None, period: str | None) -> Budget | None:
    """The budget, if there is one, in the currency of its ad account."""
    if micros is None or period is None:
        return None
    scope = await request.load(ad_account_scopes, ad_account_id)
    return Budget(micros, scope.currency, period) if scope else None
