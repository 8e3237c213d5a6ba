"""Meta's words in ours, the same whichever connector brings them: statuses and budgets of what its API describes."""

from __future__ import annotations

from db.importers import cells
from db.importers.row import Row
from db.level import Level

# What was set, and what came of it: whatever holds an entity back, it is meant to deliver.
_STATUSES = {
    "ACTIVE": "ACTIVE", "PAUSED": "PAUSED", "ARCHIVED": "ARCHIVED", "DELETED": "DELETED", "CAMPAIGN_PAUSED": "ACTIVE",
    "ADSET_PAUSED": "ACTIVE", "PENDING_REVIEW": "ACTIVE", "DISAPPROVED": "ACTIVE", "PREAPPROVED": "ACTIVE",
    "PENDING_BILLING_INFO": "ACTIVE", "IN_PROCESS": "ACTIVE", "WITH_ISSUES": "ACTIVE", "PENDING_PROCESSING": "ACTIVE",
}  # fmt: skip
# Meta numbers the states of an account, and names them.
_ACCOUNT_STATUSES = {
    name: status
    for status, names in {
        "ACTIVE": ("1", "ACTIVE", "9", "IN_GRACE_PERIOD", "201", "ANY_ACTIVE"),
        "ARCHIVED": ("101", "CLOSED", "202", "ANY_CLOSED", "ARCHIVED"),
        "PAUSED": ("2", "DISABLED", "3", "UNSETTLED", "7", "PENDING_RISK_REVIEW", "8", "PENDING_SETTLEMENT", "100",
                   "PENDING_CLOSURE", "102", "PENDING_REVIEW", "PAUSED"),
        "DELETED": ("DELETED",),
    }.items()
    for name in names
}  # fmt: skip
# Meta counts budgets in hundredths of the currency, but in whole units of these.
_WHOLE_UNITS = frozenset(("CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"))


def status(row: Row, level: Level) -> str | None:
    """What was set for the entity itself."""
    if level == Level.AD_ACCOUNT:
        return row.one_of("account_status", _ACCOUNT_STATUSES, "status of an account")
    # The effective status tells of its parents as well.
    told = (row.one_of(column, _STATUSES, "status") for column in ("status", "configured_status", "effective_status"))
    return next(filter(None, told), None)


def budget(row: Row, currency: str | None) -> tuple[int | None, str | None]:
    """The budget in micros and its period: unknown while the account's currency is, for it decides the unit."""
    for column, period in (("daily_budget", "DAILY"), ("lifetime_budget", "LIFETIME")):
        amount = row.read(column, cells.count)
        if amount and currency:
            return amount * (1_000_000 if currency in _WHOLE_UNITS else 10_000), period
    return None, None
