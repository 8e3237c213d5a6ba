"""A cell: the numbers of a part of a node over some of its days, and many of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from db.errors import Invalid
from db.level import Level
from resolvers import formulas
from resolvers.alike import Alike
from resolvers.cursor import Place
from resolvers.entity import Entities, Entity
from resolvers.performance import Performance, Performances
from resolvers.sums import Sums
from resolvers.window import Window


class Dimension(Enum):
    """What numbers are cut along."""

    PLATFORM = "PLATFORM"
    AD_ACCOUNT = "AD_ACCOUNT"
    CAMPAIGN = "CAMPAIGN"
    AD_SET = "AD_SET"
    AD = "AD"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    WEEKDAY = "WEEKDAY"


LEVELS: Mapping[Dimension, Level] = {Dimension[level.name]: level for level in Level}
TIMES = (Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.WEEKDAY)
By = tuple[Dimension, ...]
# Where something lies along each of the dimensions: a platform's name, an entity's id, the first day of a whole bucket,
# how many days after Monday.
Along = Mapping[Dimension, int | str]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Whose numbers: a part of a node, or all of it. `entity` is set where that is an entity below it, or itself."""

    along: Along
    asked: Performance
    entity: Entity | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """The numbers of a head over `days` of the window's days: over all of them where no dimension is of time. Before it
    lie `number` cells of the head, of the same weekday where weekdays are a dimension.
    """

    head: Head
    number: int
    along: Along
    window: Window
    days: int
    metrics: Sums

    def place(self, by: By) -> Place:
        """Where it lies."""
        return tuple(self.along[dimension] for dimension in by)

    @property
    def together(self) -> bool:
        """Whether its days follow each other."""
        return self.days == self.window.days


def check(by: By, at: Level) -> None:
    """`Invalid` where what is reported at a level cannot be cut so."""
    above = [dimension for dimension in by if dimension in LEVELS and LEVELS[dimension] < at]
    if above:
        raise Invalid(f"`by`: {above[0].name} lies above what is broken down. Take a level at or below it.")


class Parts(Alike[Head]):
    """The parts of one node that are entities of one level below it, or itself: where each of them lies along the
    dimensions, and whose numbers are asked.
    """

    def __init__(self, along: Mapping[Dimension, Sequence[int | str]], asked: Performances, entities: Entities) -> None:
        self._along = along
        self.asked = asked
        self.entities = entities

    def __len__(self) -> int:
        return len(self.entities)

    def at(self, number: int) -> Head:
        """One of them."""
        along = {dimension: column[number] for dimension, column in self._along.items()}
        return Head(along, self.asked[number], self.entities[number])

    def picked(self, numbers: Sequence[int]) -> Parts:
        """Those of these numbers."""
        along = {dimension: [column[number] for number in numbers] for dimension, column in self._along.items()}
        entities = self.entities.picked(numbers)
        return Parts(along, Performances(entities, *self.asked.asked, together=self.asked.together), entities)

    @property
    def level(self) -> Level:
        """The level of the entities."""
        level: Level = self.asked.asked[0]
        return level

    def places(self, by: By) -> list[Place]:
        """Where each of them lies."""
        return list(zip(*(self._along[dimension] for dimension in by), strict=True))


class Whole(Alike[Cell]):
    """The cells of parts that no dimension of time cuts: one each."""

    def __init__(self, parts: Parts, windows: Sequence[Window], metrics: Sequence[Sums]) -> None:
        self.parts = parts
        self._windows = windows
        self.metrics = metrics

    def __len__(self) -> int:
        return len(self.parts)

    def at(self, number: int) -> Cell:
        """One of them."""
        return of_all_days(self.parts[number], self._windows[number], self.metrics[number])

    def picked(self, numbers: Sequence[int]) -> Whole:
        """Those of these numbers."""
        windows = [self._windows[number] for number in numbers]
        return Whole(self.parts.picked(numbers), windows, formulas.picked(self.metrics, numbers))

    def places(self, by: By) -> list[Place]:
        """Where each of them lies."""
        return self.parts.places(by)


def places_of(cells: Sequence[Cell], by: By) -> list[Place]:
    """Where each of the cells lies."""
    return cells.places(by) if isinstance(cells, Whole) else [cell.place(by) for cell in cells]


def metrics_of(cells: Sequence[Cell]) -> Sequence[Sums]:
    """The numbers of each of the cells."""
    return cells.metrics if isinstance(cells, Whole) else [cell.metrics for cell in cells]


def of_all_days(head: Head, window: Window, metrics: Sums) -> Cell:
    """The one cell of a head that no dimension of time cuts."""
    return Cell(head, 0, head.along, window, window.days, metrics)
