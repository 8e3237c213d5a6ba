"""The web application: what it opens, its routes, and its middleware in order."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import TypedDict

import orjson
from asgi_correlation_id import CorrelationIdMiddleware
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from db.database import Database
from db.errors import AdgraphError, Invalid, NotFound
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
from graph.source import Sources

# Behind this, the HTTP parser itself ends a connection before anyone here could say why.
LONGEST_URL = 32_768


class State(TypedDict):
    """What the lifespan hands to every request."""

    database: Database


def create_app(settings: Settings, database_url: str, schema: AdgraphSchema = adgraph_schema) -> ASGIApp:
    """The application for the database at `database_url`, which need not be reachable yet."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with Database.connect(
            database_url,
            connections=settings.connections,
            connect_timeout=settings.connect_timeout,
            statement_timeout=settings.statement_timeout,
        ) as database:
            sources.database = database
            yield {"database": database}

    def watched(app: ASGIApp) -> ASGIApp:
        logged = AccessLog(BodyLimit(app, settings.max_body_bytes))
        return CorrelationIdMiddleware(logged, validator=_is_request_id, generator=lambda: token_hex(16))

    sources = Sources(settings)
    endpoint = GraphQLEndpoint(
        schema,
        Limits(tokens=settings.max_tokens, depth=settings.max_depth),
        source=sources,
        page=graphiql.page,
        timeout=settings.request_timeout,
        longest_url=min(settings.max_body_bytes, LONGEST_URL),
    )
    others = Starlette(
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
        middleware=[Middleware(watched)],
        exception_handlers={HTTPException: _refused},
    )
    return Direct(others, path="/graphql", to=watched(endpoint))


def _is_request_id(text: str) -> bool:
    """Whether a client's X-Request-ID may stand in our log and header as it is."""
    return re.fullmatch(r"[A-Za-z0-9._-]{1,128}", text) is not None


async def _refused(request: HttpRequest, exception: Exception) -> Response:
    """Starlette's own refusals, in the format of every other error."""
    assert isinstance(exception, HTTPException)
    path = printable(request.url.path)
    error: AdgraphError = Invalid(f"{path} does not support this: {exception.detail}.")
    if exception.status_code == 404:
        error = NotFound(f"There is nothing at {path}. The API is at /graphql.")
    body = orjson.dumps({"errors": [formatted(error)]})
    return Response(body, exception.status_code, exception.headers, media_type="application/json")
