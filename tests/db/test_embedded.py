"""The embedded server is shared by whoever needs it, and stopped by the last who leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
import pytest

from db.embedded import EmbeddedServerFailed, serving
from graph.settings import CHECKOUT
from tests.conftest import open_directory

FAST = {"fsync": "off", "shared_buffers": "16MB"}

# Another command: holds the server until its standard input ends.
HOLDER = f"""
import signal
import sys
from pathlib import Path
from db.embedded import serving

# Tests that run in the background of a shell hand down that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
with serving(Path(sys.argv[1]), {FAST!r}) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def shared_dir() -> Iterator[Path]:
    """A directory for every test that does not mind what ran there before: to fill one takes longer than most tests."""
    with open_directory() as directory:
        yield directory / "data"


@pytest.fixture
def data_dir(shared_dir: Path) -> Iterator[Path]:
    """A directory whose server is gone when the test ends, whatever the test did."""
    yield shared_dir
    end_all(shared_dir.parent)


@pytest.fixture
def fresh_dir(server_dir: Path) -> Iterator[Path]:
    """Such a directory that is not there yet."""
    yield server_dir / "data"
    end_all(server_dir)


def end_all(under: Path) -> None:
    for process in postmasters(under):
        process.send_signal(signal.SIGQUIT)
        await_end(process)


def await_end(process: psutil.Process) -> None:
    """Waits until the process has ended, whether or not its parent has taken note."""
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def postmasters(under: Path) -> list[psutil.Process]:
    """The servers that work in a directory below `under`: their backends' parents."""
    found = {}
    for process in psutil.process_iter():
        # Backends come and go while they are asked.
        with suppress(psutil.Error):
            if process.name() == "postgres" and Path(process.cwd()).is_relative_to(under.resolve()):
                found[process] = process.ppid()
    servers = {process.pid for process in found}
    return [process for process, parent in found.items() if parent not in servers]


@contextmanager
def holder(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the server; it has it once its first line, the URL, is read."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, process.communicate()
    return url


async def answer(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        database: str = await connection.fetchval("select current_database()")
        return database
    finally:
        await connection.close()


def ask(url: str) -> str:
    return asyncio.run(answer(url))


def test_the_server_runs_inside_the_block_only(data_dir: Path) -> None:
    with serving(data_dir, FAST) as url:
        assert ask(url) == "adgraph"
        assert len(postmasters(data_dir)) == 1
    assert postmasters(data_dir) == []


def test_data_survive_a_stop(data_dir: Path) -> None:
    async def run(url: str, statement: str) -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    with serving(data_dir, FAST) as url:
        asyncio.run(run(url, "create table if not exists kept as select 42 as number"))
    with serving(data_dir, FAST) as url:
        assert asyncio.run(run(url, "select number from kept")) == 42


def test_two_commands_that_start_at_once_share_one_server(fresh_dir: Path) -> None:
    with holder(fresh_dir) as first, holder(fresh_dir) as second:
        assert url_of(first) == url_of(second)
        assert len(postmasters(fresh_dir)) == 1
        first.communicate()
        assert len(postmasters(fresh_dir)) == 1
        second.communicate()
    assert postmasters(fresh_dir) == []


def test_two_users_in_one_process_share_one_server(data_dir: Path) -> None:
    with serving(data_dir, FAST) as url:
        with serving(data_dir, FAST) as same:
            assert same == url
        assert ask(url) == "adgraph"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_ending_one_command_leaves_the_other_its_server(data_dir: Path, sent: signal.Signals) -> None:
    with holder(data_dir) as staying, holder(data_dir) as leaving:
        url, _ = url_of(staying), url_of(leaving)
        # To the whole group, as a terminal does; the one that started the server is not the one that stays.
        os.killpg(leaving.pid, sent)
        leaving.wait(10)
        assert ask(url) == "adgraph"
        staying.communicate()
    assert postmasters(data_dir) == []


def test_a_server_whose_only_user_was_killed_is_taken_over_and_stopped_by_the_next(data_dir: Path) -> None:
    with holder(data_dir) as killed:
        url_of(killed)
        killed.kill()
        killed.wait(10)
    (running,) = postmasters(data_dir)
    with serving(data_dir, FAST) as url:
        assert ask(url) == "adgraph"
        assert postmasters(data_dir) == [running]
    assert postmasters(data_dir) == []


def test_a_killed_server_is_started_again(data_dir: Path) -> None:
    with serving(data_dir, FAST):
        (postmaster,) = postmasters(data_dir)
        postmaster.kill()
        await_end(postmaster)
        with serving(data_dir, FAST) as again:
            assert ask(again) == "adgraph"
            assert len(postmasters(data_dir)) == 1
    assert postmasters(data_dir) == []


def test_the_number_of_a_server_long_gone_may_be_another_process_now(data_dir: Path) -> None:
    files = [data_dir / "postgres" / name for name in ("postmaster.pid", ".s.PGSQL.5432.lock")]
    with serving(data_dir, FAST):
        lines = [file.read_text().splitlines() for file in files]
    for file, (_, *others) in zip(files, lines, strict=True):
        file.write_text("\n".join([str(os.getpid()), *others]))
    with serving(data_dir, FAST) as url:
        assert ask(url) == "adgraph"
    assert postmasters(data_dir) == []


def test_an_interrupted_first_start_is_begun_anew(fresh_dir: Path) -> None:
    (fresh_dir / "postgres.new-abc").mkdir(parents=True)
    (fresh_dir / "postgres.new-abc" / "PG_VERSION").write_text("18\n")
    with serving(fresh_dir, FAST) as url:
        assert ask(url) == "adgraph"
    assert not list(fresh_dir.glob("postgres.new-*"))


@pytest.mark.parametrize("name", ["' and \" and $HOME of 100%20 & plus+ ü", "comma, too", "long/" + 110 * "x"])
def test_any_path_will_do(server_dir: Path, fresh_dir: Path, name: str) -> None:
    with serving(fresh_dir / name, FAST) as url:
        assert ask(url) == "adgraph"
        socket = Path(parse_qs(urlsplit(url).query)["host"][0])
        assert socket.stat().st_mode & 0o077 == 0, "nobody else can connect"
    assert socket.is_relative_to(server_dir) or not socket.exists()


def test_settings_for_other_servers_are_not_ours(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGUSER": "nobody", "PGDATA": "/", "LC_ALL": "xx"}.items():
        monkeypatch.setenv(name, value)
    with serving(data_dir, FAST) as url:
        assert ask(url) == "adgraph"


def test_data_of_another_major_version_are_left_alone(fresh_dir: Path) -> None:
    (fresh_dir / "postgres").mkdir(parents=True)
    (fresh_dir / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerFailed, match="made by PostgreSQL 16"), serving(fresh_dir, FAST):
        pass


def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    bad = {"shared_buffers": "much"}
    with pytest.raises(EmbeddedServerFailed, match=r'FATAL: .*"shared_buffers"'), serving(data_dir, bad):
        pass
    with serving(data_dir, FAST) as url:
        assert ask(url) == "adgraph"


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerFailed, match="Not a directory"), serving(tmp_path / "file" / "data"):
        pass


def test_starting_waits_for_a_stop_that_is_under_way(data_dir: Path) -> None:
    with serving(data_dir, FAST) as url:
        ask(url)
    urls: list[str] = []

    def use() -> None:
        with serving(data_dir, FAST) as url:
            urls.append(ask(url))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert urls == ["adgraph"] * 4
    assert postmasters(data_dir) == []
