"""Delivery: what stands for entities over windows and buckets, added up per set of metrics that the rows lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from db.database import Database, Row
from db.level import Level

# What may be added up, by the name under which it comes out. Ads are read from their facts, which have no `days`.
_SUMS = {
    column: f"sum(fact.{column})::bigint as {column}"
    for column in (
        "spend_micros", "impressions", "clicks", "link_clicks", "conversions_millionths", "conversion_value_micros"
    )
}  # fmt: skip
_REACH = "max(fact.reach) as reach, {reach_rows} as reach_rows"
_BUCKETS = {"DAY": "fact.day", "WEEK": "date_trunc('week', fact.day)::date"}


class DeliveryRow(Row):
    """Sums over those rows of an entity's window (or bucket) that lack the same metrics, plus how many days have rows.

    `reach` is the largest that the entity's own rows report, so the reach of a window of one day; `reach_rows` counts
    the rows at or below the entity that report any. Both only where reach was asked for.
    """

    entity_id: int
    missing: int
    days: int
    spend_micros: int
    impressions: int
    clicks: int
    link_clicks: int
    conversions_millionths: int
    conversion_value_micros: int
    reach: int | None
    reach_rows: int


class BucketRow(DeliveryRow):
    """The same for one bucket, named by its first day (a week's is its Monday, whether in the window or not)."""

    bucket: date


# The days `[since, until)` that are asked of each ad account.
Windows = Mapping[int, tuple[date, date]]


def _source(level: Level, columns: Sequence[str]) -> dict[str, str]:
    ads = level is Level.AD
    sums = [_SUMS[column] for column in columns if column != "reach"]
    if "reach" in columns:
        sums.append(_REACH.format(reach_rows="count(fact.reach)" if ads else "sum(fact.reach_rows)::bigint"))
    sums.append("count(*) as days" if ads else "sum(fact.days)::bigint as days")
    return {"table": "daily_fact" if ads else "daily_rollup", "level": str(int(level)), "sums": ", ".join(sums)}


def _arguments(windows: Windows, entity_ids: Sequence[int]) -> tuple[Sequence[object], ...]:
    since, until = zip(*windows.values(), strict=True)
    return list(windows), since, until, entity_ids


async def totals(
    database: Database, org_id: int, level: Level, columns: Sequence[str], windows: Windows, entity_ids: Sequence[int]
) -> list[DeliveryRow]:
    """The sums of `columns` for each entity over its ad account's window; entities without rows have none.

    All entities are of one level. In no order.
    """
    return await database.fetch(
        "delivery_totals", org_id, *_arguments(windows, entity_ids),
        row=DeliveryRow, label=f"{level.name.lower()}_delivery_totals", **_source(level, columns),
    )  # fmt: skip


async def buckets(
    database: Database, org_id: int, level: Level, columns: Sequence[str], granularity: str, windows: Windows,
    entity_ids: Sequence[int],
) -> list[BucketRow]:  # fmt: skip
    """The same for each bucket of the windows; buckets without rows are left out."""
    return await database.fetch(
        "delivery_buckets", org_id, *_arguments(windows, entity_ids),
        row=BucketRow, label=f"{level.name.lower()}_delivery_by_{granularity.lower()}",
        bucket=_BUCKETS[granularity], **_source(level, columns),
    )  # fmt: skip
