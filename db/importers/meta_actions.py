"""Meta's actions of ad-days: which of the overlapping action types is the conversion, and how many there were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from db.importers import cells
from db.importers.csv_table import rows
from db.importers.records import BadRow, Place
from db.importers.row import Cells, parsed

# The first that an ad-day has is its conversion. They count the same purchases in different ways: never a sum.
CONVERSION_TYPES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
_RANK = {action_type: rank for rank, action_type in enumerate(CONVERSION_TYPES)}


class Actions:
    """A table of actions or of their values: one row per ad, day and action type."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        # Of each ad-day the rank, the version and the number of the best type so far.
        self._best: dict[tuple[str, date], tuple[int, str, int | None, Place]] = {}
        self._places: dict[tuple[str, date], Place] = {}

    def read(self) -> Iterator[BadRow]:
        """Reads the table, if there is one; yields its bad rows."""
        if self._path is None:
            return
        for row in parsed(rows(self._path, "ad_id", "date", "action_type", "value"), _action):
            if isinstance(row, BadRow):
                yield row
            elif bad_row := self._take(*row):
                yield bad_row

    def _take(
        self, place: Place, ad: str, day: date, action_type: str, value: int | None, version: str
    ) -> BadRow | None:
        self._places.setdefault((ad, day), place)
        rank = _RANK.get(action_type)
        if rank is None:
            return None
        best = self._best.get((ad, day))
        if best is None or rank < best[0] or (rank == best[0] and version > best[1]):
            self._best[ad, day] = rank, version, value, place
        elif (rank, version) == best[:2] and value != best[2]:
            reason = f"is there before with another value (line {best[3].line}): keep one of them"
            return BadRow(place, "action_type", action_type, reason)
        return None

    def chosen(self, ad: str, day: date) -> int | None:
        """The conversions, or their value, in millionths: 0 where the table has none, None where there is no table."""
        if self._path is None:
            return None
        best = self._best.get((ad, day))
        return 0 if best is None else best[2]

    def has(self, ad: str, day: date) -> bool:
        """Whether the ad-day has an action of a conversion type."""
        return (ad, day) in self._best

    def entity_days(self) -> set[tuple[str, date]]:
        """The ad-days that have any action."""
        return set(self._places)

    def place(self, ad: str, day: date) -> Place | None:
        """Where the ad-day's first action was read."""
        return self._places.get((ad, day))


def _action(row: Cells) -> tuple[Place, str, date, str, int | None, str]:
    return (
        row.place,
        row.read("ad_id", cells.identity),
        row.read("date", cells.day),
        row.text("action_type").strip(),
        row.read("value", cells.micros),
        row.read("_fivetran_synced", cells.version),
    )
