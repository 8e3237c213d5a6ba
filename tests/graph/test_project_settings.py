"""Settings of a project: changed by the mutation or the command, and answers with them at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from db.database import Database
from graph.schema import schema
from resolvers import global_id
from tests.graph.failing import query, serving
from tests.graph.test_cli import adgraph, failure
from tests.make import make_ad_account, make_project

Ask = Callable[..., Awaitable[dict[str, Any]]]

SETTINGS = """fragment settings on Project {
  timezone reportingCurrency conversionSource conversionEvents: conversionEventNames attribution { click view countBy }
  weekStartsOn margin
}"""
UPDATE = f"mutation ($input: UpdateProjectInput!) {{ updateProject(input: $input) {{ ...settings }} }} {SETTINGS}"
READ = f"query ($id: ID!) {{ project(id: $id) {{ ...settings }} }} {SETTINGS}"
DEFAULTS = {
    "timezone": "Asia/Tokyo",
    "reportingCurrency": None,
    "conversionSource": "REPORTED",
    "conversionEvents": ["purchase_success", "subscribe_success", "trial_start"],
    "attribution": {"click": "DAYS_7", "view": "DAYS_1", "countBy": "CONVERSION_TIME"},
    "weekStartsOn": "MONDAY",
    "margin": None,
}
CHANGED = {
    "timezone": "America/New_York",
    "reportingCurrency": "EUR",
    "conversionSource": "TRACKED",
    "conversionEvents": ["install", "trial"],
    "attribution": {"click": "DAYS_28", "view": "NONE", "countBy": "TOUCH_TIME"},
    "weekStartsOn": "SUNDAY",
    "margin": 0.4,
}


async def make_shop(database: Database, org_id: int) -> str:
    project = await make_project(database, org_id, "Shop")
    await make_ad_account(database, org_id, project, timezone="Asia/Tokyo")
    return global_id.encode("Project", project)


async def test_every_setting_is_changed_read_back_and_set_back_by_null(
    database: Database, org_id: int, ask: Ask
) -> None:
    node_id = await make_shop(database, org_id)
    assert (await ask(READ, {"id": node_id}))["project"] == DEFAULTS

    changed = (await ask(UPDATE, {"input": {"id": node_id, **CHANGED}}))["updateProject"]
    read = (await ask(READ, {"id": node_id}))["project"]
    nulls = {"id": node_id, **dict.fromkeys(DEFAULTS)}
    back = (await ask(UPDATE, {"input": nulls}))["updateProject"]

    assert (changed, read, back) == (CHANGED, CHANGED, DEFAULTS)


@pytest.mark.parametrize("setting", DEFAULTS)
async def test_what_is_left_out_stays(database: Database, org_id: int, ask: Ask, setting: str) -> None:
    node_id = await make_shop(database, org_id)

    only = {"id": node_id, setting: CHANGED[setting]}
    assert (await ask(UPDATE, {"input": only}))["updateProject"] == DEFAULTS | {setting: CHANGED[setting]}


async def test_each_part_of_the_attribution_is_set_by_itself(database: Database, org_id: int, ask: Ask) -> None:
    node_id = await make_shop(database, org_id)
    await ask(UPDATE, {"input": {"id": node_id, "attribution": CHANGED["attribution"]}})

    attribution = {"click": "DAYS_1", "view": None}
    data = await ask(UPDATE, {"input": {"id": node_id, "attribution": attribution}})

    assert data["updateProject"]["attribution"] == {"click": "DAYS_1", "view": "DAYS_1", "countBy": "TOUCH_TIME"}


async def test_two_changes_in_one_request_are_made_and_told_one_after_the_other(
    database: Database, org_id: int, ask: Ask
) -> None:
    node_id = await make_shop(database, org_id)
    both = """mutation ($id: ID!) {
      tokyo: updateProject(input: {id: $id, timezone: "Asia/Tokyo"}) { timezone performance { attribution { click } } }
      rome: updateProject(input: {id: $id, timezone: "Europe/Rome", attribution: {click: DAYS_1}}) {
        timezone performance { attribution { click } window { timezone } }
      }
    }"""

    data = await ask(both, {"id": node_id})

    assert data["tokyo"] == {"timezone": "Asia/Tokyo", "performance": {"attribution": {"click": "DAYS_7"}}}
    assert data["rome"]["timezone"] == "Europe/Rome"
    assert data["rome"]["performance"] == {
        "attribution": {"click": "DAYS_1"}, "window": {"timezone": "Europe/Rome"}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timezone": "Mars"}, "`input.timezone` 'Mars' is no IANA timezone"),
        ({"timezone": ""}, "`input.timezone` '' is no IANA timezone"),
        ({"timezone": "../etc/passwd"}, "`input.timezone`"),
        ({"reportingCurrency": "eur"}, "`input.reportingCurrency` 'eur' is no ISO 4217 currency code. Write 'EUR'."),
        ({"conversionEvents": []}, "`input.conversionEvents` must hold 1 to 100"),
        ({"conversionEvents": ["x" * 5_000]}, "`input.conversionEvents` may hold names of 1 to 200"),
        ({"conversionEvents": ["\0"]}, "`input.conversionEvents`"),
        ({"margin": 0}, "`input.margin` must be above 0 and at most 1"),
        ({"margin": 1.01}, "`input.margin`"),
        ({"margin": -0.5}, "`input.margin`"),
        ({"weekStartsOn": "FUNDAY"}, ".weekStartsOn"),
    ],
    ids=str,
)
async def test_a_setting_that_cannot_be_changes_nothing_and_is_named(
    database: Database, org_id: int, ask: Ask, execute: Callable[..., Awaitable[Any]], given: dict[str, Any], said: str
) -> None:
    node_id = await make_shop(database, org_id)

    result = await execute(UPDATE, {"input": {"id": node_id, "conversionSource": "TRACKED", **given}})

    (error,) = result.errors
    assert error.extensions["code"] == "VALIDATION"
    assert said in error.message
    assert (await ask(READ, {"id": node_id}))["project"] == DEFAULTS


async def test_what_is_no_project_of_the_organization_is_not_found(
    database: Database, org_id: int, execute: Callable[..., Awaitable[Any]]
) -> None:
    node_id = await make_shop(database, org_id)

    async def code(given: dict[str, Any], **context: Any) -> str:
        (error,) = (await execute(UPDATE, {"input": given}, **context)).errors
        return str(error.extensions["code"])

    assert await code({"id": global_id.encode("Project", 999_999), "margin": 0.5}) == "NOT_FOUND"
    assert await code({"id": global_id.encode("Project", 999_999)}) == "NOT_FOUND"
    assert await code({"id": node_id, "margin": 0.5}, org_id=org_id + 1) == "NOT_FOUND"
    assert await code({"id": global_id.encode("Ad", 1), "margin": 0.5}) == "VALIDATION"


async def test_a_served_answer_has_the_new_setting_at_once(database_url: str, database: Database, org_id: int) -> None:
    node_id = await make_shop(database, org_id)
    used = """query ($id: ID!) { project(id: $id) {
      performance { conversionSource window { timezone } }
      adAccounts { nodes { performance { conversionSource window { timezone } } } }
    } }"""

    async with serving(database_url, schema) as client:

        async def blocks() -> list[dict[str, Any]]:
            found = (await query(client, used, variables={"id": node_id})).json()["data"]["project"]
            return [found["performance"], found["adAccounts"]["nodes"][0]["performance"]]

        before = await blocks()
        given = {"id": node_id, "conversionSource": "TRACKED", "timezone": "Europe/Rome"}
        assert "errors" not in (await query(client, UPDATE, variables={"input": given})).json()
        after = await blocks()

    assert before == [{"conversionSource": "REPORTED", "window": {"timezone": "Asia/Tokyo"}}] * 2
    assert after == [{"conversionSource": "TRACKED", "window": {"timezone": "Europe/Rome"}}] * 2


async def test_the_command_sets_shows_and_sets_back(database: Database, org_id: int, database_url: str) -> None:
    await make_shop(database, org_id)

    done = adgraph(
        "project", "set", "Shop", "--timezone", "Europe/Rome", "--reporting-currency", "EUR", "--conversion-source",
        "tracked", "--conversion-event", "trial", "--conversion-event", "install", "--click-window", "days-28",
        "--view-window", "none", "--count-by", "touch-time", "--week-starts-on", "Sunday", "--margin", "0.4",
        DATABASE_URL=database_url,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Settings of the project Shop", "timezone: Europe/Rome", "reporting currency: EUR",
        "conversion source: tracked", "conversion events: install, trial", "click window: days-28", "view window: none",
        "count by: touch-time", "week starts on: sunday", "margin: 0.4",
    ]  # fmt: skip

    back = adgraph(
        "project", "set", "Shop", "--default", "timezone", "--default", "margin", "--margin", "0.4",
        DATABASE_URL=database_url,
    )  # fmt: skip
    assert "--default and a value were given for margin" in failure(back)
    done = adgraph("project", "set", "Shop", "--default", "timezone", "--default", "margin", DATABASE_URL=database_url)
    assert "timezone: the one that its ad accounts share, else UTC" in done.stdout
    assert "margin: none" in done.stdout
    assert "conversion source: tracked" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("Shop",), "Nothing was given to set", 2),
        (("Shop", "--timezone", ""), "`--timezone` '' is no IANA timezone", 2),
        (("Shop", "--click-window", "week"), "--click-window 'week' is none of none, days-1, days-7, days-28", 2),
        (("Shop", "--default", "currency"), "--default 'currency' is none of timezone", 2),
        (("Shop", "--margin", "nan"), "`--margin` must be above 0", 2),
        (("Nowhere", "--margin", "0.4"), "There is no project named 'Nowhere'", 3),
    ],
    ids=str,
)
def test_the_command_ends_with_one_line_where_it_cannot(
    database_url: str, arguments: tuple[str, ...], said: str, code: int
) -> None:
    done = adgraph("project", "set", *arguments, DATABASE_URL=database_url)

    assert said in failure(done)
    assert done.returncode == code
