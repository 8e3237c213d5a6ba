"""From any exception to the error that a client may see: a message, a stable code, and never what broke inside."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import structlog
from graphql import GraphQLError

from db.errors import AdgraphError, Unavailable

# Messages of the parser and the coercions quote the client's input, which may be as long as the largest body.
LONGEST_MESSAGE = 500

log = structlog.stdlib.get_logger("adgraph.errors")


class Internal(AdgraphError):
    """Something broke that is not the client's doing; the log has the whole of it under the reference."""

    code = "INTERNAL"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Something went wrong on our side. If it persists, report it with the reference {reference}.")
        self.reference = reference


def presented(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The same errors as clients may see them, in order; what they may not see is logged."""
    known: dict[int, AdgraphError] = {}
    return [_presented(error, known) for error in errors]


def formatted(error: AdgraphError) -> dict[str, Any]:
    """An error outside of any operation, in GraphQL's format."""
    return {"message": shortened(str(error)), "extensions": _extensions(error)}


def told(cause: Exception, **where: Any) -> AdgraphError:
    """What may be told of an exception: our own errors as they are; anything else is logged in full and masked."""
    if not isinstance(cause, AdgraphError):
        known = Internal(secrets.token_hex(4))
        log.error("unexpected error", reference=known.reference, **where, exc_info=cause)
        return known
    if isinstance(cause, Unavailable):
        log.warning("database unavailable", reason=repr(cause.__cause__))
    return cause


def shortened(message: str) -> str:
    """The message, cut where it only goes on quoting the client."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def _presented(error: GraphQLError, known: dict[int, AdgraphError]) -> GraphQLError:
    if "code" in (error.extensions or {}):
        return error
    cause = _cause(error)
    if cause is None:
        return _copy(error, shortened(error.message), {"code": "VALIDATION"})
    # One failure often surfaces at many places, a failed batch at each of its keys: it is logged once.
    if id(cause) not in known:
        known[id(cause)] = told(cause, path=".".join(map(str, error.path or [])))
    return _copy(error, shortened(str(known[id(cause)])), _extensions(known[id(cause)]))


def _cause(error: GraphQLError) -> Exception | None:
    """What a resolver raised, or None where the client's input is at fault: parsing, validation, coercion."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, AdgraphError):
        return cause
    if error.path is None:
        # Before execution an error that points into the document is about the document or its variables. One that
        # points nowhere escaped from the execution itself.
        return None if error.nodes or error.source or cause is error else cause
    # During execution graphql-core points at an argument that does not fit; a value that we cannot write has no place
    # of its own.
    return None if isinstance(cause, GraphQLError) and cause is not error and cause.nodes else cause


def _extensions(error: AdgraphError) -> dict[str, Any]:
    if isinstance(error, Internal):
        return {"code": error.code, "reference": error.reference}
    return {"code": error.code}


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    """The error with another message and no trace of its cause."""
    copy = GraphQLError(message, path=error.path, extensions=extensions)
    copy.locations = error.locations
    return copy
