"""GraphiQL: what a browser is given, and, in a real one, the default query with its numbers."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from graphql import build_schema, parse, validate
from playwright.async_api import BrowserContext, Page, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.database import Database
from graph.app import create_app
from graph.http import graphiql
from graph.settings import CHECKOUT, Settings
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_fact, make_project

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DEFAULT_QUERY = (CHECKOUT / "graphiql" / "src" / "default.graphql").read_text()

# A browser left alone calls home: for updates, lists, experiments.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]

# The editor shows text as one element per line, in any order, with spaces that do not break.
SHOWN = """(pane) => Array.from(document.querySelectorAll(`${pane} .view-line`))
    .sort((one, other) => one.offsetTop - other.offsetTop)
    .map((line) => line.textContent.replaceAll("\\u00a0", " "))
    .join("\\n")"""
SHOWS_JSON = f"""(pane) => {{
    try {{ return JSON.parse(({SHOWN})(pane)); }} catch {{ return null; }}
}}"""


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of two files in place of the real one."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-BXMnMv7M.js").write_text("run()")
    (tmp_path / "assets" / "licenses.md").write_text("MIT")
    (tmp_path / "index.html").write_text("<title>adgraph</title>")
    monkeypatch.setattr(graphiql, "BUILT", tmp_path)
    return tmp_path


def client() -> httpx.AsyncClient:
    """Of an application that has GraphiQL and nothing else."""

    def page(_request: Request) -> Response:
        return graphiql.page()

    app = Starlette(routes=[Route("/graphql", page), *graphiql.routes()])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://adgraph.test")


async def test_page_may_run_and_reach_nothing_but_this_server(built: Path) -> None:
    async with client() as browser:
        answer = await browser.get("/graphql")

    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert answer.text == "<title>adgraph</title>"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["worker-src"] == "'self'"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_the_page_loads_is_kept_by_browsers(built: Path) -> None:
    async with client() as browser:
        script = await browser.get("/graphiql/assets/index-BXMnMv7M.js")
        licenses = await browser.get("/graphiql/assets/licenses.md")

    assert script.text == "run()"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["x-content-type-options"] == "nosniff"
    assert licenses.headers["cache-control"] == "no-cache", "its name stays when its content changes"


@pytest.mark.parametrize("path", ["/graphiql/assets/none.js", "/graphiql/assets/", "/graphiql/assets/../index.html"])
async def test_nothing_else_is_given_away(built: Path, path: str) -> None:
    async with client() as browser:
        answer = await browser.get(path)

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql/"])
async def test_the_name_of_the_tool_leads_to_the_page(path: str) -> None:
    async with client() as browser:
        answer = await browser.get(path)

    assert answer.headers["location"] == "/graphql"


async def test_checkout_without_a_build_says_what_to_do(built: Path) -> None:
    shutil.rmtree(built)

    async with client() as browser:
        answer = await browser.get("/graphql")
        script = await browser.get("/graphiql/assets/index-BXMnMv7M.js")

    assert answer.status_code == 503
    assert "make setup" in answer.text
    assert script.status_code == 404


def test_default_query_is_valid() -> None:
    schema = build_schema((CHECKOUT / "schema.graphql").read_text())

    assert validate(schema, parse(DEFAULT_QUERY)) == []


@asynccontextmanager
async def running(database_url: str) -> AsyncIterator[str]:
    """The address of a real server on the database, until the block ends."""
    config = uvicorn.Config(create_app(Settings(), database_url), ws="none", lifespan="on", log_config=None)
    server = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", 0))) as port:
        # The socket listens already, so that whoever connects before the server is up just waits for it.
        serving = asyncio.create_task(server.serve(sockets=[port]))
        try:
            yield f"http://127.0.0.1:{port.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def browsing() -> AsyncIterator[BrowserContext]:
    """A Chromium that fails the test when a page complains or asks another host."""
    missing = "no Chromium on this machine" if not CHROMIUM else "GraphiQL is not built: make setup"
    if not CHROMIUM or not (graphiql.BUILT / "index.html").is_file():
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    hosts: set[str] = set()
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        # So tall that no line of an answer is out of sight, since the editor shows only what is in sight.
        context = await browser.new_context(viewport={"width": 1600, "height": 3000})
        context.set_default_timeout(60_000)  # ms: a machine that is busy with other tests takes its time
        context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        try:
            yield context
        finally:
            await browser.close()
    assert complaints == []
    assert len(hosts - {""}) == 1, f"the page asked {hosts}"


async def opened(context: BrowserContext, address: str) -> Page:
    """GraphiQL, ready to run."""
    page = await context.new_page()
    await page.goto(f"{address}/graphql")
    await page.get_by_role("button", name="Execute query").wait_for()
    await page.get_by_text("fragment").first.wait_for()
    return page


async def run(page: Page) -> Any:
    """The answer as the result pane shows it."""
    await page.get_by_role("button", name="Execute query").click()
    shown = await page.wait_for_function(SHOWS_JSON, arg=".graphiql-response")
    return await shown.json_value()


async def make_tree(database: Database, org_id: int) -> None:
    """One project down to one ad, which spent yesterday."""
    project = await make_project(database, org_id, "Fjord Coffee")
    account = await make_ad_account(database, org_id, project, "Fjord US")
    campaign = await make_campaign(database, org_id, account, "Spring")
    ad_set = await make_ad_set(database, org_id, campaign, "Look-alikes")
    ad = await make_ad(database, org_id, ad_set, "Morning light")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    await make_fact(
        database, org_id, ad, yesterday, spend=1234.56, impressions=98_765, clicks=4_321, link_clicks=3_210,
        conversions=12, conversion_value=4_938.24,
    )  # fmt: skip


@pytest.mark.browser
async def test_default_query_shows_the_numbers_of_the_data(database: Database, org_id: int, database_url: str) -> None:
    await make_tree(database, org_id)

    async with running(database_url) as address, browsing() as context:
        shown = await run(await opened(context, address))
        async with httpx.AsyncClient(base_url=address) as api:
            answer = (await api.post("/graphql", json={"query": DEFAULT_QUERY})).json()

    [account] = shown["data"]["projects"]["nodes"][0]["adAccounts"]["nodes"]
    [ad] = account["campaigns"]["nodes"][0]["adSets"]["nodes"][0]["ads"]["nodes"]
    assert ad["name"] == "Morning light"
    assert (
        ad["performance"]["totals"] | {"spend": 1234.56, "clicks": 4321, "cpa": 102.88, "roas": 4}
        == (ad["performance"]["totals"])
    )
    assert account["performance"]["totals"]["spend"] == 1234.56
    assert shown == answer


@pytest.mark.browser
async def test_panes_show_the_documentation_the_explorer_and_headers(database_url: str) -> None:
    async with running(database_url) as address, browsing() as context:
        page = await opened(context, address)

        await page.get_by_role("button", name="Show Documentation Explorer").click()
        await page.locator(".graphiql-doc-explorer").get_by_role("link", name="Query").click()
        await page.locator(".graphiql-doc-explorer").get_by_text("projects").first.wait_for()

        await page.get_by_role("button", name="Show GraphiQL Explorer").click()
        await page.locator(".graphiql-plugin").get_by_text("adAccounts").first.wait_for()

        await page.get_by_role("button", name="Headers").click()
        await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click()
        await page.keyboard.insert_text('{"X-Request-ID": "typed-by-hand"}')
        async with page.expect_request(lambda request: request.method == "POST") as sent:
            await run(page)
        headers = await (await sent.value).all_headers()

    assert headers["x-request-id"] == "typed-by-hand"
