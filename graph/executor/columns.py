"""Columns: the values of one field for all objects of a level; an exception among them is a value that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from inspect import isawaitable
from operator import attrgetter, itemgetter
from typing import Any

from db.database import Row
from resolvers.alike import Alike, Nested, Rows

Values = list[Any]
# What is there, and need not be waited for.
FOUND = (list, Alike, Nested)
# Whose objects are of one type, and all there.
ALIKE = (Alike, Rows)


def one_each(values: Iterable[Any], count: int) -> Any:
    """What a batch gave, once it is sure that it is a value for each of `count` parents."""
    found = values if isinstance(values, FOUND) else list(values)
    if len(found) != count:
        raise ValueError(f"a batch gave {len(found)} values for {count} parents")
    return found


def spread(answers: Values, numbers: Sequence[int], values: Values) -> Values:
    """The answers, with each value put at its number."""
    for number, value in zip(numbers, values, strict=True):
        answers[number] = value
    return answers


async def awaited(values: Values) -> Values:
    """The values with what can be awaited awaited, all at the same time; one that fails is its exception."""
    return await asyncio.gather(*(_one(value) for value in values))


async def _one(value: Any) -> Any:
    try:
        return await value if isawaitable(value) else value
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error


def only_class(values: Any) -> type | None:
    """The class that all of the values are of; None where they are of several, or there are none."""
    if isinstance(values, ALIKE):
        return values.only_class() if values else None
    classes = set(map(type, values))
    return classes.pop() if len(classes) == 1 else None


def attributes(name: str, objects: Any) -> Any:
    """One attribute of all objects."""
    try:
        if isinstance(objects, ALIKE):
            return objects.every(name)
        return list(map(itemgetter(name) if isinstance(objects[0], Row) else attrgetter(name), objects))
    except Exception:  # noqa: BLE001  # one by one tells which
        return [_attribute(name, one) for one in objects]


def _attribute(name: str, one: object) -> Any:
    try:
        return getattr(one, name)
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error
