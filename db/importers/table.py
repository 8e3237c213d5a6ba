"""Any table of one row per entity and day: the user says which column holds what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from db.errors import Invalid
from db.importers import cells, csv_table
from db.importers.cells import CellError
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.files import STANDARD_INPUT, each
from db.importers.mentions import Mention, Mentions, Parents
from db.importers.records import BadRow, Dating, Fact, Note, Place, Record, Reported
from db.level import Level, Platform

T = TypeVar("T")

HELP = (
    "FILE…: CSV (comma, semicolon or tab, UTF-8) or Parquet, one row per entity and day. Columns are taken by these "
    "names, or as --map says (spend=cost,date=day): date, hour; account_id, account_name, currency, timezone; "
    "campaign_id, campaign_name; ad_set_id, ad_set_name; ad_id, ad_name; spend, impressions, clicks, link_clicks, "
    "conversions, conversion_value, reach. A date, an id and a metric are needed. Rows are about the lowest entity "
    "that the table has an id of, or about --level; --account names the ad account where no column does, --platform "
    "whose ads they are (else meta), --date-format how dates are written."
)
CHOICES = ("account", "columns", "date_format", "level", "platform")

_IDS = {
    Level.AD_ACCOUNT: "account_id", Level.CAMPAIGN: "campaign_id", Level.AD_SET: "ad_set_id", Level.AD: "ad_id",
}  # fmt: skip
_NAMES = {
    Level.AD_ACCOUNT: "account_name", Level.CAMPAIGN: "campaign_name", Level.AD_SET: "ad_set_name", Level.AD: "ad_name",
}  # fmt: skip
_ABOUT_ACCOUNTS = ("currency", "timezone")
_DESCRIPTION = (*_IDS.values(), *_NAMES.values(), *_ABOUT_ACCOUNTS)
_METRICS: dict[str, Callable[[str], int | None]] = {
    "spend": cells.micros, "impressions": cells.count, "clicks": cells.count, "link_clicks": cells.count,
    "conversions": cells.micros, "conversion_value": cells.micros, "reach": cells.count,
}  # fmt: skip
RawRow = tuple[int, Sequence[str]] | BadRow
FIELDS = ("date", "hour", *_DESCRIPTION, *_METRICS)


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files, in their order."""
    for field in choices.columns:
        if field not in FIELDS:
            raise Invalid(f"--map {field}=… names no field of ours: these are {', '.join(FIELDS)}.")
    tables = _Tables(choices)
    for path in each(paths, "the CSV or Parquet file"):
        yield from tables.records(path)
    yield from tables.told()


class _Wrong(CellError):
    """What the cell of one field holds cannot be taken beside other cells."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class _Entity:
    """What rows are about, all that they say of it, and the last day on which they did."""

    __slots__ = ("day", "external_id", "mentions", "parents", "place")

    def __init__(self, external_id: str, parents: Parents, mentions: list[Mention]) -> None:
        self.external_id = external_id
        self.parents = parents
        self.mentions = mentions
        self.day = date.min
        self.place: Place | None = None


class _Tables:
    """Turns the rows of tables into records."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._platform = choices.platform or Platform.META
        self._day = _by_format(choices.date_format) if choices.date_format else cells.day
        self._mentions = Mentions(self._platform)
        self._currency_of: dict[str, str] = {}
        self._reported: str | None = None

    def records(self, path: Path) -> Iterator[Record]:
        """The facts of a file, its bad rows and what it has beside them."""
        raw = _raw(path, lambda header: self._columns(csv_table.names(header)).values())
        header: list[str] | None = None
        for row in raw:
            if isinstance(row, BadRow):
                yield row
                return
            header = csv_table.names(row[1])
            break
        if header is None:
            return
        column_of = self._columns(header)
        bad_row = csv_table.bad_header(path, header, list(column_of.values()))
        if reason := self._lacking(column_of):
            bad_row = BadRow(Place(path, 1), "", ", ".join(header)[:80], reason, ends_file=True)
        if bad_row:
            yield bad_row
            return
        if others := [name for name in header if name not in column_of.values()]:
            yield Note(f"{path.name}: these columns mean nothing here: {', '.join(others)}. --map takes them in.")
        self._reported = column_of.get("conversions", self._reported)
        yield from self._facts(path, raw, column_of, {field: header.index(name) for field, name in column_of.items()})

    def told(self) -> Iterator[Record]:
        """What all the rows said by the way."""
        yield from self._mentions.entities()
        if self._reported:
            yield Reported(self._reported, "as the table has it", Dating.UNKNOWN)

    def _columns(self, header: Sequence[str]) -> dict[str, str]:
        """The column of each field that the table has."""
        mapped = {field: column.strip().lower() for field, column in self._choices.columns.items()}
        # A column that was said to be something is nothing else.
        return {name: name for name in FIELDS if name in header and name not in mapped.values()} | mapped

    def _level(self, column_of: Mapping[str, str]) -> Level:
        there = (level for level, field in _IDS.items() if field in column_of)
        return self._choices.level or max(there, default=Level.AD_ACCOUNT)

    def _lacking(self, column_of: Mapping[str, str]) -> str | None:
        """Why this is no table of facts."""
        if "date" not in column_of:
            return "have no date: say which column is the day with --map date=…"
        if not any(field in column_of for field in _METRICS):
            return f"have none of {', '.join(_METRICS)}: say which columns they are with --map spend=…"
        needed = _IDS[self._level(column_of)]
        if needed in column_of or (needed == "account_id" and self._choices.account):
            return None
        return f"have no {needed}: say which column it is with --map {needed}=…, or what rows are about with --level"

    def _facts(
        self, path: Path, raw: Iterator[RawRow], column_of: Mapping[str, str], number_of: Mapping[str, int]
    ) -> Iterator[Record]:
        platform, level, read_day = self._platform, self._level(column_of), self._day
        described = [field for field in _DESCRIPTION if field in number_of]
        at = [number_of[field] for field in described] or [number_of["date"]]
        # A getter gives a tuple for two columns or more.
        description = itemgetter(at[0], *at)
        day_at, hour_at = number_of["date"], number_of.get("hour")
        metrics = [(parse, number_of[name]) if name in number_of else (_nothing, 0) for name, parse in _METRICS.items()]
        known: dict[tuple[str, ...], _Entity] = {}
        for row in raw:
            if isinstance(row, BadRow):
                yield row
                continue
            line, texts = row
            place = Place(path, line)
            try:
                said = description(texts)
                entity = known.get(said)
                if entity is None:
                    entity = known[said] = self._entity(dict(zip(described, said[1:], strict=False)), level)
                day = read_day(texts[day_at])
                spend, impressions, clicks, link_clicks, conversions, value, reach = [
                    parse(texts[number]) for parse, number in metrics
                ]
                part = _hour(texts[hour_at]) if hour_at is not None else None
            except CellError as error:
                yield self._bad_row(place, texts, column_of, number_of, error)
                continue
            if day > entity.day:
                entity.day, entity.place = day, place
            # By position: names would cost a fifth of the row. An hour's reach says nothing of the day's.
            yield Fact(
                place, platform, level, entity.external_id, day, spend, impressions, clicks, link_clicks, conversions,
                value, reach if part is None else None, entity.parents, part,
            )  # fmt: skip
        for entity in known.values():
            for mention in entity.mentions:
                if entity.place:
                    self._mentions.note(mention, entity.day, entity.place)

    def _entity(self, said: Mapping[str, str], level: Level) -> _Entity:
        """What rows that say this are about."""
        parents: Parents = ()
        mentions: list[Mention] = []
        external_id = ""
        for above in Level:
            if above > level:
                break
            field = _IDS[above]
            given = self._choices.account if above == Level.AD_ACCOUNT else None
            text = said.get(field, "")
            found = given if given and cells.absent(text) else _read(field, text, cells.optional_identity)
            if above == level:
                external_id = found or _read(field, text, cells.identity)
            if not found:
                continue
            account = above == Level.AD_ACCOUNT
            name = cells.words(said.get(_NAMES[above], ""))
            currency = cells.words(said.get("currency", "")) if account else None
            timezone = cells.words(said.get("timezone", "")) if account else None
            if currency and self._currency_of.setdefault(found, currency) != currency:
                raise _Wrong("currency", f"is not that of the account before, {self._currency_of[found]}")
            if name or currency or timezone:
                mentions.append(Mention(above, found, parents, name, currency=currency, timezone=timezone))
            if above < level:
                parents = (*parents, (above, found))
        return _Entity(external_id, parents, mentions)

    def _bad_row(
        self, place: Place, texts: Sequence[str], column_of: Mapping[str, str], number_of: Mapping[str, int],
        error: CellError,
    ) -> BadRow:  # fmt: skip
        """The first cell of the row that cannot be taken."""
        field = error.field if isinstance(error, _Wrong) else self._wrong_field(texts, number_of)
        return BadRow(
            place, column_of.get(field, field), texts[number_of[field]] if field in number_of else "", str(error)
        )

    def _wrong_field(self, texts: Sequence[str], number_of: Mapping[str, int]) -> str:
        parsers: dict[str, Callable[[str], object]] = {"date": self._day, **_METRICS, "hour": _hour}
        for field, parse in parsers.items():
            try:
                if field in number_of:
                    parse(texts[number_of[field]])
            except CellError:
                return field
        raise AssertionError("a row without a wrong cell was refused")


def _read(field: str, text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except CellError as error:
        raise _Wrong(field, str(error)) from None


def _nothing(_text: str) -> None:
    """A metric that the table does not have."""


def _hour(text: str) -> int | None:
    hour = cells.count(text)
    if hour is not None and hour > 23:
        raise CellError("is no hour between 0 and 23")
    return hour


def _by_format(pattern: str) -> Callable[[str], date]:
    """What reads dates that are written like `pattern`, in the terms of strptime."""
    sample = date(2026, 12, 31)
    try:
        complete = datetime.strptime(sample.strftime(pattern), pattern).date() == sample  # noqa: DTZ007  # days have no timezone
    except ValueError:
        complete = False
    if not complete:
        raise Invalid(f"--date-format {pattern!r} does not tell a day: give one like %d.%m.%Y.")

    @lru_cache(maxsize=10_000)
    def day(text: str) -> date:
        try:
            found = datetime.strptime(text.strip(), pattern).date()  # noqa: DTZ007  # days have no timezone
        except ValueError:
            raise CellError(f"is not a date like {sample.strftime(pattern)}") from None
        return cells.day(found.isoformat())

    return day


def _raw(path: Path, wanted: Callable[[Sequence[str]], Collection[str]]) -> Iterator[RawRow]:
    if path != STANDARD_INPUT and _is_parquet(path):
        # A large library, for those who have such files.
        from db.importers import parquet_table

        return parquet_table.raw(path, wanted)
    return csv_table.raw(path)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error
