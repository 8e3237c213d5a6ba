"""Apple Search Ads as Fivetran lands it: a directory of CSV tables, reports by the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from db.importers import apple_terms, cells
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import Theirs, beside
from db.importers.csv_table import rows
from db.importers.files import missing_tables, tables
from db.importers.mentions import Parents
from db.importers.records import Entity, Fact, Record, Reported
from db.importers.row import Cells, parsed
from db.level import Level, Platform

HELP = (
    "DIR: a directory with Fivetran's Apple Search Ads tables as CSV files (campaign_report.csv …): organization, "
    "campaign_history, ad_group_history, ad_history, and the reports campaign_report, ad_group_report and ad_report. "
    "Export each table whole, with its header; or read them where they landed, with --from and --schema. Taps are "
    "clicks and link clicks alike; conversions are all installs, or those after a tap with --conversion tapInstalls."
)
CHOICES = ("computed", "conversion", "dating")
WHAT = "the directory with Fivetran's Apple Search Ads tables as CSV files"

_REPORTS = {
    "campaign_report": (Level.CAMPAIGN, "id"), "ad_group_report": (Level.AD_SET, "ad_group_id"),
    "ad_report": (Level.AD, "ad_id"), "ad_level_report": (Level.AD, "ad_id"),
}  # fmt: skip
TABLES = ("organization", "campaign_history", "ad_group_history", "ad_history", *_REPORTS)
_RATES = {"ctr": Theirs("tap_through_rate"), "cpc": Theirs("avg_cpt_amount"), "cpm": Theirs("avg_cpm_amount")}
_PARENT_COLUMNS = {
    Level.AD_ACCOUNT: ("organization_id", "org_id"), Level.CAMPAIGN: ("campaign_id",), Level.AD_SET: ("ad_group_id",),
}  # fmt: skip
# The columns of each count, which older tables lack; those of the older ones, from before views counted; the sums of
# two where there is no column for both.
_INSTALLS = {
    "totalInstalls": (("total_installs",), ("total_new_downloads", "total_redownloads")),
    "tapInstalls": (("tap_installs",), ("tap_new_downloads", "tap_redownloads")),
}
_OLDER_INSTALLS = (("conversions",), ("new_downloads", "redownloads"))


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the tables in a directory."""
    reported = apple_terms.reported(choices)
    described: dict[str, Callable[[Cells], Entity]] = {
        "organization": _organization,
        "campaign_history": partial(_entity, level=Level.CAMPAIGN),
        "ad_group_history": partial(_entity, level=Level.AD_SET),
        "ad_history": partial(_entity, level=Level.AD),
    }
    found = tables(paths, WHAT, TABLES)
    if not any(report in found for report in _REPORTS):
        raise missing_tables(paths[0], list(_REPORTS))
    money = _Money()
    for table, parse in described.items():
        if table in found:
            for record in parsed(rows(found[table], "id"), parse):
                if isinstance(record, Entity):
                    money.know(record)
                yield record
    for name, (level, column) in _REPORTS.items():
        if name in found:
            report = _Report(level, column, reported, money)
            reported_rows = rows(found[name], column, "date", "impressions", "taps", "local_spend_amount")
            yield from beside(reported_rows, report.fact, _RATES, wanted=choices.computed)
            yield report.reported
    yield from money.told()


class _Money:
    """The currency of each organization: as its row says, or else the rows of reports."""

    def __init__(self) -> None:
        self._organization_of: dict[tuple[Level, str], str] = {}
        self._currency_of: dict[str, str] = {}
        self._from_reports: dict[str, Entity] = {}

    def know(self, entity: Entity) -> None:
        """Takes what describes an entity."""
        if entity.level == Level.AD_ACCOUNT and entity.currency:
            self._currency_of[entity.external_id] = entity.currency
        elif organization := dict(entity.parents).get(Level.AD_ACCOUNT):
            self._organization_of[entity.level, entity.external_id] = organization

    def check(self, row: Cells, level: Level, external_id: str) -> None:
        """Raises where a report's currency is not that of the entity's organization."""
        said, organization = row.text("local_spend_currency").strip(), self._organization_of.get((level, external_id))
        if not said or not organization:
            return
        known = self._currency_of.get(organization)
        if known is None:
            self._currency_of[organization] = said
            entity = Entity(row.place, Platform.APPLE, Level.AD_ACCOUNT, organization, currency=said)
            self._from_reports[organization] = entity
        elif said != known:
            raise row.wrong("local_spend_currency", f"is not that of the organization {organization}, {known}")

    def told(self) -> Iterator[Entity]:
        """The organizations whose currency reports alone tell."""
        yield from self._from_reports.values()


class _Report:
    """A table of reports of one level, and what its conversions are."""

    def __init__(self, level: Level, column: str, reported: Reported, money: _Money) -> None:
        self.reported = reported
        self._level = level
        self._column = column
        self._money = money
        self._installs: tuple[str, ...] | None = None

    def fact(self, row: Cells) -> Fact:
        if self._installs is None:
            self._installs = self._counted(row)
        level, taps = self._level, row.read("taps", cells.count)
        external_id = row.read(self._column, cells.identity)
        if level == Level.AD:
            external_id = apple_terms.ad_identity(external_id, row.text("ad_group_id").strip())
        self._money.check(row, level, external_id)
        installs = [row.read(column, cells.micros) for column in self._installs]
        known = [count for count in installs if count is not None]
        return Fact(
            place=row.place,
            platform=Platform.APPLE,
            level=level,
            external_id=external_id,
            day=row.read("date", cells.day),
            spend_micros=row.read("local_spend_amount", cells.micros),
            impressions=row.read("impressions", cells.count),
            clicks=taps,
            link_clicks=taps,
            conversions_millionths=sum(known) if known and len(known) == len(installs) else None,
            parents=_parents(row, level),
        )

    def _counted(self, row: Cells) -> tuple[str, ...]:
        """The columns whose sum is the conversions; none where the table lacks the count."""
        newer = [column for counts in _INSTALLS.values() for columns in counts for column in columns]
        if not any(map(row.has, newer)):
            columns = next((columns for columns in _OLDER_INSTALLS if all(map(row.has, columns))), ())
            self.reported = Reported(" + ".join(columns), apple_terms.AFTER_A_TAP, self.reported.dating)
            return columns
        return next((columns for columns in _INSTALLS[self.reported.conversion] if all(map(row.has, columns))), ())


def _organization(row: Cells) -> Entity:
    timezone = row.read("time_zone", cells.words)
    return Entity(
        place=row.place,
        platform=Platform.APPLE,
        level=Level.AD_ACCOUNT,
        external_id=row.read("id", cells.identity),
        name=row.read("name", cells.words),
        currency=row.read("currency", cells.words),
        # Apple's word for whichever timezone the organization has.
        timezone=None if timezone == "ORTZ" else timezone,
        version=row.read("_fivetran_synced", cells.version),
    )


def _entity(row: Cells, level: Level) -> Entity:
    micros, period = _budget(row) if level == Level.CAMPAIGN else (None, None)
    return Entity(
        place=row.place,
        platform=Platform.APPLE,
        level=level,
        external_id=row.read("id", cells.identity),
        name=row.read("name", cells.words),
        status=apple_terms.status(row, "status"),
        budget_micros=micros,
        budget_period=period,
        version=row.read("modification_time", cells.version) + " " + row.read("_fivetran_synced", cells.version),
        parents=_parents(row, level),
    )


def _budget(row: Cells) -> tuple[int | None, str | None]:
    for column, period in (("daily_budget_amount", "DAILY"), ("budget_amount", "LIFETIME")):
        amount = row.read(column, cells.micros)
        if amount is not None:
            return amount, period
    return None, None


def _parents(row: Cells, level: Level) -> Parents:
    named = (
        (above, next(filter(None, (row.read(column, cells.optional_identity) for column in columns)), None))
        for above, columns in _PARENT_COLUMNS.items() if above < level
    )  # fmt: skip
    return tuple((above, external_id) for above, external_id in named if external_id)
