"""GraphiQL as a browser gets it: the page built by `make setup`, and what the page loads."""

from __future__ import annotations

from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.settings import CHECKOUT

BUILT = CHECKOUT / "graphiql" / "dist"

# The page runs its own scripts and talks to this server, nothing else. The editor writes its styles at run time.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_SNIFFING = {"X-Content-Type-Options": "nosniff"}
_HEADERS = {
    **_SNIFFING,
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
}
_NOT_BUILT = (
    "GraphiQL is not built in this checkout. Run `make setup` and load this page again.\n"
    "The API itself answers at this address: POST a JSON body with a `query`.\n"
)

# The build names these by their content, so that a name never means anything else.
_IMMUTABLE = (".js", ".css", ".ttf")


def page() -> Response:
    """The page; or, where nobody has built it, what to do."""
    built = BUILT / "index.html"
    if not built.is_file():
        return PlainTextResponse(_NOT_BUILT, 503, headers=_HEADERS)
    return FileResponse(built, headers=_HEADERS)


def routes() -> list[BaseRoute]:
    """What the page loads, below /graphiql/; that address itself leads to the page."""
    return [
        Route("/graphiql", RedirectResponse("/graphql")),
        Route("/graphiql/", RedirectResponse("/graphql")),
        Mount("/graphiql/assets", _Assets(directory=BUILT / "assets", check_dir=False)),
    ]


class _Assets(StaticFiles):
    """Files of the build, to be kept by browsers for as long as they like."""

    async def check_config(self) -> None:
        """Nothing to check: a server without the build still serves the API, and answers 404 here."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        immutable = path.endswith(_IMMUTABLE)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if immutable else "no-cache"
        response.headers.update(_SNIFFING)
        return response
