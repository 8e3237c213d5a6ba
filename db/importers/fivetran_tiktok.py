"""TikTok Ads as Fivetran lands it: a directory of CSV tables, reports by the hour and, where synced, by the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from db.importers import cells, tiktok_terms
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import beside
from db.importers.csv_table import rows
from db.importers.files import missing_tables, tables
from db.importers.records import Entity, Record
from db.importers.row import Cells, parsed
from db.level import Level, Platform

HELP = (
    "DIR: a directory with Fivetran's TikTok Ads tables as CSV files (ad_report_hourly.csv …): advertiser, "
    "campaign_history, adgroup_history, ad_history, and the reports ad_, adgroup_ and campaign_report_hourly or "
    "_daily. Export each table whole, with its header; or read them where they landed, with --from and --schema. "
    "Hours are summed to days; a daily row stands where both are. --conversion real_time_conversion counts by the "
    "conversion's day instead of the impression's."
)
CHOICES = ("computed", "conversion")
WHAT = "the directory with Fivetran's TikTok Ads tables as CSV files"

_REPORTED = {"ad": Level.AD, "adgroup": Level.AD_SET, "campaign": Level.CAMPAIGN, "advertiser": Level.AD_ACCOUNT}
_REPORTS = {
    f"{entity}_report_{grain}": (level, grain == "hourly")
    for entity, level in _REPORTED.items() for grain in ("hourly", "daily")
}  # fmt: skip

TABLES = ("advertiser", "campaign_history", "adgroup_history", "ad_history", *_REPORTS)


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the tables in a directory."""
    found = tables(paths, WHAT, TABLES)
    if not any(report in found for report in _REPORTS):
        raise missing_tables(paths[0], list(_REPORTS))
    described: tuple[tuple[str, tuple[str, ...], Callable[[Cells], Record]], ...] = (
        ("advertiser", ("id",), _advertiser),
        ("campaign_history", ("campaign_id",), partial(_entity, level=Level.CAMPAIGN, name="campaign_name")),
        ("adgroup_history", ("adgroup_id",), partial(_entity, level=Level.AD_SET, name="adgroup_name")),
        ("ad_history", ("ad_id",), partial(_entity, level=Level.AD, name="ad_name")),
    )
    for table, needed, parse in described:
        if table in found:
            yield from parsed(rows(found[table], *needed), parse)
    reported = tiktok_terms.reported(choices)
    for report, (level, hourly) in _REPORTS.items():
        if report in found:
            fact = partial(tiktok_terms.fact, conversion=reported.conversion)
            time = "stat_time_hour" if hourly else "stat_time_day"
            needed = (tiktok_terms.ID_COLUMNS[level], time, "spend", "impressions", "clicks")
            read = partial(fact, level=level, hourly=hourly)
            yield from beside(rows(found[report], *needed), read, tiktok_terms.RATES, wanted=choices.computed)
    yield reported


def _advertiser(row: Cells) -> Entity:
    return Entity(
        place=row.place,
        platform=Platform.TIKTOK,
        level=Level.AD_ACCOUNT,
        external_id=row.read("id", cells.identity),
        name=row.read("name", cells.words),
        status=tiktok_terms.advertiser_status(row),
        currency=row.read("currency", cells.words),
        timezone=row.read("timezone", cells.words),
        version=row.read("_fivetran_synced", cells.version),
    )


def _entity(row: Cells, level: Level, name: str) -> Entity:
    budget_micros, budget_period = (None, None) if level == Level.AD else tiktok_terms.budget(row)
    return Entity(
        place=row.place,
        platform=Platform.TIKTOK,
        level=level,
        external_id=row.read(tiktok_terms.ID_COLUMNS[level], cells.identity),
        name=row.read(name, cells.words),
        status=tiktok_terms.status(row),
        objective=row.read("objective_type", cells.words) if level == Level.CAMPAIGN else None,
        budget_micros=budget_micros,
        budget_period=budget_period,
        version=row.read("updated_at", cells.version) + " " + row.read("_fivetran_synced", cells.version),
        parents=tiktok_terms.parents(row, level),
    )
