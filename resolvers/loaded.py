"""What a request has loaded: calls of batch functions, shared by all who ask for something of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any, Generic, TypeVar

from resolvers.alike import Alike

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Call(Generic[K]):
    """One call of a batch function: made by whoever comes first, after all of that turn have added their keys."""

    __slots__ = ("_making", "_waiting", "error", "keys", "made", "values")

    def __init__(self, keys: Sequence[K] = ()) -> None:
        self.keys = keys
        # What came of it, key by key, where nobody else has asked by then.
        self.values: Sequence[Any] | None = None
        self.made = False
        # Who waits for it makes it, if whoever was about to has been cancelled.
        self._making = False
        self._waiting: list[asyncio.Future[None]] = []
        self.error: Exception | None = None

    async def wait(self, make: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Has it made by whoever comes first, and raises its error."""
        while not self.made:
            if self._making:
                told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(told)
                await told
                continue
            self._making = True
            try:
                await make(*arguments)
            finally:
                self._making = False
                for told in self._waiting:
                    if not told.done():
                        told.set_result(None)
                self._waiting.clear()
        if self.error is not None:
            raise self.error


class Loaded(Generic[K, V]):
    """What one batch function gave for one set of arguments, and the call that each key is part of."""

    __slots__ = ("alone", "calls", "gathering", "values")

    def __init__(self) -> None:
        self.values: dict[K, V] = {}
        self.calls: dict[K, Call[K]] = {}
        self.gathering: Call[K] | None = None
        # The only call so far, whose keys nobody has had to tell apart yet.
        self.alone: Call[K] | None = None

    def places(self, keys: Sequence[K]) -> Sequence[int] | None:
        """Where keys are among those of the only call, a range where they are the same; None where they have to be told
        apart.
        """
        call = self.alone
        if call is None or call.keys is keys:
            return range(len(keys)) if call else None
        return call.keys.numbers_of(keys) if isinstance(call.keys, Alike) else None

    def tell_apart(self) -> None:
        """From now on each key and each value is known by itself."""
        if (call := self.alone) is None:
            return
        self.alone = None
        self.calls = dict.fromkeys(call.keys, call)
        if call.values is not None:
            self.values = dict(zip(call.keys, call.values, strict=True))
