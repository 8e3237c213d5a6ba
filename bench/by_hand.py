"""What all hand-written answers share: statements that wait on open connections, ids, and ten metrics."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg

# The five primitives that the ten metrics are computed from. Sums are cast to bigint, for numeric decodes slowly.
SUMS = """
    sum(spend_micros)::bigint, sum(impressions)::bigint, sum(clicks)::bigint, sum(conversions_millionths)::bigint,
    sum(conversion_value_micros)::bigint"""

Asked = tuple[str, tuple[object, ...]]
Found = list[list[asyncpg.Record]]


@asynccontextmanager
async def side_by_side(url: str, asked: Iterable[Asked]) -> AsyncIterator[Callable[[], Awaitable[Found]]]:
    """A function that runs all statements at the same time, each prepared on a connection of its own that stays open
    and is never reset.
    """
    async with AsyncExitStack() as leaving:
        statements = []
        for sql, arguments in asked:
            connection = await asyncpg.connect(url, server_settings={"jit": "off"})
            leaving.push_async_callback(connection.close)
            statements.append((await connection.prepare(sql), arguments))

        async def run() -> Found:
            return await asyncio.gather(*(statement.fetch(*arguments) for statement, arguments in statements))

        yield run


def global_id(form: bytes, number: int) -> str:
    """The id that clients see; `form` is such as `Ad:%d`."""
    return urlsafe_b64encode(form % number).decode()


def blocks(sums: Iterable[Sequence[Any]]) -> dict[Any, dict[str, Any]]:
    """The performance of whatever the first column names; conversions are millionths, money is micros."""
    return {
        key: {
            "totals": {
                "spend": spend / 1_000_000,
                "impressions": impressions,
                "clicks": clicks,
                "conversions": conversions / 1_000_000,
                "conversionValue": value / 1_000_000,
                "cpa": spend / conversions if conversions else None,
                "cpc": spend / (clicks * 1_000_000) if clicks else None,
                "ctr": clicks / impressions if impressions else None,
                "cvr": conversions / (clicks * 1_000_000) if clicks else None,
                "roas": value / spend if spend else None,
            }
        }
        for key, spend, impressions, clicks, conversions, value in sums
    }
