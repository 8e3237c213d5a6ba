"""Breadth first gives what GraphQL promises: nulls where errors end, their exact places, and whatever did not fail."""

from __future__ import annotations

import gc
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from strawberry.permission import BasePermission

from db.database import Database
from db.errors import Unavailable
from graph.executor.context import BreadthFirst
from graph.field import batched
from graph.schema import schema as adgraph_schema
from resolvers import global_id
from resolvers.context import Request
from tests.graph.executor import world
from tests.graph.executor.oracle import difference, executions
from tests.trees import FIVE_LEVELS, make_full_fact, make_tree


class NeverMind(BasePermission):
    message = "not for you"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return bool(source.number)


def _doubled(_request: Any, _selection: Any, things: Any) -> list[int]:
    return [thing.number * 2 for thing in things]


async def _one_too_few(_request: Any, _selection: Any, things: Any) -> list[int]:
    return [1] * (len(things) - 1)


@strawberry.type
class Thing:
    number: int
    maybe: int | None
    thing: Thing | None
    sure_thing: Thing
    things: list[Thing] | None
    maybes: list[Thing | None]
    sure_things: list[Thing]
    grid: list[list[int] | None] | None
    doubled = batched(_doubled, int | None, "Twice the number.")
    guarded = batched(_doubled, int | None, "The same, for some.", permission_classes=[NeverMind])
    short = batched(_one_too_few, int | None, "A batch that forgets one.")


@strawberry.type
class Query(Thing):
    pass


ours = strawberry.Schema(Query, execution_context_class=BreadthFirst)
theirs = strawberry.Schema(Query)


def thing(number: Any = 1, **more: Any) -> SimpleNamespace:
    """A thing that has a number, and what else it is told to have."""
    return SimpleNamespace(number=number, **more)


async def answered(query: str, root: object) -> tuple[Any, dict[str, str]]:
    """The data, and the messages of the errors by their paths; graphql-core's executor has to agree."""
    nothing: Any = None
    before = executions()
    results = [
        await schema.execute(query, root_value=root, context_value=Request(nothing, 1, world.NOW))
        for schema in (ours, theirs)
    ]
    assert executions() - before == {"breadth_first": 1}
    assert difference(*results) is None
    errors = {".".join(map(str, error.path or [])): error.message for error in results[0].errors or ()}
    return results[0].data, errors


NULL = "Cannot return null for non-nullable field Thing.number."
NO_INT = "Int cannot represent non-integer value: 'x'"
BROKEN = ValueError("broken")


@pytest.mark.parametrize(
    ("query", "root", "data", "errors"),
    [
        # What may be null is null where it fails.
        ("{ maybe number }", thing(maybe="x"), {"maybe": None, "number": 1}, {"maybe": NO_INT}),
        ("{ maybe }", thing(maybe=BROKEN), {"maybe": None}, {"maybe": "broken"}),
        # What may not takes the object with it, and what is around it, up to where null may be.
        ("{ thing { number } }", thing(thing=thing(None)), {"thing": None}, {"thing.number": NULL}),
        (
            "{ thing { sureThing { sureThing { number } } } maybe }",
            thing(thing=thing(sure_thing=thing(sure_thing=thing(BROKEN))), maybe=2),
            {"thing": None, "maybe": 2},
            {"thing.sureThing.sureThing.number": "broken"},
        ),
        ("{ sureThing { number } }", thing(sure_thing=thing(None)), None, {"sureThing.number": NULL}),
        ("{ sureThing { number } }", thing(sure_thing=BROKEN), None, {"sureThing": "broken"}),
        # In lists it is the item, or the list, or what the list is in.
        (
            "{ maybes { number } }",
            thing(maybes=[thing(), thing(None), None, BROKEN]),
            {"maybes": [{"number": 1}, None, None, None]},
            {"maybes.1.number": NULL, "maybes.3": "broken"},
        ),
        (
            "{ things { number } }",
            thing(things=[thing(), thing("x")]),
            {"things": None},
            {"things.1.number": NO_INT},
        ),
        (
            "{ thing { sureThings { number } } }",
            thing(thing=thing(sure_things=[thing(), None])),
            {"thing": None},
            {"thing.sureThings.1": "Cannot return null for non-nullable field Thing.sureThings."},
        ),
        (
            "{ grid }",
            thing(grid=[[1, 2], [3, None], None, [4]]),
            {"grid": [[1, 2], None, None, [4]]},
            {"grid.1.1": "Cannot return null for non-nullable field Query.grid."},
        ),
        (
            "{ things { grid } }",
            thing(things=[thing(grid=7), thing(grid=[[1], 8]), thing(grid=({1}, []))]),
            {"things": [{"grid": None}, {"grid": [[1], None]}, {"grid": [[1], []]}]},
            {
                "things.0.grid": "Expected Iterable, but did not find one for field 'Thing.grid'.",
                "things.1.grid.1": "Expected Iterable, but did not find one for field 'Thing.grid'.",
            },
        ),
        # The places are those of the answer, whatever fell out of the level on the way.
        (
            "{ maybes { it: maybes { at: maybe } } }",
            thing(
                maybes=[
                    None,
                    thing(maybes=[]),
                    thing(maybes=[None, thing(maybe=1)]),
                    BROKEN,
                    thing(maybes=[thing(maybe=2), None, thing(maybe="x"), thing(maybe=3)]),
                ]
            ),
            {
                "maybes": [
                    None,
                    {"it": []},
                    {"it": [None, {"at": 1}]},
                    None,
                    {"it": [{"at": 2}, None, {"at": None}, {"at": 3}]},
                ]
            },
            {"maybes.3": "broken", "maybes.4.it.2.at": NO_INT},
        ),
        # A batch that fails fails for all of its parents, and for nobody else.
        (
            "{ maybes { doubled number } maybe }",
            thing(maybes=[thing(2), thing(3)], maybe=1),
            {"maybes": [{"doubled": 4, "number": 2}, {"doubled": 6, "number": 3}], "maybe": 1},
            {},
        ),
        # Whoever wants to see each parent does so.
        (
            "{ maybes { guarded } }",
            thing(maybes=[thing(2), thing(0)]),
            {"maybes": [{"guarded": 4}, {"guarded": None}]},
            {"maybes.1.guarded": "not for you"},
        ),
    ],
)
async def test_an_error_ends_where_null_may_stand(query: str, root: object, data: Any, errors: dict[str, str]) -> None:
    assert await answered(query, root) == (data, errors)


async def test_a_batch_that_gives_too_little_is_an_error_of_each_parent() -> None:
    nothing: Any = None
    root = thing(maybes=[thing(1), thing(2)])

    result = await ours.execute(
        "{ maybes { short number } }", root_value=root, context_value=Request(nothing, 1, world.NOW)
    )

    assert result.data == {"maybes": [{"short": None, "number": 1}, {"short": None, "number": 2}]}
    assert [error.path for error in result.errors or ()] == [["maybes", 0, "short"], ["maybes", 1, "short"]]
    assert {error.message for error in result.errors or ()} == {"a batch gave 1 values for 2 parents"}


async def test_one_relation_that_fails_leaves_the_rest_of_the_answer(database, org_id, execute, monkeypatch):
    tree = await make_tree(database, org_id, ads=2)
    fetch = Database.fetch

    async def fetched(self, name, *arguments, label=None, **named):
        if label == "ads_by_ad_set_ids":
            raise Unavailable("The database cannot be reached. Try again shortly.")
        return await fetch(self, name, *arguments, label=label, **named)

    monkeypatch.setattr(Database, "fetch", fetched)
    query = """
    query ($id: ID!) {
      campaign(id: $id) { adSets { nodes { id ads { nodes { id } } parent: campaign { name } } } name }
    }
    """

    result = await execute(query, {"id": global_id.encode("Campaign", tree.campaign)})

    (ad_set,) = result.data["campaign"]["adSets"]["nodes"]
    assert ad_set == {
        "id": global_id.encode("AdSet", tree.ad_set),
        "ads": None,
        "parent": {"name": result.data["campaign"]["name"]},
    }
    (error,) = result.errors
    assert error.path == ["campaign", "adSets", "nodes", 0, "ads"]
    assert error.extensions["code"] == "UNAVAILABLE"


MANY_WAYS = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    id ... on Measurable { name performance { totals { spend } window { days } } }
    ... on Campaign { adAccount { name project { name } } adSets { totalCount edges { node { name } } } }
    ... on AdSet { campaign { name } budget { amount } performance { series { points { metrics { cpm } } } } }
  }
}
"""


@pytest.mark.parametrize("query", [FIVE_LEVELS, MANY_WAYS])
async def test_both_executors_send_the_same_statements(database, org_id, now, queries_sent, query):
    trees = [await make_tree(database, org_id, ads=3) for _ in range(2)]
    await make_full_fact(database, org_id, trees[0].ad, world.DAYS[0])
    ids = [global_id.encode("Campaign", tree.campaign) for tree in trees]
    ids += [global_id.encode("AdSet", tree.ad_set) for tree in trees]
    sent, results = [], []

    for schema in (world.ours, world.theirs):
        queries_sent.clear()
        results.append(await schema.execute(query, {"ids": ids}, Request(database, org_id, now)))
        sent.append(Counter(queries_sent))

    assert difference(*results) is None and not results[0].errors
    assert sent[0] == sent[1]


async def test_what_one_type_of_node_cannot_be_asked_fails_for_no_other(database, org_id, now):
    tree = await make_tree(database, org_id, ads=1)
    ids = [global_id.encode("Ad", tree.ad), global_id.encode("Campaign", tree.campaign)]
    query = """
    query ($ids: [ID!]!) {
      nodes(ids: $ids) { ... on Measurable { performance { breakdown(by: [AD_SET]) { totalCount } } } }
    }
    """

    results = [
        await schema.execute(query, {"ids": ids}, Request(database, org_id, now))
        for schema in (world.ours, world.theirs)
    ]

    assert difference(*results) is None
    assert results[0].data == {
        "nodes": [{"performance": {"breakdown": None}}, {"performance": {"breakdown": {"totalCount": 1}}}]
    }


@pytest.mark.parametrize("query", [FIVE_LEVELS, MANY_WAYS])
async def test_what_was_read_for_an_answer_is_freed_with_it(database, org_id, now, query):
    tree = await make_tree(database, org_id, ads=3)
    await make_full_fact(database, org_id, tree.ad, world.DAYS[0])
    ids = [global_id.encode("Campaign", tree.campaign), global_id.encode("AdSet", tree.ad_set)]
    document = adgraph_schema.documents.read(query)

    async def answer() -> None:
        result = await adgraph_schema.run(document, {"ids": ids}, Request(database, org_id, now), body=query.encode())
        assert not result.errors

    # What the first requests leave to others stays.
    await answer()
    await answer()
    gc.collect()
    gc.disable()
    try:
        await answer()
        # Nothing waits for the garbage collector, which would go through all that lives.
        assert gc.collect() == 0
    finally:
        gc.enable()
