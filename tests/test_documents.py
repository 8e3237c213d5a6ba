"""The documents: what they name exists, and what they print is what comes back."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import types
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main
from graphql import parse, validate

from db import errors
from db.importers.records import Fact
from graph import metric_catalog
from graph.cli import app
from graph.errors import Internal
from graph.schema import schema
from graph.settings import CHECKOUT, Settings
from resolvers.metric import Metric, Reason
from tests.db.importers.exports import real

DOCUMENTS = sorted(
    path.relative_to(CHECKOUT) for pattern in ("*.md", "docs/**/*.md") for path in CHECKOUT.glob(pattern)
)
README = Path("README.md")
# What CONTRIBUTING shows how to add.
INVENTED = {"db/migrations/0004_bid_strategy.sql", "db/importers/spend_sheet.py"}

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=str)


class Block(NamedTuple):
    """A fenced block: its language, and its text without the indentation of the list that it may stand in."""

    language: str
    text: str


def text_of(document: Path) -> str:
    return (CHECKOUT / document).read_text()


def blocks(document: Path) -> list[Block]:
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", text_of(document), re.MULTILINE | re.DOTALL)
    return [Block(language, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)) for indent, language, text in found]


def prose(document: Path) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)


def inline_code(document: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(document))


def shell_lines(document: Path) -> list[str]:
    """What is typed, in blocks and in sentences, comments removed."""
    typed = "\n".join(block.text for block in blocks(document) if block.language == "sh").replace("\\\n", " ")
    return [line.partition(" #")[0].strip() for line in [*typed.splitlines(), *inline_code(document)]]


def tables(document: Path) -> Iterator[list[str]]:
    """The rows of all tables: their cells, code marks removed."""
    for line in prose(document).splitlines():
        if line.startswith("|"):
            yield [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def queries(document: Path) -> list[str]:
    """Those in blocks of their own, and those that curl sends."""
    found = [block.text for block in blocks(document) if block.language == "graphql"]
    for line in shell_lines(document):
        words = shlex.split(line) if line.startswith("curl ") else []
        for option, value in pairwise(words):
            if option == "-d":
                found.append(json.loads(value)["query"])
            elif option == "--data-urlencode":
                found.append(value.removeprefix("query="))
    return found


@each_document
def test_every_query_is_one_of_the_schema(document: Path) -> None:
    for query in queries(document):
        assert validate(schema._schema, parse(query)) == [], query


@each_document
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for line in shell_lines(document) if (words := line.split())[:1] == ["make"] and words[1:]}

    assert named - targets == set()


@each_document
def test_every_command_of_adgraph_and_its_options_exist(document: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group has them
    for line in shell_lines(document):
        if not (found := re.search(r"(?:^|/| )adgraph +(\w+)(.*)", line)):
            continue
        name, rest = found.groups()
        assert name in commands, line
        command = commands[name]
        if below := getattr(command, "commands", None):
            command = below[rest.split()[0]]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) - options == set(), line


@each_document
def test_every_setting_exists(document: Path) -> None:
    known = {variable(name) for name in Settings.model_fields} | {"TEST_DATABASE_URL"}

    assert set(re.findall(r"\b(?:ADGRAPH_[A-Z_]*[A-Z]|\w*DATABASE_URL)\b", text_of(document))) - known == set()


def variable(name: str) -> str:
    return str(Settings.model_fields[name].validation_alias or f"ADGRAPH_{name.upper()}")


def test_the_readme_lists_every_setting_with_its_default() -> None:
    defaults = {variable(name): field.default for name, field in Settings.model_fields.items()}
    rows = {row[0]: row[1] for row in tables(README) if row[0] in defaults}

    assert rows == {name: "–" if default is None else str(default) for name, default in defaults.items()}


def test_the_readme_lists_every_error_code() -> None:
    classes: list[type[errors.AdgraphError]] = [Internal, *errors.AdgraphError.__subclasses__()]
    codes = {each.code for each in classes}

    assert {row[0] for row in tables(README)} >= codes


def test_the_rules_of_the_numbers_list_every_reason() -> None:
    assert {row[0] for row in tables(Path("docs/numbers.md"))} >= {reason.value for reason in Reason}


def test_the_list_of_the_metrics_is_what_the_definitions_say() -> None:
    listed = Path("docs/metrics.md")

    assert text_of(listed) == metric_catalog.document() + "\n", "run `make schema`"
    assert [row[0] for row in tables(listed)][2:] == [metric.value for metric in Metric]


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (CHECKOUT / document).parent / path if path else CHECKOUT / document
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


@each_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    words = {word for code in inline_code(document) for word in code.split()}
    named = {word for word in words if re.fullmatch(r"[\w./-]*\w/[\w.-]+\.(py|sql|md|graphql)", word)}

    assert {path for path in named - INVENTED if not (CHECKOUT / path).exists()} == set()


def test_the_source_that_contributing_shows_reads_its_file(tmp_path: Path) -> None:
    (shown,) = (block.text for block in blocks(Path("CONTRIBUTING.md")) if "def read(" in block.text)
    module = types.ModuleType("spend_sheet")
    exec(compile(shown, "spend_sheet.py", "exec"), module.__dict__)
    sheet = tmp_path / "spend.csv"
    sheet.write_text("account_id,ad_id,date,spend\n77,1,2026-01-31,12.34\n")

    (fact,) = module.read([sheet])

    assert isinstance(fact, Fact)
    assert (fact.external_id, fact.spend_micros, fact.clicks) == ("1", 12_340_000, None)


def adgraph(arguments: list[str], database_url: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ADGRAPH_")}
    return subprocess.run(
        [sys.executable, "-m", "graph.cli", *arguments], cwd=CHECKOUT, text=True, capture_output=True, check=False,
        env=environment | {"DATABASE_URL": database_url, "ADGRAPH_CONNECT_TIMEOUT": "20"},
    )  # fmt: skip


async def test_the_import_of_the_readme_gives_the_printed_report_and_answers(database_url, ask) -> None:
    files = real("fivetran_facebook")
    (line,) = (line for line in shell_lines(README) if "adgraph import" in line and "--project" in line)
    arguments = [str(files) if word.endswith("/seeds") else word for word in shlex.split(line)[1:]]
    (printed,) = (block.text.splitlines() for block in blocks(README) if block.text.startswith("Imported "))
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in printed if line.startswith("│")]

    done = adgraph(arguments, database_url)

    said = [line for line in done.stdout.splitlines() if not line.startswith("seconds")]
    assert said == [printed[0], *(f"{name}: {value}" for name, value in rows if name != "seconds")]
    assert printed[-1] in done.stderr.splitlines()
    # Every answer that a document prints is about this import; those of the others have tests of their own.
    for document in (one for one in DOCUMENTS if not {"recipes", "conversions.md"} & set(one.parts)):
        for query, answer in pairwise(blocks(document)):
            if (query.language, answer.language) == ("graphql", "json"):
                assert await ask(query.text) == json.loads(answer.text), document


async def test_the_refusal_that_the_document_on_imports_prints_is_the_one_that_comes(database_url) -> None:
    files = real("fivetran_tiktok")
    (printed,) = (
        block.text.splitlines()
        for block in blocks(Path("docs/importing.md"))
        if block.text.startswith("adgraph: Nothing was imported")
    )

    done = adgraph(["import", "fivetran-tiktok", str(files), "--project", "Shop"], database_url)

    assert done.returncode == 2
    assert all(any(line.endswith(shown) for line in done.stderr.splitlines()) for shown in printed)
