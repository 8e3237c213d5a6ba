"""What platforms report: a block of its own beside the plain metrics, with the attribution and dating behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from db.database import Database
from db.importers.records import Dating, Reported
from db.level import Level
from resolvers import global_id
from tests.records import DAY, make_record, make_tree, named, take

Ask = Callable[..., Awaitable[dict[str, Any]]]

META = Reported("omni_purchase", "7d_click_1d_view", Dating.IMPRESSION)
LATER = Reported("omni_purchase", "1d_click", Dating.CONVERSION)
REPORTED = """query ($id: ID!, $window: WindowInput) {
  node(id: $id) { ... on Measurable { performance(window: $window) {
  totals { reported { ...both } }
  series { points { since metrics { reported { attribution dating conversions } } } }
  } } }
}
fragment both on ReportedMetrics {
  conversions conversionValue cpa cvr aov roas roi profit attribution dating unavailable { metric reason }
}"""


def window(days: int) -> dict[str, Any]:
    return {"range": {"since": str(DAY), "until": str(DAY + timedelta(days=days))}}


@pytest.fixture
async def ids(database: Database, org_id: int) -> dict[str, str]:
    """Two days of one ad, by two imports that count conversions otherwise, and the second of them again by a third."""
    facts = [
        make_record(
            Level.AD, "1000", DAY + timedelta(days=day), spend_micros=10_000_000, clicks=20,
            conversions_millionths=4_000_000, conversion_value_micros=50_000_000,
        )
        for day in range(2)
    ]  # fmt: skip
    await take(database, org_id, [META, *make_tree(), *facts])
    await take(database, org_id, [LATER, *make_tree(), facts[1]])
    ad, account = await named(database, "ad", "1000"), await named(database, "ad_account", "1")
    return {
        "ad": global_id.encode("Ad", ad["id"]),
        "account": global_id.encode("AdAccount", account["id"]),
        "project": global_id.encode("Project", account["project_id"]),
    }


@pytest.mark.parametrize("node", ["ad", "account", "project"])
async def test_every_level_tells_what_is_reported_by_which_attribution(
    ids: dict[str, str], ask: Ask, node: str
) -> None:
    found = (await ask(REPORTED, {"id": ids[node], "window": window(2)}))["node"]["performance"]

    assert found["totals"]["reported"] == {
        "conversions": 8.0, "conversionValue": 100.0, "cpa": 2.5, "cvr": 0.2, "aov": 12.5, "roas": 5.0, "roi": 4.0,
        "profit": 80.0, "attribution": ["1d_click", "7d_click_1d_view"], "dating": "UNKNOWN", "unavailable": [],
    }  # fmt: skip
    assert [point["metrics"]["reported"] for point in found["series"]["points"]] == [
        {"attribution": ["7d_click_1d_view"], "dating": "IMPRESSION", "conversions": 4.0},
        {"attribution": ["1d_click"], "dating": "CONVERSION", "conversions": 4.0},
    ]


async def test_days_that_nobody_imported_have_neither_numbers_nor_attribution(ids: dict[str, str], ask: Ask) -> None:
    since = DAY + timedelta(days=9)
    days = {"range": {"since": str(since), "until": str(since + timedelta(days=1))}}

    found = (await ask(REPORTED, {"id": ids["ad"], "window": days}))["node"]["performance"]["totals"]["reported"]

    assert (found["conversions"], found["attribution"], found["dating"]) == (None, [], "UNKNOWN")
    assert {entry["reason"] for entry in found["unavailable"]} == {"NOT_IMPORTED"}
    assert len(found["unavailable"]) == 8


async def test_one_statement_tells_the_attribution_of_all_levels(
    ids: dict[str, str], ask: Ask, queries_sent: list[str]
) -> None:
    queries_sent.clear()
    await ask(
        """{ projects { nodes { ...told adAccounts { nodes { ...told campaigns { nodes { ...told } } } } } } }
        fragment told on Measurable { performance { totals { reported { dating } } } }"""
    )

    assert queries_sent.count("reporting_by_ad_account_ids") == 1
