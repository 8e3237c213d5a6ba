"""Cursors of ordered lists: where a page ends, told so that the next one starts exactly there, in that list alone."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from hashlib import blake2b
from typing import NamedTuple

from db.errors import Invalid

# What a list is sorted by; None comes last.
Key = float | int | str | None
# What tells apart what has the same key: alike for all entries of a list.
Place = tuple[int | str, ...]
_DIGEST = 9


class Cursor(NamedTuple):
    """Behind which entry of a list: the windows `[since, until)` that its order and conditions were resolved to, and
    what the entry was sorted by, bit for bit.
    """

    windows: tuple[tuple[date, date], ...]
    key: Key
    place: Place


class Stamp:
    """What marks the cursors of one list: its `identity` holds all that decides which list it is."""

    def __init__(self, identity: object) -> None:
        self._hash = blake2b(repr(identity).encode(), digest_size=_DIGEST)

    def write(self, cursor: Cursor) -> str:
        """The cursor, opaque."""
        windows = [[day.isoformat() for day in window] for window in cursor.windows]
        payload = json.dumps([windows, _plain(cursor.key), cursor.place], separators=(",", ":")).encode()
        return urlsafe_b64encode(self._digest(payload) + payload).decode()

    def read(self, text: str) -> Cursor:
        """The cursor again; `Invalid` unless it is one of this very list."""
        try:
            found = urlsafe_b64decode(text.encode())
        except ValueError:
            found = b""
        digest, payload = found[:_DIGEST], found[_DIGEST:]
        if digest != self._digest(payload):
            raise Invalid(
                "`after` is not a cursor of this list. Use `pageInfo.endCursor` of the same field, with the same "
                "arguments but for `first` and `after`."
            )
        windows, key, place = json.loads(payload)
        days = tuple((date.fromisoformat(since), date.fromisoformat(until)) for since, until in windows)
        return Cursor(days, _read(key), tuple(place))

    def _digest(self, payload: bytes) -> bytes:
        marked = self._hash.copy()
        marked.update(payload)
        return marked.digest()


def _plain(key: Key) -> object:
    # JSON has no infinity.
    return [key.hex()] if isinstance(key, float) else key


def _read(key: object) -> Key:
    if isinstance(key, list):
        return float.fromhex(key[0])
    assert key is None or isinstance(key, int | str)
    return key
