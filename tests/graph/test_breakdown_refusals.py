"""Breakdowns that cannot be: what is refused, and which argument is to blame."""

from datetime import date, timedelta
from typing import Any

import pytest

from resolvers import global_id
from tests.graph.breaking_down import DAY, ROWS, TWO, make_world, spends
from tests.trees import days, make_tree


@pytest.fixture
def refused(execute):
    async def refused(type_name, number, by, window=TWO, **arguments):
        variables = {"id": global_id.encode(type_name, number), "by": by, "window": window, **arguments}
        result = await execute(ROWS, variables)
        assert result.data is None or result.data["node"]["performance"]["breakdown"] is None
        (error,) = result.errors
        return error

    return refused


async def test_rows_of_several_currencies_keep_their_own_until_one_is_chosen(
    database, org_id, broken_down, refused
):  # fmt: skip
    project, _ = await make_world(database, org_id, currency="EUR")

    page = await broken_down("Project", project, ["PLATFORM"])
    assert (spends(page), [row["currency"] for row in page["nodes"]]) == ([707, 808], ["USD", "EUR"])
    assert (page["rest"]["spend"], [row["share"] for row in page["nodes"]]) == (None, [None, None])
    assert {"metric": "SPEND", "reason": "MIXED_CURRENCY"} in page["rest"]["unavailable"]
    for arguments, name in (
        ({"orderBy": {"metric": "SPEND"}}, "orderBy"),
        ({"having": [{"metric": "CPA", "gt": 1}]}, "having"),
    ):
        error = await refused("Project", project, ["CAMPAIGN"], **arguments)
        assert (error.extensions, f"`{name}`" in error.message) == ({"code": "VALIDATION"}, True)
    assert (await refused("Project", project, ["DAY"], orderBy={"metric": "SPEND"})).extensions == {
        "code": "VALIDATION"
    }


@pytest.mark.parametrize(
    ("by", "arguments", "said"),
    [
        ([], {}, "`by`"),
        (["CAMPAIGN"] * 1000, {}, "`by`"),
        (["AD", "AD"], {}, "`by`"),
        (["AD_ACCOUNT"], {}, "`by`"),
        (["DAY", "AD_ACCOUNT"], {}, "`by`"),
        (["AD"], {"having": [{"metric": "SPEND"}]}, "`having`"),
        (["AD"], {"having": [{"metric": "SPEND", "gt": 1}] * 21}, "`having`"),
        (["AD"], {"first": 0}, "`first`"),
        (["AD"], {"after": "nonsense"}, "`after`"),
        (["BATCHES"], {}, "by"),
    ],
)
async def test_what_is_no_breakdown_is_refused_saying_which_argument(database, org_id, refused, by, arguments, said):
    tree = await make_tree(database, org_id)

    error = await refused("Campaign", tree.campaign, by, **arguments)

    assert error.extensions == {"code": "VALIDATION"}
    assert said in error.message


async def test_bounds_that_are_no_numbers_are_refused(database, org_id, execute):
    tree = await make_tree(database, org_id)
    query = "query ($id: ID!, $gt: Float) { ad(id: $id) { performance { breakdown(by: [DAY], having: [{metric: SPEND, gt: $gt}]) { totalCount } } } }"  # noqa: E501  # one line

    for number in (float("nan"), float("inf")):
        result = await execute(query, {"id": global_id.encode("Ad", tree.ad), "gt": number})
        assert [error.extensions for error in result.errors] == [{"code": "VALIDATION"}]
        assert "gt" in result.errors[0].message


async def test_too_many_buckets_or_rows_are_refused(database, org_id, refused):
    tree = await make_tree(database, org_id, ads=101)

    for by in (["DAY"], ["WEEKDAY", "DAY"], ["DAY", "MONTH"]):
        error = await refused("Ad", tree.ad, by, days(date(2020, 1, 1), date(2024, 1, 1)))
        assert error.extensions == {"code": "WINDOW_TOO_LARGE"}
        assert ("1,461 buckets" in error.message, "`window`" in error.message) == (True, True)
    error = await refused("AdSet", tree.ad_set, ["AD", "DAY"], days(date(2022, 1, 1), date(2024, 12, 1)))
    assert (error.extensions, "`by`" in error.message) == ({"code": "QUERY_TOO_COMPLEX"}, True)


async def test_a_cursor_of_another_breakdown_is_refused(database, org_id, broken_down, refused):
    project, made = await make_world(database, org_id)
    order: dict[str, Any] = {"orderBy": {"metric": "SPEND"}}
    after = (await broken_down("Project", project, ["AD"], first=2, **order))["pageInfo"]["endCursor"]

    for arguments in (
        {"by": ["CAMPAIGN"]},
        {"window": days(DAY, DAY + timedelta(1))},
        {"orderBy": {"metric": "SPEND", "direction": "ASC"}},
        {"orderBy": None},
        {"having": [{"metric": "SPEND", "gt": 1}]},
        {"options": {"undefinedRatios": "FLOORED"}},
    ):
        error = await refused("Project", project, **{"by": ["AD"], "after": after} | order | arguments)
        assert (error.extensions, "`after`" in error.message) == ({"code": "VALIDATION"}, True)
    assert (await refused("AdAccount", made["AdAccount"][0], ["AD"], after=after, **order)).extensions == {
        "code": "VALIDATION"
    }


async def test_a_cursor_of_other_days_is_refused(database, org_id, execute, now):
    tree = await make_tree(database, org_id, ads=3)
    variables = {
        "id": global_id.encode("AdSet", tree.ad_set), "by": ["AD"], "window": {"preset": "YESTERDAY"}, "first": 1,
    }  # fmt: skip
    first = (await execute(ROWS, variables)).data["node"]["performance"]["breakdown"]
    after = {"after": first["pageInfo"]["endCursor"]}

    same_day = await execute(ROWS, variables | after)
    next_day = await execute(ROWS, variables | after, now=now + timedelta(1))

    assert not same_day.errors
    assert [error.extensions for error in next_day.errors] == [{"code": "VALIDATION"}]
    assert "2025-06-17" in next_day.errors[0].message
