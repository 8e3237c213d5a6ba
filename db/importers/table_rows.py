"""One table row by row: each is an entity's day, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from db.importers import cells
from db.importers.cells import CellError
from db.importers.mentions import Mention, Parents
from db.importers.records import BadRow, Fact, Measured, Place
from db.importers.row import csv_line
from db.level import Level, Platform

T = TypeVar("T")
IDS = {
    Level.AD_ACCOUNT: "account_id", Level.CAMPAIGN: "campaign_id", Level.AD_SET: "ad_set_id", Level.AD: "ad_id",
}  # fmt: skip
NAMES = {
    Level.AD_ACCOUNT: "account_name", Level.CAMPAIGN: "campaign_name", Level.AD_SET: "ad_set_name", Level.AD: "ad_name",
}  # fmt: skip
# What rows may say of an entity of each level.
_TOLD = {level: (IDS[level], NAMES[level]) for level in Level} | {
    Level.AD_ACCOUNT: ("account_id", "account_name", "currency", "timezone")
}
DESCRIPTION = (*IDS.values(), *NAMES.values(), "currency", "timezone")
METRICS: dict[str, Callable[[str], int | None]] = {
    "spend": cells.micros, "impressions": cells.count, "clicks": cells.count, "link_clicks": cells.count,
    "conversions": cells.micros, "conversion_value": cells.micros, "reach": cells.count,
}  # fmt: skip


class _Wrong(CellError):
    """What the cell of one field holds cannot be taken beside other cells."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Entity:
    """What rows are about, all that they say of it, and where they last did."""

    __slots__ = ("day", "external_id", "first_line", "line", "measured", "mentions", "parents")

    def __init__(self, external_id: str, parents: Parents, mentions: list[Mention]) -> None:
        self.external_id = external_id
        self.parents = parents
        self.mentions = mentions
        self.day = date.min
        self.line = self.first_line = 0
        self.measured: Measured | None = None

    def seen(self, first_line: int, day: date, line: int) -> None:
        """Hears of a row or of several: the first of them, and the first of those of the last day."""
        if self.day == date.min or first_line < self.first_line:
            self.first_line = first_line
        if day > self.day or (day == self.day and line < self.line):
            self.day, self.line = day, line


@dataclass
class Table:
    """What one table's rows are read by: the column of each field, whose they are, and how days are written.

    `currencies` are those of the ad accounts seen so far, in this table and others.
    """

    path: Path
    header: Sequence[str]
    column_of: Mapping[str, str]
    platform: Platform
    level: Level
    account: str | None
    day: Callable[[str], date]
    currencies: dict[str, str]
    number_of: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.number_of = {name: self.header.index(column) for name, column in self.column_of.items()}


class Rows:
    """Reads the rows of one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        number_of = table.number_of
        self.described = [name for name in DESCRIPTION if name in number_of]
        at = [number_of[name] for name in self.described] or [number_of["date"]]
        # A getter gives a tuple for two columns or more.
        self._description = itemgetter(at[0], *at)
        self._metrics = [
            (parse, number_of[name]) if name in number_of else (_nothing, 0) for name, parse in METRICS.items()
        ]
        self._known: dict[tuple[str, ...], Entity] = {}
        # What rows say of an entity of a level, by all that it depends on: many share what is above.
        self._named: dict[tuple[object, ...], tuple[str | None, Mention | None]] = {}

    def read(self, line: int, texts: Sequence[str]) -> Fact | BadRow:
        """The fact that a row is."""
        table = self.table
        number_of = table.number_of
        place = Place(table.path, line)
        try:
            entity = self.entity(self._description(texts)[1:])
            day = table.day(texts[number_of["date"]])
            spend, impressions, clicks, link_clicks, conversions, value, reach = [
                parse(texts[number]) for parse, number in self._metrics
            ]
            part = hour(texts[number_of["hour"]]) if "hour" in number_of else None
        except CellError as error:
            return self._bad_row(place, texts, error)
        if day >= entity.day or line < entity.first_line:
            entity.seen(line, day, line)
        # By position: names would cost a fifth of the row. An hour's reach says nothing of the day's.
        return Fact(
            place, table.platform, table.level, entity.external_id, day, spend, impressions, clicks, link_clicks,
            conversions, value, reach if part is None else None, entity.parents, part,
        )  # fmt: skip

    def entity(self, said: tuple[str, ...]) -> Entity:
        """What rows with these cells, those of `described`, are about; raises `CellError` where that is nothing."""
        found = self._known.get(said)
        if found is None:
            found = self._known[said] = self._entity(dict(zip(self.described, said, strict=False)))
        return found

    def mentions(self) -> Iterator[tuple[Mention, date, Place]]:
        """What the rows said by the way, in their order: each with the last day on which they did."""
        seen = (entity for entity in self._known.values() if entity.day > date.min)
        for entity in sorted(seen, key=lambda entity: entity.first_line):
            for mention in entity.mentions:
                yield mention, entity.day, Place(self.table.path, entity.line)

    def _entity(self, said: Mapping[str, str]) -> Entity:
        mentions: list[Mention] = []
        parents: Parents = ()
        external_id: str | None = None
        for above in Level:
            if above > self.table.level:
                break
            key = above, parents, *(said.get(name, "") for name in _TOLD[above])
            known = self._named.get(key)
            if known is None:
                known = self._named[key] = self._mentioned(above, parents, said)
            external_id, mention = known
            if mention:
                mentions.append(mention)
            if external_id and above < self.table.level:
                parents = (*parents, (above, external_id))
        if external_id is None:
            external_id = _read(IDS[self.table.level], said.get(IDS[self.table.level], ""), cells.identity)
        return Entity(external_id, parents, mentions)

    def _mentioned(self, level: Level, parents: Parents, said: Mapping[str, str]) -> tuple[str | None, Mention | None]:
        """The entity of the level that a row names below `parents`, and what it says of it."""
        table, name, account = self.table, IDS[level], level == Level.AD_ACCOUNT
        given = table.account if account else None
        text = said.get(name, "")
        found = given if given and cells.absent(text) else _read(name, text, cells.optional_identity)
        if not found:
            return None, None
        called = cells.words(said.get(NAMES[level], ""))
        currency = cells.words(said.get("currency", "")) if account else None
        timezone = cells.words(said.get("timezone", "")) if account else None
        if currency and table.currencies.setdefault(found, currency) != currency:
            raise _Wrong("currency", f"is not that of the account before, {table.currencies[found]}")
        if called or currency or timezone:
            return found, Mention(level, found, parents, called, currency=currency, timezone=timezone)
        return found, None

    def _bad_row(self, place: Place, texts: Sequence[str], error: CellError) -> BadRow:
        """The first cell of the row that cannot be taken."""
        table = self.table
        name = error.field if isinstance(error, _Wrong) else self._wrong_field(texts)
        value = texts[table.number_of[name]] if name in table.number_of else ""
        return BadRow(place, table.column_of.get(name, name), value, str(error), row=csv_line(texts))

    def _wrong_field(self, texts: Sequence[str]) -> str:
        parsers: dict[str, Callable[[str], object]] = {"date": self.table.day, **METRICS, "hour": hour}
        for name, parse in parsers.items():
            try:
                if name in self.table.number_of:
                    parse(texts[self.table.number_of[name]])
            except CellError:
                return name
        raise AssertionError("a row without a wrong cell was refused")


def hour(text: str) -> int | None:
    """The hour of the day that a row is about; None where it is the whole day."""
    found = cells.count(text)
    if found is not None and found > 23:
        raise CellError("is no hour between 0 and 23")
    return found


def _read(name: str, text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except CellError as error:
        raise _Wrong(name, str(error)) from None


def _nothing(_text: str) -> None:
    """A metric that the table does not have."""
