"""Apple Search Ads' words in ours, the same whichever way they come: statuses, and what counts as a conversion."""

from __future__ import annotations

from db.importers.choices import Choices
from db.importers.records import Dating, Reported

AFTER_A_TAP = "30 days after a tap"
# Each with its attribution.
CONVERSIONS = {
    "totalInstalls": "30 days after a tap, 1 day after a view",
    "tapInstalls": AFTER_A_TAP,
}
# Before each had an id of its own, all ads of one kind were reported under this one.
_NO_AD = "-1"
_STATUSES = {"ENABLED": "ACTIVE", "ACTIVE": "ACTIVE", "PAUSED": "PAUSED", "ON_HOLD": "PAUSED", "DELETED": "DELETED"}


def reported(choices: Choices) -> Reported:
    """What counts as a conversion."""
    conversion = choices.counted(tuple(CONVERSIONS))
    return Reported(conversion, CONVERSIONS[conversion], Dating.UNKNOWN)


def status(said: str, deleted: str) -> str | None:
    """What the user set, unless the entity was deleted since."""
    if deleted.strip().lower() in ("true", "t", "1"):
        return "DELETED"
    said = said.strip().upper()
    return _STATUSES.get(said, "UNKNOWN") if said else None


def ad_identity(ad: str, ad_group: str) -> str:
    """What tells an ad from others; those without an id of their own by their ad group."""
    return f"{ad_group}:{ad}" if ad == _NO_AD else ad
