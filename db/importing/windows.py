"""The reach of whole windows, from its rows to its table: one number for each entity and window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from db.database import Row, Transaction
from db.importers.records import BadRow, WindowReach
from db.importing.tree import Key, Tree

_NEVER = datetime.min.replace(tzinfo=UTC)


class _CountRow(Row):
    count: int


class Windows:
    """What an import says of whole windows. They are few: one or some for each entity."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        # A whole life is from the first day that there is to the last, which PostgreSQL knows as infinite.
        self._rows: dict[tuple[Key, date, date], WindowReach] = {}

    def add(self, row: WindowReach) -> BadRow | None:
        """Takes a row: of those about one window the one that was said last. A bad row where it contradicts another."""
        window = self._tree.mention(row), row.since or date.min, row.until or date.max
        before = self._rows.setdefault(window, row)
        said, said_before = row.extracted_at or _NEVER, before.extracted_at or _NEVER
        if said > said_before:
            self._rows[window] = row
        elif said == said_before and row.reach != before.reach:
            where = f"{before.place.file.name}:{before.place.line}"
            reason = f"is there before with another reach ({where}, {before.reach}): keep one of them"
            return BadRow(row.place, "reach", str(row.reach), reason)
        return None

    async def take(self, transaction: Transaction, org_id: int, import_id: int, ids: Mapping[Key, int]) -> int:
        """Writes the reach of the entities that have a place in the tree; how many are not as they were."""
        placed = [(ids[key], since, until, row) for (key, since, until), row in self._rows.items() if key in ids]
        if not placed:
            return 0
        counted = await transaction.fetch(
            "take_windows", org_id, [entity for entity, *_ in placed], [since for _, since, _, _ in placed],
            [until for _, _, until, _ in placed], [row.reach for *_, row in placed],
            [row.extracted_at for *_, row in placed], import_id, [row.impressions for *_, row in placed],
            row=_CountRow,
        )  # fmt: skip
        return counted[0].count
