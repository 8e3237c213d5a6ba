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
    # Files beside those of the timezones: what this machine is set to, and what one is before anybody sets it.
    return frozenset(available_timezones() - {"localtime", "Factory"})


@cache
def minor_unit(code: str) -> int | None:
    """The smallest amount of a currency, in millionths: 10,000 where that is a cent; None where there is none."""
    exponent = Currency(code).exponent
    return None if exponent is None else 10 ** (6 - exponent)
