"""The import of exchange rates: all of a file or nothing; what it says of a day replaces what was known of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

from db.database import Database, Row, Transaction
from db.errors import Invalid
from db.importers.exchange_rates import Rate, read
from db.importers.files import STANDARD_INPUT
from db.importers.records import BadRow
from db.importing.refusals import ImportRefused

# What another rate divides is kept to this many digits; a rate that is given for the euro is kept as it is written.
DIGITS = 40
_AT_ONCE = 20_000
_MOST_BAD_ROWS = 10_000
# A currency and a day.
_Key = tuple[str, date]


class _WrittenRow(Row):
    added: int
    replaced: int


class _RateRow(Row):
    currency: str
    day: date
    units_per_eur: Decimal


@dataclass(frozen=True)
class RatesReport:
    """What an import of rates did: how many rates of how many currencies, on the days from `first` to `last`."""

    rates: int
    added: int
    replaced: int
    currencies: int
    first: date
    last: date
    dry_run: bool
    seconds: float

    @property
    def changed(self) -> bool:
        return bool(self.added or self.replaced)


class _Rehearsed(Exception):
    """Everything was done, and nothing is to be kept."""

    def __init__(self, report: RatesReport) -> None:
        super().__init__()
        self.report = report


async def import_rates(database: Database, path: Path, *, dry_run: bool = False) -> RatesReport:
    """Takes all rates of the file; raises `ImportRefused` with every row that cannot be taken."""
    started = time.monotonic()
    rates, bad_rows = _read(path)
    if bad_rows:
        raise ImportRefused(bad_rows[:_MOST_BAD_ROWS], len(bad_rows))
    if not rates:
        raise Invalid(f"{path} holds no rate.")
    try:
        async with database.transaction() as transaction:
            report = await _take(transaction, path, rates, dry_run, started)
            if dry_run:
                raise _Rehearsed(report)
    except _Rehearsed as rehearsed:
        return rehearsed.report
    return report


async def _take(
    transaction: Transaction, path: Path, rates: Sequence[Rate], dry_run: bool, started: float  # noqa: FBT001  # what the report says
) -> RatesReport:  # fmt: skip
    await transaction.execute("lift_statement_timeout")
    await transaction.execute("lock_exchange_rates")
    units = await _per_euro(transaction, rates)
    added, replaced = await _write(transaction, units)
    days = sorted({day for _, day in units})
    currencies = sorted({currency for currency, _ in units})
    await transaction.execute(
        "record_exchange_rates", datetime.now(UTC), path.name, _sha256(path), len(units), added, replaced, currencies,
        days[0], days[-1] + timedelta(1),
    )  # fmt: skip
    taken = time.monotonic() - started
    return RatesReport(len(units), added, replaced, len(currencies), days[0], days[-1], dry_run, taken)


def _read(path: Path) -> tuple[list[Rate], list[BadRow]]:
    rates: dict[tuple[str, str, date], Rate] = {}
    bad_rows = []
    for one in read(path):
        if isinstance(one, BadRow):
            bad_rows.append(one)
            continue
        known = rates.setdefault((one.currency, one.base, one.day), one)
        if known.rate != one.rate:
            reason = f"is another rate of that day than the {known.rate} on line {known.place.line}"
            bad_rows.append(BadRow(one.place, one.currency, str(one.rate), reason))
    return [rate for rate in rates.values() if rate.currency != rate.base], bad_rows


async def _per_euro(transaction: Transaction, rates: Sequence[Rate]) -> dict[_Key, Decimal]:
    """Units of each currency for one euro, by way of the base's own rate of the same day where another is the base."""
    units = {(rate.currency, rate.day): rate.rate for rate in rates if rate.base == "EUR"}
    with localcontext(prec=DIGITS):
        for rate in rates:
            if rate.currency == "EUR":
                # What is given for the euro itself stands before what follows by way of another base.
                units.setdefault((rate.base, rate.day), 1 / rate.rate)
    others = [rate for rate in rates if "EUR" not in {rate.currency, rate.base}]
    bases = units | await _known(transaction, {(rate.base, rate.day) for rate in others} - units.keys())
    unknown = [
        BadRow(rate.place, "base", rate.base, f"has no rate to EUR on {rate.day}, neither here nor imported before")
        for rate in others if (rate.base, rate.day) not in bases
    ]  # fmt: skip
    if unknown:
        raise ImportRefused(unknown[:_MOST_BAD_ROWS], len(unknown))
    with localcontext(prec=DIGITS):
        for rate in others:
            units.setdefault((rate.currency, rate.day), rate.rate * bases[rate.base, rate.day])
    return units


async def _known(transaction: Transaction, wanted: Iterable[_Key]) -> dict[_Key, Decimal]:
    wanted = list(wanted)
    if not wanted:
        return {}
    rows = await transaction.fetch(
        "exchange_rates_on", [currency for currency, _ in wanted], [day for _, day in wanted], row=_RateRow
    )
    return {(row.currency, row.day): row.units_per_eur for row in rows}


async def _write(transaction: Transaction, units: Mapping[_Key, Decimal]) -> tuple[int, int]:
    added = replaced = 0
    rates = sorted(units.items())
    for at in range(0, len(rates), _AT_ONCE):
        part = rates[at : at + _AT_ONCE]
        (row,) = await transaction.fetch(
            "write_exchange_rates", [currency for (currency, _), _ in part], [day for (_, day), _ in part],
            [rate for _, rate in part], row=_WrittenRow,
        )  # fmt: skip
        added, replaced = added + row.added, replaced + row.replaced
    return added, replaced


def _sha256(path: Path) -> str:
    if path == STANDARD_INPUT:
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
