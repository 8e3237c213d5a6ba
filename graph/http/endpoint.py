"""GraphQL over HTTP: one request in, one answer out, whatever arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types import ExecutionResult

from db.errors import AdgraphError, Invalid, TimedOut
from graph.documents import Document, InvalidDocument, is_query
from graph.errors import formatted, told
from graph.executor.schema import AdgraphSchema
from graph.http.accept import preferred
from graph.http.headers import headers
from graph.http.limits import Limits
from graph.http.logs import note
from graph.http.payload import Payload, Refused, from_url, posted
from graph.source import Source
from resolvers.context import Request

JSON = "application/json"
# The media type of the GraphQL over HTTP specification, whose status tells a refused request from an answered one.
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"
METHODS = "GET, HEAD, POST, OPTIONS"


class GraphQLEndpoint:
    """The ASGI application behind /graphql, for any method."""

    def __init__(
        self,
        schema: AdgraphSchema,
        limits: Limits,
        *,
        source: Callable[[], Awaitable[Source]],
        page: Callable[[], Response],
        timeout: float,
        longest_url: int,
    ) -> None:
        """`source` tells what is asked; `page` is what a browser sees; `timeout` in seconds."""
        self._schema = schema
        self._limits = limits
        self._source = source
        self._page = page
        self._timeout = timeout
        self._longest_url = longest_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            response = await self._response(scope, receive)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> ASGIApp:
        method = scope["method"]
        if method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": METHODS})
        offers = (GRAPHQL, JSON, HTML) if method in ("GET", "HEAD") else (GRAPHQL, JSON)
        media = preferred(headers(scope).get(b"accept", b"").decode("latin-1"), offers)
        if media == HTML:
            page = self._page()
            page.headers["Vary"] = "Accept"
            return page
        try:
            if media is None:
                raise Refused(406, Invalid(f"The answer comes as {GRAPHQL} or {JSON}. Accept one of them."))
            if method == "POST":
                payload = await posted(scope, receive)
            elif method in ("GET", "HEAD"):
                payload = from_url(scope, self._longest_url)
            else:
                raise Refused(
                    405, Invalid(f"{method[:20]} is not supported. Use POST, or GET to query."), Allow=METHODS
                )
            return await self._answer(payload, scope, media)
        except Refused as refused:
            note(scope, errors=[refused.error.code])
            return _respond({"errors": [formatted(refused.error)]}, media or JSON, refused.status, refused.headers)

    async def _answer(self, payload: Payload, scope: Scope, media: str) -> ASGIApp:
        try:
            answer = await self._execute(payload, scope)
        except Refused:
            raise
        except InvalidDocument as invalid:
            answer = {"errors": _formatted(invalid.errors)}
        except AdgraphError as error:
            answer = {"errors": [formatted(told(error))]}
        except Exception as error:  # noqa: BLE001  # masked and logged: whatever breaks, the client gets an answer
            answer = {"errors": [formatted(told(error))], "data": None}
        if "errors" not in answer:
            return _respond(answer, media, 200)
        codes = [error["extensions"]["code"] for error in answer["errors"]]
        note(scope, errors=codes)
        # A client of plain JSON cannot know who wrote an error status, hence the specification keeps to 200 there.
        return _respond(answer, media, 200 if "data" in answer or media == JSON else _status(codes))

    async def _execute(self, payload: Payload, scope: Scope) -> dict[str, Any]:
        document = self._schema.documents.read(payload.query, self._limits)
        operation = document.operation(payload.operation_name)
        note(scope, operation=operation.name.value if operation.name else None)
        reads = is_query(operation)
        if scope["method"] != "POST" and not reads:
            raise Refused(405, Invalid("GET runs queries only. Send a mutation by POST."), Allow="POST")
        running = self._of_one_moment(document, payload) if reads else self._once(document, payload)
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                result = await running
        except TimeoutError:
            if not limit.expired():
                raise
            late = TimedOut(
                f"The answer took longer than {self._timeout:g} s. Ask for less: fewer entities, fewer levels."
            )
            return {"errors": [formatted(late)], "data": None}
        if not result.errors:
            return {"data": result.data}
        errors = result.errors
        # Without a path an error is about the request: nothing ran, so there is no data, not even null.
        refused = result.data is None and all(error.path is None for error in errors)
        return {"errors": _formatted(errors)} | ({} if refused else {"data": result.data})

    async def _once(self, document: Document, payload: Payload) -> ExecutionResult:
        """The result of what writes."""
        source = await self._source()
        return await self._run(document, payload, source.context({}))

    async def _of_one_moment(self, document: Document, payload: Payload) -> ExecutionResult:
        """The result of what only reads."""
        source = await self._source()
        return await source.of_one_moment(lambda context: self._run(document, payload, context))

    async def _run(self, document: Document, payload: Payload, context: Request) -> ExecutionResult:
        try:
            return await self._schema.run(
                document, payload.variables, context, operation_name=payload.operation_name, body=payload.body
            )
        finally:
            context.stop()


def _formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [dict(error.formatted) for error in errors]


def _status(codes: Sequence[str]) -> int:
    return 503 if "UNAVAILABLE" in codes else 400


def _respond(answer: Mapping[str, Any], media: str, status: int, headers: Mapping[str, str] | None = None) -> ASGIApp:
    body = orjson.dumps(answer)
    if status == 200 and not headers:
        return Answer(body, media, answer)
    return Response(body, status, headers={"Vary": "Accept", **(headers or {})}, media_type=f"{media}; charset=utf-8")


class Answer:
    """Starlette's Response for answers as most are: it works its headers out for each, which are always the same."""

    __slots__ = ("_body", "_headers", "_made_of")

    def __init__(self, body: bytes, media: str, made_of: Mapping[str, Any]) -> None:
        self._body = body
        self._headers = _HEADERS[media]
        # To free it may take as long as to send it: its client need not wait for that.
        self._made_of = made_of

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Sends it."""
        headers = [*self._headers, (b"content-length", str(len(self._body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


_HEADERS = {
    media: ((b"content-type", f"{media}; charset=utf-8".encode()), (b"vary", b"Accept")) for media in (JSON, GRAPHQL)
}
