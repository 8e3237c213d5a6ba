"""Many objects of one type side by side: columns of attributes, and an object only where somebody wants to see one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from db.database import Row

T = TypeVar("T")

if TYPE_CHECKING:
    Base = Sequence
else:
    # To ask whether something is of an abstract class takes ten times as long, and it is asked of each field.
    Base = Generic


class Alike(Base[T]):
    """Objects of one type, none of them missing. Whoever goes through all of them asks for columns instead."""

    __slots__ = ()

    # Their type, so that none of them has to be made to tell it.
    one_is: ClassVar[type | None] = None

    def every(self, name: str) -> Any:
        """One attribute of all of them."""
        return [getattr(one, name) for one in self]

    def distinct(self) -> bool:
        """Whether no two of them are equal."""
        return len(set(self)) == len(self)

    def numbers_of(self, _some: Sequence[T]) -> Sequence[int] | None:
        """Where each of some of the objects is, a range where they are the same; None where that cannot be told, or is
        not known of one of them.
        """
        return None

    def picked(self, _numbers: Sequence[int]) -> Sequence[T] | None:
        """Those of these numbers, side by side as well; None where that cannot be."""
        return None

    def only_class(self) -> type:
        """The type of all of them, where there are any."""
        # To make one of them may take all that it is made of.
        return self.one_is or type(self.at(0))

    def at(self, number: int) -> T:
        """The object of that number."""
        raise NotImplementedError

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[T]: ...
    def __getitem__(self, number: int | slice) -> T | Sequence[T]:
        if isinstance(number, slice):
            return [self.at(each) for each in range(len(self))[number]]
        return self.at(range(len(self))[number])

    def __iter__(self) -> Iterator[T]:
        return map(self.at, range(len(self)))


class Nested(Generic[T]):
    """Lists, one after the other: all their items, and how many belong to each."""

    __slots__ = ("flat", "lengths")

    def __init__(self, flat: Sequence[T], lengths: Sequence[int]) -> None:
        assert len(flat) == sum(lengths)
        self.flat = flat
        self.lengths = lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, number: int) -> Sequence[T]:
        return self.cut(self.flat)[number]

    def __iter__(self) -> Iterator[Sequence[T]]:
        return iter(self.cut(self.flat))

    def cut(self, flat: Sequence[Any]) -> list[Sequence[Any]]:
        """What stands for all the items, cut into lists of the same lengths."""
        return [flat[start:end] for start, end in pairwise(accumulate(self.lengths, initial=0))]


class Rows(list[Row]):
    """Rows of one statement, none of them missing, and their columns side by side."""

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__(rows)
        self._columns: dict[str, list[Any]] | None = None
        # What is made of them for the first who asks: rows that one request leaves to others are the same.
        self.made: dict[Hashable, Any] = {}

    def once(self, make: Callable[[Rows], T]) -> T:
        """What `make` makes of them, once."""
        found: T | None = self.made.get(make)
        if found is None:
            found = self.made[make] = make(self)
        return found

    def only_class(self) -> type:
        """The type of all of them, where there are any."""
        return type(self[0])

    def every(self, name: str) -> list[Any]:
        """One column."""
        if not self:
            return []
        if self._columns is None:
            # Rows of different lengths are none of one statement.
            self._columns = dict(zip(self[0].keys(), map(list, zip(*self, strict=True)), strict=True))
        return self._columns[name]


def column(rows: Sequence[Row], name: str) -> list[Any]:
    """One column of rows."""
    return rows.every(name) if isinstance(rows, Rows) else [row[name] for row in rows]


def picked(values: Sequence[T], numbers: Sequence[int]) -> Sequence[T]:
    """Those of these numbers, side by side where they were."""
    found = values.picked(numbers) if isinstance(values, Alike) else None
    return [values[number] for number in numbers] if found is None else found


def distinct(values: Sequence[Any]) -> bool:
    """Whether no two of the values are equal."""
    return values.distinct() if isinstance(values, Alike) else len(set(values)) == len(values)
