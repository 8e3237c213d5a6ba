"""Any table of one row per entity and day: the user says which column holds what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from db.errors import Invalid
from db.importers import cells, csv_table
from db.importers.cells import CellError
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import Theirs, computed
from db.importers.files import STANDARD_INPUT, each
from db.importers.mentions import Mentions
from db.importers.records import BadRow, Fact, Note, Place, Record, Reported
from db.importers.row import Cells
from db.importers.table_rows import DESCRIPTION, IDS, METRICS, Rows, Table
from db.level import Level, Platform

T = TypeVar("T")

HELP = (
    "FILE…: CSV (comma, semicolon or tab, UTF-8) or Parquet, one row per entity and day. Columns are taken by these "
    "names, or as --map says (spend=cost,date=day): date, hour; account_id, account_name, currency, timezone; "
    "campaign_id, campaign_name; ad_set_id, ad_set_name; ad_id, ad_name; spend, impressions, clicks, link_clicks, "
    "conversions, conversion_value, reach. A date, an id and a metric are needed. Rows are about the lowest entity "
    "that the table has an id of, or about --level; --account names the ad account where no column does, --platform "
    "whose ads they are (else meta), --date-format how dates are written. --verify takes ctr, a fraction, or "
    "ctr_percent, cpc, cpm and frequency."
)
CHOICES = ("account", "columns", "computed", "date_format", "dating", "level", "platform")

RawRow = tuple[int, Sequence[str]] | BadRow
# What --verify holds against our answers; a click-through rate is a fraction, or percent.
RATES = ("ctr", "ctr_percent", "cpc", "cpm", "frequency")
FIELDS = ("date", "hour", *DESCRIPTION, *METRICS)
# A smaller table is read before Arrow is loaded.
_LARGE = 2**18


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files, in their order."""
    for field in choices.columns:
        if field not in (*FIELDS, *RATES):
            raise Invalid(f"--map {field}=… names no field of ours: these are {', '.join((*FIELDS, *RATES))}.")
    tables = _Tables(choices)
    for path in each(paths, "the CSV or Parquet file"):
        yield from tables.records(path)
    yield from tables.told()


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
        parquet = path != STANDARD_INPUT and _is_parquet(path)
        raw: Iterator[RawRow] = iter(()) if parquet else csv_table.raw(path)
        found = _parquet_header(path) if parquet else _first(raw)
        if isinstance(found, BadRow):
            yield found
            return
        header = csv_table.names(found)
        column_of = self._columns(header)
        bad_row = csv_table.bad_header(path, header, list(column_of.values()))
        if reason := self._lacking(column_of):
            bad_row = BadRow(Place(path, 1), "", ", ".join(header)[:80], reason, ends_file=True)
        if bad_row:
            yield bad_row
            return
        if others := [name for name in header if name not in (*column_of.values(), *RATES)]:
            yield Note(f"{path.name}: these columns mean nothing here: {', '.join(others)}. --map takes them in.")
        self._reported = column_of.get("conversions", self._reported)
        rows = Rows(Table(
            path, header, column_of, self._platform, self._level(column_of), self._choices.account, self._day,
            self._currency_of,
        ))  # fmt: skip
        if self._choices.computed:
            yield from _with_rates(rows, _one_by_one(rows) if parquet else raw)
        elif parquet or _is_large(path):
            yield from _by_columns(rows, parquet=parquet)
        else:
            yield from (row if isinstance(row, BadRow) else rows.read(*row) for row in raw)
        for mention, day, place in rows.mentions():
            self._mentions.note(mention, day, place)

    def told(self) -> Iterator[Record]:
        """What all the rows said by the way."""
        yield from self._mentions.entities()
        if self._reported:
            yield Reported(self._reported, "as the table has it", self._choices.dating)

    def _columns(self, header: Sequence[str]) -> dict[str, str]:
        """The column of each field that the table has."""
        mapped = {field: column.strip().lower() for field, column in self._choices.columns.items()}
        # A column that was said to be something is nothing else.
        known = (*FIELDS, *RATES) if self._choices.computed else FIELDS
        return {name: name for name in known if name in header and name not in mapped.values()} | mapped

    def _level(self, column_of: Mapping[str, str]) -> Level:
        there = (level for level, field in IDS.items() if field in column_of)
        return self._choices.level or max(there, default=Level.AD_ACCOUNT)

    def _lacking(self, column_of: Mapping[str, str]) -> str | None:
        """Why this is no table of facts."""
        if "date" not in column_of:
            return "have no date: say which column is the day with --map date=…"
        if not any(field in column_of for field in METRICS):
            return f"have none of {', '.join(METRICS)}: say which columns they are with --map spend=…"
        needed = IDS[self._level(column_of)]
        if needed in column_of or (needed == "account_id" and self._choices.account):
            return None
        return f"have no {needed}: say which column it is with --map {needed}=…, or what rows are about with --level"


def _by_columns(rows: Rows, *, parquet: bool) -> Iterator[Record]:
    """The same records many at a time, by a large library that others need not wait for."""
    from db.importers import csv_columns, parquet_table
    from db.importers.table_columns import Block, Columns

    columns, table = Columns(rows), rows.table
    blocks = parquet_table.blocks if parquet else csv_columns.blocks
    for block in blocks(table.path, table.number_of):
        if isinstance(block, BadRow):
            yield block
        elif isinstance(block, Block):
            yield from columns.read(block)
        else:
            yield rows.read(*block)


def _one_by_one(rows: Rows) -> Iterator[RawRow]:
    """The rows of a Parquet file."""
    from db.importers import parquet_table
    from db.importers.table_columns import Columns

    columns, table = Columns(rows), rows.table
    for block in parquet_table.blocks(table.path, table.number_of):
        yield from [block] if isinstance(block, BadRow) else columns.texts(block)


def _with_rates(rows: Rows, raw: Iterator[RawRow]) -> Iterator[Record]:
    """The records of a table one by one, and the rates that its rows have of themselves."""
    number_of = rows.table.number_of
    names = {name: Theirs(name) for name in ("cpc", "cpm", "frequency")}
    names["ctr"] = Theirs("ctr_percent", 100) if "ctr_percent" in number_of else Theirs("ctr")
    for row in raw:
        record = row if isinstance(row, BadRow) else rows.read(*row)
        yield record
        if isinstance(record, Fact) and not isinstance(row, BadRow):
            theirs = computed(Cells(record.place, number_of, row[1]), record, names)
            yield from [theirs] if theirs else []


def _first(raw: Iterator[RawRow]) -> Sequence[str] | BadRow:
    found = next(raw)
    return found if isinstance(found, BadRow) else found[1]


def _parquet_header(path: Path) -> Sequence[str] | BadRow:
    from db.importers import parquet_table

    return parquet_table.header(path)


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


def _is_large(path: Path) -> bool:
    return path != STANDARD_INPUT and path.is_file() and path.stat().st_size >= _LARGE


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error
