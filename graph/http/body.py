"""The limit on request bodies: refused by its announced length, or as soon as more has arrived."""

from __future__ import annotations

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.errors import QueryTooComplex
from graph.errors import formatted
from graph.http.headers import headers
from graph.http.logs import note


class BodyTooLarge(Exception):
    """More has arrived than may."""


class BodyLimit:
    """ASGI middleware that answers 413 to a request whose body is larger than `largest` bytes."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, counting what it reads."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = headers(scope).get(b"content-length", b"")
        if announced.isdigit():
            # The server ends the body there.
            fits = int(announced[:20]) <= self._largest
            await (self._app if fits else self._refuse)(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._largest:
                raise BodyTooLarge
            return message

        try:
            await self._app(scope, counted, send)
        except BodyTooLarge:
            # The body is read before anything is answered, so the answer has not begun.
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = QueryTooComplex(
            f"The body is larger than {self._largest:,} bytes. Send a shorter query or fewer values at once."
        )
        note(scope, errors=[error.code])
        # The connection stays open: uvicorn drops what still arrives, while closing it would cut clients off that send
        # on, before they read this answer.
        body = orjson.dumps({"errors": [formatted(error)]})
        response = Response(body, 413, media_type="application/json; charset=utf-8")
        await response(scope, receive, send)
