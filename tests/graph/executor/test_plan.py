"""Plans: one for each way in which variables steer an operation, few of them kept, and for which operations."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
import strawberry
from graphql import (
    DocumentNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_enum_type,
    is_non_null_type,
    parse,
    type_from_ast,
    validate,
)
from strawberry.extensions import SchemaExtension

from db.database import Database
from graph.documents import RULES, Document
from graph.executor.arguments import MOST_ARGUMENTS
from graph.executor.context import BreadthFirst
from graph.executor.plans import MOST_PLANS
from graph.executor.schema import AdgraphSchema
from graph.field import batched
from graph.schema import schema as product
from graph.settings import CHECKOUT
from resolvers.context import Request
from tests.graph.executor.oracle import executions
from tests.test_documents import DOCUMENTS, queries


@strawberry.input
class Filter:
    text: str | None = strawberry.UNSET
    texts: list[str] | None = strawberry.UNSET
    inner: Filter | None = strawberry.UNSET


def _told(value: Any) -> str:
    return "unset" if value is strawberry.UNSET else repr(value)


def _echoes(
    _request: Any, _selection: Any, roots: Any,
    n: float | None = strawberry.UNSET, where: Filter | None = strawberry.UNSET,
) -> list[str]:  # fmt: skip
    if not where:
        told = "null" if where is None else "unset"
    elif where.inner:
        told = f"(text={where.inner.text!r})"
    else:
        told = _told(where.texts or where.text)
    return [f"{_told(n)}, {told}"] * len(roots)


@strawberry.type
class Query:
    echo = batched(_echoes, str, "What it was asked with.")

    @strawberry.field
    def one(self) -> int:
        return 1

    @strawberry.field
    def two(self) -> int:
        return 2


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> int:
        return 3


class Watching(SchemaExtension):
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        return _next(root, info, *args, **kwargs)


schema = AdgraphSchema(Query, Mutation, execution_context_class=BreadthFirst)


async def executed(document: Document, variables: dict[str, Any] | None = None, name: str | None = None) -> Any:
    """The data of a document that is kept from one execution to the next."""
    result = await schema.run(document, variables, operation_name=name)
    assert not result.errors, result.errors
    return result.data


async def test_variables_that_steer_choose_among_the_plans_of_one_document() -> None:
    document = schema.documents.read(
        """
        query A($no: Boolean!, $yes: Boolean = true) { one @skip(if: $no) ...F }
        query B($yes: Boolean!) { ...F }
        fragment F on Query { two @include(if: $yes) }
        """
    )

    for _ in range(2):
        assert await executed(document, {"no": False}, "A") == {"one": 1, "two": 2}
        assert await executed(document, {"no": True}, "A") == {"two": 2}
        assert await executed(document, {"no": True, "yes": False}, "A") == {}
        assert await executed(document, {"yes": False}, "B") == {}
        assert await executed(document, {"yes": True}, "B") == {"two": 2}

    assert len(document.plans._plans) == 5


async def test_a_variable_that_steers_and_is_null_is_the_clients_error_each_time() -> None:
    document = schema.documents.read("query ($yes: Boolean = true) { one @include(if: $yes) two }")

    for _ in range(2):
        result = await schema.run(document, {"yes": None})
        assert result.errors
        (error,) = result.errors
        assert result.data is None and error.path is None and "'Boolean!'" in error.message
    assert await executed(document) == {"one": 1, "two": 2}


async def test_a_text_is_read_and_planned_once_however_often_it_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "query A($no: Boolean = false) { first: one @skip(if: $no) two }"
    answers = [await schema.execute(text)]
    (document,) = [schema.documents.read(text)]
    monkeypatch.setattr("graph.documents.validate", None)
    monkeypatch.setattr("graph.executor.plans.root_plan", None)

    answers += [await schema.execute(text, operation_name="A") for _ in range(2)]

    assert [answer.data for answer in answers] == [{"first": 1, "two": 2}] * 3
    assert document.plans.count == 1


async def test_an_extension_finds_the_document_that_was_read_before() -> None:
    class Noting(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            noted.append(self.execution_context.graphql_document)
            yield

    noted: list[Any] = []
    noting = AdgraphSchema(Query, execution_context_class=BreadthFirst, extensions=[Noting])

    assert (await noting.execute("{ one }")).data == {"one": 1}
    assert noted == [noting.documents.read("{ one }").syntax]
    assert noting.documents.read("{ one }").plans.count == 1


async def test_arguments_are_converted_once_for_equal_values_of_the_same_types() -> None:
    document = schema.documents.read("query ($n: Float, $where: Filter) { echo(n: $n, where: $where) }")
    filters: list[Any] = [{"text": "a"}, {"text": None}, {}, {"inner": {"text": "a"}}, {"texts": ["a"]}, None]
    asked: list[Any] = [{"n": n} for n in (0.0, -0.0, 1, None)] + [{"where": where} for where in filters]

    for _ in range(2):
        told = [(await executed(document, variables))["echo"] for variables in asked]
        assert told == [
            "0.0, unset", "-0.0, unset", "1.0, unset", "None, unset",
            "unset, 'a'", "unset, None", "unset, unset", "unset, (text='a')", "unset, ['a']", "unset, null",
        ]  # fmt: skip


async def test_few_arguments_are_kept_and_none_that_are_long() -> None:
    document = schema.documents.read("query Kept($n: Float, $where: Filter) { echo(n: $n, where: $where) }")
    for n in range(100):
        await executed(document, {"n": n})
        await executed(document, {"where": {"text": "x" * 101, "texts": []}})
    (plan,) = document.plans._plans.values()
    assert plan

    (field,) = plan.fields
    assert field._arguments

    assert 0 < len(field._arguments._converted) <= MOST_ARGUMENTS


async def test_few_plans_of_a_document_are_kept() -> None:
    names = [f"b{number}" for number in range(7)]
    declared = " ".join(f"${name}: Boolean!" for name in names)
    document = schema.documents.read(
        f"query ({declared}) {{ two {' '.join(f'{name}: one @skip(if: ${name})' for name in names)} }}"
    )

    for number in range(2 ** len(names)):
        chosen = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
        data = await executed(document, chosen)
        assert data == {"two": 2} | {name: 1 for name, skipped in chosen.items() if not skipped}
        assert len(document.plans._plans) <= MOST_PLANS


@pytest.mark.parametrize(
    ("text", "executor"),
    [
        ("{ one }", "breadth_first"),
        ("{ kind: __typename }", "breadth_first"),
        ("{ __schema { queryType { name } } }", "depth_first"),
        ('{ one ...F } fragment F on Query { it: __type(name: "Query") { name } }', "depth_first"),
        ("mutation { change }", "breadth_first"),
        ("mutation { one: change two: change }", "depth_first"),
    ],
)
async def test_what_each_executor_runs_is_counted(text: str, executor: str) -> None:
    before = executions()

    result = await schema.execute(text)

    assert result.data and not result.errors
    assert executions() - before == {executor: 1}


async def test_an_extension_that_watches_every_field_sees_it() -> None:
    watched = AdgraphSchema(Query, execution_context_class=BreadthFirst, extensions=[Watching])
    before = executions()

    assert (await watched.execute("{ one two }")).data == {"one": 1, "two": 2}
    assert executions() - before == {"depth_first": 1}


def _documents() -> Iterator[tuple[str, str, DocumentNode]]:
    """What the documents and the tests ask of the product's schema, and where."""
    found = [(path, text) for path in DOCUMENTS for text in queries(path)]
    for path in CHECKOUT.glob("tests/**/*.py"):
        constants = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
        found += [(path, text) for text in constants if isinstance(text, str) and "{" in text]
    for path, text in found:
        with suppress(GraphQLSyntaxError):
            yield str(path), text, parse(text)


def _required(schema: GraphQLSchema, operation: OperationDefinitionNode) -> dict[str, Any]:
    """Any values of the variables that the operation cannot do without."""
    known = {"Int": 7, "Boolean": True, "WindowInput": {"lastDays": 7}}
    types = {one.variable.name.value: type_from_ast(schema, one.type) for one in operation.variable_definitions or ()}
    named = {name: get_named_type(type_) for name, type_ in types.items() if is_non_null_type(type_)}
    return {
        name: next(iter(type_.values)) if is_enum_type(type_) else known.get(str(type_), "one")
        for name, type_ in named.items()
    }


async def test_every_query_of_the_documents_and_the_tests_runs_breadth_first(
    database: Database, org_id: int, now: datetime
) -> None:
    graphql_schema, executed = product._schema, Counter[str]()
    for where, text, document in _documents():
        if validate(graphql_schema, document, RULES):
            assert not where.endswith(".md"), where
            continue
        for one in document.definitions:
            if not isinstance(one, OperationDefinitionNode) or one.operation is not OperationType.QUERY:
                continue
            before = executions()

            await product.execute(
                text, _required(graphql_schema, one), Request(database, org_id, now),
                operation_name=one.name.value if one.name else None,
            )  # fmt: skip

            found = executions() - before
            asks_about_the_schema = "__schema" in text or "__type(" in text
            assert found == ({"depth_first": 1} if asks_about_the_schema else {"breadth_first": 1}), (where, text)
            executed += found

    assert executed["breadth_first"] > 20
