"""Health: whether the process lives, and whether it is ready to answer queries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from db.database import Database
from db.errors import AdgraphError
from db.migrate import pending

log = structlog.stdlib.get_logger("adgraph.health")


async def healthz(_request: Request) -> Response:
    """The process answers."""
    return _respond({"status": "ok"}, 200)


def readyz(patience: float) -> Callable[[Request], Awaitable[Response]]:
    """The handler of /readyz: the database answers within `patience` seconds and has every migration, else 503."""

    async def readyz(request: Request) -> Response:
        reason = await _unready(request.state.database, patience)
        if reason is None:
            return _respond({"status": "ok"}, 200)
        log.warning("not ready", reason=reason)
        return _respond({"status": "not ready", "reason": reason}, 503)

    return readyz


async def _unready(database: Database, patience: float) -> str | None:
    try:
        async with asyncio.timeout(patience):
            missing = await pending(database)
    except AdgraphError as error:
        return str(error)
    except TimeoutError:
        return f"The database did not answer within {patience:g} s."
    except Exception:
        # A database that answers this way is not ready, whatever the way; the log says which.
        log.exception("readiness check failed")
        return "The database refused the check; the log says why."
    return f"Migrations are missing: {', '.join(missing)}. Run adgraph migrate." if missing else None


def _respond(body: dict[str, str], status: int) -> Response:
    return Response(orjson.dumps(body), status, headers={"Cache-Control": "no-store"}, media_type="application/json")
