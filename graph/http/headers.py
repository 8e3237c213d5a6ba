"""A request's headers by name, for all who look at some of them."""

from __future__ import annotations

from starlette.types import Scope

# The key of an ASGI scope under which they are once somebody has asked.
KEPT = "adgraph.headers"


def headers(scope: Scope) -> dict[bytes, bytes]:
    """The last value of each, by its name in small letters."""
    found: dict[bytes, bytes] | None = scope.get(KEPT)
    if found is None:
        found = scope[KEPT] = dict(scope["headers"])
    return found
