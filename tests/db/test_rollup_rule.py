"""What stands at each level equals an independent reading of rule 7, whatever is imported, restated or moved."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.database import Database
from db.level import Level
from db.organization import organization_id
from tests.records import DAY, make_entity, make_record, rows, take

METRICS = (
    "spend_micros", "impressions", "clicks", "link_clicks", "conversions_millionths", "conversion_value_micros",
)  # fmt: skip
BITS = {metric: 1 << number for number, metric in enumerate(METRICS)}
TABLES = {Level.AD_ACCOUNT: "ad_account", Level.CAMPAIGN: "campaign", Level.AD_SET: "ad_set", Level.AD: "ad"}
NAMES = {
    Level.AD_ACCOUNT: ("a1", "a2"), Level.CAMPAIGN: ("c1", "c2", "c3"), Level.AD_SET: ("s1", "s2", "s3"),
    Level.AD: ("x1", "x2", "x3", "x4", "x5"),
}  # fmt: skip
ENTITIES = [(level, name) for level, names in NAMES.items() for name in names]
DAYS = [DAY, DAY + timedelta(days=1)]
_organizations = itertools.count()

Entity = tuple[Level, str]
Fact = dict[str, int | None]
parents = st.fixed_dictionaries({
    (level, name): st.sampled_from([(Level(level - 1), above) for above in NAMES[Level(level - 1)]])
    for level, name in ENTITIES if level > Level.AD_ACCOUNT
})  # fmt: skip
facts = st.dictionaries(
    st.tuples(st.sampled_from(ENTITIES), st.sampled_from(DAYS)),
    st.fixed_dictionaries({metric: st.none() | st.integers(0, 9) for metric in (*METRICS, "reach")}),
    max_size=16,
)


@dataclass
class Model:
    """All that was imported, kept in the plainest way."""

    parents: dict[Entity, Entity] = field(default_factory=dict)
    facts: dict[tuple[Entity, date], Fact] = field(default_factory=dict)

    def children(self, entity: Entity) -> list[Entity]:
        return [child for child, parent in self.parents.items() if parent == entity]

    def contributions(self, entity: Entity, day: date, metric: str) -> list[int | None]:
        """What stands for the entity: numbers, and None for each row that does not report the metric."""
        own = self.facts.get((entity, day))
        if own and own[metric] is not None:
            return [own[metric]]
        below = [row for child in self.children(entity) for row in self.contributions(child, day, metric)]
        return [None] if own and not any(row is not None for row in below) else below

    def reach_rows(self, entity: Entity, day: date) -> int:
        own = self.facts.get((entity, day))
        return int(bool(own and own["reach"] is not None)) + sum(
            self.reach_rows(child, day) for child in self.children(entity)
        )

    def named(self, entity: Entity, day: date) -> bool:
        return (entity, day) in self.facts or any(self.named(child, day) for child in self.children(entity))

    def standing(self) -> dict[tuple[str, date], Any]:
        found = {}
        for entity, day in itertools.product(ENTITIES, DAYS):
            if entity[0] == Level.AD or not self.named(entity, day):
                continue
            metrics = {}
            for metric in METRICS:
                told = self.contributions(entity, day, metric)
                metrics[metric] = (sum(row or 0 for row in told), any(row is not None for row in told), None in told)
            own = self.facts.get((entity, day))
            found[entity[1], day] = (metrics, own["reach"] if own else None, self.reach_rows(entity, day), 1)
        return found


async def stored(database: Database, org_id: int) -> dict[tuple[str, date], Any]:
    """What the rollups say, in the model's words."""
    found: dict[tuple[str, date], list[Any]] = {}
    for level in (Level.AD_ACCOUNT, Level.CAMPAIGN, Level.AD_SET):
        for row in await rows(
            database,
            f"""select external_id, daily_rollup.* from daily_rollup join {TABLES[level]} as entity
            on entity.id = entity_id where daily_rollup.org_id = $1""",
            org_id,
        ):
            assert row["level"] == level
            found.setdefault((row["external_id"], row["day"]), []).append(row)
    return {
        key: (
            {
                metric: (
                    sum(row[metric] for row in told),
                    any(not row["missing"] & BITS[metric] for row in told),
                    any(row["missing"] & BITS[metric] for row in told),
                )
                for metric in METRICS
            },
            max((row["reach"] for row in told if row["reach"] is not None), default=None),
            sum(row["reach_rows"] for row in told),
            sum(row["days"] for row in told),
        )
        for key, told in found.items()
    }  # fmt: skip


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(imports=st.lists(st.tuples(parents, facts), min_size=1, max_size=3))
async def test_rollups_equal_what_rule_7_says_of_all_that_was_imported(database: Database, imports: Any):
    org_id = await organization_id(database, f"organization {next(_organizations)}")
    model = Model()
    for tree, restated in imports:
        await take(database, org_id, [
            *(make_entity(level, name, tree[level, name][1] if level > Level.AD_ACCOUNT else None)
              for level, name in ENTITIES),
            *(make_record(level, name, day, **fact) for ((level, name), day), fact in restated.items()),
        ], currency="USD")  # fmt: skip
        model.parents = tree
        model.facts |= restated

        assert await stored(database, org_id) == model.standing()
