"""Apple Search Ads itself: what the reports of its Campaign Management API answer, as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from db.importers import apple_terms, cells, json_rows
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import Theirs, computed
from db.importers.files import each
from db.importers.mentions import Mention, Mentions, Parents
from db.importers.records import BadRow, Fact, Note, Record
from db.importers.row import Fields, RowError
from db.level import Level, Platform

HELP = (
    "FILE…: what POST reports/campaigns, reports/campaigns/ID/adgroups and reports/campaigns/ID/ads of the Campaign "
    "Management API (v5) answer: one response or several one after another. Ask with granularity DAILY, timeZone ORTZ, "
    "returnRowTotals false and no groupBy. Taps are clicks and link clicks alike; conversions are totalInstalls, or "
    "tapInstalls with --conversion tapInstalls. Apple reports no reach and no conversion value."
)
CHOICES = ("computed", "conversion", "dating")

# As the API answers, and without the envelope around it.
_ROWS = ("data.reportingDataResponse.row", "reportingDataResponse.row")
_RATES = {"ctr": Theirs("ttr"), "cpc": Theirs("avgCPT"), "cpm": Theirs("avgCPM")}
# Each splits an entity's day over several rows.
_BREAKDOWNS = ("countryOrRegion", "deviceClass", "ageRange", "gender", "countryCode", "adminArea", "locality")
# What the metadata calls each level: its id, its name and its status.
_COLUMNS = {
    Level.AD_ACCOUNT: ("orgId", "orgName", ""),
    Level.CAMPAIGN: ("campaignId", "campaignName", "campaignStatus"),
    Level.AD_SET: ("adGroupId", "adGroupName", "adGroupStatus"),
    Level.AD: ("adId", "adName", "status"),
}


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files, in their order."""
    reported = apple_terms.reported(choices)
    reports = _Reports(reported.conversion, choices)
    for path in each(paths, "the JSON file"):
        for row in json_rows.rows(path, *_ROWS, complaint=_complaint):
            yield from [row] if isinstance(row, BadRow) else reports.records(row)
    yield from reports.told()
    yield reported


def _complaint(page: Mapping[str, object]) -> str | None:
    error = page.get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    if isinstance(errors, list):
        messages = [str(each.get("message")) for each in errors if isinstance(each, dict)]
        return f"is an error response of the API: {'; '.join(messages) or 'without a message'}"
    return None


class _Reports:
    """Turns rows of reports into records: each is an entity, with its days inside."""

    def __init__(self, conversion: str, choices: Choices) -> None:
        self._conversion = conversion
        self._computed = choices.computed
        self._mentions = Mentions(Platform.APPLE)
        self._currency_of: dict[str, str] = {}
        self._days: set[date] = set()
        # The counts of installs that any day has.
        self._counts: set[str] = set()

    def records(self, row: Fields) -> Iterator[Record]:
        try:
            metadata = row.inner("metadata")
            for breakdown in _BREAKDOWNS:
                if metadata.text(breakdown):
                    raise metadata.wrong(breakdown, "is a breakdown: export without groupBy")
            named = _named(metadata)
            days = list(row.each("granularity"))
            if not days and row.fields.get("total") is not None:
                raise row.wrong("granularity", "is missing, so nothing tells the days: export with granularity DAILY")
        except RowError as error:
            yield error.of(row)
            return
        for day in days:
            try:
                fact = self._fact(day, metadata, named)
                yield fact
                if self._computed and (theirs := computed(_rates(day), fact, _RATES)):
                    yield theirs
            except RowError as error:
                # Whatever is wrong, the day is not known.
                yield replace(error.of(row), describes=False)

    def told(self) -> Iterator[Record]:
        """What all the rows said by the way, and what to know of them."""
        yield from self._mentions.entities()
        if len(self._days) > 1 and len({day.weekday() for day in self._days}) == 1:
            yield Note(
                f"All days are {min(self._days):%A}s. A report of another granularity than DAILY has one row for a "
                "whole week, which would be taken for its first day: check how it was exported."
            )

        if self._counts and self._conversion not in self._counts:
            there = " or ".join(sorted(self._counts))
            yield Note(
                f"No row has {self._conversion}, so conversions are not reported: --conversion {there} is there."
            )

    def _fact(self, day: Fields, metadata: Fields, named: dict[Level, str]) -> Fact:
        spend = day.inner("localSpend")
        on, hour = day.read("date", cells.hour)
        level = max(named)
        self._note(metadata, named, on, spend)
        self._days.add(on)
        self._counts.update(count for count in apple_terms.CONVERSIONS if day.text(count))
        taps = day.read("taps", cells.count)
        return Fact(
            place=day.place,
            platform=Platform.APPLE,
            level=level,
            external_id=named[level],
            day=on,
            spend_micros=spend.read("amount", cells.micros),
            impressions=day.read("impressions", cells.count),
            clicks=taps,
            link_clicks=taps,
            conversions_millionths=day.read(self._conversion, cells.micros),
            parents=_above(level, named),
            part=hour if len(day.text("date").strip()) > len("2026-01-31") else None,
        )

    def _note(self, metadata: Fields, named: dict[Level, str], day: date, spend: Fields) -> None:
        currency = spend.read("currency", cells.words)
        account = named.get(Level.AD_ACCOUNT)
        if currency and account and self._currency_of.setdefault(account, currency) != currency:
            raise spend.wrong("currency", f"is not that of the account before, {self._currency_of[account]}")
        for level, external_id in named.items():
            _, name, status = _COLUMNS[level]
            lowest = level == max(named)
            mention = Mention(
                level,
                external_id,
                _above(level, named),
                name=metadata.read(name, cells.words),
                # Of what lies above, the row says neither its status nor whether it was deleted.
                status=apple_terms.status(metadata, status) if lowest and status else None,
                currency=currency if level == Level.AD_ACCOUNT else None,
                **(_budget(metadata) if lowest and level == Level.CAMPAIGN else {}),
            )
            if mention.name or mention.status or mention.currency:
                self._mentions.note(mention, day, metadata.place)


def _rates(day: Fields) -> Fields:
    amounts = {name: day.inner(name).text("amount") for name in ("avgCPT", "avgCPM")}
    return Fields(day.place, {"ttr": day.text("ttr"), **amounts})


def _named(metadata: Fields) -> dict[Level, str]:
    """The entities that the row names, by level, the account first."""
    read = {level: metadata.read(columns[0], cells.optional_identity) for level, columns in _COLUMNS.items()}
    named = {level: external_id for level, external_id in read.items() if external_id}
    if not named:
        raise metadata.wrong("campaignId", "is empty, and so are orgId, adGroupId and adId: one is needed")
    if Level.AD in named:
        named[Level.AD] = apple_terms.ad_identity(named[Level.AD], named.get(Level.AD_SET, ""))
    return named


def _above(level: Level, named: dict[Level, str]) -> Parents:
    return tuple((above, external_id) for above, external_id in named.items() if above < level)


def _budget(metadata: Fields) -> dict[str, Any]:
    for column, period in (("dailyBudget", "DAILY"), ("totalBudget", "LIFETIME")):
        amount = metadata.inner(column).read("amount", cells.micros)
        if amount is not None:
            return {"budget_micros": amount, "budget_period": period}
    return {}
