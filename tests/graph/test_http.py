"""GraphQL over HTTP: what each kind of request is answered with."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from graph.http.accept import preferred
from graph.http.endpoint import GRAPHQL, JSON
from tests.graph.failing import query

HELLO = "{ thing { name } }"
ANSWER = {"data": {"thing": {"name": "a name"}}}


def the_error(response: httpx.Response) -> dict[str, Any]:
    """The one error of a refused request, whose body must hold nothing else."""
    body = response.json()
    assert body.keys() == {"errors"}, body
    (error,) = body["errors"]
    assert error["message"].endswith((".", "…")), error["message"]
    result: dict[str, Any] = error
    return result


async def serves_on(client: httpx.AsyncClient) -> None:
    response = await query(client, HELLO)
    assert (response.status_code, response.json()) == (200, ANSWER)


async def test_a_query_by_post_is_answered(client: httpx.AsyncClient) -> None:
    response = await query(client, HELLO)

    assert response.status_code == 200
    assert response.json() == ANSWER
    assert response.headers["vary"] == "Accept"


async def test_a_post_needs_no_trailing_slash_and_no_redirect(client: httpx.AsyncClient) -> None:
    response = await query(client, HELLO)

    assert not response.is_redirect


async def test_a_query_by_get_is_answered_with_its_variables(client: httpx.AsyncClient) -> None:
    text = "query A($n: Int) { thing { number(n: $n) } } query B { thing { name } }"

    response = await client.get("/graphql", params={"query": text, "operationName": "A", "variables": '{"n": 7}'})

    assert response.status_code == 200
    assert response.json() == {"data": {"thing": {"number": 7}}}


async def test_empty_parameters_of_a_form_mean_none(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", params={"query": HELLO, "operationName": "", "variables": ""})

    assert response.json() == ANSWER


async def test_a_mutation_by_get_is_not_run(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", params={"query": "mutation { change }"})

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert the_error(response)["extensions"]["code"] == "VALIDATION"


async def test_a_mutation_by_post_is_run(client: httpx.AsyncClient) -> None:
    assert (await query(client, "mutation { change }")).json() == {"data": {"change": True}}


async def test_a_browser_sees_graphiql_or_how_to_build_it(client: httpx.AsyncClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    response = await client.get("/graphql", params={"query": HELLO}, headers={"Accept": accept})

    assert "GraphiQL" in response.text
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("*/*", GRAPHQL),
        (None, GRAPHQL),
        ("application/*", GRAPHQL),
        (f"{JSON}, text/plain, */*", JSON),
        (f"{JSON}, multipart/mixed", JSON),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL};q=0, */*", JSON),
        ("text/plain", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nonsense", None),
    ],
)
def test_the_answer_comes_in_the_media_type_that_the_client_prefers(accept: str | None, media: str | None) -> None:
    assert preferred(accept, (GRAPHQL, JSON)) == media


async def test_a_client_that_accepts_neither_json_is_told_so(client: httpx.AsyncClient) -> None:
    response = await query(client, HELLO, headers={"Accept": "image/png"})

    assert response.status_code == 406
    assert response.headers["content-type"].startswith(JSON)
    assert the_error(response)["extensions"]["code"] == "VALIDATION"


@pytest.mark.parametrize(("media", "status"), [(GRAPHQL, 400), (JSON, 200)])
@pytest.mark.parametrize(
    ("text", "variables"),
    [
        pytest.param("{ thing {", None, id="syntax"),
        pytest.param("{ nothing }", None, id="unknown field"),
        pytest.param("{ thing }", None, id="no selection"),
        pytest.param('{ thing { number(n: "x") } }', None, id="wrong literal"),
        pytest.param("query ($n: Int!) { thing { number(n: $n) } }", None, id="missing variable"),
        pytest.param("query ($n: Int!) { thing { number(n: $n) } }", {"n": 10**12}, id="huge variable"),
        pytest.param("query ($n: Int!) { thing { number(n: $n) } }", {"n": [[[1]]]}, id="nested variable"),
        pytest.param("query A { thing { name } } query B { thing { name } }", None, id="which operation"),
        pytest.param("fragment F on Thing { name }", None, id="no operation"),
        pytest.param("type A { b: Int }", None, id="a schema"),
        pytest.param("subscription { thing }", None, id="subscription"),
        pytest.param("# nothing", None, id="comment only"),
        pytest.param("{ ...A } fragment A on Query { thing { name } ...A }", None, id="fragment cycle"),
        pytest.param("{ thing { number(n: " + "9" * 50_000 + ") } }", None, id="huge number"),
        pytest.param("{ " + "a" * 90_000 + " }", None, id="long name"),
        pytest.param("{" * 4_000, None, id="braces"),
        pytest.param('{ thing { name(text: "' + '\\"' * 20_000, None, id="unclosed string"),
        pytest.param('{ thing { name(text: """' + '\\""" "" ' * 5_000, None, id="unclosed block string"),
    ],
)
async def test_a_wrong_query_is_refused_as_the_media_type_wants(
    client: httpx.AsyncClient, text: str, variables: dict[str, Any] | None, media: str, status: int
) -> None:
    response = await query(client, text, variables=variables, headers={"Accept": media})

    assert response.status_code == status
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    body = response.json()
    assert body.keys() == {"errors"}
    assert {error["extensions"]["code"] for error in body["errors"]} == {"VALIDATION"}
    assert len(response.content) < 10_000, "what the client sent is not sent back at length"
    await serves_on(client)


async def test_an_unknown_operation_name_is_refused_with_the_known_ones(client: httpx.AsyncClient) -> None:
    response = await query(client, "query A { thing { name } } query B { thing { name } }", operationName="C")

    assert "A, B" in the_error(response)["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b"nonsense", "not valid JSON"),
        (b'{"query": "\xff"}', "not valid JSON"),
        (b'{"query": "\\ud800"}', "query holds half a character"),
        (
            b'{"query": "{ a }", "variables": {"input": {"events": [{"userId": "anna"}, {"userId": "\\udfffx"}]}}}',
            "variables.input.events[1].userId holds half a character (a lone surrogate). Send whole ones.",
        ),
        (b'{"query": "{ a }", "variables": {"\\ud800": 1}}', "The name of a field of variables holds half"),
        (b'{"query": "{ a }", "variables": {"n": 1e999}}', "variables.n is not a finite number"),
        (b'{"query": "{ a }", "variables": {"n": [1, {"gt": NaN}]}}', "variables.n[1].gt is not a finite number"),
        (b'{"query": "{ a }", "variables": {"n": -Infinity}}', "variables.n is not a finite number"),
        (b'{"query": "{ a }", "variables": {"n": ' + b"9" * 400 + b"}}", "variables.n is not a finite number"),
        (b"NaN", "The body is not a finite number"),
        (b'{"variables": ' + b"[" * 50_000 + b"}", "not valid JSON"),
        (b"null", "it is null"),
        (b"7", "it is a number"),
        (b'"{ thing { name } }"', "it is a string"),
        (b'[{"query": "{ thing { name } }"}]', "Several requests"),
        (b"{}", '"query" is missing'),
        (b'{"qeury": "{ thing { name } }"}', "'qeury'"),
        (b'{"query": null}', '"query" is missing'),
        (b'{"query": 7}', "it is a number"),
        (b'{"query": ["{ thing { name } }"]}', "it is an array"),
        (b'{"query": "  "}', '"query" is empty'),
        (b'{"query": "{ thing { name } }", "variables": [1]}', '"variables" must be an object'),
        (b'{"query": "{ thing { name } }", "variables": "{}"}', '"variables" must be an object'),
        (b'{"query": "{ thing { name } }", "operationName": 1}', '"operationName" must be a string'),
        (b'{"query": "{ thing { name } }", "extensions": true}', '"extensions" must be an object'),
    ],
)
async def test_a_body_that_is_no_request_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, body: bytes, said: str
) -> None:
    response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 400
    error = the_error(response)
    assert said in error["message"]
    assert error["extensions"] == {"code": "VALIDATION"}
    await serves_on(client)


async def test_null_members_mean_none(client: httpx.AsyncClient) -> None:
    response = await query(client, HELLO, variables=None, operationName=None, extensions=None)

    assert response.json() == ANSWER


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/graphql"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_a_post_of_anything_but_plain_json_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.post("/graphql", content=json.dumps({"query": HELLO}).encode(), headers=headers)

    assert response.status_code == 415
    assert the_error(response)["extensions"]["code"] == "VALIDATION"
    await serves_on(client)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_other_methods_are_refused_with_those_that_work(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", headers={"Accept": "text/html"})
    refused = await client.request(method, "/graphql")

    assert response.status_code == 406
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert the_error(refused)["extensions"]["code"] == "VALIDATION"


async def test_options_says_what_is_possible(client: httpx.AsyncClient) -> None:
    response = await client.options("/graphql")

    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_head_is_answered_as_get_is(client: httpx.AsyncClient) -> None:
    response = await client.head("/graphql", params={"query": HELLO})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, '"query" is missing'),
        ({"query": ""}, '"query" is empty'),
        ({"query": HELLO, "variables": "{"}, "The parameter variables is not valid JSON"),
        ({"query": HELLO, "variables": "[]"}, '"variables" must be an object'),
    ],
)
async def test_a_url_that_is_no_request_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, parameters: dict[str, str], said: str
) -> None:
    response = await client.get("/graphql", params=parameters)

    assert response.status_code == 400
    assert said in the_error(response)["message"]


async def test_the_root_leads_to_the_api(client: httpx.AsyncClient) -> None:
    response = await client.get("/")

    assert (response.status_code, response.headers["location"]) == (307, "/graphql")


async def test_an_unknown_path_is_not_found_in_the_same_format(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphqll")

    assert response.status_code == 404
    error = the_error(response)
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert "/graphql" in error["message"]


async def test_several_queries_with_one_server_keep_apart(client: httpx.AsyncClient) -> None:
    text = "query ($text: String!) { thing { name(text: $text) } }"

    for word in ("one", "two", "one"):
        answer = await query(client, text, variables={"text": word})
        assert answer.json() == {"data": {"thing": {"name": word}}}
