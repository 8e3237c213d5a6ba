"""Reading files of events in a process of its own: while the database works on some, the next are made ready.

The process is told what to read as its argument, and writes what it has read to its standard output.
"""

from __future__ import annotations

import gc
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from db.conversions.event import BadEvent, Event, read
from db.conversions.preparing import Batch, from_bytes, prepare, to_bytes
from db.errors import AdgraphError
from db.importers import events as files
from db.importers.files import STANDARD_INPUT, bytes_of, bytes_read, have_read
from db.importers.records import BadRow

# So many come first, then ever more: nobody waits long for the first of them.
_FIRST = 1_000
# Files that together are smaller are read sooner than a process has started.
LARGE = 2_000_000
_LENGTH = 8
_PROGRAM = "import sys; sys.path[:] = {path!r}; from db.conversions.reading import beside; beside({wanted!r})"


class Wanted(NamedTuple):
    """What is to be read: files whose events are taken at the moment `now`.

    Values without a currency are in `currency`, if there is one. `size`: so many at a time, at first fewer.
    """

    paths: Sequence[Path]
    currency: str | None
    now: datetime
    size: int


class Read(NamedTuple):
    """Some of what was read: events that can be taken, and rows that cannot.

    `unread`: the first names, of all so far, of fields that nobody reads.
    """

    batch: Batch
    bad_rows: list[BadRow]
    unread: list[str]


def here(wanted: Wanted) -> Iterator[Read]:
    """Everything in the files, batch after batch."""
    events: list[Event] = []
    bad_rows: list[BadRow] = []
    unread: dict[str, None] = {}
    size = min(_FIRST, wanted.size)
    for row in files.read(wanted.paths, unread):
        if isinstance(row, BadRow):
            bad_rows.append(row)
        else:
            place, fields = row
            try:
                events.append(read(fields, wanted.currency, wanted.now))
            except BadEvent as bad:
                bad_rows.append(BadRow(place, bad.field, bad.value, bad.reason, row=files.line_of(fields)))
        if len(events) + len(bad_rows) == size:
            yield Read(prepare(events, wanted.now), bad_rows, list(unread))
            events, bad_rows = [], []
            size = min(2 * size, wanted.size)
    if events or bad_rows:
        yield Read(prepare(events, wanted.now), bad_rows, list(unread))


@contextmanager
def reading(wanted: Wanted) -> Iterator[Iterator[Read]]:
    """The same, in a process of its own where that is worth it, which ends with the block."""
    size = bytes_of(wanted.paths)
    if (size is None and STANDARD_INPUT not in wanted.paths) or (size is not None and size < LARGE):
        yield here(wanted)
        return
    program = _PROGRAM.format(path=sys.path, wanted=pickle.dumps(wanted))
    # It has the same standard input.
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:  # our own
        try:
            assert process.stdout
            yield _received(process.stdout)
        finally:
            process.kill()


def _received(pipe: IO[bytes]) -> Iterator[Read]:
    bytes_before = 0
    while length := pipe.read(_LENGTH):
        told = pickle.loads(pipe.read(int.from_bytes(length)))  # noqa: S301  # our own
        if isinstance(told, AdgraphError):
            raise told
        if told is None:
            return
        packed, bad_rows, unread, bytes_now = told
        have_read(bytes_now - bytes_before)
        bytes_before = bytes_now
        yield Read(from_bytes(packed), bad_rows, unread)
    raise RuntimeError("the process that reads the events has ended before their end")


def beside(wanted: bytes) -> None:
    """What that process does."""
    # Whoever started it is interrupted as well, and ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Events come and go without cycles.
    gc.disable()
    with suppress(BrokenPipeError):
        try:
            for batch, bad_rows, unread in here(pickle.loads(wanted)):  # noqa: S301  # our own
                _send((to_bytes(batch), bad_rows, unread, bytes_read()))
        except AdgraphError as error:
            _send(error)
        else:
            _send(None)


def _send(told: object) -> None:
    packed = pickle.dumps(told, protocol=5)
    output = sys.stdout.buffer
    output.write(len(packed).to_bytes(_LENGTH))
    output.write(packed)
    output.flush()
