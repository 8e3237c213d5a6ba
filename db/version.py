"""The version of an organization's data: another one whenever an import or a setting has taken effect."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Any

from db.connections import Planning
from db.database import Database, Row


class _VersionRow(Row):
    version: int


# A value is some hundred bytes.
MOST_KEPT = 10_000


class Versions:
    """Reads the version of one organization, once for all who want it at the same time.

    `known` is the last one that was read. Where it is still the same later, nothing has changed between. `kept` is what
    requests have read since then and leave to others: whoever uses it must find the same version afterwards.
    """

    def __init__(self, database: Database, org_id: int) -> None:
        self.known: int | None = None
        self.kept: dict[Hashable, Any] = {}
        self._database = database
        self._org_id = org_id
        self._reading: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None

    async def read(self) -> int:
        """The version now, or a moment after this was called."""
        if self._next is None:
            # One that is under way may have been read before this was called.
            self._next = asyncio.create_task(self._read_after(self._reading))
        # Others wait for it, too: who gives up does so alone.
        return await asyncio.shield(self._next)

    async def _read_after(self, under_way: asyncio.Task[int] | None) -> int:
        if under_way is not None:
            await asyncio.wait([under_way])
        self._reading, self._next = self._next, None
        rows = await self._database.fetch("data_version", self._org_id, row=_VersionRow, planning=Planning.ONCE)
        if rows[0].version != self.known or len(self.kept) > MOST_KEPT:
            self.kept = {}
        self.known = rows[0].version
        return self.known
