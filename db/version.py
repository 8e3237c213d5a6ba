"""The version of an organization's data: another one whenever an import or a setting has taken effect."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from db.connections import Planning
from db.database import Database, Row


class _VersionRow(Row):
    version: int


# A row is some hundred bytes.
MOST_KEPT = 40_000


class Versions:
    """Reads the version of one organization, once for all who want it at the same time.

    `known` is the last one that was read. Where it is still the same later, nothing has changed between. `kept` is what
    requests have read of that version and left to others: whoever uses it must find the same version afterwards.
    """

    def __init__(self, database: Database, org_id: int) -> None:
        self.known: int | None = None
        self.kept: dict[Hashable, Any] = {}
        self._rows = 0
        self._database = database
        self._org_id = org_id
        self._waiting: list[asyncio.Future[int]] = []
        self._reading: asyncio.Task[None] | None = None

    async def read(self) -> int:
        """The version now, or a moment after this was called."""
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        # A look-up that is under way may have been before this was called: the next one is for all who wait by then.
        self._waiting.append(told)
        if self._reading is None:
            self._reading = asyncio.create_task(self._tell())
        return await told

    async def _tell(self) -> None:
        """Looks the version up for those who wait, until nobody does."""
        outcome: int | Exception
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                try:
                    outcome = await self._read()
                except Exception as error:  # noqa: BLE001  # the error of each who waits for it
                    outcome = error
                _end(waiting, outcome)
        finally:
            self._reading = None

    async def _read(self) -> int:
        rows = await self._database.fetch("data_version", self._org_id, row=_VersionRow, planning=Planning.ONCE)
        if rows[0].version != self.known:
            self.known = rows[0].version
            self.forget()
        return self.known

    def leave(self, version: int, values: Mapping[Hashable, Any], rows: int) -> None:
        """Leaves values, which hold so many rows of that version, to other requests. Where there are too many then,
        those before go.
        """
        if version != self.known or not values:
            return
        if self._rows + rows > MOST_KEPT:
            self.forget()
        self.kept.update(values)
        self._rows += rows

    def forget(self) -> None:
        """Starts anew with nothing kept; who uses the former values goes on with them."""
        self.kept, self._rows = {}, 0


def _end(waiting: Iterable[asyncio.Future[int]], outcome: int | Exception) -> None:
    for told in waiting:
        if told.done():
            continue  # has given up
        if isinstance(outcome, Exception):
            told.set_exception(outcome)
        else:
            told.set_result(outcome)
