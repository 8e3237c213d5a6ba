"""The conversions workloads: groups and users of ten million conversions, beside bare SQL on the same rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from bench.in_process import adgraph
from bench.measure import Answer, Subject, Workload
from bench.world import World
from db.entity import PROJECT as PROJECTS
from resolvers.global_id import TYPE_NAMES, encode

PROJECT = "Benchmark of conversions"
# They end with the facts.
DAYS = 180
NAMES = ("purchase_success", "subscribe_success", "trial_start", "sign_up", "level_up", "add_to_cart")

# Conversions at even distances: of six names, three apps, two platforms, three sources and two currencies, a third of
# them without a value, half of them due to one of the project's ads, and of users some of whom come often.
CONVERSIONS = """
insert into conversion (
    org_id, project_id, id, event_name_id, occurred_at, app_id, platform_id, source, user_key, value, currency,
    click_ad_id, clicked_at, view_ad_id, viewed_at
)
select
    $1, $2, nextval('conversion_id'), ($3::integer[])[1 + number * 7 % 6], at, ($4::integer[])[1 + number * 11 % 3],
    ($4::integer[])[4 + number * 11 % 3 % 2], 1 + number * 13 % 3,
    (power(random(), 1.5) * $5::bigint / 5)::integer,
    case when number % 3 <> 0 then (number * 17 % 10000)::numeric / 100 end,
    case when number % 3 = 0 then '' when number % 5 = 0 then 'EUR' else 'USD' end,
    case when number % 2 = 0 then ($6::bigint[])[1 + number * 31 % cardinality($6::bigint[])] end,
    case when number % 2 = 0 then at - number * 37 % 2400000 * interval '1 second' end,
    case when number % 5 = 0 then ($6::bigint[])[1 + number * 41 % cardinality($6::bigint[])] end,
    case when number % 5 = 0 then at - number * 43 % 2400000 * interval '1 second' end
from (
    select number, $7::timestamptz - number * ($8::interval / $5::bigint) as at
    from generate_series($9::bigint, $10::bigint) as number
) as made
"""
QUARTERS = """
insert into conversion_quarter
select
    org_id, project_id, date_bin('15 minutes', occurred_at, '2000-01-01Z'), event_name_id, app_id, platform_id, source,
    currency, count(*), coalesce(sum(value), 0), 0, 0
from conversion
where org_id = $1 and project_id = $2
group by 1, 2, 3, 4, 5, 6, 7, 8
"""
HOURS = """
insert into conversion_hour
select
    org_id, project_id, date_bin('1 hour', quarter, '2000-01-01Z'), event_name_id, currency, sum(count), sum(value), 0,
    0
from conversion_quarter
where org_id = $1 and project_id = $2
group by 1, 2, 3, 4, 5
"""


async def made(connection: asyncpg.Connection[Any], world: World) -> int:
    """The project of the conversions, which are made unless they are there."""
    found = await connection.fetchval("select id from project where org_id = $1 and name = $2", world.org_id, PROJECT)
    if found is None:
        async with connection.transaction():
            found = await connection.fetchval(
                "insert into project (org_id, name, timezone) values ($1, $2, 'UTC') returning id",
                world.org_id,
                PROJECT,
            )
            await _make(connection, world, found)
        for table in ("conversion", "conversion_quarter", "conversion_hour"):
            await connection.execute(f"vacuum analyze {table}")
    return int(found)


async def _make(connection: asyncpg.Connection[Any], world: World, project: int) -> None:
    events, others = [
        [
            await connection.fetchval(
                "insert into conversion_name (org_id, project_id, name) values ($1, $2, $3) returning id",
                world.org_id, project, name,
            )
            for name in names
        ]
        for names in (NAMES, ("app 1", "app 2", "app 3", "ios", "android"))
    ]  # fmt: skip
    count, until = world.scale.conversions, datetime.combine(world.until, datetime.min.time(), UTC)
    for first in range(1, count + 1, 1_000_000):
        await connection.execute(
            CONVERSIONS, world.org_id, project, events, others, count, world.wide_ad_ids, until, timedelta(DAYS), first,
            min(first + 999_999, count), timeout=None,
        )  # fmt: skip
    await connection.execute(QUARTERS, world.org_id, project)
    await connection.execute(HOURS, world.org_id, project)


def _window(world: World, days: int) -> tuple[datetime, datetime]:
    until = datetime.combine(world.until, datetime.min.time(), UTC) - timedelta(days=3)
    return until - timedelta(days), until


def _asked(days: int, selected: str) -> Callable[[World], Any]:
    text = f"""query Conversions($id: ID!, $since: DateTime!, $until: DateTime!, $events: [String!]) {{
        project(id: $id) {{
            conversions(window: {{since: $since, until: $until}}, events: $events) {{ {selected} }} }} }}"""

    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        connection = await asyncpg.connect(world.url)
        try:
            project = await made(connection, world)
        finally:
            await connection.close()
        since, until = (edge.isoformat() for edge in _window(world, days))
        given = {"id": encode(TYPE_NAMES[PROJECTS], project), "since": since, "until": until, "events": list(NAMES)}
        async with adgraph(text, lambda _: given)(world) as answer:
            yield answer

    return ready


def _by_sql(days: int, sql: str) -> Callable[[World], Any]:
    @asynccontextmanager
    async def ready(world: World) -> AsyncIterator[Answer]:
        connection = await asyncpg.connect(world.url, server_settings={"jit": "off", "timezone": "UTC"})
        try:
            project = await made(connection, world)

            async def answer() -> bytes:
                rows = await connection.fetch(sql, world.org_id, project, *_window(world, days))
                return orjson.dumps([list(row) for row in rows])

            yield answer
        finally:
            await connection.close()

    return ready


def _report(answer: bytes) -> Any:
    return orjson.loads(answer)["data"]["project"]["conversions"]


def _groups(answer: bytes) -> bytes:
    return orjson.dumps([
        [one["key"]["day"], one["key"]["eventName"], one["count"]] for one in _report(answer)["groups"]["nodes"]
    ])  # fmt: skip


def _users(answer: bytes) -> bytes:
    return orjson.dumps([[_report(answer)["totals"]["uniqueUsers"]]])


IN_WINDOW = "org_id = $1 and project_id = $2 and occurred_at >= $3 and occurred_at < $4"
BY_DAY = f"""select to_char(conversion.at, 'YYYY-MM-DD'), conversion_name.name, conversion.count
from (
    select date_trunc('day', occurred_at) as at, event_name_id, count(*) as count, sum(value) as value
    from conversion where {IN_WINDOW} group by 1, 2
) as conversion
join conversion_name on conversion_name.org_id = $1 and conversion_name.id = event_name_id
order by 1, 2"""
USERS = f"select count(distinct user_key) from conversion where {IN_WINDOW}"


def _workload(name: str, days: int, selected: str, sql: str, as_baseline: Callable[[bytes], bytes]) -> Workload:
    return Workload(
        name, Subject("bare SQL on the conversions", _by_sql(days, sql)),
        (Subject("adgraph", _asked(days, selected), as_baseline),),
    )  # fmt: skip


CONVERSIONS_OF_PROJECT = (
    _workload(
        "conversions by day and event, 90 days", 90,
        "groups(by: [DAY, EVENT_NAME], first: 1000) { nodes { key { day eventName } count value } }", BY_DAY, _groups,
    ),
    _workload("unique users, 30 days", 30, "totals { uniqueUsers }", USERS, _users),
    _workload("unique users, 1 day", 1, "totals { uniqueUsers }", USERS, _users),
)  # fmt: skip
