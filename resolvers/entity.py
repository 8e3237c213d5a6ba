"""Entities: whose numbers are asked, one by one and many side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple

from resolvers.alike import Alike


class Entity(NamedTuple):
    """Whose delivery is asked: an ad account (then both ids are its own) or something in one."""

    id: int
    ad_account_id: int


class Entities(Alike[Entity]):
    """Many of them: ids, and ids of ad accounts."""

    def __init__(self, ids: Sequence[int], ad_account_ids: Sequence[int]) -> None:
        self.ids = ids
        self.ad_account_ids = ad_account_ids

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, number: int) -> Entity:
        """One of them."""
        return Entity(self.ids[number], self.ad_account_ids[number])

    def __iter__(self) -> Iterator[Entity]:
        return map(partial(tuple.__new__, Entity), zip(self.ids, self.ad_account_ids, strict=True))

    def numbers_of(self, some: Sequence[Entity]) -> Sequence[int] | None:
        """Where each of some of them is."""
        if not isinstance(some, Entities):
            return None
        if some.ids == self.ids:
            return range(len(self.ids))
        places = dict(zip(self.ids, range(len(self.ids)), strict=True))
        found = [number for id_ in some.ids if (number := places.get(id_)) is not None]
        return found if len(found) == len(some.ids) else None

    def picked(self, numbers: Sequence[int]) -> Entities:
        """Those of these numbers."""
        ids, accounts = self.ids, self.ad_account_ids
        return Entities([ids[number] for number in numbers], [accounts[number] for number in numbers])

    @cached_property
    def by_ad_account(self) -> dict[int, list[int]]:
        """The ids of those of each ad account."""
        if len(accounts := set(self.ad_account_ids)) == 1:
            return {accounts.pop(): list(self.ids)}
        own: dict[int, list[int]] = {}
        for id_, account in zip(self.ids, self.ad_account_ids, strict=True):
            own.setdefault(account, []).append(id_)
        return own

    def distinct(self) -> bool:
        """Whether no two of them are equal."""
        return self._distinct

    @cached_property
    def _distinct(self) -> bool:
        return len(set(self.ids)) == len(self.ids)


def side_by_side(entities: Sequence[Entity]) -> Entities:
    """The same as columns."""
    if isinstance(entities, Entities):
        return entities
    return Entities([id_ for id_, _ in entities], [account for _, account in entities])


def joined(parts: Sequence[Entities]) -> Entities:
    """Several of them, one after the other."""
    if len(parts) == 1:
        return parts[0]
    ids = list(chain.from_iterable(part.ids for part in parts))
    return Entities(ids, list(chain.from_iterable(part.ad_account_ids for part in parts)))
