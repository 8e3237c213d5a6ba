"""Windows as clients see them: the same days on every path to a node."""

from datetime import date

from tests.make import make_ad_account, make_project
from tests.trees import make_tree

DAY = date(2025, 6, 10)
NEXT = date(2025, 6, 11)


async def test_without_a_window_it_is_the_last_thirty_full_days(database, org_id, performance):
    tree = await make_tree(database, org_id)

    found = await performance("Ad", tree.ad, None)

    assert found["window"] == {
        "since": "2025-05-19", "until": "2025-06-18", "lastDay": "2025-06-17", "days": 30, "timezone": "UTC"
    }  # fmt: skip


async def test_presets_resolve_in_the_timezone_that_the_projects_accounts_share(database, org_id, performance):
    # At noon in UTC it is tomorrow already in Kiritimati, for every node of the project.
    tree = await make_tree(database, org_id, timezone="Pacific/Kiritimati")

    for level, number in [("Project", tree.project), ("AdAccount", tree.ad_account), ("Ad", tree.ad)]:
        window = (await performance(level, number, {"preset": "TODAY"}))["window"]
        assert (window["since"], window["timezone"]) == ("2025-06-19", "Pacific/Kiritimati")

    await make_ad_account(database, org_id, tree.project, timezone="America/New_York")
    window = (await performance("Ad", tree.ad, {"preset": "TODAY"}))["window"]
    assert (window["since"], window["timezone"]) == ("2025-06-18", "UTC")


async def test_a_projects_own_timezone_goes_before_that_of_its_accounts(database, org_id, performance):
    project = await make_project(database, org_id, timezone="Pacific/Kiritimati")
    account = await make_ad_account(database, org_id, project, timezone="America/New_York")

    window = (await performance("AdAccount", account, {"preset": "YESTERDAY"}))["window"]

    assert (window["since"], window["timezone"]) == ("2025-06-18", "Pacific/Kiritimati")
