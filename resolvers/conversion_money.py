"""Money of conversions: exact sums in one currency, and how they are shown."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import NamedTuple

from iso4217 import Currency

from resolvers.metric import Reason

Told = tuple[float | None, Reason | None]


class Money(NamedTuple):
    """A sum in one currency (None: of nothing that has one), unless there is a reason why it is none."""

    amount: Decimal
    currency: str | None
    reason: Reason | None = None

    @property
    def shown(self) -> Told:
        """To the currency's minor unit, half to even."""
        return (None, self.reason) if self.reason else (rounded(self.amount, self.currency), None)


def rounded(amount: Decimal, currency: str | None) -> float:
    """An amount as it is shown: to the currency's minor unit, half to even."""
    digits = None if currency is None else _minor_digits(currency)
    return float(amount if digits is None else amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))


@lru_cache
def _minor_digits(currency: str) -> int | None:
    return Currency(currency).exponent
