"""Columns: the values of one field for all objects of a level; an exception among them is a value that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from inspect import isawaitable
from operator import attrgetter, itemgetter
from typing import Any

from db.database import Row

Values = list[Any]


def one_each(values: Iterable[Any], count: int) -> Values:
    """What a batch gave, once it is sure that it is a value for each of `count` parents."""
    found = list(values)
    if len(found) != count:
        raise ValueError(f"a batch gave {len(found)} values for {count} parents")
    return found


def spread(answers: Values, numbers: Sequence[int], values: Values) -> Values:
    """The answers, with each value put at its number."""
    for number, value in zip(numbers, values, strict=True):
        answers[number] = value
    return answers


async def together(coroutines: Sequence[Coroutine[Any, Any, Values]]) -> list[Values]:
    """What each of them gives, at the same time."""
    if len(coroutines) > 1:
        return await asyncio.gather(*coroutines)
    return [await coroutine for coroutine in coroutines]


async def awaited(values: Values) -> Values:
    """The values with what can be awaited awaited, all at the same time; one that fails is its exception."""
    return await asyncio.gather(*(_one(value) for value in values))


async def _one(value: Any) -> Any:
    try:
        return await value if isawaitable(value) else value
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error


def attributes(name: str, objects: Values) -> Values:
    """One attribute of all objects."""
    try:
        return list(map(itemgetter(name) if isinstance(objects[0], Row) else attrgetter(name), objects))
    except Exception:  # noqa: BLE001  # one by one tells which
        return [_attribute(name, one) for one in objects]


def _attribute(name: str, one: object) -> Any:
    try:
        return getattr(one, name)
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error
