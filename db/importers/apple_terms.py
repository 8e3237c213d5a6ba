"""Apple Search Ads' words in ours, the same whichever way they come: statuses, and what counts as a conversion."""

from __future__ import annotations

from db.importers.choices import Choices
from db.importers.records import Reported
from db.importers.row import Row

AFTER_A_TAP = "30 days after a tap"
# Each with its attribution.
CONVERSIONS = {
    "totalInstalls": "30 days after a tap, 1 day after a view",
    "tapInstalls": AFTER_A_TAP,
}
# Before each had an id of its own, all ads of one kind were reported under this one.
_NO_AD = "-1"
_STATUSES = {
    "ENABLED": "ACTIVE", "ACTIVE": "ACTIVE", "RUNNING": "ACTIVE", "PAUSED": "PAUSED", "ON_HOLD": "PAUSED",
    "DISABLED": "PAUSED", "DELETED": "DELETED",
}  # fmt: skip


def reported(choices: Choices) -> Reported:
    """What counts as a conversion."""
    conversion = choices.counted(tuple(CONVERSIONS))
    return Reported(conversion, CONVERSIONS[conversion], choices.dating)


def status(row: Row, column: str) -> str | None:
    """What the user set, unless the entity was deleted since."""
    if row.text("deleted").strip().lower() in ("true", "t", "1"):
        return "DELETED"
    return row.one_of(column, _STATUSES, "status")


def ad_identity(ad: str, ad_group: str) -> str:
    """What tells an ad from others; those without an id of their own by their ad group."""
    return f"{ad_group}:{ad}" if ad == _NO_AD else ad
