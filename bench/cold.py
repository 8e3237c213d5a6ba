"""The cold query workload: the tree's text, different every time, read, validated and planned, but not run."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson
from graphql import FragmentDefinitionNode, GraphQLObjectType, get_named_type, parse, validate

from bench.measure import Answer, Subject, Workload
from bench.tree import QUERY
from bench.world import World
from graph.documents import RULES
from graph.executor.plan import SelectionPlan
from graph.schema import schema

_numbers = itertools.count()


def _subject(name: str, errors_in: Callable[[str], int]) -> Subject:
    @asynccontextmanager
    async def ready(_world: World) -> AsyncIterator[Answer]:
        async def answer() -> bytes:
            return orjson.dumps(errors_in(QUERY.replace("Tree", f"Tree{next(_numbers)}")))

        yield answer

    return Subject(name, ready)


def _planned(text: str) -> int:
    """Reads the text and plans all of it, as its first execution does; the number of errors."""
    document = schema.documents.read(text)
    (operation,) = document.operations.values()
    fragments = {one.name.value: one for one in document.syntax.definitions if isinstance(one, FragmentDefinitionNode)}
    plan = document.plans.of(schema._schema, fragments, operation, {})  # noqa: SLF001  # as in Documents
    assert plan is not None
    _all_of(plan)
    return 0


def _all_of(plan: SelectionPlan) -> None:
    _ = plan.build
    for field in plan.fields:
        if isinstance(named := get_named_type(field.definition.type), GraphQLObjectType):
            _ = field.selection
            _all_of(field.below(named))


def _read_by_graphql_core(text: str) -> int:
    return len(validate(schema._schema, parse(text), RULES))  # noqa: SLF001  # as above


COLD = Workload(
    "cold query", _subject("graphql-core, parse and validate", _read_by_graphql_core), (_subject("adgraph", _planned),)
)
