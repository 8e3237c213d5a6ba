"""Meta's insights, whichever way they come: rows about an account, a campaign, an ad set or an ad, over some days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from db.importers import cells
from db.importers.choices import Choices
from db.importers.computed import Theirs, computed
from db.importers.mentions import Mention, Mentions, Parents
from db.importers.meta_actions import CONVERSION_TYPES, attribution, chosen
from db.importers.records import BadRow, Fact, Note, Record, Reported, WindowReach
from db.importers.row import Fields, RowError
from db.level import Level, Platform

_COLUMNS = {Level.AD_ACCOUNT: "account", Level.CAMPAIGN: "campaign", Level.AD_SET: "adset", Level.AD: "ad"}
# Each splits an entity's day over several rows, which together are not the day: reach and rounded spend do not add up.
_BREAKDOWNS = (
    "ad_format_asset", "age", "body_asset", "call_to_action_asset", "comscore_market", "country", "description_asset",
    "device_platform", "dma", "frequency_value", "gender", "hourly_stats_aggregated_by_audience_time_zone",
    "image_asset", "impression_device", "link_url_asset", "place_page_id", "platform_position", "product_id",
    "publisher_platform", "region", "skan_conversion_id", "title_asset", "user_segment_key", "video_asset",
)  # fmt: skip
# An hour of the account's own day: "05:00:00 - 05:59:59".
_HOUR = "hourly_stats_aggregated_by_advertiser_time_zone"
_RATES = {"ctr": Theirs("ctr", 100), "cpc": Theirs("cpc"), "cpm": Theirs("cpm"), "frequency": Theirs("frequency")}
# Of a row over several days, which is taken for its reach alone, the sums as well.
_SUMS = {
    "spend": Theirs("spend"), "impressions": Theirs("impressions"), "clicks": Theirs("clicks"),
    "linkClicks": Theirs("inline_link_clicks"),
}  # fmt: skip
# So many rows are held back until it is clear whether the export asked for what Meta leaves out where there is none.
_HELD = 100_000
_DAY = timedelta(days=1)

Rows = Iterable[tuple[Fields, int] | BadRow]


class _Asked:
    """The facts of one level of an export, held back until it is clear what it asked for.

    Meta leaves link clicks out where there were none, and lists of actions where they are empty: if any row has them,
    the others had 0.
    """

    def __init__(self) -> None:
        self.link_clicks = self.actions = self.values = False
        self._held: list[Fact] | None = []

    def add(self, fact: Fact) -> Iterator[Fact]:
        self.link_clicks |= fact.link_clicks is not None
        self.actions |= fact.conversions_millionths is not None
        self.values |= fact.conversion_value_micros is not None
        if self._held is None:
            yield self._complete(fact)
            return
        self._held.append(fact)
        if (self.link_clicks and self.actions and self.values) or len(self._held) >= _HELD:
            yield from self.release()

    def release(self) -> Iterator[Fact]:
        held, self._held = self._held, None
        yield from map(self._complete, held or ())

    def _complete(self, fact: Fact) -> Fact:
        if fact.link_clicks is None and self.link_clicks:
            fact = fact._replace(link_clicks=0)
        if fact.conversions_millionths is None and self.actions:
            fact = fact._replace(conversions_millionths=0)
        if fact.conversion_value_micros is None and self.values:
            fact = fact._replace(conversion_value_micros=0)
        return fact


class Insights:
    """Turns rows of insights into records; conversions are the first present of the action types chosen."""

    def __init__(self, choices: Choices) -> None:
        self._types = choices.action_types or CONVERSION_TYPES
        self._computed = choices.computed
        self._lifetime = choices.lifetime
        self._dating = choices.dating
        self._mentions = Mentions(Platform.META)
        self._currency_of: dict[str, str] = {}
        self._settings: set[str] = set()
        self._windows = 0
        self._with_actions = False

    def records(self, rows: Rows) -> Iterator[Record]:
        """The records of the rows of one export, each with its version."""
        asked: dict[Level, _Asked] = defaultdict(_Asked)
        for row in rows:
            record = row if isinstance(row, BadRow) else self._record(*row)
            if self._computed and not isinstance(row, BadRow):
                yield from self._theirs(row[0], record)
            if isinstance(record, Fact):
                yield from asked[record.level].add(record)
            else:
                yield record
                if self._lifetime and isinstance(record, WindowReach) and record.until:
                    yield record._replace(since=None, until=None, extracted_at=_within(record.until - _DAY))
        for level in asked.values():
            yield from level.release()
            self._with_actions |= level.actions or level.values

    def told(self) -> Iterator[Record]:
        """What all the rows said by the way, and what to know of them."""
        yield from self._mentions.entities()
        if self._windows:
            yield Note(
                f"{self._windows:,} rows are about several days: their reach was taken, and nothing else, for days "
                "cannot be told from it. Export with time_increment=1 to have days."
            )
        if self._with_actions:
            yield Reported(", ".join(self._types), attribution(self._settings), self._dating)
        else:
            yield Note(
                "No row has actions, so conversions and their value are not reported. Export the fields actions and "
                "action_values with the others to have them."
            )

    def _theirs(self, row: Fields, record: Record) -> Iterator[Record]:
        if isinstance(record, Fact | WindowReach):
            names = _RATES if isinstance(record, Fact) else _RATES | _SUMS
            if theirs := computed(row, record, names):
                yield theirs

    def _record(self, row: Fields, version: int) -> Record:
        try:
            return self._fact(row, version)
        except RowError as error:
            return error.of(row)

    def _fact(self, row: Fields, version: int) -> Record:
        for breakdown in _BREAKDOWNS:
            if row.fields.get(breakdown) is not None:
                raise row.wrong(breakdown, "is a breakdown, which splits a day's reach and rounds: export without it")
        first, last = row.read("date_start", cells.day), row.read("date_stop", cells.day)
        if last < first:
            raise row.wrong("date_stop", f"is before date_start, {first}")
        level, external_id, parents = self._identify(row, last)
        if first != last:
            return self._window(row, level, external_id, parents, first, last)
        if said := row.text("attribution_setting"):
            self._settings.add(said)
        part = row.read(_HOUR, _hour) if _HOUR in row.fields else None
        reach = row.read("reach", cells.count)
        return Fact(
            place=row.place,
            platform=Platform.META,
            level=level,
            external_id=external_id,
            day=first,
            spend_micros=row.read("spend", cells.micros),
            impressions=row.read("impressions", cells.count),
            clicks=row.read("clicks", cells.count),
            link_clicks=row.read("inline_link_clicks", cells.count),
            conversions_millionths=chosen(row, "actions", self._types),
            conversion_value_micros=chosen(row, "action_values", self._types),
            reach=reach if part is None else None,
            parents=parents,
            part=part,
            version=version,
        )

    def _identify(self, row: Fields, day: date) -> tuple[Level, str, Parents]:
        """What the row is about, the lowest entity that it names; what it says of all of them is noted."""
        parents: Parents = ()
        found: tuple[Level, str, Parents] | None = None
        for level, column in _COLUMNS.items():
            external_id = row.read(f"{column}_id", cells.optional_identity)
            if external_id is None:
                continue
            if level == Level.AD_ACCOUNT:
                external_id = external_id.removeprefix("act_")
            found = level, external_id, parents
            self._note(row, level, external_id, parents, day)
            parents = (*parents, (level, external_id))
        if found is None:
            raise row.wrong("account_id", "is empty, and so are campaign_id, adset_id and ad_id: one is needed")
        return found

    def _note(self, row: Fields, level: Level, external_id: str, parents: Parents, day: date) -> None:
        name = row.read(f"{_COLUMNS[level]}_name", cells.words)
        currency = row.read("account_currency", cells.words) if level == Level.AD_ACCOUNT else None
        if currency and self._currency_of.setdefault(external_id, currency) != currency:
            raise row.wrong("account_currency", f"is not that of the account before, {self._currency_of[external_id]}")
        objective = row.read("objective", cells.words) if level == Level.CAMPAIGN else None
        if name or currency or objective:
            mention = Mention(level, external_id, parents, name, currency=currency, objective=objective)
            self._mentions.note(mention, day, row.place)

    def _window(self, row: Fields, level: Level, external_id: str, parents: Parents, first: date, last: date) -> Record:
        reach = row.read("reach", cells.count)
        if reach is None:
            raise row.wrong("reach", f"is empty, and a row over several days ({first} to {last}) tells nothing else")
        self._windows += 1
        shown = row.read("impressions", cells.count)
        return WindowReach(
            row.place, Platform.META, level, external_id, first, last + _DAY, reach, None, parents, shown
        )  # fmt: skip


def _within(day: date) -> datetime:
    """A moment of that day in nearly every timezone, and of the one before in the others."""
    return datetime(day.year, day.month, day.day, 9, 59, tzinfo=UTC)


def is_broken_down(fields: Mapping[str, object]) -> bool:
    """Whether a row of insights is a part of an entity's day only."""
    return any(fields.get(breakdown) is not None for breakdown in _BREAKDOWNS)


def _hour(text: str) -> int:
    return cells.hour(f"2000-01-01 {text[:8]}")[1]


def complaint(page: Mapping[str, object]) -> str | None:
    """Why a document is no page of insights: an error response says so itself."""
    error = page.get("error")
    if isinstance(error, dict):
        return f"is an error response of the API: {error.get('message') or 'without a message'}"
    return None
