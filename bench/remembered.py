"""A database that answers from memory what it was asked before: requests can be measured without PostgreSQL."""

from __future__ import annotations

from typing import Any

from db.connections import Planning
from db.database import Database, R


class Remembered(Database):
    """Each statement with its arguments reaches the real database once; its rows, being frozen, serve for ever."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._connections)  # noqa: SLF001  # the same connections
        self._rows: dict[tuple[Any, ...], list[Any]] = {}

    async def fetch(
        self, name: str, *arguments: object, row: type[R], label: str | None = None,
        planning: str = Planning.EACH_TIME, **slots: str,
    ) -> list[R]:  # fmt: skip
        """The rows of the statement, from the first time that it was asked with these arguments."""
        told = (tuple(argument) if isinstance(argument, list | tuple) else argument for argument in arguments)
        key = (name, row, *slots.items(), *told)
        found = self._rows.get(key)
        if found is None:
            found = await super().fetch(name, *arguments, row=row, label=label, planning=planning, **slots)
            self._rows[key] = found
        return found
