"""The running totals of every day equal what stands until then, whatever is imported, restated or moved."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.database import Database
from db.level import Level
from db.migrate import MIGRATIONS
from db.organization import organization_id
from tests.db.test_rollup_rule import ENTITIES, METRICS, NAMES, parents
from tests.records import DAY, make_entity, make_record, rows, take

SUMS = ("row_counts", "days", "reach_rows", *METRICS)
DAYS = [DAY + timedelta(days=offset) for offset in range(5)]
facts = st.dictionaries(
    st.tuples(st.sampled_from(ENTITIES), st.sampled_from(DAYS)),
    st.fixed_dictionaries({metric: st.none() | st.integers(0, 9) for metric in (*METRICS, "reach")}),
    max_size=16,
)
_organizations = itertools.count()
Line = tuple[int, int]


async def stand(database: Database, org_id: int) -> dict[tuple[int, int], dict[date, dict[Line, tuple[int, ...]]]]:
    """What stands, by account and level, day, and line (entity, missing)."""
    found: dict[tuple[int, int], dict[date, dict[Line, tuple[int, ...]]]] = defaultdict(lambda: defaultdict(dict))
    for row in await rows(
        database,
        """select ad_account_id, level, day, entity_id, missing, 1 as row_counts, days, reach_rows, spend_micros,
            impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
        from daily_rollup where org_id = $1
        union all
        select ad_account_id, level, day, entity_id, missing, 1, 1, (reach is not null)::integer, spend_micros,
            impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
        from daily_fact where org_id = $1 and level = 4""",
        org_id,
    ):
        day = found[row["ad_account_id"], row["level"]][row["day"]]
        day[row["entity_id"], row["missing"]] = tuple(row[name] for name in SUMS)
    return found


async def check(database: Database, org_id: int) -> None:
    """Each row of running totals is the sum of what stands until its day, and each day on which something stands has
    one; the lines of a day are the first lines of the next.
    """
    standing = await stand(database, org_id)
    lines: dict[tuple[int, int, int], list[Line]] = defaultdict(list)
    told = set()
    for row in await rows(database, "select * from running_total where org_id = $1 order by day", org_id):
        account = (row["ad_account_id"], row["level"])
        chunk = (*account, row["chunk"])
        own = list(zip(row["entity_ids"], row["missing"], strict=True))
        before = lines[chunk]
        assert own[: len(before)] == before
        lines[chunk] = own
        until = [day for day in standing[account] if day <= row["day"]]
        for number, line in enumerate(own):
            past = [standing[account][day].get(line, (0,) * len(SUMS)) for day in until]
            assert tuple(row[name][number] for name in SUMS) == tuple(map(sum, zip(*past, strict=True)))
        told |= {(*account, row["day"], row["chunk"])}
        assert {line for day in until for line in standing[account][day] if line[0] // 512 == row["chunk"]} == set(own)
    assert told == {
        (*account, day, entity // 512)
        for account, days in standing.items() for day, entities in days.items() for entity, _ in entities
    }  # fmt: skip


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(imports=st.lists(st.tuples(parents, facts), min_size=1, max_size=3))
async def test_running_totals_are_the_sums_of_what_stands(database: Database, imports: Any):
    org_id = await organization_id(database, f"organization {next(_organizations)}")
    for tree, restated in imports:
        await take(database, org_id, [
            *(make_entity(level, name, tree[level, name][1] if level > Level.AD_ACCOUNT else None)
              for level, name in ENTITIES),
            *(make_record(level, name, day, **fact) for ((level, name), day), fact in restated.items()),
        ], currency="USD")  # fmt: skip

        await check(database, org_id)


async def test_the_migration_adds_up_what_stood_before_it(database: Database, org_id: int):
    await take(database, org_id, [
        *(make_record(level, name, day, impressions=number)
          for number, ((level, name), day) in enumerate(itertools.product(ENTITIES, DAYS[::2]))),
        *(make_entity(level, name, NAMES[Level(level - 1)][0] if level > Level.AD_ACCOUNT else None)
          for level, name in ENTITIES),
    ], currency="USD")  # fmt: skip
    kept = await rows(database, "delete from running_total returning *")
    fill = (MIGRATIONS / "0004_running_total.sql").read_text().partition("-- What stands already.")[2]

    await rows(database, fill)

    assert len(kept) > 4
    assert set(map(repr, await rows(database, "select * from running_total"))) == set(map(repr, kept))
