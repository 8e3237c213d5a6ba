"""Questions about numbers that cannot be answered: what is wrong with them is said by its name."""

import pytest

from resolvers import global_id
from tests.trees import make_tree

ASKED = "query ($id: ID!) { ad(id: $id) { performance PLACE } }"


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("{ totals { values(metrics: [SPENT]) { value } } }", "SPENT"),
        ("{ totals { values(metrics: [SPEND, CPA, SPEND]) { value } } }", "`metrics`"),
        ("{ totals { ctr(as: PERMILLE) } }", "PERMILLE"),
        ("{ totals { profits } }", "profits"),
        ("{ series(granularity: HOUR) { columns { spend } } }", "HOUR"),
        ("{ series(fill: ONE) { columns { spend } } }", "ONE"),
        ("{ comparison(to: {against: PREVIOUS_LIFE}) { partial } }", "PREVIOUS_LIFE"),
        ("{ comparison(to: {against: PREVIOUS_YEAR, window: {lastDays: 7}}) { partial } }", "ComparisonInput"),
        ("{ comparison(to: {window: {lastDays: -1}}) { partial } }", "`lastDays`"),
        ('{ comparison(to: {window: {range: {since: "2025-02-30", until: "2025-03-01"}}}) { partial } }', "2025-02-30"),
        ("(window: {preset: TODAY, lastDays: 7}) { totals { spend } }", "WindowInput"),
        ("(window: {}) { totals { spend } }", "WindowInput"),
        ("(window: {preset: LAST_5_DAYS}) { totals { spend } }", "LAST_5_DAYS"),
        ("(window: {lastDays: 36501}) { totals { spend } }", "`lastDays`"),
        ('(window: {range: {since: "2025-03-01", until: "2025-03-01"}}) { totals { spend } }', "`range`"),
        ('(window: {range: {since: "1999-12-31", until: "2025-03-01"}}) { totals { spend } }', "`range`"),
        ('(window: {range: {since: "2025-03-01", until: "2100-01-02"}}) { totals { spend } }', "`range`"),
        ("(options: {undefinedRatios: ROOFED}) { totals { cpa } }", "ROOFED"),
    ],
)
async def test_it_is_refused_and_says_what_is_wrong(database, org_id, execute, place, named):
    tree = await make_tree(database, org_id)

    result = await execute(ASKED.replace("PLACE", place), {"id": global_id.encode("Ad", tree.ad)})

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert named in error.message


@pytest.mark.parametrize("since_until", [("2000-01-01", "2100-01-01"), ("2000-01-01", "2000-01-02")])
async def test_totals_take_any_range_of_the_century(database, org_id, execute, since_until):
    tree = await make_tree(database, org_id)
    since, until = since_until
    place = (
        f'(window: {{range: {{since: "{since}", until: "{until}"}}}}) {{ totals {{ spend }} comparison {{ partial }} }}'
    )

    result = await execute(ASKED.replace("PLACE", place), {"id": global_id.encode("Ad", tree.ad)})

    assert not result.errors
    assert result.data["ad"]["performance"] == {"totals": {"spend": None}, "comparison": {"partial": True}}
