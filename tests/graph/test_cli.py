"""The command `adgraph`: every way it can end is one line and an exit code that scripts can use."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from graph.settings import CHECKOUT, BadSetting, Settings, load
from tests.graph.processes import free_port, until_it_waits

COMMANDS = ["demo", "serve", "migrate", "import", "verify", "generate", "schema", "project"]
NOWHERE = "postgresql://someone:secret@127.0.0.1:1/adgraph"


def environ(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ADGRAPH_", "DATABASE_URL"))}
    return kept | changes


def adgraph(*arguments: str, timeout: float = 60, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graph", *arguments], cwd=CHECKOUT, env=environ(**changes), text=True,
        capture_output=True, timeout=timeout, check=False,
    )  # fmt: skip


def failure(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error."""
    (line,) = done.stderr.splitlines()
    assert line.startswith("adgraph: ")
    assert done.stdout == ""
    return line


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_names_every_command_variable_and_exit_code(arguments: tuple[str, ...]) -> None:
    done = adgraph(*arguments)
    assert done.returncode == 0
    for word in [*COMMANDS, "DATABASE_URL", "ADGRAPH_DATA_DIR", "ADGRAPH_PORT", "4 database unreachable"]:
        assert word in done.stdout


def test_help_of_import_says_what_to_export_for_every_source() -> None:
    done = adgraph("import", "--help")
    for word in ("fivetran-facebook", "fivetran-tiktok", "airbyte-tiktok", "basic_ad", "--currency", "Example:"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bogus",), "No such command 'bogus'. See adgraph --help."),
        (("serve", "--port"), "No such option: --port. See adgraph serve --help."),
        (("import",), "Missing argument"),
        (("import", "meta", "--project", "p"), "give the PATH of the files, or --from for fivetran-facebook"),
        (("import", "meta", ".", "--from", "x", "--project", "p"), "stand in place of a PATH"),
        (("import", "fivetran-apple", "--from", "x", "--project", "p"), "--from needs --schema"),
        (("import", "meta", "--from", "x", "--schema", "y", "--project", "p"), "--from means nothing to meta"),
        (("import", "meta", __file__, "--conversion", "x", "--project", "p"), "--conversion means nothing to meta"),
        (
            ("import", "fivetran-tiktok", ".", "--dating", "click", "--project", "p"),
            "--dating means nothing to",
        ),
        (("import", "meta", __file__, "--dating", "tap", "--project", "p"), "none of impression, click, conversion"),
        (("import", "meta", "-", "--verify", "--project", "p"), "--verify reads the files once more"),
        (("import", "table", __file__, "--map", "cost", "--project", "p"), "is not like spend=cost,clicks=taps"),
        (("import", "fivetran-facebook", "."), "Missing option '--project'"),
        (("import", "bogus", ".", "--project", "p"), "choose one of "),
        (("import", "airbyte-tiktok", __file__, "--project", " "), "--project needs a name"),
        (("import", "airbyte-tiktok", __file__, "--project", "p", "--currency", "CAN"), "no ISO 4217 code"),
        (("import", "airbyte-tiktok", __file__, "--project", "p", "--timezone", "Mars"), "no IANA timezone"),
        (("generate", "--ads", "many"), "'--ads'"),
        (("generate", "--organization", ""), "--organization needs a name"),
    ],
)
def test_wrong_usage_is_one_line_and_2(arguments: tuple[str, ...], said: str) -> None:
    done = adgraph(*arguments)
    assert said in failure(done)
    assert done.returncode == 2


def test_a_file_that_is_not_there_is_3() -> None:
    done = adgraph("import", "airbyte-tiktok", "/nowhere.jsonl", "--project", "p")
    assert "/nowhere.jsonl" in failure(done)
    assert done.returncode == 3


def test_bad_settings_are_one_line_that_names_each() -> None:
    done = adgraph("migrate", ADGRAPH_PORT="99999", ADGRAPH_LOG_LEVEL="loud", DATABASE_URL="mysql://a:secret@b/c")
    line = failure(done)
    assert all(name in line for name in ("ADGRAPH_PORT:", "ADGRAPH_LOG_LEVEL:", "DATABASE_URL:"))
    assert "secret" not in line
    assert done.returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("migrate",), ("demo",), ("generate", "--days", "1"), ("import", "airbyte-tiktok", __file__, "--project", "p")],
    ids=lambda arguments: arguments[0],
)
def test_an_unreachable_database_is_told_within_3_seconds_and_4(arguments: tuple[str, ...]) -> None:
    done = adgraph(*arguments, DATABASE_URL=NOWHERE, ADGRAPH_PORT=str(free_port()))
    assert_unreachable(done.returncode, done.stderr)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://someone:secret@127.0.0.1:{silent.getsockname()[1]}/adgraph"
        silent.settimeout(60)
        with subprocess.Popen(
            [sys.executable, "-m", "graph", *arguments], cwd=CHECKOUT, text=True, stderr=subprocess.PIPE,
            env=environ(DATABASE_URL=url, ADGRAPH_PORT=str(free_port())),
        ) as process:  # fmt: skip
            # A busy machine takes its time to start Python: what counts is from its knock to its word.
            knocking, _ = silent.accept()
            knocked = time.monotonic()
            assert process.stderr is not None
            said = process.stderr.readline()
            took = time.monotonic() - knocked
            process.wait(60)
        knocking.close()
    assert_unreachable(process.returncode, said)
    assert took < 3


def assert_unreachable(code: int, said: str) -> None:
    assert "cannot be reached" in said.splitlines()[-1]
    assert "secret" not in said
    assert code == 4


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_taken_port_is_told_before_any_work(command: str, taken_port: int, tmp_path: Path) -> None:
    done = adgraph(command, ADGRAPH_PORT=str(taken_port), ADGRAPH_DATA_DIR=str(tmp_path / "data"))
    assert f"Port {taken_port} of 127.0.0.1 is in use. Choose another: ADGRAPH_PORT=" in failure(done)
    assert done.returncode == 2
    assert not (tmp_path / "data").exists()


def test_a_database_that_lacks_migrations_is_told_what_to_run(empty_database_url: str) -> None:
    url = empty_database_url
    done = adgraph("generate", "--days", "1", DATABASE_URL=url)
    assert "0001_tree" in failure(done)
    assert "run adgraph migrate" in failure(done)
    assert done.returncode == 2
    assert "applied 0001_tree" in adgraph("migrate", DATABASE_URL=url).stdout
    assert adgraph("migrate", DATABASE_URL=url).stdout.startswith("Nothing to do")


def test_generate_says_what_it_made(database_url: str) -> None:
    sizes = ["--accounts", "1", "--campaigns", "1", "--ad-sets", "2", "--ads", "4", "--days", "3"]
    done = adgraph("generate", *sizes, DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert "ads: 4" in done.stdout
    assert "facts: 12" in done.stdout


async def test_verifying_ends_with_8_where_something_is_not_as_the_facts_say(database_url: str) -> None:
    sizes = ["--accounts", "1", "--campaigns", "1", "--ad-sets", "2", "--ads", "4", "--days", "3"]
    adgraph("generate", *sizes, DATABASE_URL=database_url)
    right = adgraph("verify", "Generated", DATABASE_URL=database_url)
    assert (right.returncode, right.stdout.splitlines()[-1]) == (0, "differences: 0")
    connection = await asyncpg.connect(database_url)
    await connection.execute("update daily_rollup set clicks = clicks + 1 where level = 1")
    await connection.close()

    wrong = adgraph("verify", DATABASE_URL=database_url)

    assert wrong.returncode == 8
    assert "ad account generated-" in wrong.stderr
    assert adgraph("verify", "Nowhere", DATABASE_URL=database_url).returncode == 3


def test_a_refused_import_names_each_bad_row(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("this is no JSON\n" * 25)
    done = adgraph("import", "airbyte-tiktok", str(tmp_path / "bad.jsonl"), "--project", "p", DATABASE_URL=database_url)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if "bad.jsonl:" in line]
    assert lines[0].startswith(f"{tmp_path / 'bad.jsonl'}:1: ")
    assert len(lines) == 20
    assert done.stderr.endswith("… and 5 more\n")


def test_schema_prints_the_schema() -> None:
    done = adgraph("schema")
    assert done.returncode == 0
    assert "type Query" in done.stdout


def test_output_that_nobody_reads_on_is_no_error() -> None:
    command = f"{sys.executable} -m graph schema | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=CHECKOUT, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_an_unexpected_error_is_one_line_and_its_trace_is_kept(tmp_path: Path, level: str) -> None:
    code = "import graph.cli as cli; cli.migrate.__code__ = (lambda *_, **__: 1 // 0).__code__; cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "migrate"], cwd=CHECKOUT, text=True, capture_output=True, check=False,
        env=environ(DATABASE_URL=NOWHERE, ADGRAPH_DATA_DIR=str(tmp_path), ADGRAPH_LOG_LEVEL=level),
    )  # fmt: skip
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    if level == "DEBUG":
        assert "Traceback" in done.stderr
    else:
        reference = failure(done).split()[-1].rstrip(".")
        assert reference in (tmp_path / "errors.log").read_text()
        assert "Traceback" in (tmp_path / "errors.log").read_text()


async def test_an_interrupted_import_says_that_it_is_undone(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "export.jsonl").write_text('{"stream": "videos", "data": {}}')
    # Tests that run in the background of a shell hand down that Ctrl-C is ignored.
    code = "import signal as s; s.signal(s.SIGINT, s.SIG_DFL); from graph.cli import main; main()"
    connection = await asyncpg.connect(database_url)
    async with asyncio.timeout(20), connection.transaction():
        await connection.execute("lock table project in access exclusive mode")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, "import", "airbyte-tiktok", tmp_path / "export.jsonl", "--project", "p",
            cwd=CHECKOUT, env=environ(DATABASE_URL=database_url), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        await until_it_waits(connection)
        process.send_signal(signal.SIGINT)
        output, said = await process.communicate()
    await connection.close()

    assert (process.returncode, output) == (130, b"")
    assert said.decode().splitlines()[1:] == ["adgraph: Interrupted: what was not finished is undone."]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_cleanly_when_asked(server_dir: Path, sent: signal.Signals) -> None:
    changes = {"ADGRAPH_PORT": str(free_port()), "ADGRAPH_DATA_DIR": str(server_dir)}
    with subprocess.Popen(
        [sys.executable, "-m", "graph", "serve"], cwd=CHECKOUT, env=environ(**changes), text=True,
        stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if "Application startup complete" in line:
                break
        os.killpg(process.pid, sent)
        rest = process.stderr.read()
        assert process.wait(10) == 0
    assert "Traceback" not in rest
    assert not (server_dir / "postgres" / "postmaster.pid").exists(), "the embedded server has stopped"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ADGRAPH_") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)
    assert load() == Settings()
    assert load().data_dir == CHECKOUT / ".adgraph"
    monkeypatch.setenv("ADGRAPH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ADGRAPH_LOG_LEVEL", "debug")
    monkeypatch.setenv("DATABASE_URL", "postgres://db/adgraph")
    monkeypatch.setenv("ADGRAPH_PORT", "")
    settings = load()
    assert (settings.data_dir, settings.log_level, settings.port) == (tmp_path, "DEBUG", 8000)
    assert settings.database_url == "postgres://db/adgraph"
    monkeypatch.setenv("ADGRAPH_MAX_PAGE", "0")
    with pytest.raises(BadSetting, match="ADGRAPH_MAX_PAGE: should be greater than or equal to 1"):
        load()
