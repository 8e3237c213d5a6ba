"""What Airbyte emits for any connector: one record a line, each naming its stream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from db.importers.files import Lines
from db.importers.records import BadRow, Place

_YEAR_2100 = 4_102_444_800_000


class Message(NamedTuple):
    """A record of a stream. `version` is when it was emitted, in milliseconds since 1970; 0 where that is not said."""

    place: Place
    stream: str
    data: dict[str, object]
    version: int
    whole: dict[str, object]

    @property
    def emitted_at(self) -> datetime | None:
        """When it was emitted, in UTC, where that is said and can be."""
        return datetime.fromtimestamp(self.version / 1_000, UTC) if 0 < self.version < _YEAR_2100 else None


def messages(path: Path) -> Iterator[Message | BadRow]:
    """The records of a JSONL file; other messages of the protocol, such as its log, are passed over."""
    lines = Lines(path)
    for line in lines:
        if lines.broken:
            yield from lines.broken
            lines.broken.clear()
        elif line.strip() and (message := _message(Place(path, lines.number), line)):
            yield message
    if not lines.number and not lines.broken:
        yield BadRow(Place(path, 1), "", "", "the file is empty: records are needed", ends_file=True)
    yield from lines.broken


def _message(place: Place, line: str) -> Message | BadRow | None:
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return BadRow(place, "", line.strip()[:80], f"is not JSON: {error.msg} at character {error.pos + 1}")
    # A connector's own output wraps each record in a message, among others.
    if isinstance(message, dict) and message.get("type") in ("LOG", "STATE", "TRACE", "CONTROL", "CONNECTION_STATUS"):
        return None
    if isinstance(message, dict) and isinstance(message.get("record"), dict):
        message = message["record"]
    stream, data = (message.get("stream"), message.get("data")) if isinstance(message, dict) else (None, None)
    if not isinstance(stream, str) or not isinstance(data, dict):
        return BadRow(place, "", line.strip()[:80], "is no Airbyte record: an object with stream and data is needed")
    emitted = message.get("emitted_at")
    version = emitted if isinstance(emitted, int) and 0 <= emitted < 2**63 else 0
    return Message(place, stream, data, version, message)
