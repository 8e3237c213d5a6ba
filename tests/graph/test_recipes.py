"""The recipes: each query answers what the product's document prints, on data built from its example."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from db.database import Database
from graph.settings import CHECKOUT
from tests.graph import recipe_data
from tests.test_documents import Block, blocks

Ask = Callable[..., Awaitable[dict[str, Any]]]
RECIPES = CHECKOUT / "docs" / "recipes"


@pytest.fixture
def now() -> datetime:
    """When the examples were over."""
    return datetime(2026, 4, 20, tzinfo=UTC)


def recipe(page: str, number: int = 0) -> str:
    """A query of a page."""
    return _of_language(page, "graphql")[number].text


def answer(page: str, number: int = 0) -> Any:
    """What a page prints of an answer."""
    return json.loads(_of_language(page, "json")[number].text)


def _of_language(page: str, language: str) -> list[Block]:
    document = (RECIPES / page).relative_to(CHECKOUT)
    return [block for block in blocks(document) if block.language == language]


def agrees(found: float | None, printed: str) -> bool:
    """Whether a number is the printed one, to half a unit of its last digit."""
    unit = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    return found is not None and abs(Decimal(found) - Decimal(printed)) <= unit / 2


def wrong(found: dict[str, Any], printed: dict[str, str]) -> dict[str, tuple[Any, str]]:
    """The numbers that are not the printed ones."""
    return {name: (found[name], text) for name, text in printed.items() if not agrees(found[name], text)}


@pytest.mark.parametrize(("found", "printed", "same"), [
    (3.8519, "3.85", True), (3.856, "3.85", False), (3400.5, "3400.50", True), (0.02542, "0.0254", True),
    (None, "0", False),
])  # fmt: skip
def test_agreement_is_to_half_a_unit_of_the_last_printed_digit(found: float | None, printed: str, same: bool) -> None:
    assert agrees(found, printed) is same


async def test_layers_ads_metrics(database: Database, org_id: int, ask: Ask) -> None:
    await recipe_data.layers(database, org_id)

    found = (await ask(recipe("layers-ads-metrics.md")))["campaign"]["performance"]

    assert found["totals"] == answer("layers-ads-metrics.md")
    assert wrong(found["totals"], {
        "spend": "2819.66", "conversions": "732", "cpa": "3.85", "roas": "3.42", "impressions": "842100",
        "clicks": "21408", "ctr": "0.0254",
    }) == {}  # fmt: skip
    series = found["series"]["points"]
    assert (len(series), found["window"]) == (17, {"since": "2026-04-01", "until": "2026-04-18"})
    for point, (bucket, *printed) in zip(series, (
        ("2026-04-01", "142.50", "38", "3.75", "3.4"), ("2026-04-02", "167.22", "45", "3.72", "3.6"),
        ("2026-04-03", "98.40", "24", "4.10", "3.1"),
    ), strict=False):  # fmt: skip
        assert point["bucket"] == bucket
        assert wrong(point["metrics"], dict(zip(("spend", "conversions", "cpa", "roas"), printed, strict=True))) == {}


async def test_klayrai_insights_summary(database: Database, org_id: int, ask: Ask) -> None:
    await recipe_data.klayrai(database, org_id)

    found = (await ask(recipe("klayrai-insights-summary.md")))["adAccount"]["performance"]

    assert found["totals"] == answer("klayrai-insights-summary.md")
    assert (found["currency"], found["window"]) == ("EUR", {"since": "2026-03-03", "until": "2026-03-10"})
    assert wrong(found["totals"], {
        "spend": "3400.50", "impressions": "507000", "linkClicks": "12040", "conversions": "231", "cpa": "14.72",
        "linkCtr": "2.37", "cpm": "6.71", "frequency": "1.8", "reach": "281667",
    }) == {}  # fmt: skip
    changes = {name: change["percent"] for name, change in found["comparison"]["changes"].items()}
    assert wrong(changes, {"spend": "8.2", "conversions": "-3.5", "cpa": "12.1"}) == {}
    assert found["comparison"]["changes"]["cpa"]["verdict"] == "WORSE"
    days = [(point["bucket"], point["metrics"]) for point in found["series"]["points"]]
    assert [bucket for bucket, _ in days] == [f"2026-03-0{number}" for number in range(3, 10)]
    for (_, metrics), (spend, conversions, cpa) in zip(days, (
        # The document prints 12.10 for the first, which 460.00 / 38 is not.
        ("460.00", "38", "12.11"), ("475.50", "36", "13.21"), ("490.00", "35", "14.00"), ("480.00", "33", "14.55"),
        ("500.00", "31", "16.13"), ("495.00", "30", "16.50"), ("500.00", "28", "17.86"),
    ), strict=True):  # fmt: skip
        assert wrong(metrics, {"spend": spend, "conversions": conversions, "cpa": cpa}) == {}
