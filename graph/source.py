"""Where answers come from: the database and the organization in it, found when somebody first asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import Any

from strawberry.types import ExecutionResult

from db.database import Database, recording
from db.errors import AdgraphError
from db.organization import organization_id
from db.version import Versions
from graph.settings import Settings
from resolvers.context import Request


class Source:
    """Where the answers of one organization come from."""

    def __init__(self, settings: Settings, database: Database, org_id: int) -> None:
        self.versions = Versions(database, org_id)
        self._database = database
        self._org_id = org_id
        self._settings = settings
        self._settles_after = settings.settles_after

    def context(self, kept: Mapping[Hashable, Any]) -> Request:
        """What the resolvers of one request can reach; `kept`: what requests before have left to it."""
        return Request(
            database=self._database,
            org_id=self._org_id,
            now=datetime.now(UTC),
            max_page=self._settings.max_page,
            max_nodes=self._settings.max_nodes,
            settles_after=self._settles_after,
            kept=kept,
        )

    async def of_one_moment(self, run: Callable[[Request], Awaitable[ExecutionResult]]) -> ExecutionResult:
        """What `run` gives, again where an import took effect in its midst: never half before and half after it.

        Statements run side by side, each sees the data as of its own moment, and a transaction around them would put
        them in a row. So the version is compared with that before: as the statements themselves tell it, or else by
        one small look-up for all the requests that end at the same time. Where one statement was all, and nothing of it
        is left to others, there is nothing to compare.
        """
        versions = self.versions
        before = await versions.read() if versions.known is None else versions.known
        while True:
            context = self.context(versions.kept)
            with recording() as sent:
                result = await run(context)
            if len(sent) < 2 and not context.reused and not context.leaves:
                return result
            if sent.untold or sent.version != before:
                try:
                    now = await versions.read()
                except AdgraphError:
                    # Whatever keeps the version from being read is in the answer already.
                    if result.errors:
                        return result
                    raise
                if now != before:
                    before = now
                    continue
            versions.leave(before, context.leaves, context.rows_left)
            return result


class Sources:
    """Finds the organization at the first request, so that the server starts before its database does."""

    def __init__(self, settings: Settings) -> None:
        # Set as long as the application runs.
        self.database: Database | None = None
        self._settings = settings
        self._source: Source | None = None
        self._looking: asyncio.Task[Source] | None = None

    async def __call__(self) -> Source:
        """The source of the answers."""
        if self._source is None:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            # Shared by all requests that wait for it, so it survives any of them.
            self._source = await asyncio.shield(self._looking)
        return self._source

    async def _look(self) -> Source:
        assert self.database
        org_id = await organization_id(self.database, self._settings.organization)
        return Source(self._settings, self.database, org_id)
