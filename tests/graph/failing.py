"""A small schema whose fields fail in every way that a resolver can, served over HTTP inside the test's process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
from asgi_lifespan import LifespanManager
from graphql import GraphQLError

from db.errors import NotFound, Unavailable, WindowTooLarge
from graph.app import create_app
from graph.executor.schema import AdgraphSchema
from graph.settings import Settings
from resolvers.context import Request

SECRET = "password=hunter2"


async def _endless_batch(request: Request, keys: Any) -> list[int]:
    running: Running = request.selections["running"]
    running.started.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        running.cancelled.set()
        raise
    return [1] * len(keys)


@strawberry.input
class Filter:
    n: int | None = None
    name: str | None = None
    inner: Filter | None = None


async def _broken_batch(_request: Request, keys: Any) -> list[int]:
    raise KeyError(SECRET)


class Running:
    """Whether a field that never ends is being resolved, and whether it was stopped."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()


@strawberry.type
class Thing:
    @strawberry.field
    def again(self, n: int | None = None, where: Filter | None = None) -> Thing | None:
        return self

    @strawberry.field
    def things(self, count: int = 2) -> list[Thing]:
        return [self] * count

    @strawberry.field
    def name(self, text: str = "a name", id: strawberry.ID | None = None) -> str:
        return text

    @strawberry.field
    def number(self, n: int = 0, where: Filter | None = None) -> int | None:
        return n

    @strawberry.field
    def too_large(self) -> int | None:
        return 2**40

    @strawberry.field
    def broken(self) -> int | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def required_but_broken(self) -> int:
        raise RuntimeError(SECRET)

    @strawberry.field
    def refused_by_hand(self) -> int | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    async def broken_batch(self, info: strawberry.Info[Request], key: int) -> int | None:
        return await info.context.load(_broken_batch, key)

    @strawberry.field
    def unknown(self) -> int | None:
        raise NotFound("There is no such thing.")

    @strawberry.field
    def too_wide(self) -> int | None:
        raise WindowTooLarge("The series would have 40,000 days.")

    @strawberry.field
    def unavailable(self) -> int | None:
        raise Unavailable("The database cannot be reached. Try again shortly.") from OSError(SECRET)

    @strawberry.field
    async def never(self, info: strawberry.Info[Request]) -> int | None:
        (value,) = await _endless_batch(info.context, [1])
        return value

    @strawberry.field
    async def never_batched(self, info: strawberry.Info[Request]) -> int | None:
        return await info.context.load(_endless_batch, 1)


@strawberry.type
class Query:
    @strawberry.field
    def thing(self) -> Thing | None:
        return Thing()

    @strawberry.field
    def needed_thing(self) -> Thing:
        return Thing()


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> bool:
        return True


schema = AdgraphSchema(query=Query, mutation=Mutation)


@asynccontextmanager
async def serving(
    database_url: str, schema: AdgraphSchema = schema, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, which runs until the block ends. Starlette's own errors are not re-raised."""
    app = create_app(Settings(**settings), database_url, schema)
    async with LifespanManager(app) as manager:
        transport = httpx.ASGITransport(manager.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://adgraph.test") as client:
            yield client


async def query(client: httpx.AsyncClient, text: str, **more: Any) -> httpx.Response:
    """The answer to a query sent by POST."""
    headers = more.pop("headers", {})
    return await client.post("/graphql", json={"query": text, **more}, headers=headers)
