"""Members of enums as they are typed on the command line: in any case, with dashes."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from db.errors import Invalid

E = TypeVar("E", bound=Enum)


def named(enum: type[E], option: str, text: str | None) -> E | None:
    """The member of `enum` of that name; None where none was given."""
    names = {member.name.lower().replace("_", "-"): member for member in enum}
    if text is None or text.lower() in names:
        return None if text is None else names[text.lower()]
    raise Invalid(f"{option} {text!r} is none of {', '.join(names)}.")
