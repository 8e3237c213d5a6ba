"""A bare Starlette route over asyncpg that answers the small query and nothing else, as a server of its own.

    python -m bench.bare_route PORT URL ORG_ID STATEMENTS

It takes the request that adgraph takes and reads its variables; it knows the query. `STATEMENTS` is 1 (the campaign and
its sums in one) or 2 (one after the other, as two functions of an application would).
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.by_hand import SUMS, blocks

CAMPAIGN = "select id, name from campaign where org_id = $1 and id = $2"
TOTALS = f"""
    select {SUMS} from daily_rollup
    where org_id = $1 and entity_id = $2 and day >= $3 and day < $4"""
BOTH = f"""
    select campaign.name, sums.*
    from campaign
    cross join (select {SUMS} from daily_rollup where org_id = $1 and entity_id = $2 and day >= $3 and day < $4) as sums
    where campaign.org_id = $1 and campaign.id = $2"""


def app(url: str, org_id: int, statements: int) -> Starlette:
    """The application, over as many connections as adgraph keeps."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        pool = asyncpg.create_pool(
            url, min_size=10, max_size=10, reset=_nothing, server_settings={"jit": "off", "timezone": "UTC"}
        )
        async with pool:
            yield {"pool": pool}

    async def campaign(request: Request) -> Response:
        asked = orjson.loads(await request.body())["variables"]
        id_ = int(urlsafe_b64decode(asked["id"]).partition(b":")[2])
        window = asked["window"]["range"]
        days = date.fromisoformat(window["since"]), date.fromisoformat(window["until"])
        async with request.state.pool.acquire() as connection:
            if statements == 1:
                ((name, *sums),) = await connection.fetch(BOTH, org_id, id_, *days)
            else:
                ((_, name),) = await connection.fetch(CAMPAIGN, org_id, id_)
                (sums,) = await connection.fetch(TOTALS, org_id, id_, *days)
        performance = blocks([(id_, *sums)])[id_]
        answer = {"campaign": {"id": asked["id"], "name": name, "performance": performance}}
        return Response(orjson.dumps({"data": answer}), media_type="application/json")

    return Starlette(lifespan=lifespan, routes=[Route("/graphql", campaign, methods=["POST"])])


async def _nothing(_connection: object) -> None:
    """In place of the statement with which asyncpg resets a connection; adgraph leaves it out, too."""


def main() -> None:
    port, url, org_id, statements = sys.argv[1:]
    uvicorn.run(
        app(url, int(org_id), int(statements)),
        port=int(port), loop="uvloop", http="httptools", ws="none", access_log=False, log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
