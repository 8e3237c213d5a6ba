"""Queries that are too large, too deep or too wide are refused before they cost anything, and the server serves on."""

from __future__ import annotations

import gc
import itertools
import json
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from graphql import GraphQLError, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from graph.documents import KEPT_CHARACTERS, Documents, InvalidDocument
from graph.executor.context import BreadthFirst
from graph.executor.schema import AdgraphSchema
from graph.http.limits import DEFAULT, Limits
from graph.schema import schema as real_schema
from tests.graph.failing import Query, query, schema, serving

HELLO = "{ thing { name } }"


def nested(depth: int) -> str:
    return "{ thing " + "{ again " * (depth - 2) + "{ name }" + " }" * (depth - 1)


def aliases(count: int) -> str:
    return "{ thing { " + " ".join(f"a{i}: number(n: {i})" for i in range(count)) + " } }"


def chain(length: int, body: str) -> str:
    """`length` fragments, each of which is `body` with the next one's name for NEXT."""
    fragments = [f"fragment F{i} on Thing {{ {body.replace('NEXT', f'F{i + 1}')} }}" for i in range(length)]
    return "{ thing { ...F0 } } " + " ".join(fragments) + f" fragment F{length} on Thing {{ name }}"


TOO_COMPLEX = {
    "100,000 tokens": "{ thing { " + "a " * 50_000 + "} }",
    "500 levels": nested(500),
    "31 levels": nested(31),
    "500 levels of a list": "{ thing { number(n: " + "[" * 500 + "]" * 500 + ") } }",
    "500 levels of an object": "{ thing { number(where: " + "{inner: " * 500 + "{}" + "}" * 500 + ") } }",
    "500 levels of a type": "query ($n: " + "[" * 500 + "Int" + "]" * 500 + ") { thing { name } }",
    "40 levels by fragments": chain(40, "again { ...NEXT }"),
    "fragments that double": chain(25, "a: again { ...NEXT } b: again { ...NEXT }"),
    "fragments that all spread each other": "{ thing { ...F0 } } "
    + " ".join(
        f"fragment F{i} on Thing {{ name {' '.join(f'...F{j}' for j in range(i + 1, 60))} }}" for i in range(60)
    ),
    "2,501 fields": "{ thing { " + " ".join(f"f{i}" for i in range(2_500)) + " } }",
    "one field, 1,600 times": "{ thing { " + "name " * 1_600 + "} }",
    "one path, many times": "{ thing { " + "again { again { again { name } } } " * 400 + "} }",
    "repeated in a fragment nobody uses": HELLO + " fragment F on Thing { " + "name " * 1_600 + "}",
    "400 fragments in one place": "{ thing { "
    + " ".join(f"...F{i}" for i in range(400))
    + " } } "
    + " ".join(f"fragment F{i} on Thing {{ a{i}: name }}" for i in range(400)),
    "101 aliases": aliases(101),
    "450 aliases that conflict": "{ thing { " + " ".join(f"a: again(n: {i}) {{ name }}" for i in range(450)) + " } }",
    "600 operations": " ".join(f"query Q{i} {{ thing {{ name }} }}" for i in range(600)),
    "50,000 comments": "{ thing { " + "#\n" * 30_000 + "name } }",
}


async def serves_on(client: httpx.AsyncClient) -> None:
    assert (await query(client, HELLO)).json() == {"data": {"thing": {"name": "a name"}}}


@pytest.mark.parametrize("text", TOO_COMPLEX.values(), ids=TOO_COMPLEX)
async def test_a_query_that_is_too_complex_is_refused_with_the_way_out(client: httpx.AsyncClient, text: str) -> None:
    response = await query(client, text)

    assert response.status_code in (400, 413)
    assert response.headers["content-type"].endswith("json; charset=utf-8")
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX"}
    assert len(error["message"]) < 300
    await serves_on(client)


@pytest.mark.parametrize(
    "text",
    [
        nested(30),
        aliases(100),
        chain(27, "again { ...NEXT }"),
        chain(27, "again { ...NEXT } again { ...NEXT }"),
        "{ thing { " + " ".join(f"a{i}: name b{i}: number" for i in range(100)) + " } }",
        "{ thing { name name name ...on Thing { name } } }",
        "{ thing { number(where: " + "{inner: " * 100 + "{}" + "}" * 100 + ") } }",
        '{ thing { name(text: "' + "x" * 90_000 + '") } }',
    ],
    ids=lambda text: text[:40],
)
async def test_a_query_at_the_limits_is_answered(client: httpx.AsyncClient, text: str) -> None:
    response = await query(client, text)

    assert response.status_code == 200, response.text
    assert "errors" not in response.json()


@pytest.mark.parametrize("served", [schema, real_schema], ids=["small", "real"])
async def test_the_introspection_of_graphiql_passes(shared_url: str, served: AdgraphSchema) -> None:
    text = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)

    async with serving(shared_url, served) as client:
        response = await query(client, text)

    assert response.status_code == 200
    assert response.json()["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_a_body_that_announces_too_much_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    response = await query(client, "#" * 3_000_000)

    assert response.status_code == 413
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX"}
    assert "2,097,152 bytes" in error["message"]
    await serves_on(client)


async def test_a_body_that_announces_nothing_is_refused_once_too_much_has_arrived(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 10_000
            yield b"x" * 10_000

    response = await client.post("/graphql", content=endless(), headers={"Content-Type": "application/json"})

    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}
    assert sent <= 2_120_000
    await serves_on(client)


async def test_a_body_of_exactly_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = json.dumps({"query": HELLO}).encode()

    response = await client.post(
        "/graphql", content=body.ljust(2_097_152), headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 200


async def test_a_url_that_is_too_long_is_refused(shared_url: str) -> None:
    async with serving(shared_url, max_body_bytes=1_000) as client:
        response = await client.get("/graphql", params={"query": HELLO + "#" * 1_000})

    assert response.status_code == 414
    assert response.json()["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"w": {"n": 10**30}}, id="a number beyond 64 bits"),
        pytest.param({"w": [[[[]]]]}, id="a list for an object"),
        pytest.param({"w": {str(i): i for i in range(5_000)}}, id="5,000 unknown members"),
    ],
)
async def test_variables_of_any_shape_are_refused_or_answered(
    client: httpx.AsyncClient, variables: dict[str, Any]
) -> None:
    response = await query(client, "query ($w: Filter) { thing { number(where: $w) } }", variables=variables)

    assert response.status_code == 400
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"VALIDATION"}
    assert len(response.content) < 100_000
    await serves_on(client)


async def test_deeply_nested_variables_do_not_exhaust_the_stack(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/graphql",
        content=b'{"query": "query ($w: Filter) { thing { number(where: $w) } }", "variables": {"w": '
        + b'{"inner": ' * 900
        + b"{}"
        + b"}" * 902,
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "VALIDATION"
    await serves_on(client)


@pytest.fixture
def documents() -> Documents:
    return Documents(schema._schema)


def test_a_document_is_read_once_while_it_is_kept(documents: Documents) -> None:
    assert documents.read(HELLO) is documents.read(HELLO)


def test_what_is_kept_is_bounded(documents: Documents) -> None:
    first = documents.read(HELLO)
    padding = "#" * (KEPT_CHARACTERS // 10)
    for i in range(11):
        documents.read(f"{{ thing {{ a{i}: name }} }} {padding}")

    assert documents.read(HELLO) is not first


def test_a_document_larger_than_all_that_is_kept_is_read_too(documents: Documents) -> None:
    large = documents.read(HELLO + "#" * KEPT_CHARACTERS)

    assert list(large.operations) == list(documents.read(HELLO).operations) == [None]


def test_what_is_wrong_with_a_text_is_found_once_while_it_is_kept(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["{ nothing }", "{ thing", nested(31), "{ thing { " + "a " * 6_000 + "} }"]
    first = [refusal(documents, text) for text in texts]
    monkeypatch.setattr(Limits, "parse", None)

    assert [refusal(documents, text) for text in texts] == first


def test_a_text_is_read_anew_within_other_limits(documents: Documents) -> None:
    documents.read(HELLO)

    assert "more than 3 tokens" in refusal(documents, HELLO, Limits(tokens=3))[0].message
    assert documents.read(HELLO).operations


@pytest.mark.slow
async def test_queries_that_are_different_every_time_do_not_grow_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    room = 20_000
    monkeypatch.setattr("graph.documents.KEPT_CHARACTERS", room)
    served = AdgraphSchema(query=Query, execution_context_class=BreadthFirst)
    numbers = itertools.count()

    async def held_after(rounds: int) -> int:
        """The bytes that Python holds after so many rounds of texts: short ones, a long one, wrong ones."""
        for number in itertools.islice(numbers, rounds):
            long = " ".join(f"b{i}: number(n: {number})" for i in range(20))
            choice = f"query (${number}: Boolean!) {{ thing @skip(if: ${number}) {{ name }} }}".replace("$", "$v")
            await served.execute(f"{{ thing {{ {long} }} }}")
            await served.execute(f"{{ a{number}: __typename }}")
            await served.execute(f"{{ a{number} }}")
            for skipped in (True, False):
                await served.execute(choice, {f"v{number}": skipped})
            document = served.documents.read("query ($n: Int) { thing { number(n: $n) } }")
            for n in range(number * 20, number * 20 + 20):
                await served.run(document, {"n": n}, body=str(n).encode())
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    await served.execute(HELLO)
    tracemalloc.start()
    try:
        empty, full, later = [await held_after(rounds) for rounds in (0, 60, 120)]
    finally:
        tracemalloc.stop()

    # Full after a dozen rounds; a character takes one to two hundred bytes.
    assert full - empty < 200 * room
    assert later - full < (full - empty) / 10


def refusal(documents: Documents, text: str, limits: Limits = DEFAULT) -> list[GraphQLError]:
    with pytest.raises(InvalidDocument) as raised:
        documents.read(text, limits)
    return raised.value.errors


@given(st.text(alphabet='{}()[]$:!.,"\\# \nab1-@&|=', max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(InvalidDocument):
        Documents(schema._schema).read(text)


names = st.sampled_from(["A", "B", "C"])
selections = st.recursive(
    st.one_of(st.just("name"), names.map("...{}".format)),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda parts: "again { " + " ".join(parts) + " }"),
    max_leaves=6,
)


@given(st.lists(selections, min_size=4, max_size=4))
def test_any_tangle_of_fragments_is_read_or_refused_in_words(bodies: list[str]) -> None:
    fragments = " ".join(f"fragment {name} on Thing {{ {body} }}" for name, body in zip("ABC", bodies, strict=False))

    with suppress(InvalidDocument):
        Documents(schema._schema).read(f"{{ thing {{ {bodies[3]} }} }} {fragments}")
