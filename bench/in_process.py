"""adgraph in this process: a request from its query text to its bytes, database included, without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, time
from typing import Any

import orjson

from bench.measure import Answer
from bench.world import World
from db.database import Database
from graph.documents import DOCUMENT, Documents
from graph.http.limits import Limits
from graph.schema import schema
from graph.settings import Settings
from resolvers.context import Request


def adgraph(
    query: str, variables: Callable[[World], dict[str, Any]]
) -> Callable[[World], AbstractAsyncContextManager[Answer]]:
    """Answers `query` the way the endpoint does: its document kept by its text, a context of its own per request."""

    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        settings = Settings()
        documents = Documents(schema, Limits(tokens=settings.max_tokens, depth=settings.max_depth))
        values = variables(world)
        now = datetime.combine(world.until, time(12), UTC)
        async with Database.connect(world.url, connections=settings.connections) as database:

            async def answer() -> bytes:
                context = Request(database, world.org_id, now, settings.max_page, settings.max_nodes)
                result = await schema.execute(
                    query, variable_values=values, context_value=context,
                    operation_extensions={DOCUMENT: documents.read(query)},
                )  # fmt: skip
                if result.errors:
                    raise result.errors[0]
                return orjson.dumps({"data": result.data})

            yield answer

    return ready
