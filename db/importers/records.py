"""What a source tells, row by row, in the field's own terms: the language between sources and the import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from db.level import Level, Platform


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was read: a file and its line, counted from 1 (the header is line 1 of a CSV)."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Entity:
    """An ad account, campaign, ad set or ad as its own row describes it. None: the source does not say.

    `parent` is the external id of its parent one level up (None for an ad account); `ad_account` that of its account,
    where the row names it. Statuses and periods are those of the tables (ACTIVE …, DAILY | LIFETIME).
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


@dataclass(frozen=True, slots=True)
class Fact:
    """One entity-day, or a part of one (an hour): parts of one entity-day are summed. None: not reported.

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


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: the column and value at fault, and why."""

    place: Place
    column: str
    value: str
    reason: str


Record = Entity | Fact | BadRow
