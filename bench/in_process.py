"""adgraph in this process: from a request's body to its answer's, database included, without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, time
from typing import Any

import orjson

from bench.measure import Answer
from bench.remembered import Remembered
from bench.world import World
from db.database import Database
from db.version import Versions
from graph.executor.schema import AdgraphSchema
from graph.http.payload import of_body
from graph.query import Query
from graph.schema import schema as adgraph_schema
from graph.server import collect_rarely
from graph.settings import Settings
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


def _executed(schema: AdgraphSchema, query: str, variables: Variables, *, remembered: bool, alone: bool) -> Ready:
    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        settings = Settings()
        collect_rarely()  # as the server does
        body = orjson.dumps({"query": query, "variables": variables(world)})
        now = datetime.combine(world.until, time(12), UTC)
        async with Database.connect(world.url, connections=settings.connections) as opened:
            database = Remembered(opened) if remembered else opened
            versions = Versions(database, world.org_id)
            await versions.read()

            async def answer() -> bytes:
                context = Request(database, world.org_id, now, settings.max_page, settings.max_nodes)
                # What requests before have read is good as long as nothing has changed, which takes a look each time.
                before, context.kept = versions.known, {} if alone else versions.kept
                payload = of_body(body)
                document = schema.documents.read(payload.query)
                result = await schema.run(document, payload.variables, context, body=payload.body)
                if result.errors:
                    raise result.errors[0]
                if before is None or await versions.read() != before:
                    raise AssertionError("something imported while it was measured")
                versions.leave(before, context.leaves, context.rows_left)
                return orjson.dumps({"data": result.data})

            yield answer

    return ready
