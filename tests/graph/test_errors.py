"""From whatever a resolver raises to what the client sees of it, and what the log keeps."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog

from graph.http.logs import configure, printable
from graph.schema import schema as real_schema
from graph.settings import Settings
from resolvers.context import Request
from tests.graph.failing import SECRET, Running, query, schema, serving


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines; the logging of the test run is put back afterwards."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure(Settings(log_format="json"), stream)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the tests' own client has nothing to say
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def the_line(log: io.StringIO, event: str) -> dict[str, Any]:
    (found,) = [line for line in lines(log) if line["event"] == event]
    return found


@pytest.mark.parametrize(
    ("field", "code", "message"),
    [
        ("unknown", "NOT_FOUND", "There is no such thing."),
        ("tooWide", "WINDOW_TOO_LARGE", "The series would have 40,000 days."),
        ("unavailable", "UNAVAILABLE", "The database cannot be reached. Try again shortly."),
    ],
)
async def test_an_error_that_clients_may_know_is_told_beside_the_rest(
    client: httpx.AsyncClient, field: str, code: str, message: str
) -> None:
    response = await query(client, f"{{ thing {{ name {field} }} }}")

    assert response.status_code == 200
    body = response.json()
    assert body["data"] == {"thing": {"name": "a name", field: None}}
    (error,) = body["errors"]
    assert error == {
        "message": message,
        "path": ["thing", field],
        "locations": [{"line": 1, "column": 16}],
        "extensions": {"code": code},
    }


@pytest.mark.parametrize("field", ["broken", "refusedByHand", "tooLarge", "brokenBatch(key: 1)"])
async def test_an_unexpected_error_is_masked_with_a_reference_that_is_in_the_log(
    client: httpx.AsyncClient, log: io.StringIO, field: str
) -> None:
    response = await query(client, f"{{ thing {{ name it: {field} }} }}", headers={"X-Request-ID": "request-1"})

    assert response.status_code == 200
    body = response.json()
    assert body["data"] == {"thing": {"name": "a name", "it": None}}
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["path"] == ["thing", "it"]
    reference = error["extensions"]["reference"]
    assert reference in error["message"]
    assert SECRET not in response.text and "Traceback" not in response.text
    line = the_line(log, "unexpected error")
    assert (line["reference"], line["request_id"], line["path"]) == (reference, "request-1", "thing.it")
    assert "Traceback" in line["exception"]


async def test_one_failure_at_many_places_is_logged_once(client: httpx.AsyncClient, log: io.StringIO) -> None:
    body = (await query(client, "{ thing { a: brokenBatch(key: 1) b: brokenBatch(key: 2) } }")).json()

    assert len(body["errors"]) == 2
    assert len({error["extensions"]["reference"] for error in body["errors"]}) == 1
    the_line(log, "unexpected error")


async def test_an_error_in_a_non_null_field_takes_its_parent_and_no_more(client: httpx.AsyncClient) -> None:
    body = (await query(client, "{ thing { again { requiredButBroken } } }")).json()

    assert body["data"] == {"thing": {"again": None}}
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_data_that_became_null_by_errors_of_fields_is_an_answer(client: httpx.AsyncClient) -> None:
    response = await query(client, "{ neededThing { requiredButBroken } }")

    assert response.status_code == 200
    assert response.json()["data"] is None


async def test_a_result_in_process_is_presentable_too(log: io.StringIO) -> None:
    result = await schema.execute("{ thing { broken } }")
    invalid = await schema.execute("{ nothing }")

    assert result.errors and result.errors[0].extensions and result.errors[0].extensions["code"] == "INTERNAL"
    assert SECRET not in result.errors[0].message
    assert invalid.errors and invalid.errors[0].extensions == {"code": "VALIDATION"}


@pytest.mark.parametrize("field", ["never", "neverBatched"])
async def test_the_request_timeout_stops_what_runs(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    running = Running()
    made = Request.__init__

    def with_running(self: Request, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        self.selections["running"] = running

    monkeypatch.setattr(Request, "__init__", with_running)
    async with serving(shared_url, request_timeout=0.2) as client:
        response = await query(client, f"{{ thing {{ {field} }} }}")
        await asyncio.wait_for(running.cancelled.wait(), 3)

        assert response.status_code == 200
        body = response.json()
        assert body["data"] is None
        assert body["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert "0.2 s" in body["errors"][0]["message"]


async def test_what_breaks_outside_of_a_query_is_masked_too(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def broken() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("graph.app.graphiql.page", broken)
    async with serving(shared_url) as client:
        response = await client.get("/graphql", headers={"Accept": "text/html"})

    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "reference": the_line(log, "unexpected error")["reference"]}
    assert SECRET not in response.text
    assert the_line(log, "request")["status"] == 500


async def test_each_request_is_one_line_of_the_log(client: httpx.AsyncClient, log: io.StringIO) -> None:
    text = 'query Named($n: Int) { thing { number(n: $n) name(text: "private") unknown } }'

    await query(client, text, variables={"n": 424242}, headers={"X-Request-ID": "abc-1"})

    line = the_line(log, "request")
    ms, timestamp = line.pop("ms"), line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "request_id": "abc-1",
        "operation": "Named",
        "errors": {"NOT_FOUND": 1},
    }
    assert ms > 0
    assert timestamp.endswith("Z")
    assert "private" not in log.getvalue() and "424242" not in log.getvalue()


async def test_the_line_of_a_request_says_which_executor_ran(shared_url: str, log: io.StringIO) -> None:
    async with serving(shared_url, real_schema) as client:
        await query(client, "{ projects { nodes { name } } }")
        await query(client, "{ __schema { queryType { name } } }")
        await query(client, "{ nothing }")

    assert [line.get("executor") for line in lines(log)] == ["breadth_first", "depth_first", None]


async def test_the_request_id_goes_in_and_out(client: httpx.AsyncClient) -> None:
    response = await client.get("/healthz", headers={"X-Request-ID": "from-the_client.1"})
    without = await client.get("/healthz")

    assert response.headers["x-request-id"] == "from-the_client.1"
    assert re.fullmatch(r"[0-9a-f]{32}", without.headers["x-request-id"])


@pytest.mark.parametrize("forged", ["a b", "x" * 129, '"}', "ü", "a\x1b[31m"])
async def test_a_request_id_that_could_forge_a_line_is_replaced(client: httpx.AsyncClient, forged: str) -> None:
    response = await client.get("/healthz", headers={b"X-Request-ID": forged.encode()})

    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["x-request-id"])


async def test_a_path_cannot_forge_a_line(client: httpx.AsyncClient, log: io.StringIO) -> None:
    await client.get("/%0A%1B[31m{" + "x" * 1000)

    assert len(lines(log)) == 1
    assert "\x1b" not in log.getvalue()
    assert len(the_line(log, "request")["path"]) <= 200


async def test_healthy_probes_do_not_fill_the_log(client: httpx.AsyncClient, log: io.StringIO) -> None:
    await client.get("/healthz")

    assert log.getvalue() == ""


def test_a_clients_text_is_logged_on_one_line_and_not_at_length() -> None:
    assert printable("a\nb\x1b\u2028c") == "a�b��c"
    assert len(printable("x" * 10_000)) == 200


def test_other_loggers_and_warnings_come_out_in_the_same_form(log: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)

    server, warning = lines(log)
    assert (server["event"], server["logger"], server["level"]) == (
        "Started server process [7]",
        "uvicorn.error",
        "info",
    )
    assert "old ways" in warning["event"]


def test_a_terminal_gets_lines_for_people() -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure(Settings(log_format="console"), stream)
        structlog.get_logger().info("request", status=200)
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()

    assert "status=200" in stream.getvalue() and not stream.getvalue().startswith("{")
