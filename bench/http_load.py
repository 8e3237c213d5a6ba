"""Load over HTTP: a few connections that each ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import chain, repeat
from typing import Any, cast

import httptools
import orjson

from bench.measure import Answer, AnswersDiffer
from bench.servers import Server
from bench.world import World

# Seconds; uvicorn and Node end a connection after five.
SILENT_FOR = 2.0


def over_http(
    server: Server, asked: Callable[[World], dict[str, Any]], *, connections: int = 1, requests: int = 1
) -> Callable[[World], AbstractAsyncContextManager[Answer]]:
    """Posts what is `asked` to /graphql of a server that runs meanwhile."""

    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        async with server(world) as port:
            yield load(port, orjson.dumps(asked(world)), connections, requests)

    return ready


def load(port: int, body: bytes, connections: int, requests: int) -> Answer:
    """A function that posts `body` so many times over so many connections, and returns the one answer to all.

    It keeps its connections, as clients do, until they have been silent for a while.
    """
    request = framed(body)
    kept: list[_Connection] = []

    async def answer() -> bytes:
        if not all(connection.is_fresh() for connection in kept):
            _close(kept)
        if not kept:
            kept.extend(await _opened(port, connections))
        first, *others = await _send(repeat(request, requests), kept)
        # Not as a set: to hash a large one takes as long as to receive it.
        if any(other != first for other in others):
            raise AnswersDiffer("The server gave different answers to the same question.")
        return first

    return answer


def framed(body: bytes) -> bytes:
    """The request that posts `body` to /graphql."""
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send(port: int, requests: Iterable[bytes], connections: int) -> list[bytes]:
    """The answers to all of the requests, sent over so many new connections."""
    opened = await _opened(port, connections)
    try:
        return await _send(requests, opened)
    finally:
        _close(opened)


async def _opened(port: int, connections: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(connections)]


async def _send(requests: Iterable[bytes], connections: list[_Connection]) -> list[bytes]:
    left = iter(requests)
    return list(chain.from_iterable(await asyncio.gather(*(_ask(one, left) for one in connections))))


def _close(connections: list[_Connection]) -> None:
    for connection in connections:
        connection.close()
    connections.clear()


async def _ask(connection: _Connection, left: Iterator[bytes]) -> list[bytes]:
    # All connections draw from one iterator, so that none is left waiting for a slower one's share.
    return [await connection.ask(request) for request in left]


class _Connection(asyncio.Protocol):
    """One kept connection that sends one request after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._answered: asyncio.Future[bytes] | None = None
        self._asked_at = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Sends a request; the future is the body of its answer."""
        self._parts = []
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        self._asked_at = time.monotonic()
        return self._answered

    def is_fresh(self) -> bool:
        """Whether it was used a moment ago: servers end connections that they have not heard from for seconds."""
        return time.monotonic() - self._asked_at < SILENT_FOR

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status == 200:
            self._end(None)
        else:
            self._end(RuntimeError(f"The server answered with {status}: {b''.join(self._parts)[:500]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("The server closed the connection."))

    def _end(self, error: Exception | None) -> None:
        if self._answered is None or self._answered.done():
            return
        if error is None:
            self._answered.set_result(b"".join(self._parts))
        else:
            self._answered.set_exception(error)
