"""What was found of entities: the sums of lines, each under its key."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from db.delivery import Lines
from db.level import Missing
from resolvers.formulas import PlainBlocks, Shared
from resolvers.metric import UNRATED
from resolvers.sums import WHOLE, Sums, Terms

K = TypeVar("K", bound=Hashable)
# For each set of metrics that rows may lack, the kinds of rows that are such rows alone.
_KINDS = [WHOLE, *(frozenset({missing}) for missing in range(1, Missing.ALL + 1))]


class Found(Generic[K]):
    """The sums of lines, each under its key; those of several lines with one key are added up."""

    def __init__(self, keys: Sequence[K], lines: Lines, columns: Iterable[str]) -> None:
        self._columns = lines.columns
        codes = lines.columns.pop("missing", ())
        # Whether all that is known of each is one line that lacks nothing. Reach has rules of its own, and so
        # does money that was converted.
        converted = not lines.columns.keys().isdisjoint(UNRATED.values())
        lacking = any(codes)
        self._keys = keys
        once = len(set(keys)) == len(keys)
        self.plain = once and "reach" not in lines.columns and not lacking and not converted
        self._missing = list(map(_KINDS.__getitem__, codes)) if lacking else [WHOLE] * len(keys)
        self._asked = columns
        if not once:
            self._merge(keys)

    @cached_property
    def _at(self) -> dict[K, int]:
        """Where each of them is."""
        return dict(zip(self._keys, range(len(self._keys)), strict=True))

    @cached_property
    def _added(self) -> list[str]:
        """The columns that are added up."""
        added = (*self._asked, *UNRATED.values(), "days", "reach_rows")
        return [column for column in added if column in self._columns]

    @cached_property
    def _silent(self) -> int:
        """Who has no line has this one: no rows, which add up to zeros."""
        return self._append(frozenset(), dict.fromkeys(self._added, 0) | {"reach": None})

    def sums(
        self, keys: Iterable[K], currencies: frozenset[str], of_one_day: Iterable[bool], terms: Terms
    ) -> list[Sums]:
        """Those under each key; zeros where there are none. `of_one_day` says of each key whether reach can be told."""
        columns, missing, get, silent = self._columns, self._missing, self._at.get, self._silent
        places = [get(key, silent) for key in keys]
        days = columns.get("days") or [0]
        if "reach" not in columns:
            return [Sums(columns, at, missing[at], None, False, days[at], currencies, terms) for at in places]
        reach, rows = columns["reach"], columns["reach_rows"]
        return [
            Sums(columns, at, missing[at], reach[at] if alone else None, rows[at] > 0, days[at], currencies, terms)
            for at, alone in zip(places, of_one_day, strict=False)
        ]

    def plain_sums(self, keys: Sequence[K], currencies: Shared, terms: Terms) -> PlainBlocks:
        """Those under each key, where all are plain."""
        if keys == self._keys:
            # As they came, which is in the order of ids.
            return PlainBlocks(self._columns, range(len(keys)), currencies, terms)
        places: list[Any] = list(map(self._at.get, keys))
        if None in places:
            places = [self._silent if place is None else place for place in places]
        return PlainBlocks(self._columns, places, currencies, terms)

    def add(self, keys: Sequence[K], columns: Mapping[str, Sequence[Any]]) -> None:
        """Further columns of numbers, each under its key; who has no line otherwise has zeros beside them."""
        silent = dict.fromkeys(self._added, 0) | {"reach": None}
        for key in keys:
            if key not in self._at:
                self._at[key] = self._append(frozenset(), silent)
        places = [self._at[key] for key in keys]
        # Whoever is still silent then needs a line as long as the others.
        count = max(self._silent + 1, len(self._missing))
        self._columns.setdefault("days", [0] * count)
        for name, numbers in columns.items():
            column: list[Any] = [0] * count
            for place, number in zip(places, numbers, strict=True):
                column[place] = number
            self._columns[name] = column
        self.plain = self.plain and not any(name in columns for name in UNRATED.values())

    def _merge(self, keys: Sequence[K]) -> None:
        places: dict[K, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        for key, own in places.items():
            if len(own) > 1:
                # Only reach may be absent: of an entity's rows of one day one at most is its own.
                told = {name: [self._columns[name][place] for place in own] for name in self._added}
                sums = {name: _sum(numbers) for name, numbers in told.items()}
                self._at[key] = self._append(frozenset().union(*(self._missing[place] for place in own)), sums)

    def _append(self, missing: frozenset[int], sums: Mapping[str, int | None]) -> int:
        self._missing.append(missing)
        for name in self._added:
            self._columns[name].append(sums[name])
        return len(self._missing) - 1


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
