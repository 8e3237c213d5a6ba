"""What an import did, to be shown to whoever ran it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from db.level import Level


@dataclass(frozen=True)
class Covered:
    """The days, both included, that the import covers for one ad account at one level."""

    ad_account: str
    level: Level
    first: date
    last: date


@dataclass(frozen=True)
class Orphans:
    """Entities of one level whose ad account nothing tells, with their entity-days: set aside. A few are named."""

    level: Level
    entities: int
    facts: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class ImportReport:
    """The outcome of one import. Entities are those that its rows are about; `facts` are entity-days."""

    import_id: int
    source: str
    project: str
    project_created: bool
    ad_accounts: int
    campaigns: int
    ad_sets: int
    ads: int
    placeholders: int
    moved: int
    facts: int
    days: int
    covered: tuple[Covered, ...]
    orphans: tuple[Orphans, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float
