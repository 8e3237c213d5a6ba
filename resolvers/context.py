"""What one request can reach: the database, the organization, the time it was asked, and what it has loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from strawberry.dataloader import DataLoader

from db.database import Database
from db.errors import QueryTooComplex
from db.level import Platform

# Until then, documents say, each platform may restate a day.
SETTLES_AFTER: Mapping[Platform, int] = MappingProxyType(dict.fromkeys(Platform, 72))
P = ParamSpec("P")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Loaded(Generic[K, V]):
    """What one batch function gave for one set of arguments, and the task that gives each key's value."""

    values: dict[K, V] = field(default_factory=dict)
    tasks: dict[K, asyncio.Task[None]] = field(default_factory=dict)
    gathering: list[K] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Request:
    """One request of one organization. `now` is read once, so that every window of an answer means the same days."""

    database: Database
    org_id: int
    now: datetime
    max_page: int = 1_000
    max_nodes: int = 100_000
    # Hours after a day's end, by platform.
    settles_after: Mapping[Platform, int] = field(default_factory=lambda: SETTLES_AFTER)
    nodes: int = 0
    selections: dict[Hashable, Any] = field(default_factory=dict)
    _loaded: dict[Hashable, _Loaded[Any, Any]] = field(default_factory=dict)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def load_all(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        keys: Iterable[K],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> Mapping[K, V]:
        """`batch`'s value for each key (and maybe for others), asked for once in the life of the request.

        Whoever asks the same batch with the same arguments in the same turn of the event loop shares one call.
        """
        assert not named, "a batch function takes its arguments by position"
        loaded: _Loaded[K, V] = self._loaded.setdefault((batch, arguments), _Loaded())
        wanted = dict.fromkeys(keys)
        if unknown := [key for key in wanted if key not in loaded.tasks]:
            task = loaded.tasks[loaded.gathering[0]] if loaded.gathering else self._start(batch, loaded, arguments)
            loaded.gathering += unknown
            loaded.tasks.update(dict.fromkeys(unknown, task))
        for task in {loaded.tasks[key] for key in wanted}:
            # Others may wait for it, too: who gives up does so alone.
            await asyncio.shield(task)
        return loaded.values

    async def load(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        key: K,
        *arguments: P.args,
        **named: P.kwargs,
    ) -> V:
        """The same for one key."""
        return (await self.load_all(batch, [key], *arguments, **named))[key]

    def _start(
        self, batch: Callable[..., Awaitable[Sequence[V]]], loaded: _Loaded[K, V], arguments: tuple[Any, ...]
    ) -> asyncio.Task[None]:
        async def ask() -> None:
            await asyncio.sleep(0)
            keys, loaded.gathering = loaded.gathering, []
            loaded.values.update(zip(keys, await batch(self, keys, *arguments), strict=True))

        task = asyncio.create_task(ask())
        self._track(task)
        return task

    def gather(self, many: Callable[..., Any], selection: Hashable, parent: object, arguments: dict[str, Any]) -> Any:
        """The value of a field for one parent, found together with those of all parents at its place in the query."""
        loader = self._loaders.get((many, selection))
        if loader is None:

            async def load(parents: list[Any]) -> list[Any]:
                task = asyncio.current_task()
                assert task is not None
                self._track(task)
                return list(await many(self, selection, parents, **arguments))

            # A value is asked for once for each parent. To remember it would take a key that outlives the parent: the
            # id of one that is gone is soon another's.
            loader = self._loaders[many, selection] = DataLoader(load, cache=False)
        return loader.load(parent)

    def _track(self, task: asyncio.Task[Any]) -> None:
        # Batches run in tasks of their own, which do not end with the field that asked first.
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def stop(self) -> None:
        """Cancels the batches that still run, for which nobody waits any more."""
        for task in tuple(self._running):
            task.cancel()

    def spend(self, nodes: int) -> None:
        """Counts objects of the answer; past the limit the query fails rather than hang."""
        self.nodes += nodes
        if self.nodes > self.max_nodes:
            raise QueryTooComplex(
                f"The answer would hold more than {self.max_nodes:,} objects. Ask for smaller pages (`first`), fewer "
                "levels or fewer buckets."
            )
