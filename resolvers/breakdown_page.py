"""A page of a breakdown: its rows, and what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from db.errors import Invalid
from resolvers import formulas
from resolvers.alike import Alike
from resolvers.cell import By, Cell, Dimension, Whole
from resolvers.cursor import Cursor, Key, Stamp
from resolvers.entity import Entity
from resolvers.metric import Metric
from resolvers.next_asked import Ahead
from resolvers.performance import Performance, alike
from resolvers.ranking import Measure, MetricCondition, MetricOrder
from resolvers.remainder import remainder
from resolvers.several import Several
from resolvers.sums import Sums
from resolvers.tree import Edge, PageInfo
from resolvers.window import Window

MOST_DIMENSIONS = 2


class Breakdown(NamedTuple):
    """Along what, in which order and with which rows. Windows and options are those of what is broken down."""

    by: By
    order: MetricOrder | None
    having: tuple[MetricCondition, ...]

    @property
    def metrics(self) -> frozenset[Metric]:
        """What it takes to order and to filter."""
        return frozenset(measure.metric for _, measure in self.measures)

    @property
    def measures(self) -> list[tuple[str, Measure]]:
        """The same, each with the argument that asks for it."""
        having: list[tuple[str, Measure]] = [("having", one) for one in self.having]
        return [("orderBy", self.order), *having] if self.order else having


def checked(by: Sequence[Dimension]) -> By:
    """The dimensions as clients give them; `Invalid` where they are none, too many, or the same."""
    if not 1 <= len(by) <= MOST_DIMENSIONS:
        raise Invalid(f"`by` must hold 1 or 2 dimensions; got {len(by):,}.")
    if len(set(by)) < len(by):
        raise Invalid(f"`by` holds {by[0].name} twice.")
    return tuple(by)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What all rows of one breakdown share: what is broken down, into what, what it all adds up to, and the numbers of
    all cells, here and, where they are known already, in the days that they are compared with.
    """

    asked: Performance
    breakdown: Breakdown
    window: Window
    whole: Sums
    metrics: Sequence[Sums]
    before: tuple[Ahead, Sequence[Sums]] | None


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row: a cell, which one of all that is, and the breakdown that it is of."""

    cell: Cell
    rank: int
    block: Block

    @property
    def days(self) -> int:
        return self.cell.days

    @property
    def metrics(self) -> Sums:
        return self.cell.metrics

    @property
    def currency(self) -> str | None:
        return self.cell.metrics.currency


class Rows(Alike[Row]):
    """Rows of one breakdown, in the order in which they are shown."""

    one_is = Row

    def __init__(self, block: Block, cells: Sequence[Cell], ranks: Sequence[int]) -> None:
        """`ranks`: which of all of the block each of the cells is."""
        self.block = block
        self.cells = cells
        self.ranks = ranks

    def __len__(self) -> int:
        return len(self.ranks)

    def every(self, name: str) -> Any:
        """One attribute of all of them."""
        return formulas.picked(self.block.metrics, self.ranks) if name == "metrics" else super().every(name)

    def at(self, number: int) -> Row:
        """One of them."""
        return Row(self.cells[number], self.ranks[number], self.block)


def side_by_side(rows: Sequence[Row]) -> Sequence[Row]:
    """The same as rows of one breakdown, where they are."""
    block = rows[0].block
    if isinstance(rows, Rows) or any(row.block is not block for row in rows):
        return rows
    return Rows(block, [row.cell for row in rows], [row.rank for row in rows])


def asked_of(rows: Sequence[Row]) -> Sequence[Performance]:
    """Whose numbers rows are."""
    if isinstance(rows, Rows) and isinstance(rows.cells, Whole):
        return rows.cells.parts.asked
    return alike([row.cell.head.asked for row in rows])


def entities_of(rows: Sequence[Row]) -> Sequence[Entity | None]:
    """The entity of each row, where it is of one."""
    if isinstance(rows, Rows) and isinstance(rows.cells, Whole):
        return rows.cells.parts.entities
    return [row.cell.head.entity for row in rows]


@dataclass(frozen=True, eq=False)
class Page:
    """A page of rows, with the number of all of them."""

    block: Block
    nodes: Rows
    keys: Sequence[Key]
    total_count: int
    has_next: bool
    has_previous: bool

    @property
    def edges(self) -> list[Edge]:
        return [Edge(row, self._cursor(number)) for number, row in enumerate(self.nodes)]  # type: ignore[arg-type]

    @property
    def page_info(self) -> PageInfo:
        first, last = (self._cursor(0), self._cursor(-1)) if self.nodes else (None, None)
        return PageInfo(self.has_next, self.has_previous, first, last)

    @cached_property
    def rest(self) -> Sums:
        """What the whole has beyond the rows of this page."""
        return remainder(self.block.whole, [row.metrics for row in self.nodes])

    @cached_property
    def _stamp(self) -> Stamp:
        return stamp_of(self.block.asked, self.block.breakdown)

    def _cursor(self, number: int) -> str:
        window, place = self.block.window, self.nodes[number].cell.place(self.block.breakdown.by)
        return self._stamp.write(Cursor(((window.since, window.until),), self.keys[number], place))


def stamp_of(asked: Performance, breakdown: Breakdown) -> Stamp:
    key = asked.key
    whose = (key.level, [one.id for one in key.entities]) if isinstance(key, Several) else key
    return Stamp((asked.node_id, whose, asked.level, asked.spec, asked.options, breakdown))
