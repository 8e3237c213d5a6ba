"""What a client asks, read out of an HTTP request and checked before anything is done with it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from db.errors import AdgraphError, Invalid, QueryTooComplex
from graph.http.headers import headers

# What dashboards ask comes again and again, and is short; a thousand of these take some megabytes.
LONGEST_KEPT = 2_000
EXAMPLE = '{"query": "{ projects { nodes { name } } }"}'


class Refused(Exception):
    """A request that HTTP itself has a status for."""

    def __init__(self, status: int, error: AdgraphError, **headers: str) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True)
class Payload:
    """One GraphQL request: the text, the operation to run and its variables."""

    query: str
    operation_name: str | None
    variables: dict[str, Any] | None
    # As it was sent, where it is short enough to be known again. Then others get this very object: it stays as it is.
    body: bytes | None = None


async def posted(scope: Scope, receive: Receive) -> Payload:
    """What a POST carries in its body."""
    _check_content_type(scope)
    return of_body(await _body(receive))


def of_body(body: bytes) -> Payload:
    """What a body says."""
    return _short(body) if len(body) <= LONGEST_KEPT else _read(body)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    parts = [message.get("body", b"")]
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    # Most come in one piece.
    return b"".join(parts) if len(parts) > 1 else parts[0]


def _read(body: bytes) -> Payload:
    return _payload(_json(body, "The body"))


@lru_cache(maxsize=1_000)
def _short(body: bytes) -> Payload:
    return replace(_read(body), body=body)


def from_url(scope: Scope, largest: int) -> Payload:
    """What a GET carries in its URL."""
    if len(scope["query_string"]) > largest:
        raise Refused(414, QueryTooComplex(f"The URL is longer than {largest:,} bytes. Send the query by POST."))
    given: dict[str, Any] = dict(QueryParams(scope["query_string"]))
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json(given[name], f"The parameter {name}") if given[name] else None
    # A form that leaves its field empty means no name.
    given["operationName"] = given.get("operationName") or None
    return _payload(given)


def _check_content_type(scope: Scope) -> None:
    """Only JSON, which no other site can make a browser send here without our consent."""
    own = headers(scope)
    sent_as = own.get(b"content-type", b"")
    if sent_as == _PLAIN and b"content-encoding" not in own:
        return
    media, *parameters = (part.strip().lower() for part in sent_as.decode("latin-1").split(";"))
    if media != "application/json":
        sent = repr(media[:60]) if media else "none"
        raise Refused(415, Invalid(f"The content type must be application/json; it is {sent}."), Accept_Post=_JSON)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise Refused(415, Invalid("The charset must be utf-8."), Accept_Post=_JSON)
    if own.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refused(415, Invalid("The body must not be compressed."), Accept_Encoding="identity")


_JSON = "application/json"
_PLAIN = _JSON.encode()


def _json(text: bytes | str, what: str) -> Any:
    if not text:
        raise Refused(400, Invalid(f"{what} is empty. Send JSON such as {EXAMPLE}."))
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if fault := _fault(text):
            raise _wrong(fault) from None
        raise _wrong(f"{what} is not valid JSON: {error}.") from None


def _fault(text: bytes | str) -> str | None:
    """Which value is a lone surrogate or no finite number, as a reader finds who takes them; None: no value is."""
    try:
        left = [("", json.loads(text))]
    except (ValueError, RecursionError):
        return None
    while left:
        place, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{place}.{name}" if place else name, one) for name, one in value.items()]
            left += [(f"The name of a field of {place or 'the body'}", name) for name in value]
        elif isinstance(value, list):
            left += [(f"{place}[{number}]", one) for number, one in enumerate(value)]
        elif isinstance(value, str) and _LONE.search(value):
            place = _LONE.sub("\ufffd", place)
            return f"{place} holds half a character (a lone surrogate). Send whole ones."
        elif isinstance(value, int | float) and not -_LARGEST <= value <= _LARGEST:
            return f"{place or 'The body'} is not a finite number, and JSON has no other. Send null, or leave it out."
    return None


_LARGEST = sys.float_info.max
# Python joins the halves of a pair as it reads them.
_LONE = re.compile("[\ud800-\udfff]")


def _payload(given: Any) -> Payload:
    if isinstance(given, list):
        raise _wrong("Several requests in one body are not supported. Send each by itself, or one query with aliases.")
    if not isinstance(given, dict):
        raise _wrong(f"The body must be a JSON object such as {EXAMPLE}; it is {_kind(given)}.")
    query = given.get("query")
    if query is None:
        raise _wrong(f'"query" is missing{_instead(given)}. Send it as in {EXAMPLE}.')
    if not isinstance(query, str):
        raise _wrong(f'"query" must be a string; it is {_kind(query)}.')
    if not query.strip():
        raise _wrong(f'"query" is empty. Send it as in {EXAMPLE}.')
    name = given.get("operationName")
    if name is not None and not isinstance(name, str):
        raise _wrong(f'"operationName" must be a string or null; it is {_kind(name)}.')
    for key in ("variables", "extensions"):
        if given.get(key) is not None and not isinstance(given[key], dict):
            raise _wrong(f'"{key}" must be an object or null; it is {_kind(given[key])}.')
    return Payload(query, name, given.get("variables"))


def _wrong(message: str) -> Refused:
    return Refused(400, Invalid(message))


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}.get(type(value), "a number")


def _instead(given: Mapping[str, Any]) -> str:
    names = [repr(name[:40]) for name in given if name not in ("operationName", "variables", "extensions")]
    return f"; the request has {', '.join(names[:3])}" if names else ""
