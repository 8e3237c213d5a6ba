"""What one request can reach: the database, the organization, the time it was asked, and its loaders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from strawberry.dataloader import DataLoader

from db.database import Database
from db.errors import QueryTooComplex

P = ParamSpec("P")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True, eq=False)
class Request:
    """One request of one organization. `now` is read once, so that every window of an answer means the same days."""

    database: Database
    org_id: int
    now: datetime
    max_page: int = 1_000
    max_nodes: int = 100_000
    nodes: int = 0
    selections: dict[Hashable, Any] = field(default_factory=dict)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    def load(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        key: K,
        *arguments: P.args,
        **named: P.kwargs,
    ) -> Awaitable[V]:
        """`batch`'s value for `key`, asked for together with every other key of the same batch and arguments."""
        assert not named, "a batch function takes its arguments by position"
        loader = self._loaders.get((batch, arguments))
        if loader is None:
            loader = self._loaders[batch, arguments] = DataLoader(partial(_call, batch, self, arguments))
        return loader.load(key)

    async def load_all(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        keys: Sequence[K],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> dict[K, V]:
        """The same for many keys at once."""
        wanted = list(dict.fromkeys(keys))
        values = [self.load(batch, key, *arguments, **named) for key in wanted]
        return {key: await value for key, value in zip(wanted, values, strict=True)}

    def stop(self) -> None:
        """Cancels the batches that still run, for which nobody waits any more."""
        for task in self._running:
            task.cancel()

    def spend(self, nodes: int) -> None:
        """Counts objects of the answer; past the limit the query fails rather than hang."""
        self.nodes += nodes
        if self.nodes > self.max_nodes:
            raise QueryTooComplex(
                f"The answer would hold more than {self.max_nodes:,} objects. Ask for smaller pages (`first`), fewer "
                "levels or fewer buckets."
            )


async def _call(
    batch: Callable[..., Awaitable[Sequence[V]]], request: Request, arguments: tuple[Any, ...], keys: list[K]
) -> list[V]:
    # A loader runs its batches in tasks of their own, which do not end with the field that asked first.
    task = asyncio.current_task()
    assert task is not None
    request._running.add(task)  # noqa: SLF001  # this function is the loaders' half of Request
    try:
        return list(await batch(request, keys, *arguments))
    finally:
        request._running.discard(task)  # noqa: SLF001
