"""What one request can reach: the database, the organization, the time it was asked, and what it has loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from strawberry.dataloader import DataLoader

from db.database import Database
from db.errors import QueryTooComplex
from db.level import Platform
from resolvers.ahead import Ahead
from resolvers.alike import distinct, picked
from resolvers.loaded import Call, Loaded

# Until then, documents say, each platform may restate a day.
SETTLES_AFTER: Mapping[Platform, int] = MappingProxyType(dict.fromkeys(Platform, 72))
P = ParamSpec("P")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


Batch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]
# What finds the values of a batch function without waiting, where all of them are at hand; None where they are not.
Find: TypeAlias = Callable[..., "list[Any] | None"]
_FIND: dict[Batch, Find] = {}
# A value that nobody leaves: None may be one.
NOTHING = object()
# Of so many entities at a time what imports alone change is left to other requests. More would leave room for little
# else, and to read their numbers takes longer anyway.
MOST_LEFT = 100
# So many rows, of some hundred bytes each, one request leaves to others at most.
MOST_ROWS = 20_000
B = TypeVar("B", bound=Batch)


def found_by(find: Find) -> Callable[[B], B]:
    """Says how to find a batch function's values without waiting."""

    def register(batch: B) -> B:
        _FIND[batch] = find
        return batch

    return register


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
    # What other requests have read of the same version of the data, and whether any of it was used.
    kept: Mapping[Hashable, Any] = field(default_factory=dict)
    reused: bool = False
    # What this one has read for others, once it is certain of which version that is; and how many rows.
    leaves: dict[Hashable, Any] = field(default_factory=dict)
    rows_left: int = 0
    # Whether others may ask something in the same turn. Where everything goes one after the other, nobody does.
    branches: int = 1
    selections: dict[Hashable, Any] = field(default_factory=dict)
    ahead: Ahead = field(default_factory=Ahead)
    _loaded: dict[Hashable, Loaded[Any, Any]] = field(default_factory=dict)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)
    # What calls batch functions.
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _stopped: bool = False

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
        if batch in _FIND:
            keys = list(keys)
            if (found := self.at_once(batch, keys, *arguments, **named)) is not None:
                return found
        loaded: Loaded[K, V] | None = self._loaded.get((batch, arguments))
        if loaded is None:
            loaded = self._loaded[batch, arguments] = Loaded()
        loaded.tell_apart()
        wanted = dict.fromkeys(keys)
        unknown = [key for key in wanted if key not in loaded.calls]
        if unknown:
            if loaded.gathering is None:
                loaded.gathering = Call()
            loaded.gathering.keys = [*loaded.gathering.keys, *unknown]
            loaded.calls.update(dict.fromkeys(unknown, loaded.gathering))
        # First the call that may be ours to make, then those that others have made.
        for call in dict.fromkeys(loaded.calls[key] for key in (*unknown, *wanted)):
            await call.wait(self._make, call, loaded, batch, arguments)
        return loaded.values

    async def load_column(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        keys: Sequence[K],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> Sequence[V]:
        """The same as a value for each key, in their order: as `batch` gave them, where nobody else asks it then."""
        loaded: Loaded[K, V] | None = self._loaded.get((batch, arguments))
        if loaded is None and distinct(keys):
            loaded = self._loaded[batch, arguments] = Loaded()
            loaded.alone = loaded.gathering = Call(keys)
        places = loaded.places(keys) if loaded else None
        if loaded is None or loaded.alone is None or places is None:
            found = await self.load_all(batch, keys, *arguments, **named)
            return [found[key] for key in keys]
        call = loaded.alone
        await call.wait(self._make, call, loaded, batch, arguments)
        if call.values is None:
            return [loaded.values[key] for key in keys]
        return call.values if isinstance(places, range) else picked(call.values, places)

    async def load(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        key: K,
        *arguments: P.args,
        **named: P.kwargs,
    ) -> V:
        """The same for one key."""
        return (await self.load_all(batch, [key], *arguments, **named))[key]

    def at_once(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        keys: Iterable[K],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> Mapping[K, V] | None:
        """The same without waiting, where all values are at hand; else None."""
        wanted = list(keys)
        values: list[V] | None = _FIND[batch](self, wanted, *arguments, **named)
        return None if values is None else dict(zip(wanted, values, strict=True))

    def left(self, key: Hashable, nothing: Any = None) -> Any:
        """What another request has left under this key, or this one leaves; `nothing` where neither has."""
        found = self.kept.get(key, NOTHING)
        if found is NOTHING:
            return self.leaves.get(key, nothing)
        self.reused = True
        return found

    def put(self, key: Hashable, value: Any, rows: int = 1) -> None:
        """Leaves a value, which holds so many rows, to other requests: it changes with imports alone."""
        if self.rows_left + rows <= MOST_ROWS:
            self.leaves[key] = value
            self.rows_left += rows

    def had(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        keys: Iterable[K],
        *arguments: P.args,
        **_named: P.kwargs,
    ) -> list[V] | None:
        """What `keep` gives, where all of it has been left by other requests or by this one; else None."""
        found = [self.left((batch, key, *arguments), NOTHING) for key in keys]
        return None if any(value is NOTHING for value in found) else found

    async def keep(
        self,
        batch: Callable[Concatenate[Request, Sequence[K], P], Awaitable[Sequence[V]]],
        keys: Sequence[K],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> list[V]:
        """`batch`'s value for each key, left to other requests: it changes with imports alone, whenever it is asked."""
        found = {key: self.left((batch, key, *arguments), NOTHING) for key in keys}
        if unknown := [key for key, value in found.items() if value is NOTHING]:
            values = await batch(self, unknown, *arguments, **named)
            self.leave(batch, unknown, values, *arguments)
            found.update(zip(unknown, values, strict=True))
        return [found[key] for key in keys]

    def leave(
        self, batch: Callable[..., Awaitable[Sequence[V]]], keys: Sequence[Hashable], values: Sequence[V],
        *arguments: Hashable,
    ) -> None:  # fmt: skip
        """Leaves such values to other requests."""
        for key, value in zip(keys, values, strict=True):
            self.put((batch, key, *arguments), value)

    async def _make(
        self, call: Call[K], loaded: Loaded[K, V], batch: Callable[..., Awaitable[Sequence[V]]],
        arguments: tuple[Any, ...],
    ) -> None:  # fmt: skip
        if self.branches:
            await asyncio.sleep(0)
        if loaded.gathering is call:
            loaded.gathering = None
        if self._stopped:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            keys = call.keys
            values = await batch(self, keys, *arguments)
            if loaded.alone is call and len(values) == len(keys):
                call.values = values
            else:
                loaded.values.update(zip(keys, values, strict=True))
        except Exception as error:  # noqa: BLE001  # the error of all who asked
            call.error = error
        finally:
            self._tasks.discard(task)
        call.made = True

    def gather(
        self, many: Callable[..., Any], selection: Hashable, types: Hashable, parent: object, arguments: dict[str, Any]
    ) -> Any:
        """The value of a field for one parent, found together with those of all parents at its place in the query,
        where `types` are those of the objects on the way there.
        """
        loader = self._loaders.get((many, selection, types))
        if loader is None:

            async def load(parents: list[Any]) -> list[Any]:
                task = asyncio.current_task()
                assert task is not None
                # It does not end with the field that asked first.
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                return list(await many(self, selection, parents, **arguments))

            # A value is asked for once for each parent. To remember it would take a key that outlives the parent: the
            # id of one that is gone is soon another's.
            loader = self._loaders[many, selection, types] = DataLoader(load, cache=False)
        return loader.load(parent)

    def forget(self) -> None:
        """Drops what was read, once the request itself has changed it."""
        self._loaded.clear()
        self.kept, self.leaves, self.rows_left = {}, {}, 0

    def stop(self) -> None:
        """Cancels the batches that still run, for which nobody waits any more."""
        self._stopped = True
        self.ahead.stop()
        for task in self._tasks:
            task.cancel()

    def spend(self, nodes: int) -> None:
        """Counts objects of the answer; past the limit the query fails rather than hang."""
        self.nodes += nodes
        if self.nodes > self.max_nodes:
            raise QueryTooComplex(
                f"The answer would hold more than {self.max_nodes:,} objects. Ask for smaller pages (`first`), fewer "
                "levels or fewer buckets."
            )
