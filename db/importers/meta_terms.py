"""Meta's words in ours, the same whichever connector brings them: statuses and budgets of what its API describes."""

from __future__ import annotations

from db.importers import cells
from db.importers.row import Row
from db.level import Level

_STATUSES = {
    "ACTIVE": "ACTIVE", "PAUSED": "PAUSED", "CAMPAIGN_PAUSED": "ACTIVE", "ADSET_PAUSED": "ACTIVE",
    "ARCHIVED": "ARCHIVED", "DELETED": "DELETED",
}  # fmt: skip
# Meta numbers the states of an account: active, in the grace period, any active; the closed ones; the rest stops it.
_ACCOUNT_STATUSES = {"1": "ACTIVE", "9": "ACTIVE", "201": "ACTIVE", "101": "ARCHIVED", "202": "ARCHIVED"}
# Meta counts budgets in hundredths of the currency, but in whole units of these.
_WHOLE_UNITS = frozenset(("CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"))


def status(row: Row, level: Level) -> str | None:
    """What was set for the entity itself."""
    if level == Level.AD_ACCOUNT:
        said = row.text("account_status").strip().upper()
        known = _ACCOUNT_STATUSES | _STATUSES
        return known.get(said, "PAUSED" if said.isdigit() else "UNKNOWN") if said else None
    # The effective status tells of its parents as well.
    said = (row.text("status") or row.text("configured_status") or row.text("effective_status")).strip().upper()
    return _STATUSES.get(said, "UNKNOWN") if said else None


def budget(row: Row, currency: str | None) -> tuple[int | None, str | None]:
    """The budget in micros and its period: unknown while the account's currency is, for it decides the unit."""
    for column, period in (("daily_budget", "DAILY"), ("lifetime_budget", "LIFETIME")):
        amount = row.read(column, cells.count)
        if amount and currency:
            return amount * (1_000_000 if currency in _WHOLE_UNITS else 10_000), period
    return None, None
