"""The web application: what it opens, its routes, and its middleware in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypedDict

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from db.database import Database
from db.errors import AdgraphError, Invalid, NotFound
from db.organization import organization_id
from db.version import Versions
from graph.errors import formatted
from graph.executor.schema import AdgraphSchema
from graph.http import graphiql
from graph.http.body import BodyLimit
from graph.http.counters import counters
from graph.http.direct import Direct
from graph.http.endpoint import GraphQLEndpoint
from graph.http.health import healthz, readyz
from graph.http.limits import Limits
from graph.http.logs import AccessLog, printable
from graph.schema import schema as adgraph_schema
from graph.settings import Settings
from resolvers.context import Request

# Behind this, the HTTP parser itself ends a connection before anyone here could say why.
LONGEST_URL = 32_768


class State(TypedDict):
    """What the lifespan hands to every request."""

    database: Database


class Contexts:
    """Makes what the resolvers of one request can reach."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._settles_after = settings.settles_after
        self._organization: asyncio.Task[int] | None = None
        self._versions: Versions | None = None

    async def versions(self, request: HttpRequest) -> Versions:
        """The versions of the organization's data."""
        if self._versions is None:
            database: Database = request.state.database
            self._versions = Versions(database, await self._org_id(database))
        return self._versions

    async def __call__(self, request: HttpRequest) -> Request:
        """Looks the organization up at the first request, so that the server starts before its database does."""
        database: Database = request.state.database
        return Request(
            database=database,
            org_id=await self._org_id(database),
            now=datetime.now(UTC),
            max_page=self._settings.max_page,
            max_nodes=self._settings.max_nodes,
            settles_after=self._settles_after,
        )

    async def _org_id(self, database: Database) -> int:
        known = self._organization
        if known is None or (known.done() and (known.cancelled() or known.exception())):
            known = self._organization = asyncio.create_task(organization_id(database, self._settings.organization))
        # Shared by all requests that wait for it, so it survives any of them.
        return known.result() if known.done() else await asyncio.shield(known)


def create_app(settings: Settings, database_url: str, schema: AdgraphSchema = adgraph_schema) -> Starlette:
    """The application for the database at `database_url`, which need not be reachable yet."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with Database.connect(
            database_url,
            connections=settings.connections,
            connect_timeout=settings.connect_timeout,
            statement_timeout=settings.statement_timeout,
        ) as database:
            yield {"database": database}

    contexts = Contexts(settings)
    endpoint = GraphQLEndpoint(
        schema,
        Limits(tokens=settings.max_tokens, depth=settings.max_depth),
        context=contexts,
        versions=contexts.versions,
        page=graphiql.page,
        timeout=settings.request_timeout,
        longest_url=min(settings.max_body_bytes, LONGEST_URL),
    )
    return Starlette(
        lifespan=lifespan,
        routes=[
            # A Route, not a Mount, which would answer a POST to /graphql with a redirect to /graphql/. It is there for
            # the redirect the other way round: what is for it has gone there directly.
            Route("/graphql", endpoint),
            *graphiql.routes(),
            Route("/healthz", healthz),
            Route("/readyz", readyz(settings.connect_timeout)),
            Route("/metrics", counters),
            Route("/", RedirectResponse("/graphql")),
        ],
        middleware=[
            Middleware(AccessLog),
            Middleware(BodyLimit, largest=settings.max_body_bytes),
            Middleware(Direct, path="/graphql", to=endpoint),
        ],
        exception_handlers={HTTPException: _refused},
    )


async def _refused(request: HttpRequest, exception: Exception) -> Response:
    """Starlette's own refusals, in the format of every other error."""
    assert isinstance(exception, HTTPException)
    path = printable(request.url.path)
    error: AdgraphError = Invalid(f"{path} does not support this: {exception.detail}.")
    if exception.status_code == 404:
        error = NotFound(f"There is nothing at {path}. The API is at /graphql.")
    body = orjson.dumps({"errors": [formatted(error)]})
    return Response(body, exception.status_code, exception.headers, media_type="application/json")
