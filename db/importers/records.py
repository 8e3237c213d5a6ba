"""What a source tells, row by row, in the field's own terms: the language between sources and the import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from db.level import Level, Platform


# Places and facts come by the million: a named tuple is made four times as fast as a frozen dataclass.
class Place(NamedTuple):
    """Where a record was read: a file and its line, counted from 1 (the header is line 1 of a CSV)."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Entity:
    """An ad account, campaign, ad set or ad as its own row describes it. None: the source does not say.

    `parent` is the external id of its parent one level up (None for an ad account); `ad_account` that of its account,
    where the row names it; `parents` those of whatever else it names above its parent, by level. Statuses and periods
    are those of the tables (ACTIVE …, DAILY | LIFETIME); a period of NONE says that it has no budget of its own.
    `version` orders the rows of one entity: the row with the largest is the entity as it is now.
    """

    place: Place
    platform: Platform
    level: Level
    external_id: str
    parent: str | None = None
    ad_account: str | None = None
    name: str | None = None
    status: str | None = None
    currency: str | None = None
    timezone: str | None = None
    objective: str | None = None
    budget_micros: int | None = None
    budget_period: str | None = None
    version: str = ""
    parents: tuple[tuple[Level, str], ...] = ()


class Fact(NamedTuple):
    """One entity-day, or a part of one: parts of one entity-day are summed. None: not reported.

    `part` numbers the part (its hour); None is the whole day, which stands where its parts are given as well. Of rows
    of one entity, day and part the one with the largest `version` stands.
    `parents` are the external ids that this row names above the entity, by level; they place an entity that has no row
    of its own. Money in micros of the account's currency, conversions in millionths.
    """

    place: Place
    platform: Platform
    level: Level
    external_id: str
    day: date
    spend_micros: int | None = None
    impressions: int | None = None
    clicks: int | None = None
    link_clicks: int | None = None
    conversions_millionths: int | None = None
    conversion_value_micros: int | None = None
    reach: int | None = None
    parents: tuple[tuple[Level, str], ...] = ()
    part: int | None = None
    version: int = 0


class Measured(NamedTuple):
    """An entity that facts are about, where the first of them was read, and the `parents` that they name."""

    place: Place
    platform: Platform
    level: Level
    external_id: str
    parents: tuple[tuple[Level, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Many facts of one file side by side. One by one they would be the same, and take five times as long.

    `columns` are Arrow arrays: `line`, `entity` (its number among `entities`), `day`, `part` (null: the whole day) and
    the metrics of a fact, null where they are not reported. Of an entity that no row is about there is None.
    """

    file: Path
    entities: Sequence[Measured | None]
    columns: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.columns["line"])

    def each(self) -> Iterator[Fact]:
        """The same one by one."""
        columns = {name: column.to_pylist() for name, column in self.columns.items()}
        for line, number, day, part, *metrics in zip(
            *(columns[name] for name in ("line", "entity", "day", "part", *METRICS)), strict=True
        ):
            entity = self.entities[number]
            assert entity is not None
            about = (entity.platform, entity.level, entity.external_id, day)
            yield Fact._make((Place(self.file, line), *about, *metrics, entity.parents, part, 0))


# The numbers of a fact, in their order.
METRICS = Fact._fields[5:12]


class WindowReach(NamedTuple):
    """How many people an entity reached over several days: what no sum of days can tell.

    `since` is the first day, `until` the day after the last. Both None: the entity's whole life so far, which is true
    as of `extracted_at` (None: the source does not say when). `parents` as in a fact. `impressions` are those
    of the same days, where the row tells them.
    """

    place: Place
    platform: Platform
    level: Level
    external_id: str
    since: date | None
    until: date | None
    reach: int
    extracted_at: datetime | None = None
    parents: tuple[tuple[Level, str], ...] = ()
    impressions: int | None = None


class Computed(NamedTuple):
    """What a platform computed itself of an entity over the days `[since, until)`, to hold our answers against.

    `numbers` has the name of our metric, the number as the platform writes it, and how many of its units one of ours is
    (100 where it gives percent of what we give as a fraction).
    """

    place: Place
    platform: Platform
    level: Level
    external_id: str
    since: date
    until: date
    numbers: tuple[tuple[str, str, int], ...]


class Dating(StrEnum):
    """The day that a platform files a conversion under."""

    IMPRESSION = "IMPRESSION"
    CLICK = "CLICK"
    CONVERSION = "CONVERSION"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Reported:
    """What the conversions of an import are: which count of the platform's, by what attribution, and dated how.

    `conversion` holds the platform's own names (the first present counts, where there are several), `attribution` its
    windows as the platform writes them, or words that say whose setting decides.
    """

    conversion: str
    attribution: str
    dating: Dating


@dataclass(frozen=True, slots=True)
class Orphan:
    """A row about an entity-day that nothing in the export places in any ad account: set aside and counted."""

    place: Place
    platform: Platform
    level: Level
    external_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Note:
    """What the user should know of how the source was read, as a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: the column and value at fault, and why.

    `ends_file`: nothing behind it can be read, so who takes the rest does not know what is missing. `row` is the whole
    row as the source has it, a line of CSV or JSON, where it can be told. `describes`: the row is an entity's, and
    about no day. `spoils`: what was read of the file before may be wrong as well, so that nothing of it can be taken.
    """

    place: Place
    column: str
    value: str
    reason: str
    ends_file: bool = False
    row: str = ""
    describes: bool = False
    spoils: bool = False


Record = Entity | Fact | Facts | WindowReach | Computed | Reported | Orphan | Note | BadRow
