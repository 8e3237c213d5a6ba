"""TikTok's words in ours, the same whichever connector brings them: statuses, budgets, and the metrics of a report."""

from __future__ import annotations

from datetime import datetime

from db.importers import cells
from db.importers.choices import Choices
from db.importers.computed import Theirs
from db.importers.mentions import Parents
from db.importers.records import Dating, Fact, Reported, WindowReach
from db.importers.row import Row
from db.level import Level, Platform

# The column that identifies an entity of each level, in reports and in what describes it.
ID_COLUMNS = {
    Level.AD_ACCOUNT: "advertiser_id", Level.CAMPAIGN: "campaign_id", Level.AD_SET: "adgroup_id", Level.AD: "ad_id",
}  # fmt: skip
# The counts that may be the conversions. The purchase value has one only, and no word of its day.
_CONVERSIONS = {"conversion": Dating.IMPRESSION, "real_time_conversion": Dating.CONVERSION}
# The rates that reports have of themselves.
RATES = {"ctr": Theirs("ctr", 100), "cpc": Theirs("cpc"), "cpm": Theirs("cpm"), "frequency": Theirs("frequency")}
_BUDGET_PERIODS = {
    "BUDGET_MODE_DAY": "DAILY",
    "BUDGET_MODE_DYNAMIC_DAILY_BUDGET": "DAILY",
    "BUDGET_MODE_TOTAL": "LIFETIME",
    "BUDGET_MODE_INFINITE": "NONE",
}
_STATUSES = {"ENABLE": "ACTIVE", "DISABLE": "PAUSED", "FROZEN": "PAUSED", "DELETE": "DELETED"}
# Every state but the enabled one stops the ads.
_ADVERTISER_STATUSES = {
    "STATUS_ENABLE": "ACTIVE",
    **{f"STATUS_{state}": "PAUSED" for state in (
        "DISABLE", "LIMIT", "PENDING_CONFIRM", "PENDING_VERIFIED", "CONFIRM_FAIL", "CONFIRM_FAIL_END",
        "PENDING_CONFIRM_MODIFY", "CONFIRM_MODIFY_FAIL", "WAIT_FOR_BPM_AUDIT", "WAIT_FOR_PUBLIC_AUTH",
        "SELF_SERVICE_UNAUDITED", "CONTRACT_PENDING",
    )},
}  # fmt: skip


def status(row: Row) -> str | None:
    """What the user set, unless the entity was deleted since."""
    if row.text("secondary_status").upper().endswith("_DELETE"):
        return "DELETED"
    return row.one_of("operation_status", _STATUSES, "status")


def advertiser_status(row: Row) -> str | None:
    """Whether the advertiser may advertise."""
    return row.one_of("status", _ADVERTISER_STATUSES, "status of an advertiser")


def budget(row: Row) -> tuple[int | None, str | None]:
    """The budget in micros and its period; both None where the row does not say."""
    period = row.one_of("budget_mode", _BUDGET_PERIODS, "mode of a budget")
    amount = row.read("budget", cells.micros)
    return (None, period) if period in (None, "NONE") else (amount, period if amount is not None else None)


def parents(row: Row, level: Level) -> Parents:
    """The entities above `level` that the row names."""
    named = ((above, row.read(ID_COLUMNS[above], cells.optional_identity)) for above in Level if above < level)
    return tuple((above, external_id) for above, external_id in named if external_id is not None)


def reported(choices: Choices) -> Reported:
    """What counts as a conversion."""
    conversion = choices.counted(tuple(_CONVERSIONS))
    return Reported(conversion, "as each ad group is set", _CONVERSIONS[conversion])


def fact(row: Row, level: Level, conversion: str, *, hourly: bool, version: int = 0) -> Fact:
    """A row of a basic report. `clicks` are TikTok's destination clicks: its own clicks and link clicks alike.

    `conversion` is the column of what counts as one. An hour's reach says nothing of the day's.
    """
    clicks = row.read("clicks", cells.count)
    day, hour = row.read("stat_time_hour" if hourly else "stat_time_day", cells.hour)
    reach = row.read("reach", cells.count)
    return Fact(
        place=row.place,
        platform=Platform.TIKTOK,
        level=level,
        external_id=row.read(ID_COLUMNS[level], cells.identity),
        day=day,
        spend_micros=row.read("spend", cells.micros),
        impressions=row.read("impressions", cells.count),
        clicks=clicks,
        link_clicks=clicks,
        conversions_millionths=row.read(conversion, cells.micros),
        conversion_value_micros=row.read("total_purchase_value", cells.micros),
        reach=None if hourly else reach,
        parents=parents(row, level),
        part=hour if hourly else None,
        version=version,
    )


def lifetime(row: Row, level: Level, extracted_at: datetime | None) -> WindowReach:
    """A row about the whole life of an entity: nothing but its reach cannot be had from days."""
    reach = row.read("reach", cells.count)
    if reach is None:
        raise row.wrong("reach", "is empty, and a row about a whole life tells nothing else")
    external_id = row.read(ID_COLUMNS[level], cells.identity)
    return WindowReach(
        row.place,
        Platform.TIKTOK,
        level,
        external_id,
        None,
        None,
        reach,
        extracted_at,
        parents(row, level),
        row.read("impressions", cells.count),
    )
