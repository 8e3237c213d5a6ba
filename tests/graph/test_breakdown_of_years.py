"""Breakdowns of windows of many years, whose days fall together into few rows."""

from datetime import date, timedelta

import pytest

from db.level import Platform
from tests.graph.breaking_down import keys, spends
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_fact, make_project
from tests.trees import days

# Of each day of seven years.
pytestmark = pytest.mark.slow

FIRST, LAST = date(2018, 5, 3), date(2025, 6, 1)
CENTURY = days(date(2000, 1, 1), date(2100, 1, 1))
SPENT = {FIRST + timedelta(step): step % 13 for step in range(0, (LAST - FIRST).days + 1, 17)}


@pytest.fixture
async def old(database, org_id):
    """A project whose ad accounts delivered now and then: the one for seven years, the other, in euros, for two."""
    project = await make_project(database, org_id)
    accounts = []
    for platform, currency in ((Platform.META, "USD"), (Platform.TIKTOK, "EUR")):
        account = await make_ad_account(database, org_id, project, platform=platform, currency=currency)
        ad_set = await make_ad_set(database, org_id, await make_campaign(database, org_id, account))
        ad = await make_ad(database, org_id, ad_set)
        for day, spend in SPENT.items():
            if currency == "USD" or day.year < 2020:
                await make_fact(database, org_id, ad, day, spend=spend)
        accounts.append(account)
    return project, accounts


async def test_weekdays_of_a_century_are_seven_rows(old, broken_down):
    _, (account, _) = old

    page = await broken_down("AdAccount", account, ["WEEKDAY"], CENTURY)

    assert spends(page) == [
        sum(spend for day, spend in SPENT.items() if day.weekday() == number) for number in range(7)
    ]
    assert sum(row["days"] for row in page["nodes"]) == 36_525
    assert page["rest"]["spend"] == 0


async def test_the_rows_of_two_times_count_and_not_the_days_that_they_are_read_from(old, broken_down):
    _, (account, _) = old

    page = await broken_down("AdAccount", account, ["MONTH", "WEEKDAY"], days(FIRST, LAST), first=1000)

    expected: dict[tuple[str, int], int] = {}
    for number in range((LAST - FIRST).days):
        day = FIRST + timedelta(number)
        key = (day.replace(day=1).isoformat(), day.weekday())
        expected[key] = expected.get(key, 0) + SPENT.get(day, 0)
    assert page["totalCount"] == len(expected)
    assert [row["metrics"]["spend"] or 0 for row in page["nodes"]] == [spend for _, spend in sorted(expected.items())]


async def test_money_of_a_weekday_is_mixed_where_that_of_the_window_is(old, broken_down):
    project, _ = old

    mixed = await broken_down("Project", project, ["WEEKDAY"], CENTURY)
    later = await broken_down("Project", project, ["WEEKDAY"], days(date(2020, 1, 1), LAST))
    by_platform = await broken_down("Project", project, ["PLATFORM", "WEEKDAY"], CENTURY)

    assert spends(mixed) == [None] * 7
    assert sum(spends(later)) == sum(spend for day, spend in SPENT.items() if date(2020, 1, 1) <= day < LAST)
    assert [one["platform"] for one in keys(by_platform)] == ["META"] * 7 + ["TIKTOK"] * 7
    assert None not in spends(by_platform)
