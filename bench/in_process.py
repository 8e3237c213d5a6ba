"""adgraph in this process: from a request's body to its answer's, database included, without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import orjson
from strawberry.types import ExecutionResult

from bench.measure import Answer
from bench.remembered import Remembered
from bench.world import World
from db.database import Database
from graph.executor.schema import AdgraphSchema
from graph.http.payload import of_body
from graph.query import Query
from graph.schema import schema as adgraph_schema
from graph.server import collect_rarely
from graph.settings import Settings
from graph.source import Source
from resolvers.context import Request

Ready = Callable[[World], AbstractAsyncContextManager[Answer]]
Variables = Callable[[World], dict[str, Any]]

# The same types and resolvers on the executor that Strawberry comes with: graphql-core's, depth first.
stock_schema = AdgraphSchema(query=Query, config=adgraph_schema.config)


def adgraph(query: str, variables: Variables, *, remembered: bool = False, alone: bool = False) -> Ready:
    """Answers `query` the way the endpoint does, with a context of its own per request.

    `remembered`: without the database, whose rows are kept from the first time. `alone`: with nothing that requests
    before have read, as after each import.
    """
    return _executed(adgraph_schema, query, variables, remembered=remembered, alone=alone)


def stock(query: str, variables: Variables, *, remembered: bool = False) -> Ready:
    """The same on the stock executor."""
    return _executed(stock_schema, query, variables, remembered=remembered, alone=False)


class _AtNoon(Source):
    """Where the server's answers come from, on the day on which the data ends."""

    def __init__(self, settings: Settings, database: Database, world: World) -> None:
        super().__init__(settings, database, world.org_id)
        self._now = datetime.combine(world.until, time(12), UTC)

    def context(self, kept: Mapping[Hashable, Any]) -> Request:
        """What the resolvers of one request can reach."""
        return replace(super().context(kept), now=self._now)


def _executed(schema: AdgraphSchema, query: str, variables: Variables, *, remembered: bool, alone: bool) -> Ready:
    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        settings = Settings()
        collect_rarely()  # as the server does
        body = orjson.dumps({"query": query, "variables": variables(world)})
        async with Database.connect(world.url, connections=settings.connections) as opened:
            database = Remembered(opened) if remembered else opened
            source = _AtNoon(settings, database, world)

            async def run(context: Request) -> ExecutionResult:
                payload = of_body(body)
                document = schema.documents.read(payload.query)
                return await schema.run(document, payload.variables, context, body=payload.body)

            async def answer() -> bytes:
                if alone:
                    source.versions.forget()
                result = await source.of_one_moment(run)
                if result.errors:
                    raise result.errors[0]
                return orjson.dumps({"data": result.data})

            yield answer

    return ready
