"""What this process has counted so far, for Prometheus to collect."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response


async def counters(_request: Request) -> Response:
    """Executions by executor, and what the client library tells of every process: memory, processor time, files."""
    return Response(generate_latest(), headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST})
