"""Which events are one conversion: those that share an id, directly or through others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from db.conversions.event import CONVERSION, Event

# An id that events go by: the id, which kind of id it is (see conversion_key), and the event's name.
Key = tuple[str, int, str]


@dataclass(slots=True)
class Group:
    """Events of a batch, by their place in it, and the stored conversions that they belong to."""

    events: list[int] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)


def keys(event: Event) -> tuple[Key, ...]:
    """The ids that an event goes by. Refunds have their own."""
    first = 1 if event.kind == CONVERSION else 3
    own = (event.event_id, first, event.event_name)
    if event.transaction_id is None:
        return (own,)
    return own, (event.transaction_id, first + 1, event.event_name)


def group(events_keys: Sequence[tuple[Key, ...]], stored: Mapping[Key, int]) -> list[Group]:
    """The groups of a batch, given the ids of each event and the stored conversions by id. In order of first events."""
    trees = _Trees(stored)
    nodes = [trees.add(own) for own in events_keys]
    found: dict[int, Group] = {}
    for place, node in enumerate(nodes):
        root = trees.root(node)
        members = found.get(root)
        if members is None:
            members = found[root] = Group()
        members.events.append(place)
    for conversion, node in trees.of_stored.items():
        found[trees.root(node)].stored.append(conversion)
    for members in found.values():
        members.stored.sort()
    return list(found.values())


class _Trees:
    """Trees of numbers that belong together: that of each number's parent, a root its own."""

    def __init__(self, stored: Mapping[Key, int]) -> None:
        self._stored = stored
        self._parents: list[int] = []
        self._of_key: dict[Key, int] = {}
        self.of_stored: dict[int, int] = {}

    def add(self, keys: tuple[Key, ...]) -> int:
        """A number in the tree of an event that goes by these ids."""
        of_key = self._of_key
        joined = -1
        for key in keys:
            node = of_key.get(key)
            if node is None and key in self._stored:
                node = self._of_stored(self._stored[key])
            if node is not None:
                joined = node if joined < 0 else self._join(joined, node)
        if joined < 0:
            joined = self._new()
        for key in keys:
            of_key[key] = joined
        return joined

    def root(self, node: int) -> int:
        """The root of a number's tree."""
        parents = self._parents
        while (above := parents[node]) != node:
            parents[node] = parents[above]
            node = above
        return node

    def _of_stored(self, conversion: int) -> int:
        node = self.of_stored.get(conversion)
        if node is None:
            node = self.of_stored[conversion] = self._new()
        return node

    def _join(self, one: int, other: int) -> int:
        low, high = sorted((self.root(one), self.root(other)))
        self._parents[high] = low
        return low

    def _new(self) -> int:
        node = len(self._parents)
        self._parents.append(node)
        return node
