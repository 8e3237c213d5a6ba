"""The mutation recordConversions over HTTP: 100 events a call over 4 connections, against an insert of the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, islice
from typing import Any

import asyncpg
import orjson

from bench.http_load import framed, send
from bench.invented import FIELDS, TOLD, Event, events, shop
from bench.measure import Answer, Subject, Workload
from bench.servers import adgraph_serve
from bench.world import World
from resolvers.global_id import encode

A_CALL, CALLS, CONNECTIONS = 100, 60, 4
MUTATION = """
    mutation ($input: RecordConversionsInput!) {
      recordConversions(input: $input) {
        accepted duplicates rejected unknownAds events { eventId outcome code field message }
      }
    }"""
INSERT = """
    insert into told
    select * from unnest(
        $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::numeric[], $10::text[], $11::text[]
    )
    on conflict (event_name, event_id) do nothing"""
# Stands in the ids for the number of the run, so that each sends events of its own.
RUN = "0000000"


def _calls(ads: list[str]) -> Iterator[list[Event]]:
    made = events(ads, datetime.now(UTC), RUN)
    return (list(islice(made, A_CALL)) for _ in range(CALLS))


def _number(run: int) -> str:
    return f"{run:0{len(RUN)}d}"


@asynccontextmanager
async def _recorded(world: World) -> AsyncIterator[Answer]:
    async with shop(world) as own, adgraph_serve(replace(world, url=own.url)) as port:
        project = encode("Project", own.project_id)
        bodies = [_body(project, call) for call in _calls(own.ads)]
        runs = count(1)

        async def answer() -> bytes:
            number = _number(next(runs)).encode()
            answers = await send(port, (framed(body.replace(RUN.encode(), number)) for body in bodies), CONNECTIONS)
            told = [orjson.loads(each)["data"]["recordConversions"] for each in answers]
            return b"%d" % sum(each["accepted"] + each["duplicates"] for each in told)

        yield answer


def _body(project: str, call: list[Event]) -> bytes:
    sent = [{_named(name): value for name, value in event.items()} for event in call]
    return orjson.dumps({"query": MUTATION, "variables": {"input": {"projectId": project, "events": sent}}})


def _named(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


@asynccontextmanager
async def _inserted(world: World) -> AsyncIterator[Answer]:
    async with shop(world) as own, asyncpg.create_pool(own.url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute(TOLD)
        calls = [list(map(list, zip(*map(_row, call), strict=True))) for call in _calls(own.ads)]
        runs = count(1)

        async def answer() -> bytes:
            number = _number(next(runs))
            left = iter(calls)
            return b"%d" % sum(await asyncio.gather(*(_insert(pool, left, number) for _ in range(CONNECTIONS))))

        yield answer


def _row(event: Event) -> list[Any]:
    told = event | {
        "occurred_at": datetime.fromisoformat(event["occurred_at"]),
        "revenue_amount": Decimal(str(event["revenue_amount"])),
        "touches": orjson.dumps(event["touches"]).decode(),
    }
    return [told[name] for name in FIELDS]


async def _insert(pool: asyncpg.Pool[asyncpg.Record], left: Iterator[list[list[Any]]], number: str) -> int:
    inserted = 0
    for ids, *others in left:
        await pool.execute(INSERT, [id_.replace(RUN, number) for id_ in ids], *others)
        inserted += len(ids)
    return inserted


# Times are of a call.
RECORDING = Workload(
    f"recordConversions, {A_CALL} events a call, {CONNECTIONS} connections",
    Subject("insert … on conflict", _inserted), (Subject("adgraph", _recorded),), requests=CALLS,
)  # fmt: skip
