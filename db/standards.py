"""What standards name: ISO 4217's currencies and IANA's timezones."""

from functools import cache
from zoneinfo import available_timezones

from iso4217 import Currency


@cache
def currencies() -> frozenset[str]:
    """The codes of all currencies, in capitals."""
    return frozenset(currency.code for currency in Currency)


@cache
def timezones() -> frozenset[str]:
    """The names of all timezones."""
    return frozenset(available_timezones())
