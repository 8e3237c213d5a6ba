"""Found at once or later: what nothing has to be waited for is no coroutine, however deep it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from graph.executor.columns import Values, spread
from resolvers.context import Request

# Values, or a coroutine of them where something has to be waited for.
Found = Values | Coroutine[Any, Any, Values]


def then(found: Found, go_on: Callable[[Values], Values]) -> Found:
    """What is made of values once they are there."""
    return go_on(found) if isinstance(found, list) else _after(found, go_on)


async def _after(found: Coroutine[Any, Any, Values], go_on: Callable[[Values], Values]) -> Values:
    return go_on(await found)


class Together:
    """Waits for several at the same time. `request` is told, since then others may ask in the same turn."""

    def __init__(self, request: Request | None) -> None:
        self._request = request

    def then(self, found: list[Any], go_on: Callable[[list[Values]], Values]) -> Found:
        """What is made of several, each of them `Found`, once all of them are there."""
        waiting = [number for number, one in enumerate(found) if not isinstance(one, list)]
        return self._after(found, waiting, go_on) if waiting else go_on(found)

    async def _after(
        self, found: list[Any], waiting: Sequence[int], go_on: Callable[[list[Values]], Values]
    ) -> Values:  # fmt: skip
        if len(waiting) == 1:
            found[waiting[0]] = await found[waiting[0]]
        else:
            spread(found, waiting, await self._all([found[number] for number in waiting]))
        return go_on(found)

    async def _all(self, coroutines: Sequence[Coroutine[Any, Any, Values]]) -> list[Values]:
        if self._request is None:
            return await asyncio.gather(*coroutines)
        self._request.branches += 1
        try:
            return await asyncio.gather(*coroutines)
        finally:
            self._request.branches -= 1
