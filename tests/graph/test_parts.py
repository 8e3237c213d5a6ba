"""What holds of any world and any way to cut it: rows and rest add up to the totals, children and residual to their
parent, pages hold everything once, and a row says what its entity or its days say of themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import delivery
from db.database import Database
from graph.schema import schema
from resolvers import global_id
from resolvers.context import Request
from resolvers.metric import METRICS, PRIMITIVES, Metric
from tests.graph.worlds import KINDS, Entity, Window, World, short_windows, worlds, write

ADDITIVE = [primitive.name.value for primitive in PRIMITIVES]
LEVELS = dict(zip(KINDS[1:], ("AD_ACCOUNT", "CAMPAIGN", "AD_SET", "AD"), strict=True))
BELOW = dict(zip(KINDS, ("AD_ACCOUNT", "CAMPAIGN", "AD_SET", "AD"), strict=False))
TIMES = ("DAY", "WEEK", "MONTH", "WEEKDAY")
METRICS_IN_ROWS = " ".join(metric.value for metric in METRICS)
BROKEN_DOWN = f"""
query (
  $id: ID!, $window: WindowInput, $by: [BreakdownDimension!]!, $orderBy: MetricOrder, $having: [MetricCondition!],
  $first: Int!, $after: String
) {{
  node(id: $id) {{ ... on Measurable {{ performance(window: $window) {{
    currency
    totals {{ ...Numbers }}
    residual {{ {" ".join(ADDITIVE)} }}
    breakdown(by: $by, orderBy: $orderBy, having: $having, first: $first, after: $after) {{
      totalCount pageInfo {{ hasNextPage endCursor }}
      nodes {{
        key {{ platform adAccount campaign adSet ad day week month weekday }}
        entity {{ performance(window: $window) {{ totals {{ ...Numbers }} }} }}
        metrics {{ ...Numbers }}
      }}
      rest {{ {" ".join(ADDITIVE)} }}
    }}
  }} }} }}
}}
fragment Numbers on Metrics {{ {METRICS_IN_ROWS} unavailable {{ metric reason }} }}
"""
LISTED = """
query ($id: ID!, $window: WindowInput, $orderBy: EntityOrder, $filter: EntityFilter, $first: Int!, $after: String) {
  node(id: $id) { ... on TYPE { FIELD(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id ... on Measurable { performance(window: $window) { totals { NUMBERS } } } }
    performance(window: $window) { totals { NUMBERS } }
  } } }
}
""".replace("NUMBERS", METRICS_IN_ROWS)
FIELDS = dict(zip(KINDS[1:], ("adAccounts", "campaigns", "adSets", "ads"), strict=True))
SETTINGS = settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
bounds = st.none() | st.sampled_from([0.0, 1.0, 1000.0])
orders = st.tuples(st.sampled_from(list(Metric)), st.sampled_from(["ASC", "DESC"]), st.sampled_from(["NULL", "WORST"]))
_organizations = itertools.count()

Asking = Callable[..., Awaitable[Any]]


def asking(database: Database, org_id: int, world: World, few: int) -> Asking:
    """Asks about a world, through daily rows or through running totals."""

    async def ask(query: str, **variables: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delivery, "FEW", few)
            context = Request(database, org_id, world.now, max_nodes=10**7)
            return await schema.execute(query, variable_values=variables, context_value=context)

    return ask


async def every_page(ask: Asking, query: str, path: tuple[str, ...], **variables: Any) -> list[Any] | None:
    """The pages of a list, one after the other; None where it is refused."""
    pages, after = [], None
    while True:
        result = await ask(query, after=after, **variables)
        if result.errors:
            assert {error.extensions["code"] for error in result.errors} <= {"VALIDATION", "METRIC_UNAVAILABLE"}
            return None
        found = result.data["node"]
        for step in path[:-1]:
            found = found[step]
        pages.append(found)
        page = found[path[-1]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return pages


def added(values: list[float | None]) -> int:
    """A sum of what is known, in millionths."""
    return sum(round(value * 10**6) for value in values if value is not None)


def in_order(values: list[Any], direction: str) -> bool:
    """Whether known values are in order, and before those that are not known."""
    known = [value for value in values if value is not None]
    return values[: len(known)] == known == sorted(known, reverse=direction == "DESC")


@pytest.mark.slow
@SETTINGS
@given(
    world=worlds(), window=short_windows, pick=st.integers(0, 99), cut=st.tuples(st.integers(0, 8), st.integers(0, 9)),
    order=st.none() | orders, bound=bounds, first=st.sampled_from([1, 3, 1000]),
    few=st.sampled_from([delivery.FEW, 0]),
)  # fmt: skip
async def test_rows_and_rest_are_the_totals(
    database: Database, world: World, window: Window, pick: int, cut: tuple[int, int],
    order: tuple[Metric, str, str] | None, bound: float | None, first: int, few: int,
):  # fmt: skip
    org_id, ids = await write(database, f"organization of parts {next(_organizations)}", world)
    entity = world.entities[pick % len(world.entities)]
    possible = ["PLATFORM", *levels_at(entity), *TIMES]
    by = list(dict.fromkeys(possible[number % len(possible)] for number in cut if number < len(possible)))
    by = by or [possible[-1]]
    pages = await every_page(
        asking(database, org_id, world, few), BROKEN_DOWN, ("performance", "breakdown"),
        id=global_id.encode(entity[0], ids[entity]), window=window, by=by, first=first,
        orderBy=order and {"metric": order[0].name, "direction": order[1], "undefinedAs": order[2]},
        having=None if bound is None else [{"metric": "IMPRESSIONS", "gte": bound}],
    )  # fmt: skip
    if pages is None:
        return
    rows = [row for page in pages for row in page["breakdown"]["nodes"]]
    keys = [tuple(row["key"].values()) for row in rows]
    assert len(keys) == len(set(keys)) == pages[0]["breakdown"]["totalCount"]
    if order and order[2] == "NULL":
        assert in_order([row["metrics"][order[0].value] for row in rows], order[1])
    for page in pages:
        block, own = page["breakdown"], [row["metrics"] for row in page["breakdown"]["nodes"]]
        for metric in ADDITIVE:
            total, rest = page["totals"][metric], block["rest"][metric]
            assert (total is None) == (rest is None), metric
            if total is not None:
                assert added([*(row[metric] for row in own), rest]) == added([total]), metric
                residual = page["residual"] and page["residual"][metric]
                if by == [BELOW.get(entity[0])] and first == 1000 and bound is None and residual is not None:
                    assert added([residual]) == added([rest]), metric
    if len(by) == 1 and by[0] in LEVELS.values():
        for row in rows:
            assert row["metrics"] == row["entity"]["performance"]["totals"]


def levels_at(entity: Entity) -> list[str]:
    """The levels at an entity or below it."""
    return [level for kind, level in LEVELS.items() if KINDS.index(kind) >= KINDS.index(entity[0])]


@pytest.mark.slow
@SETTINGS
@given(
    world=worlds(), window=short_windows, pick=st.integers(0, 99), down=st.integers(0, 3), order=orders,
    bound=bounds, first=st.sampled_from([1, 2, 1000]),
    few=st.sampled_from([delivery.FEW, 0]),
)  # fmt: skip
async def test_pages_of_an_ordered_list_hold_each_entity_once_in_the_order_of_what_they_show(
    database: Database, world: World, window: Window, pick: int, down: int, order: tuple[Metric, str, str],
    bound: float | None, first: int, few: int,
):  # fmt: skip
    org_id, ids = await write(database, f"organization of lists {next(_organizations)}", world)
    above = [entity for entity in world.entities if entity[0] != "Ad"]
    entity = above[pick % len(above)]
    kinds = KINDS[KINDS.index(entity[0]) + 1 :]
    kind = kinds[down % len(kinds)]
    metric, direction, undefined = order
    ask = asking(database, org_id, world, few)
    query = LISTED.replace("TYPE", entity[0]).replace("FIELD", FIELDS[kind])
    bounds = None if bound is None else {"metrics": [{"metric": "IMPRESSIONS", "window": window, "gte": bound}]}
    asked = {"id": global_id.encode(entity[0], ids[entity]), "window": window}
    pages = await every_page(
        ask, query, (FIELDS[kind],), first=first, filter=bounds, **asked,
        orderBy={
            "metric": {
                "metric": metric.name, "window": window, "direction": direction, "undefinedAs": undefined,
            }
        },
    )  # fmt: skip
    if pages is None:
        return
    nodes = [node for page in pages for node in page[FIELDS[kind]]["nodes"]]
    found = [node["id"] for node in nodes]
    (plain,) = await every_page(ask, query, (FIELDS[kind],), first=1000, orderBy=None, filter=None, **asked) or []
    everyone = {node["id"]: node["performance"]["totals"] for node in plain[FIELDS[kind]]["nodes"]}
    wanted = {
        id_ for id_, totals in everyone.items()
        if bound is None or (totals["impressions"] is not None and totals["impressions"] >= bound)
    }  # fmt: skip
    assert len(found) == len(set(found)) == pages[0][FIELDS[kind]]["totalCount"]
    assert set(found) == wanted == {id_ for id_ in everyone if belongs(world, ids, id_, entity)} & wanted
    if undefined == "NULL":
        assert in_order([node["performance"]["totals"][metric.value] for node in nodes], direction)
    whole = [page[FIELDS[kind]]["performance"]["totals"] for page in pages]
    for name in ADDITIVE:
        assert len({totals[name] for totals in whole}) == 1
        if whole[0][name] is not None:
            assert added([whole[0][name]]) == added([everyone[id_][name] for id_ in wanted]), name


def belongs(world: World, ids: dict[Entity, int], id_: str, entity: Entity) -> bool:
    """Whether the node with that id lies below an entity."""
    number = global_id.parse(id_)[1]
    own: Entity | None = next(one for one, known in ids.items() if known == number)
    while own is not None and own != entity:
        own = world.parents.get(own)
    return own is not None
