"""Series seen otherwise: as columns, without empty buckets, marked where they may change, beside other days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from resolvers import global_id
from resolvers.metric import METRICS
from tests.make import make_project
from tests.trees import make_full_fact, make_tree

NAMES = " ".join(metric.value for metric in METRICS)
BOTH = """
query ($id: ID!, $window: WindowInput, $granularity: Granularity!, $fill: Fill! = ZERO) {
  node(id: $id) {
    ... on Measurable {
      performance(window: $window) {
        series(granularity: $granularity, fill: $fill) {
          points { bucket since until partial provisional metrics { NAMES } }
          columns { bucket since until partial provisional NAMES }
        }
      }
    }
  }
}
""".replace("NAMES", NAMES)
BESIDE = """
query ($id: ID!, $window: WindowInput, $granularity: Granularity!, $to: ComparisonInput, $fill: Fill! = ZERO) {
  node(id: $id) {
    ... on Measurable {
      performance(window: $window) {
        series(granularity: $granularity, fill: $fill) {
          points {
            since
            comparison(to: $to) {
              window { since until }
              partial
              previous { spend }
              changes { spend { absolute percent } cpa { verdict reason } }
            }
          }
        }
      }
    }
  }
}
"""
MONDAY = date(2025, 6, 9)


def days(since, count):
    return {"range": {"since": since.isoformat(), "until": (since + timedelta(count)).isoformat()}}


@pytest.fixture
def series(ask):
    async def series(query, type_name, number, window, granularity="DAY", **others):
        variables = {"id": global_id.encode(type_name, number), "window": window, "granularity": granularity}
        return (await ask(query, variables | others))["node"]["performance"]["series"]

    return series


@pytest.mark.parametrize("granularity", ["DAY", "WEEK", "MONTH", "QUARTER"])
@pytest.mark.parametrize("level", ["Project", "AdSet", "Ad"])
async def test_columns_are_the_points_turned_round(database, org_id, series, level, granularity):
    tree = await make_tree(database, org_id, ads=2)
    for offset in range(0, 88, 8):
        await make_full_fact(database, org_id, tree.ads[offset % 2], MONDAY - timedelta(offset), spend=offset, reach=5)
    number = {"Project": tree.project, "AdSet": tree.ad_set, "Ad": tree.ads[0]}[level]

    found = await series(BOTH, level, number, days(MONDAY - timedelta(90), 95), granularity)

    points = [point | point["metrics"] for point in found["points"]]
    assert len(points) > 1
    for name, column in found["columns"].items():
        assert column == [point[name] for point in points], name
    assert {name for name, column in found["columns"].items() if any(column)} >= {"spend", "cpa", "roi"}


async def test_columns_of_a_node_without_numbers_are_lists_of_nulls(database, org_id, series):
    found = await series(BOTH, "Project", await make_project(database, org_id), days(MONDAY, 2))

    assert found["columns"]["spend"] == found["columns"]["ctr"] == [None, None]
    assert found["columns"]["partial"] == found["columns"]["provisional"] == [False, False]


async def test_without_fill_only_buckets_with_rows_are_there(database, org_id, series):
    tree = await make_tree(database, org_id, ads=2)
    for offset in (0, 2, 3):
        await make_full_fact(database, org_id, tree.ads[0], MONDAY + timedelta(offset), spend=0)
    await make_full_fact(database, org_id, tree.ads[1], MONDAY + timedelta(1))

    filled = await series(BOTH, "Ad", tree.ads[0], days(MONDAY, 5))
    sparse = await series(BOTH, "Ad", tree.ads[0], days(MONDAY, 5), fill="NONE")
    above = await series(BOTH, "AdSet", tree.ad_set, days(MONDAY, 5), fill="NONE")

    # The second day is covered by what was imported of the other ad; the fifth by nothing.
    assert filled["columns"]["spend"] == [0, 0, 0, 0, None]
    assert sparse["columns"]["bucket"] == ["2025-06-09", "2025-06-11", "2025-06-12"]
    assert sparse["points"] == [filled["points"][number] for number in (0, 2, 3)]
    assert len(above["points"]) == 4


async def test_buckets_that_may_be_restated_are_marked_and_settled_ones_between_are_not(database, org_id, series):
    # Whatever is imported here came on the morning of June 18: Meta settles three days after a day.
    tree = await make_tree(database, org_id)
    for day in range(9, 19):
        await make_full_fact(database, org_id, tree.ad, date(2025, 6, day))

    daily = await series(BOTH, "Project", tree.project, days(MONDAY, 10))
    weekly = await series(BOTH, "Campaign", tree.campaign, days(MONDAY, 10), "WEEK")

    assert daily["columns"]["provisional"] == [False] * 6 + [True] * 4
    assert weekly["columns"]["provisional"] == [True, True]
    earlier = await series(BOTH, "Campaign", tree.campaign, days(MONDAY, 6), "WEEK")
    assert earlier["columns"]["provisional"] == [False]


async def test_each_bucket_stands_beside_the_one_at_its_place(database, org_id, series):
    tree = await make_tree(database, org_id)
    for offset in range(6):
        await make_full_fact(database, org_id, tree.ad, MONDAY + timedelta(offset), spend=10 + offset)

    found = await series(BESIDE, "Ad", tree.ad, days(MONDAY + timedelta(3), 3))
    sparse = await series(BESIDE, "Ad", tree.ad, days(MONDAY + timedelta(3), 3), fill="NONE")
    shorter = await series(BESIDE, "Ad", tree.ad, days(MONDAY + timedelta(3), 3), to={"window": days(MONDAY, 2)})

    assert [point["comparison"]["previous"]["spend"] for point in found["points"]] == [10, 11, 12]
    assert found["points"][1]["comparison"] == {
        "window": {"since": "2025-06-10", "until": "2025-06-11"},
        "partial": False,
        "previous": {"spend": 11},
        "changes": {
            "spend": {"absolute": 3, "percent": 300 / 11},
            "cpa": {"verdict": "WORSE", "reason": None},
        },
    }
    assert sparse == found
    assert [point["comparison"] is None for point in shorter["points"]] == [False, False, True]


async def test_months_stand_beside_months_a_year_before(database, org_id, series):
    tree = await make_tree(database, org_id)
    window = {"range": {"since": "2024-02-01", "until": "2024-05-01"}}

    found = await series(BESIDE, "Ad", tree.ad, window, "MONTH", to={"against": "PREVIOUS_YEAR"})

    assert [point["comparison"]["window"] for point in found["points"]] == [
        {"since": "2023-02-01", "until": "2023-03-01"},
        {"since": "2023-03-01", "until": "2023-04-01"},
        {"since": "2023-04-01", "until": "2023-05-01"},
    ]
    assert all(point["comparison"]["partial"] for point in found["points"])


async def test_the_clocks_may_change_amid_a_window(database, org_id, ask, series):
    # New York's clocks go forward on the 9th, Berlin's on the 30th of March.
    tree = await make_tree(database, org_id, timezone="America/New_York")
    for day in range(1, 32):
        await make_full_fact(database, org_id, tree.ad, date(2025, 3, day), spend=day)

    # Before the switch New York is 5 hours behind UTC, afterwards 4.
    for now, last in ((datetime(2025, 3, 9, 4, 59, tzinfo=UTC), 7), (datetime(2025, 3, 10, 4, tzinfo=UTC), 9)):
        data = await ask(
            "query ($id: ID!) { ad(id: $id) { performance(window: {lastDays: 3}) { window { lastDay } totals { spend } "
            "series { columns { spend } } } } }",
            {"id": global_id.encode("Ad", tree.ad)},
            now=now,
        )
        found = data["ad"]["performance"]
        assert found["window"]["lastDay"] == f"2025-03-{last:02}"
        assert found["series"]["columns"]["spend"] == [last - 2, last - 1, last]
        assert found["totals"]["spend"] == 3 * last - 3


async def test_more_buckets_than_an_answer_holds_are_refused_and_coarser_ones_are_not(database, org_id, execute):
    tree = await make_tree(database, org_id)
    ids = {"id": global_id.encode("Ad", tree.ad)}
    century = {"window": {"range": {"since": "2000-01-01", "until": "2100-01-01"}}}

    refused = await execute(BOTH, ids | century | {"granularity": "MONTH"})
    allowed = await execute(BOTH, ids | century | {"granularity": "QUARTER"})

    assert refused.errors[0].extensions == {"code": "WINDOW_TOO_LARGE"}
    assert "1,200" in refused.errors[0].message
    assert not allowed.errors
    assert len(allowed.data["node"]["performance"]["series"]["points"]) == 400
