"""TikTok's API for Business itself: what its integrated report answers, as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from db.importers import cells, json_rows, tiktok_terms
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import computed
from db.importers.files import each
from db.importers.mentions import Mention, Mentions
from db.importers.records import BadRow, Fact, Note, Record, WindowReach
from db.importers.row import Fields, RowError
from db.level import Level, Platform

HELP = (
    "FILE…: what GET report/integrated/get of the API for Business answers with report_type BASIC: one response or "
    "several one after another. Ask with the dimensions ad_id (or adgroup_id, campaign_id, advertiser_id) and "
    "stat_time_day (or stat_time_hour, hours are summed to days), and the metrics spend, impressions, clicks, reach, "
    "conversion, total_purchase_value, campaign_id, campaign_name, adgroup_id, adgroup_name, ad_name, currency. "
    "--account names the advertiser, which no row of an ad does. Rows asked with query_lifetime=true bring their reach "
    "with --lifetime. --conversion real_time_conversion counts by the conversion's day instead of the impression's."
)
CHOICES = ("account", "computed", "conversion", "lifetime")

_ROWS = ("data.list", "list")
_TIMES = ("stat_time_hour", "stat_time_day")
_NAMES = {
    Level.AD_ACCOUNT: "advertiser_name", Level.CAMPAIGN: "campaign_name", Level.AD_SET: "adgroup_name",
    Level.AD: "ad_name",
}  # fmt: skip


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files, in their order."""
    reported = tiktok_terms.reported(choices)
    report = _Report(reported.conversion, choices)
    for path in each(paths, "the JSON file"):
        for row in json_rows.rows(path, *_ROWS, complaint=_complaint):
            record = row if isinstance(row, BadRow) else report.record(row)
            if record:
                yield record
            if choices.computed and isinstance(row, Fields) and isinstance(record, Fact):
                theirs = computed(row.inner("metrics"), record, tiktok_terms.RATES)
                yield from [theirs] if theirs else []
    yield from report.told()
    yield reported


def _complaint(page: Mapping[str, object]) -> str | None:
    code = page.get("code")
    return None if code in (None, "0") else f"is an error response of the API: {code} {page.get('message') or ''}"


class _Report:
    """Turns rows of a report into records."""

    def __init__(self, conversion: str, choices: Choices) -> None:
        self._conversion = conversion
        self._account = choices.account
        self._lifetime = choices.lifetime
        self._mentions = Mentions(Platform.TIKTOK)
        self._currency_of: dict[str, str] = {}
        self._without_day = 0

    def record(self, row: Fields) -> Record | None:
        try:
            return self._read(row)
        except RowError as error:
            return error.of(row)

    def told(self) -> Iterator[Record]:
        """What all the rows said by the way, and what to know of them."""
        yield from self._mentions.entities()
        if self._without_day:
            yield Note(
                f"{self._without_day:,} rows without a day were left out: they are of some days or of a whole life, "
                "and nothing says which. Import those of a whole life with --lifetime."
            )

    def _read(self, row: Fields) -> Record | None:
        dimensions, metrics = row.inner("dimensions"), row.inner("metrics")
        for dimension in dimensions.fields:
            if dimension not in _TIMES and dimension not in tiktok_terms.ID_COLUMNS.values():
                raise dimensions.wrong(dimension, "splits an entity's day: export without this dimension")
        known = {**metrics.fields, **dimensions.fields}
        if self._account and not known.get("advertiser_id"):
            known["advertiser_id"] = self._account
        flat = Fields(row.place, known, row.name(""))
        level = next((level for level in sorted(Level, reverse=True) if _is_about(dimensions, level)), None)
        if level is None and self._account:
            level = Level.AD_ACCOUNT
        if level is None:
            raise dimensions.wrong("ad_id", "is missing, and so are adgroup_id, campaign_id and advertiser_id")
        time = next((time for time in _TIMES if dimensions.text(time)), None)
        if time is None and not self._lifetime:
            self._without_day += 1
            return None
        record: Fact | WindowReach = (
            tiktok_terms.fact(flat, level, self._conversion, hourly=time == "stat_time_hour")
            if time
            else tiktok_terms.lifetime(flat, level, None)
        )
        self._note(flat, level, record.day if isinstance(record, Fact) else date.min)
        return record

    def _note(self, row: Fields, lowest: Level, day: date) -> None:
        for level, column in tiktok_terms.ID_COLUMNS.items():
            external_id = row.read(column, cells.optional_identity)
            if external_id is None or level > lowest:
                continue
            account = level == Level.AD_ACCOUNT
            name = row.read(_NAMES[level], cells.words)
            currency = row.read("currency", cells.words) if account else None
            timezone = row.read("timezone", cells.words) if account else None
            if currency and self._currency_of.setdefault(external_id, currency) != currency:
                raise row.wrong("currency", f"is not that of the advertiser before, {self._currency_of[external_id]}")
            if name or currency or timezone:
                parents = tiktok_terms.parents(row, level)
                mention = Mention(level, external_id, parents, name, currency=currency, timezone=timezone)
                self._mentions.note(mention, day, row.place)


def _is_about(dimensions: Fields, level: Level) -> bool:
    return dimensions.read(tiktok_terms.ID_COLUMNS[level], cells.optional_identity) is not None
