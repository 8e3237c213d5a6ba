"""Answers in the order of the keys that were asked, and questions that are asked side by side."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def one_per_key(keys: Sequence[K], values: Iterable[V], key: Callable[[V], K]) -> list[V | None]:
    """For each key the value that has it, or None."""
    found = {key(value): value for value in values}
    return [found.get(wanted) for wanted in keys]


def many_per_key(keys: Sequence[K], values: Iterable[V], key: Callable[[V], K]) -> list[list[V]]:
    """For each key the values that have it, in their order."""
    found: dict[K, list[V]] = {wanted: [] for wanted in keys}
    for value in values:
        found[key(value)].append(value)
    return [found[wanted] for wanted in keys]


def sure_per_key(keys: Sequence[K], values: Iterable[V], key: Callable[[V], K]) -> list[V]:
    """For each key the value that has it; all of them do, since rows name them."""
    found = {key(value): value for value in values}
    return [found[wanted] for wanted in keys]


async def both(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """What two coroutines give, at the same time. The first starts at once and needs no task: it asks in this very turn
    of the event loop, in which others may ask the same.
    """
    beside = asyncio.ensure_future(second)
    try:
        return await first, await beside
    finally:
        # Without the first nobody waits for it any more.
        beside.cancel()
