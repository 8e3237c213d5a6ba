"""Global ids and cursors: opaque to clients, checked when they come back."""

from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from functools import lru_cache

from db import entity
from db.database import Row
from db.entity import Kind
from db.errors import Invalid

# The GraphQL type of each kind of node.
TYPE_NAMES: dict[Kind[Row], str] = {
    entity.PROJECT: "Project",
    entity.AD_ACCOUNT: "AdAccount",
    entity.CAMPAIGN: "Campaign",
    entity.AD_SET: "AdSet",
    entity.AD: "Ad",
    entity.IMPORT: "Import",
}
_KINDS = {name: kind for kind, name in TYPE_NAMES.items()}
_BIGINT = 2**63


def encode(label: str, number: int) -> str:
    """The opaque form of `label` and `number`."""
    return encode_all(label, [number])[0]


def encode_all(label: str, numbers: Iterable[int]) -> list[str]:
    """The opaque forms of `label` and each of `numbers`."""
    # Of letters, digits, spaces and colons base64 makes none of the characters that URLs have others for, and each ends
    # with the newline that tells them apart: to decode all at once takes half the time.
    return b"".join([b2a_base64(f"{label}:{number}".encode()) for number in numbers]).decode().split("\n")[:-1]


def _decode(text: str) -> tuple[str, int] | None:
    try:
        label, _, digits = a2b_base64(text).decode().partition(":")
    except (NotBase64, ValueError):
        return None
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else _BIGINT
    # Only what `encode` makes: one node, one id.
    return (label, number) if number < _BIGINT and encode(label, number) == text else None


@lru_cache(maxsize=10_000)  # only ids of ours are kept, which are short
def parse(text: str, argument: str = "id") -> tuple[Kind[Row], int]:
    """The kind and number behind a global id, given as that argument; `Invalid` if it is none of ours."""
    label, number = _decode(text) or ("", 0)
    if label not in _KINDS:
        raise Invalid(f"`{argument}`: {shown(text)} is not an id. Use the `id` that a node was given with, unchanged.")
    return _KINDS[label], number


def parse_as(kind: Kind[Row], text: str, argument: str = "id") -> int:
    """The number behind the id of a node of one kind; `Invalid` if it is of another."""
    found, number = parse(text, argument)
    if found is not kind:
        raise Invalid(f"`{argument}`: {shown(text)} is the id of {_with_article(found)}, not of {_with_article(kind)}.")
    return number


def cursor(kind: Kind[Row], number: int, parent_id: int | None) -> str:
    """A cursor that stands behind the node `number` in the list of its kind below a parent, or of all of them."""
    return encode(_list_of(kind, parent_id), number)


def parse_cursor(kind: Kind[Row], text: str, parent_id: int | None) -> int:
    """The number of the node that the cursor stands behind; `Invalid` unless it is one of this very list."""
    label, number = _decode(text) or ("", 0)
    if label != _list_of(kind, parent_id):
        raise Invalid(
            f"`after`: {shown(text)} is not a cursor of this list. Use `pageInfo.endCursor` of the same list."
        )
    return number


def _list_of(kind: Kind[Row], parent_id: int | None) -> str:
    name = TYPE_NAMES[kind]
    return f"after {name}" if parent_id is None else f"after {name} of {parent_id}"


def shown(text: str) -> str:
    """What a client sent, as an error quotes it."""
    return repr(text if len(text) <= 60 else text[:60] + "…")


def _with_article(kind: Kind[Row]) -> str:
    name = TYPE_NAMES[kind]
    return f"an {name}" if name.startswith("A") else f"a {name}"
