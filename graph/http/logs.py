"""Structured logs: one line per request, everything that happens inside it under its id, and no client's data."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, TextIO

import orjson
import structlog
from asgi_correlation_id import correlation_id
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from graph.errors import formatted, told
from graph.settings import Settings

LONGEST_VALUE = 200
# The key of an ASGI scope under which the handlers of a request note what its line shall say.
NOTES = "adgraph.notes"
# Asked every few seconds by whatever watches the process.
PROBES = ("/healthz", "/readyz", "/metrics")

log = structlog.stdlib.get_logger("adgraph.http")


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Sends every log of the process, Python's warnings and uvicorn's lines included, to `stream` (standard error)."""
    stream = stream or sys.stderr
    json = settings.log_format == "json" or (settings.log_format == "auto" and not stream.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor]
    if json:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumped)]
    else:
        # The plain traceback: richer ones show the values of local variables.
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    # One for all lines: to make one takes longer than to write a line.
    writing = structlog.WriteLogger(stream)
    structlog.configure(
        processors=[*before, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: writing,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(allow=[])],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    _bound.cache_clear()


@cache
def _bound() -> Any:
    """The log as it is configured: to find that out takes as long as to write a line."""
    return log.bind()


def note(scope: Scope, **what: Any) -> None:
    """Adds to the line that will be logged for this request."""
    scope.get(NOTES, {}).update(what)


class AccessLog:
    """ASGI middleware: one line per request, when its answer is complete."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and logs how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        # Whatever an earlier request of the same task has bound is not about this one.
        structlog.contextvars.clear_contextvars()
        status: int | None = None
        notes: dict[str, Any] = {}
        scope[NOTES] = notes

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if status is not None:
                raise
            # No handler knew it. The client still gets an answer, and a reference to what is now in the log.
            body = orjson.dumps({"errors": [formatted(told(error))]})
            await Response(body, 500, media_type="application/json")(scope, receive, watched)
        finally:
            write = _bound().debug if scope["path"] in PROBES and status == 200 else _bound().info
            write(
                "request",
                method=printable(scope["method"]),
                path=printable(scope["path"]),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                **_line(notes),
            )


def printable(text: str) -> str:
    """A client's text as it may stand in a log: on one line, without control characters, not endless."""
    if len(text) <= LONGEST_VALUE and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "�" for letter in text[:LONGEST_VALUE])


def _line(notes: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {}
    if operation := notes.get("operation"):
        line["operation"] = printable(operation)
    errors: Sequence[str] = notes.get("errors", ())
    if errors:
        line["errors"] = {code: errors.count(code) for code in sorted(set(errors))}
    return line


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if request_id := correlation_id.get():
        event["request_id"] = request_id
    return event


def _dumped(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=repr).decode()
