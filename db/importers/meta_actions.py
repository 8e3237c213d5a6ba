"""Meta's actions: which of the overlapping action types is the conversion, and how many there were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from db.importers import cells
from db.importers.csv_table import rows
from db.importers.records import BadRow, Place
from db.importers.row import Cells, Fields, parsed

# The first that an entity-day has is its conversion. They count the same purchases in different ways: never a sum.
CONVERSION_TYPES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")

EntityDay = tuple[str, date]


def attribution(settings: Iterable[str] = ()) -> str:
    """The attribution of Meta's conversions: the settings that the rows name, else whose setting it is."""
    return ", ".join(sorted(settings)) or "as each ad set is set"


def chosen(row: Fields, column: str, action_types: tuple[str, ...]) -> int | None:
    """The number of the first of the `action_types` that the list in `column` has, in millionths.

    Actions of one type may come in parts, by their target or destination (Airbyte asks for that): a sum of one type.
    0 where the list has none of them, None where there is no list.
    """
    if row.fields.get(column) is None:
        return None
    found: dict[str, int] = {}
    parts: set[tuple[str, ...]] = set()
    for action in row.each(column):
        action_type = action.text("action_type")
        if action_type in action_types:
            part = tuple(f"{name}={action.text(name)}" for name in sorted(action.fields) if name.startswith("action_"))
            if part in parts:
                raise action.wrong("action_type", "is there twice")
            parts.add(part)
            value = action.read("value", cells.micros)
            if value is None:
                raise action.wrong("value", "is empty")
            found[action_type] = found.get(action_type, 0) + value
    return next((found[action_type] for action_type in action_types if action_type in found), 0)


class Actions:
    """A table of actions or of their values: one row per ad, day and action type."""

    def __init__(self, path: Path | None, action_types: tuple[str, ...]) -> None:
        self._path = path
        self._rank = {action_type: rank for rank, action_type in enumerate(action_types)}
        # Of each ad-day the rank, the version and the number of the best type so far.
        self._best: dict[EntityDay, tuple[int, str, int | None, Place]] = {}
        self._places: dict[EntityDay, Place] = {}

    def read(self) -> Iterator[BadRow]:
        """Reads the table, if there is one; yields its bad rows."""
        if self._path is not None:
            table = rows(self._path, "ad_id", "date", "action_type", "value")
            yield from (bad_row for bad_row in parsed(table, self._take) if bad_row)

    def _take(self, row: Cells) -> BadRow | None:
        entity_day = row.read("ad_id", cells.identity), row.read("date", cells.day)
        value = row.read("value", cells.micros)
        self._places.setdefault(entity_day, row.place)
        action_type = row.text("action_type").strip()
        rank = self._rank.get(action_type)
        if rank is None:
            return None
        version = row.read("_fivetran_synced", cells.version)
        best = self._best.get(entity_day)
        if best is None or rank < best[0] or (rank == best[0] and version > best[1]):
            self._best[entity_day] = rank, version, value, row.place
        elif (rank, version) == best[:2] and value != best[2]:
            reason = f"is there before with another value (line {best[3].line}): keep one of them"
            return BadRow(row.place, "action_type", action_type, reason)
        return None

    def chosen(self, entity_day: EntityDay) -> int | None:
        """The conversions, or their value, in millionths: 0 where the table has none, None where there is no table."""
        if self._path is None:
            return None
        best = self._best.get(entity_day)
        return 0 if best is None else best[2]

    def has(self, entity_day: EntityDay) -> bool:
        """Whether the ad-day has an action of a conversion type."""
        return entity_day in self._best

    def entity_days(self) -> set[EntityDay]:
        """The ad-days that have any action."""
        return set(self._places)

    def place(self, entity_day: EntityDay) -> Place | None:
        """Where the ad-day's first action was read."""
        return self._places.get(entity_day)
