"""TikTok Marketing as Airbyte emits it: records of many streams in one JSONL file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from db.importers import cells, tiktok_terms
from db.importers.airbyte import Message, messages
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import computed
from db.importers.files import each
from db.importers.records import BadRow, Entity, Fact, Note, Record
from db.importers.row import Fields, RowError
from db.level import Level, Platform

HELP = (
    "FILE: Airbyte's TikTok Marketing records as JSONL, one {stream, data, emitted_at} a line. Export the streams "
    "advertisers, campaigns, ad_groups, ads and the daily reports of the levels that you need (ads_reports_daily …); "
    "lifetime reports bring the reach of a whole life. "
    "Other streams are left out. Of rows that were synced more than once the latest counts. "
    "--conversion real_time_conversion counts by the conversion's day instead of the impression's."
)
CHOICES = ("computed", "conversion")
WHAT = "the JSONL file with Airbyte's TikTok records"

_LEVELS = {
    "advertisers": Level.AD_ACCOUNT, "campaigns": Level.CAMPAIGN, "ad_groups": Level.AD_SET, "ads": Level.AD,
}  # fmt: skip
_REPORT = re.compile(r"(advertisers|campaigns|ad_groups|ads)_reports_(daily|lifetime)")
_NAMES = {
    Level.AD_ACCOUNT: ("advertiser_name", "name"), Level.CAMPAIGN: ("campaign_name",),
    Level.AD_SET: ("adgroup_name",), Level.AD: ("ad_name",),
}  # fmt: skip


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files; streams that are no daily reports of entities are counted in a note."""
    reported = tiktok_terms.reported(choices)
    left_out: Counter[str] = Counter()
    for path in each(paths, WHAT):
        for message in messages(path):
            record = message if isinstance(message, BadRow) else _record(message, reported.conversion, left_out)
            if record:
                yield record
            if choices.computed and isinstance(record, Fact) and isinstance(message, Message):
                theirs = computed(_report_row(message), record, tiktok_terms.RATES)
                yield from [theirs] if theirs else []
    yield reported
    for stream, count in sorted(left_out.items()):
        yield Note(
            f"{count:,} records of the stream {stream} were left out: they are no reports of the days or the "
            "whole life of advertisers, campaigns, ad groups or ads."
        )


def _record(message: Message, conversion: str, left_out: Counter[str]) -> Record | None:
    place, stream, data, version, _ = message
    try:
        if report := _REPORT.fullmatch(stream):
            row = _report_row(message)
            level = _LEVELS[report[1]]
            if report[2] == "lifetime":
                return tiktok_terms.lifetime(row, level, message.emitted_at)
            return tiktok_terms.fact(row, level, conversion, hourly=False, version=version)
        if stream in _LEVELS or stream == "advertiser_ids":
            # The list of ids has names only: what describes an advertiser in full comes before it, whenever synced.
            rank = f"{stream in _LEVELS:d}{version:020}"
            return _entity(Fields(place, data), _LEVELS.get(stream, Level.AD_ACCOUNT), rank)
    except RowError as error:
        return error.of(Fields(place, message.whole))
    left_out[stream] += 1
    return None


def _report_row(message: Message) -> Fields:
    data = message.data
    return Fields(message.place, {**_nested(data, "metrics"), **_nested(data, "dimensions"), **data})


def _nested(data: dict[str, object], name: str) -> dict[str, object]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _entity(row: Fields, level: Level, version: str) -> Entity:
    account = level == Level.AD_ACCOUNT
    budget_micros, budget_period = tiktok_terms.budget(row) if level in (Level.CAMPAIGN, Level.AD_SET) else (None, None)
    return Entity(
        place=row.place,
        platform=Platform.TIKTOK,
        level=level,
        external_id=row.read("advertiser_id" if account else tiktok_terms.ID_COLUMNS[level], cells.identity),
        name=next((name for column in _NAMES[level] if (name := row.read(column, cells.words))), None),
        status=tiktok_terms.advertiser_status(row) if account else tiktok_terms.status(row),
        currency=row.read("currency", cells.words) if account else None,
        timezone=(row.read("timezone", cells.words) or row.read("display_timezone", cells.words)) if account else None,
        objective=row.read("objective_type", cells.words) if level == Level.CAMPAIGN else None,
        budget_micros=budget_micros,
        budget_period=budget_period,
        version=version,
        parents=tiktok_terms.parents(row, level),
    )
