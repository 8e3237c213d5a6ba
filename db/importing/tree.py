"""The tree as the records of one import tell it: which row describes an entity, and who its parents are.

An entity's own row decides its parent. Who has none is placed by what the database knows, else by rows that name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from db.importers.records import Entity, Fact, Measured, Place, WindowReach
from db.level import Level, Platform

# The external id of a parent that no row names starts so; the rest says what it stands in.
NAMELESS = "unknown:"
_ABOVE = {level: Level(level - 1) for level in Level if level > Level.AD_ACCOUNT}
LEVEL_NAMES = {
    Level.AD_ACCOUNT: "ad account", Level.CAMPAIGN: "campaign", Level.AD_SET: "ad set", Level.AD: "ad",
}  # fmt: skip


class Key(NamedTuple):
    """What identifies an entity for its platform."""

    platform: Platform
    level: Level
    external_id: str

    def __str__(self) -> str:
        return f"{LEVEL_NAMES[self.level]} {self.external_id}"


class Known(Protocol):
    """What the database knows of an entity."""

    @property
    def parent(self) -> Key | None: ...
    @property
    def placeholder(self) -> bool: ...


@dataclass(frozen=True)
class Disagreement:
    """A row names other ancestors than those that the entity has."""

    place: Place
    entity: Key
    named: tuple[Key, ...]
    actual: tuple[Key, ...]

    def __str__(self) -> str:
        named, actual = (" and the ".join(map(str, keys)) for keys in (self.named, self.actual))
        return (
            f"{self.place.file.name}:{self.place.line}: a row of the {self.entity} names the {named}, but the rows of "
            f"it and its parents themselves place it in the {actual}: these count."
        )


Chain = dict[Level, str]


class Tree:
    """Collects what the records say, then places every entity that they are about."""

    def __init__(self) -> None:
        # The row that describes each entity: the latest version.
        self.own: dict[Key, Entity] = {}
        # Entities that facts are about, numbered in order of appearance.
        self.number_of: dict[Key, int] = {}
        self._numbered: dict[tuple[Platform, Level, str, tuple[tuple[Level, str], ...]], int] = {}
        # Entities that rows are about which neither describe them nor measure a day of them.
        self.mentioned: dict[Key, None] = {}
        self._named_by_facts: list[tuple[Key, Chain, Place]] = []
        # What rows other than its own say of an entity's ancestors: the first that says something counts.
        self._hints: dict[Key, Chain] = {}

    def describe(self, entity: Entity) -> None:
        """Takes an entity's own row, unless a later version of it is known."""
        key = Key(entity.platform, entity.level, entity.external_id)
        before = self.own.get(key)
        if before is None or entity.version >= before.version:
            self.own[key] = entity

    def number(self, fact: Fact | Measured) -> int:
        """The number of the entity that a fact is about."""
        identity = (fact.platform, fact.level, fact.external_id, fact.parents)
        number = self._numbered.get(identity)
        if number is None:
            key = Key(fact.platform, fact.level, fact.external_id)
            number = self._numbered[identity] = self.number_of.setdefault(key, len(self.number_of))
            if fact.parents:
                self._named_by_facts.append((key, dict(fact.parents), fact.place))
        return number

    def mention(self, row: WindowReach) -> Key:
        """Takes an entity that a row is about without describing it or measuring a day of it."""
        key = Key(row.platform, row.level, row.external_id)
        if key not in self.mentioned:
            self.mentioned[key] = None
            if row.parents:
                self._named_by_facts.append((key, dict(row.parents), row.place))
        return key

    def named(self) -> set[Key]:
        """Every entity that a row describes, measures or names."""
        self._gather_hints()
        found = set(self.own) | set(self.number_of) | set(self.mentioned) | set(self._hints)
        for key, chain, _ in self._claims():
            found.update(Key(key.platform, level, external_id) for level, external_id in chain.items())
        return found

    def place(self, known: Mapping[Key, Known]) -> Placement:
        """Where each entity that the records are about stands."""
        placement = Placement(self, known, self._hints)
        for key in (*self.own, *self.number_of, *self.mentioned):
            placement.settle(key)
        placement.disagreements.extend(self._disagreements(placement))
        return placement

    def _claims(self) -> Iterator[tuple[Key, Chain, Place]]:
        """What each row that counts says of an entity's ancestors; own rows first."""
        for key, entity in self.own.items():
            if chain := own_chain(entity):
                yield key, chain, entity.place
        yield from self._named_by_facts

    def _gather_hints(self) -> None:
        self._hints.clear()
        # Rows about one entity complete each other, unless they disagree: then each speaks for itself.
        agreed: dict[Key, Chain] = {}
        apart: list[tuple[Key, Chain]] = []
        for key, chain, _ in self._claims():
            said = agreed.get(key)
            # Nearly all of them say the same again.
            if said is None:
                agreed[key] = dict(chain)
            elif said == chain:
                continue
            elif all(said.get(level, external_id) == external_id for level, external_id in chain.items()):
                said.update(chain)
            else:
                apart.append((key, chain))
        for key, chain in (*agreed.items(), *apart):
            lower_first = sorted(chain.items(), reverse=True)
            self._hint(key, lower_first)
            for position, (level, external_id) in enumerate(lower_first):
                if above := lower_first[position + 1 :]:
                    self._hint(Key(key.platform, level, external_id), above)

    def _hint(self, key: Key, ancestors: Iterable[tuple[Level, str]]) -> None:
        hints = self._hints.setdefault(key, {})
        for level, external_id in ancestors:
            hints.setdefault(level, external_id)

    def _disagreements(self, placement: Placement) -> Iterator[Disagreement]:
        for key, chain, place in self._claims():
            actual = placement.chain(key)
            other = [level for level in sorted(chain, reverse=True) if actual.get(level, chain[level]) != chain[level]]
            if other:
                named, placed = (
                    tuple(Key(key.platform, level, said[level]) for level in other) for said in (chain, actual)
                )
                yield Disagreement(place, key, named, placed)


class Placement:
    """The parent of every entity that matters; `parents` holds None for an ad account.

    `orphans` are entities above which no ad account is known.
    """

    def __init__(self, tree: Tree, known: Mapping[Key, Known], hints: Mapping[Key, Chain]) -> None:
        self.parents: dict[Key, Key | None] = {}
        self.orphans: set[Key] = set()
        self.disagreements: list[Disagreement] = []
        self._own = tree.own
        self._known = known
        self._hints = hints
        self._stand_ins: dict[Key, Key] = {}

    def settle(self, key: Key) -> bool:
        """Finds the way from `key` up to its ad account, and keeps it; False if there is none."""
        if key in self.parents:
            return True
        if key in self.orphans:
            return False
        if key.level == Level.AD_ACCOUNT:
            self.parents[key] = None
            return True
        parent = self._parent(key)
        if parent is None or not self.settle(parent):
            self.orphans.add(key)
            return False
        self.parents[key] = parent
        return True

    def chain(self, key: Key) -> Chain:
        """The external ids of the ancestors of `key`, by level; empty for an orphan."""
        found: Chain = {}
        above = self.parents.get(key)
        while above is not None:
            found[above.level] = above.external_id
            above = self.parents[above]
        return found

    def ad_account(self, key: Key) -> Key:
        """The ad account of a placed entity, itself included."""
        while (above := self.parents[key]) is not None:
            key = above
        return key

    def _parent(self, key: Key) -> Key | None:
        above = _ABOVE[key.level]
        own = self._own.get(key)
        if own and (named := own_chain(own).get(above)):
            return Key(key.platform, above, named)
        if stands_in := self._stand_ins.get(key):
            return self._toward(stands_in, above)
        known = self._known.get(key)
        if known and not known.placeholder:
            return known.parent
        hints = self._hints.get(key, {})
        if named := hints.get(above):
            return Key(key.platform, above, named)
        if known:
            return known.parent
        nearest = max((level for level in hints if level < above), default=None)
        return None if nearest is None else self._toward(Key(key.platform, nearest, hints[nearest]), above)

    def _toward(self, ancestor: Key, level: Level) -> Key:
        """The ancestor itself if it is of `level`, else the nameless entity of `level` that stands in it."""
        if ancestor.level == level:
            return ancestor
        stand_in = Key(ancestor.platform, level, f"{NAMELESS}{ancestor.level.name}:{ancestor.external_id}")
        self._stand_ins[stand_in] = ancestor
        return stand_in


def own_chain(entity: Entity) -> Chain:
    """The ancestors that an entity's own row names, by level."""
    chain = dict(entity.parents)
    if entity.ad_account is not None and entity.level != Level.AD_ACCOUNT:
        chain[Level.AD_ACCOUNT] = entity.ad_account
    if entity.parent is not None and entity.level != Level.AD_ACCOUNT:
        chain[_ABOVE[entity.level]] = entity.parent
    return chain
