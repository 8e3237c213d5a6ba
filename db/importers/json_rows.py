"""Reading rows from JSON: one response of an API, many of them one after another, or one row a line."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterator, Mapping
from io import BufferedReader
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from db.importers.files import DAMAGED, damaged, opened
from db.importers.records import BadRow, Place
from db.importers.row import Fields

_Paths = tuple[tuple[str, ...], ...]
Complaint = Callable[[Mapping[str, object]], str | None]

_CHUNK = 2**20
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
# What stands for a byte that is no UTF-8; in a JSON text itself it would be escaped.
_BROKEN = re.compile("[\udc80-\udcff]")
# Numbers stay as they were written: every digit of an id and of an amount counts.
_DECODER = JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def rows(path: Path, *lists: str, complaint: Complaint) -> Iterator[Fields | BadRow]:
    """The rows of every document of the file: what is in its list at one of `lists` (`data.list`), else itself.

    A row's place is the line on which its document starts, and its columns are named from there (`data[17].spend`).
    `complaint` says of what a document has beside its rows why it is no such report, if it is none: an error response.
    A file that cannot be read any further ends with its `BadRow`.
    """
    at = tuple(tuple(each.split(".")) for each in lists)
    with opened(path) as file:
        text = _Text(path, file)
        try:
            if not text.peek():
                yield BadRow(Place(path, 1), "", "", "the file is empty: a response or rows are needed", ends_file=True)
            while text.peek():
                # A list of documents is like one after another.
                for _ in text.items("]") if text.took("[") else (None,):
                    yield from _document(text, at, complaint)
        except _Stop as stop:
            yield stop.bad_row
        except DAMAGED as error:
            yield damaged(path, text.last_line(), error)


def _document(text: _Text, at: _Paths, complaint: Complaint) -> Iterator[Fields | BadRow]:
    """The rows of the next document."""
    place = text.place()
    whole = text.whole()
    if isinstance(whole, BadRow):
        yield whole
    elif whole is not None:
        yield from _of_value(place, whole, at, complaint)
    else:
        # There is more of it than was read: it is taken apart row by row.
        beside, found = yield from _of_object(text, place, at, "")
        if reason := complaint(beside):
            yield BadRow(place, "", "", reason)
        elif not found:
            yield Fields(place, beside)


def _of_value(place: Place, value: object, at: _Paths, complaint: Complaint) -> Iterator[Fields | BadRow]:
    if not isinstance(value, dict):
        yield BadRow(place, "", _shown(str(value)), "is no JSON object")
        return
    if reason := complaint(value):
        yield BadRow(place, "", "", reason)
        return
    for path in at:
        inner: object = value
        for key in path:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(inner, list):
            yield from (_row(place, row, f"{'.'.join(path)}[{number}].") for number, row in enumerate(inner))
            return
    yield Fields(place, value)


def _of_object(
    text: _Text, place: Place, at: _Paths, above: str
) -> Generator[Fields | BadRow, None, tuple[dict[str, object], bool]]:
    """The rows of an object of any size; returns what it has beside them, and whether there was a list of rows."""
    beside: dict[str, object] = {}
    found = False
    text.take("{")
    for _ in text.items("}"):
        key = text.key()
        below = tuple(path[1:] for path in at if path[:1] == (key,))
        if any(below) and text.peek() == "{":
            beside[key], inside = yield from _of_object(text, place, below, f"{above}{key}.")
            found |= inside
        elif () in below and text.took("["):
            found = True
            for number, _ in enumerate(text.items("]")):
                yield _row(place, text.value(), f"{above}{key}[{number}].")
        else:
            beside[key] = text.value()
    return beside, found


def _row(place: Place, value: object, at: str) -> Fields | BadRow:
    if isinstance(value, BadRow):
        return value
    if not isinstance(value, dict):
        return BadRow(place, at.rstrip("."), _shown(str(value)), "is no JSON object")
    return Fields(place, value, at)


class _Stop(Exception):
    """The file cannot be read any further."""

    def __init__(self, bad_row: BadRow) -> None:
        super().__init__(bad_row.reason)
        self.bad_row = bad_row


class _Text:
    """The text of a file, read as far as needed, with a place in it."""

    def __init__(self, path: Path, file: BufferedReader[Any]) -> None:
        self._path = path
        self._file = file
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0
        self._line = 1
        self._counted = 0
        self._ended = False
        # Whether any value was read so far.
        self._read = False

    def line(self) -> int:
        """The line that the place is on, counted from 1."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def last_line(self) -> int:
        """The line that reading has come to."""
        return self._line + self._text.count("\n", self._counted)

    def place(self) -> Place:
        """Where we are, past any space."""
        self.peek()
        return Place(self._path, self.line())

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def took(self, character: str) -> bool:
        """Whether the next character is this one, which then is behind us."""
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def take(self, character: str) -> None:
        if not self.took(character):
            raise self._stop(f"Expecting {character!r}")

    def items(self, close: str) -> Iterator[None]:
        """Once for each item up to the bracket `close`; whoever iterates reads it."""
        if self.took(close):
            return
        yield
        while not self.took(close):
            self.take(",")
            yield

    def key(self) -> str:
        """The next key of an object, and past its colon."""
        key = self.value()
        self.take(":")
        return str(key)

    def value(self) -> object:
        """The next value, however long."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except JSONDecodeError as error:
                # What is cut off by the end of what was read looks wrong only there.
                if not self._more():
                    self._at = max(self._at, min(error.pos, len(self._text)))
                    raise self._stop(error.msg) from None
            except RecursionError:
                raise self._stop("it is nested too deeply") from None
            else:
                # A number may go on.
                if end < len(self._text) or self._ended:
                    return self._checked(value, end)
                self._more()

    def whole(self) -> object:
        """The next document, if it has been read whole; None if there is more of it to come.

        A document that is wrong within its first line is a bad row, and the next line another document.
        """
        if not self.peek():
            raise self._stop("Expecting value")
        while len(self._text) - self._at < _CHUNK // 2 and self._more():
            pass
        try:
            value, end = _DECODER.raw_decode(self._text, self._at)
        except RecursionError:
            raise self._stop("it is nested too deeply") from None
        except JSONDecodeError as error:
            line_end = self._text.find("\n", self._at)
            # A line that lacks its end is found wrong where the next document begins.
            unclosed = self._text.startswith("{", error.pos) and "\n" not in self._text[self._at : error.pos].rstrip()
            within_a_line = line_end >= 0 and (error.pos <= line_end or unclosed)
            if self._text[self._at] == "{" and not within_a_line:
                return None
            shown = _shown(self._text[self._at : self._at + 80].partition("\n")[0])
            reason = f"is not JSON: {error.msg} at character {error.pos - self._at + 1}"
            # What does not even begin like JSON is something else.
            ends_file = line_end < 0 or (self._text[self._at] != "{" and not self._read)
            bad_row = BadRow(self.place(), "", shown, reason, ends_file)
            if ends_file:
                raise _Stop(bad_row) from None
            self._at = line_end + 1
            return bad_row
        return self._checked(value, end)

    def _checked(self, value: object, end: int) -> object:
        broken = None if self._text.isascii() else _BROKEN.search(self._text, self._at, end)
        self._read = True
        if not broken:
            self._at = end
            return value
        place, start, self._at = self.place(), self._at, end
        shown = self._text[max(start, broken.start() - 20) : broken.start() + 20]
        shown = shown.encode("utf-8", "surrogateescape").decode(errors="replace")
        return BadRow(place, "", shown, "is not UTF-8: export the file as UTF-8 text")

    def _more(self) -> bool:
        """Reads on; False at the end. As much again as is at hand, so that long values are not tried too often."""
        # One piece, for where a file is damaged what came before it still counts.
        read = self._file.read1(max(_CHUNK, len(self._text) - self._at))
        self.line()
        self._text = self._text[self._at :] + self._decoder.decode(read, final=not read)
        self._at = self._counted = 0
        self._ended = not read
        return bool(read)

    def _stop(self, message: str) -> _Stop:
        shown = self._text[self._at : self._at + 40]
        if self._ended and not shown.strip():
            message = "the file ends in the middle of it"
        return _Stop(BadRow(self.place(), "", _shown(shown), f"is not JSON: {message}", ends_file=True))


def _shown(text: str) -> str:
    """The beginning of a text, without the halves of characters that can be neither printed nor written."""
    return text[:80].encode(errors="replace").decode()
