"""Series: a window bucket by bucket."""

from datetime import date, timedelta

import pytest

from db.level import Level
from resolvers import global_id
from tests.make import make_ad_account, make_coverage
from tests.trees import make_full_fact, make_tree

SERIES = """
query ($id: ID!, $window: WindowInput, $granularity: Granularity!) {
  node(id: $id) {
    ... on Measurable {
      performance(window: $window) {
        currency
        totals { spend impressions }
        series(granularity: $granularity) {
          granularity
          points {
            bucket since until partial
            metrics { spend impressions cpa reach frequency unavailable { metric reason } }
          }
        }
      }
    }
  }
}
"""
MONDAY = date(2025, 6, 9)


@pytest.fixture
def series(ask):
    async def series(type_name, number, since, until, granularity):
        window = {"range": {"since": since.isoformat(), "until": until.isoformat()}}
        variables = {"id": global_id.encode(type_name, number), "window": window, "granularity": granularity}
        return (await ask(SERIES, variables))["node"]["performance"]

    return series


def reasons(point):
    return {entry["metric"]: entry["reason"] for entry in point["metrics"]["unavailable"]}


async def test_every_day_of_the_window_has_a_point_and_uncovered_days_are_null(database, org_id, series):
    tree = await make_tree(database, org_id)
    await make_full_fact(database, org_id, tree.ad, MONDAY, reach=250)

    found = await series("Ad", tree.ad, MONDAY - timedelta(1), MONDAY + timedelta(1), "DAY")

    before, on = found["series"]["points"]
    assert (before["bucket"], before["metrics"]["spend"]) == ("2025-06-08", None)
    assert set(reasons(before).values()) == {"NOT_IMPORTED"}
    assert {key: on[key] for key in ("bucket", "since", "until", "partial")} == {
        "bucket": "2025-06-09", "since": "2025-06-09", "until": "2025-06-10", "partial": False
    }  # fmt: skip
    assert on["metrics"] == {
        "spend": 10, "impressions": 1000, "cpa": 2.5, "reach": 250, "frequency": 4, "unavailable": []
    }  # fmt: skip


async def test_a_covered_day_without_a_row_is_zero(database, org_id, series):
    tree = await make_tree(database, org_id, ads=2)
    await make_full_fact(database, org_id, tree.ads[0], MONDAY)

    (point,) = (await series("Ad", tree.ads[1], MONDAY, MONDAY + timedelta(1), "DAY"))["series"]["points"]

    assert (point["metrics"]["spend"], point["metrics"]["cpa"]) == (0, None)
    assert reasons(point)["CPA"] == "ZERO_DENOMINATOR"


async def test_weeks_start_on_monday_and_the_ends_are_cut_to_the_window(database, org_id, series):
    tree = await make_tree(database, org_id)
    for offset in range(12):
        await make_full_fact(database, org_id, tree.ad, MONDAY + timedelta(offset), reach=500)

    found = await series("Ad", tree.ad, MONDAY + timedelta(2), MONDAY + timedelta(9), "WEEK")

    first, second = found["series"]["points"]
    assert (first["bucket"], first["since"], first["until"]) == ("2025-06-09", "2025-06-11", "2025-06-16")
    assert (second["bucket"], second["since"], second["until"]) == ("2025-06-16", "2025-06-16", "2025-06-18")
    assert first["partial"] is second["partial"] is True
    assert (first["metrics"]["spend"], second["metrics"]["spend"]) == (50, 20)
    # A week's reach is not the sum of its days'.
    assert first["metrics"]["reach"] is None
    assert reasons(first) == {"REACH": "NOT_ADDITIVE", "FREQUENCY": "NOT_ADDITIVE"}


async def test_a_whole_week_is_not_partial(database, org_id, series):
    tree = await make_tree(database, org_id)

    (week,) = (await series("Ad", tree.ad, MONDAY, MONDAY + timedelta(7), "WEEK"))["series"]["points"]

    assert week["partial"] is False


@pytest.mark.parametrize("granularity", ["DAY", "WEEK"])
@pytest.mark.parametrize("level", ["Project", "AdAccount", "Campaign", "AdSet", "Ad"])
async def test_a_series_sums_to_the_totals_at_every_level(database, org_id, series, level, granularity):
    tree = await make_tree(database, org_id, ads=2)
    other = await make_ad_account(database, org_id, tree.project)
    for offset in range(0, 20, 3):
        await make_full_fact(database, org_id, tree.ads[offset % 2], MONDAY + timedelta(offset), spend=offset + 0.25)
    await make_full_fact(database, org_id, other, MONDAY + timedelta(4))
    number = {
        "Project": tree.project, "AdAccount": tree.ad_account, "Campaign": tree.campaign, "AdSet": tree.ad_set,
        "Ad": tree.ad,
    }[level]  # fmt: skip

    found = await series(level, number, MONDAY - timedelta(3), MONDAY + timedelta(17), granularity)

    for metric in ("spend", "impressions"):
        sums = [point["metrics"][metric] or 0 for point in found["series"]["points"]]
        assert sum(sums) == found["totals"][metric] > 0


async def test_money_has_the_currency_of_the_window_in_every_bucket(database, org_id, series):
    # Dollars on Monday, nothing on Tuesday, euros on Wednesday.
    tree = await make_tree(database, org_id)
    euros = await make_ad_account(database, org_id, tree.project, currency="EUR")
    days = [MONDAY + timedelta(offset) for offset in range(3)]
    for account in (tree.ad_account, euros):
        await make_coverage(database, org_id, account, Level.AD, days=days)
    await make_full_fact(database, org_id, tree.ad, days[0])
    await make_full_fact(database, org_id, euros, days[2])

    dollars = await series("Project", tree.project, days[0], days[2], "DAY")
    mixed = await series("Project", tree.project, days[0], days[2] + timedelta(1), "DAY")

    # One without rows does not bring in the currencies of all accounts …
    assert dollars["currency"] == "USD"
    assert [point["metrics"]["spend"] for point in dollars["series"]["points"]] == [10, 0]
    # … and one with rows of few accounts has no currency that the answer does not name.
    assert mixed["currency"] is mixed["totals"]["spend"] is None
    for point in mixed["series"]["points"]:
        assert point["metrics"]["spend"] is None
        assert reasons(point)["SPEND"] == "MIXED_CURRENCY"
    assert [point["metrics"]["impressions"] for point in mixed["series"]["points"]] == [1000, 0, 1000]


async def test_a_series_has_at_most_1100_buckets(database, org_id, execute):
    tree = await make_tree(database, org_id)
    variables = {"id": global_id.encode("Ad", tree.ad), "granularity": "DAY"}

    allowed = await execute(SERIES, variables | {"window": {"lastDays": 1100}})
    refused = await execute(SERIES, variables | {"window": {"lastDays": 1101}})

    assert not allowed.errors
    assert refused.data["node"]["performance"]["series"] is None
    assert refused.data["node"]["performance"]["totals"] is not None
    assert refused.errors[0].extensions == {"code": "WINDOW_TOO_LARGE"}
    assert "1,101" in refused.errors[0].message
