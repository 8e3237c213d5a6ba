"""What an import did, to be shown to whoever ran it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from db.importing.covered import Coverage
from db.importing.entities import Node, Stored
from db.importing.tree import Placement
from db.level import Level

MOST_WARNINGS = 100


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
    """The outcome of one import.

    Entities are those that its rows are about. `facts` are the entity-days named: of them `added` are new and
    `replaced` had other numbers before; `removed` were there and are not named. `rejected` rows cannot be taken,
    `outside` are those of other days than were to be imported. `windows` counts the entities and windows whose reach is
    not as it was, `changed` tells whether anything is not as it was.
    """

    import_id: int
    source: str
    project: str
    project_created: bool
    dry_run: bool
    ad_accounts: int
    campaigns: int
    ad_sets: int
    ads: int
    placeholders: int
    moved: int
    facts: int
    added: int
    replaced: int
    removed: int
    rejected: int
    outside: int
    days: int
    windows: int
    covered: tuple[Covered, ...]
    changed: bool
    orphans: tuple[Orphans, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def empty(self) -> bool:
        """Whether the files have no row: such an import leaves nothing, no project either."""
        entities = self.ad_accounts + self.campaigns + self.ad_sets + self.ads
        return not (entities or self.facts or self.rejected or self.outside or self.windows or self.orphans)


def covered_days(coverage: Iterable[Coverage], external_ids: Mapping[int, str]) -> tuple[Covered, ...]:
    """What is covered, in the platform's own terms."""
    return tuple(Covered(external_ids[days.ad_account_id], days.level, days.first, days.last) for days in coverage)


def warnings(
    placement: Placement, moved: Sequence[Stored], nodes: Iterable[Node], partly: int, shorter: int, unread: int
) -> tuple[str, ...]:
    """What may not be as the user thinks it is: the first of many, and how many more there are."""
    parents = {node.key: node.parent for node in nodes}
    found = [str(disagreement) for disagreement in placement.disagreements]
    found += [
        f"The {entity.node.key} moved from the {entity.parent} to the {parents[entity.node.key]}, with its past."
        for entity in moved
    ]
    if len(found) > MOST_WARNINGS:
        found[MOST_WARNINGS:] = [f"And {len(found) - MOST_WARNINGS:,} more like these."]
    if partly:
        found.append(
            f"{partly:,} entity-days lack a metric in some of their hours: it counts as not reported on those days."
        )
    if shorter:
        found.append(
            f"{shorter:,} entity-days have fewer hours than were imported before, and now count with these alone. "
            "Import all files of a day together."
        )
    if unread:
        rows = "1 row was" if unread == 1 else f"{unread:,} rows were"
        found.append(
            f"{rows} left out, and nobody knows of which entities and days: so no day counts as covered by this "
            "import. Correct what is wrong, and import the whole of it again."
        )
    return tuple(found)
