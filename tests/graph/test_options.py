"""Options: chosen once for all levels, the project's where nothing is chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from db.database import Database
from resolvers import global_id
from tests.make import make_ad_account, make_campaign, make_project

Ask = Callable[..., Awaitable[dict[str, Any]]]

USED = """query ($id: ID!, $options: PerformanceOptions) {
  project(id: $id) {
    performance(options: $options) { ...used }
    adAccounts { nodes {
      performance(options: $options) { ...used }
      campaigns { nodes { performance(options: $options) { ...used } } }
    } }
  }
}
fragment used on Performance { conversionSource conversionEvents attribution { click view countBy } }"""


async def make_tree(database: Database, org_id: int) -> str:
    project = await make_project(database, org_id)
    await make_campaign(database, org_id, await make_ad_account(database, org_id, project))
    return global_id.encode("Project", project)


def blocks(data: dict[str, Any]) -> list[dict[str, Any]]:
    """What each of the three levels used."""
    (account,) = data["project"]["adAccounts"]["nodes"]
    (campaign,) = account["campaigns"]["nodes"]
    return [data["project"]["performance"], account["performance"], campaign["performance"]]


async def test_without_options_every_level_tells_what_the_project_has_set(
    database: Database, org_id: int, ask: Ask
) -> None:
    node_id = await make_tree(database, org_id)

    assert (
        blocks(await ask(USED, {"id": node_id}))
        == [
            {
                "conversionSource": "REPORTED",
                "conversionEvents": ["purchase_success", "subscribe_success", "trial_start"],
                "attribution": {"click": "DAYS_7", "view": "DAYS_1", "countBy": "CONVERSION_TIME"},
            }
        ]
        * 3
    )


async def test_what_options_leave_out_is_the_projects(database: Database, org_id: int, ask: Ask) -> None:
    node_id = await make_tree(database, org_id)
    options = {
        "conversionEvents": ["trial", "install", "trial"],
        "attribution": {"click": "DAYS_28", "view": None},
        "conversionSource": None,
    }

    assert (
        blocks(await ask(USED, {"id": node_id, "options": options}))
        == [
            {
                "conversionSource": "REPORTED",
                "conversionEvents": ["install", "trial"],
                "attribution": {"click": "DAYS_28", "view": "DAYS_1", "countBy": "CONVERSION_TIME"},
            }
        ]
        * 3
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"currency": "usd"}, "`options.currency` 'usd' is no ISO 4217 currency code. Write 'USD'."),
        ({"currency": "QQQ"}, "`options.currency` 'QQQ' is no ISO 4217"),
        ({"currency": ""}, "`options.currency` '' is no ISO 4217"),
        ({"currency": "x" * 5_000}, "`options.currency`"),
        ({"conversionEvents": []}, "`options.conversionEvents` must hold 1 to 100 names of events; got 0."),
        ({"conversionEvents": [f"event {number}" for number in range(101)]}, "got 101."),
        ({"conversionEvents": [""]}, "`options.conversionEvents` may hold names of 1 to 200 characters without NUL"),
        ({"conversionEvents": ["x" * 5_000]}, "`options.conversionEvents` may hold"),
        ({"conversionEvents": ["a\0b"]}, "`options.conversionEvents` may hold"),
        ({"conversionEvents": ["\ud800"]}, "`options.conversionEvents` may hold"),
        ({"attribution": {"click": "DAYS_2"}}, "$options' has invalid value at .attribution.click"),
        ({"conversionSource": "reported"}, "$options' has invalid value at .conversionSource"),
    ],
    ids=str,
)
async def test_options_that_cannot_be_are_told_by_their_name(
    database: Database, org_id: int, execute: Callable[..., Awaitable[Any]], options: dict[str, Any], said: str
) -> None:
    node_id = await make_tree(database, org_id)

    result = await execute(USED, {"id": node_id, "options": options})

    assert {error.extensions["code"] for error in result.errors} == {"VALIDATION"}
    for error in result.errors:
        assert said in error.message
        assert len(error.message) < 600
