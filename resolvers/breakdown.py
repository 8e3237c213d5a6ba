"""Breakdowns: the cells of a node's numbers as rows, ordered and filtered by what is in them, and what is in no row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from db.errors import AdgraphError, Invalid
from resolvers import cells, completeness, formulas, performance, ranking, series
from resolvers.calendar import Against, Granularity
from resolvers.cells import By, Cell, Dimension
from resolvers.comparison import Changes, Comparison, Comparisons, spec_of
from resolvers.context import Request
from resolvers.cursor import Cursor, Key, Stamp
from resolvers.formulas import Blocks
from resolvers.metric import Metric
from resolvers.performance import Performance
from resolvers.points import Series
from resolvers.ranking import Measure, MetricCondition, MetricOrder
from resolvers.remainder import remainder
from resolvers.series import Fill
from resolvers.several import Several
from resolvers.sums import Sums
from resolvers.tree import Edge, PageInfo
from resolvers.window import Range, Window, WindowSpec, ad_account_scopes

MOST_DIMENSIONS = 2


class Breakdown(NamedTuple):
    """Along what, in which order and with which rows. Windows and options are those of what is broken down."""

    by: By
    order: MetricOrder | None
    having: tuple[MetricCondition, ...]

    @property
    def metrics(self) -> set[Metric]:
        """What it takes to order and to filter."""
        return {measure.metric for _, measure in self.measures}

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
    """What all rows of one breakdown share: what is broken down, into what, and what it all adds up to."""

    asked: Performance
    breakdown: Breakdown
    window: Window
    whole: Sums


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row: a cell, and the breakdown that it is of."""

    cell: Cell
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


@dataclass(frozen=True, eq=False)
class Page:
    """A page of rows, with the number of all of them."""

    block: Block
    nodes: Sequence[Row]
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
        return _stamp(self.block.asked, self.block.breakdown)

    def _cursor(self, number: int) -> str:
        window, place = self.block.window, self.nodes[number].cell.place(self.block.breakdown.by)
        return self._stamp.write(Cursor(((window.since, window.until),), self.keys[number], place))


def _stamp(asked: Performance, breakdown: Breakdown) -> Stamp:
    key = asked.key
    whose = (key.level, [one.id for one in key.entities]) if isinstance(key, Several) else key
    return Stamp((asked.node_id, whose, *asked[1:], breakdown))


async def pages(
    request: Request, asked: Sequence[Performance], breakdown: Breakdown, columns: tuple[str, ...], after: str | None,
    first: int, *, with_whole: bool,
) -> list[Page | AdgraphError]:  # fmt: skip
    """Batch: a page of the rows of each one's breakdown, with the sums of `columns`; `with_whole`, those of all that is
    broken down as well, which shares and the rest are of.
    """
    cells.check(breakdown.by, asked[0].at_level)
    asked = await performance.settled(request, asked)
    whole, windows, heads = await asyncio.gather(
        performance.totals(request, asked if with_whole else [], columns),
        performance.windows(request, asked),
        cells.heads(request, asked, breakdown.by),
    )
    errors = await _errors(request, asked, breakdown)
    wanted = [head for own, error in zip(heads, errors, strict=True) if not error for head in own]
    found = iter(await cells.of(request, wanted, breakdown.by, columns))
    answers: list[Page | AdgraphError] = []
    wholes = whole or [Sums()] * len(asked)
    for one, sums, window, own, error in zip(asked, wholes, windows, heads, errors, strict=True):
        block = Block(one, breakdown, window, sums)
        try:
            answers.append(error or _page(block, [cell for _ in own for cell in next(found)], after, first))
        except AdgraphError as refused:
            answers.append(refused)
    request.spend(sum(len(page.nodes) for page in answers if isinstance(page, Page)))
    return answers


async def _errors(request: Request, asked: Sequence[Performance], breakdown: Breakdown) -> list[AdgraphError | None]:
    """Batch: why each one's rows cannot be ordered or filtered so."""
    if not breakdown.measures:
        return [None] * len(asked)
    accounts = await performance.accounts(request, asked)
    scopes = await request.load_all(ad_account_scopes, {account.id for own in accounts for account in own})
    answers: list[AdgraphError | None] = []
    for one, own in zip(asked, accounts, strict=True):
        try:
            for name, measure in breakdown.measures:
                ranking.check(
                    name, ranking.told(measure, one.spec, one.options.currency), [scopes[account.id] for account in own]
                )
        except AdgraphError as error:
            answers.append(error)
        else:
            answers.append(None)
    return answers


def _page(block: Block, found: Sequence[Cell], after: str | None, first: int) -> Page:
    breakdown = block.breakdown
    start = _stamp(block.asked, breakdown).read(after) if after is not None else None
    if start and start.windows != ((block.window.since, block.window.until),):
        (since, until), *_ = start.windows
        raise Invalid(
            f"`after` is a cursor of the days from {since} to before {until}; these are others. Ask for those by "
            "`window: {range: …}`."
        )
    found = sorted(found, key=lambda cell: cell.place(breakdown.by))
    sums = [cell.metrics for cell in found]
    kept: Sequence[int] = range(len(found))
    for condition in breakdown.having:
        keys = formulas.sort_values(condition.metric, sums, worst=condition.worst)
        kept = [number for number in kept if condition.holds(keys[number])]
    order = breakdown.order
    own: Sequence[Key] = [None] * len(found)
    if order:
        own = formulas.sort_values(order.metric, sums, worst=order.worst)
    descending = bool(order and order.descending)
    ranks = ranking.ordered(kept, own, descending=descending)
    sorted_keys = [own[rank] for rank in ranks]
    begin = 0
    if start:
        places = (found[rank].place(breakdown.by) for rank in ranks)
        begin = ranking.behind(sorted_keys, places, start, descending=descending)
    rows = [Row(found[rank], block) for rank in ranks[begin : begin + first]]
    more = begin + first < len(ranks)
    return Page(block, rows, sorted_keys[begin : begin + first], len(ranks), more, start is not None)


async def comparisons(
    request: Request, rows: Sequence[Row], to: Against | WindowSpec, columns: tuple[str, ...], *, with_partial: bool
) -> Sequence[Comparison | None]:
    """Batch: each row's sums of `columns` beside those of the row at the same place in the compared days: of the same
    weekday, or of the bucket that is as far from the start. None past the end. All rows are of one kind of breakdown.
    `with_partial`: whether anybody wants to know that days are missing.
    """
    by = rows[0].block.breakdown.by
    heads = list(dict.fromkeys(row.cell.head for row in rows))
    earlier = [replace(head, asked=head.asked._replace(spec=spec_of(head.asked.spec, to))) for head in heads]
    found = dict(zip(heads, await cells.of(request, earlier, by, columns), strict=True))
    before = [_beside(row.cell, found[row.cell.head]) for row in rows]
    partial = [False] * len(rows)
    if with_partial:
        known, known_before = await asyncio.gather(
            completeness.of(request, [row.cell.head.asked for row in rows]),
            completeness.of(request, [(one or row.cell).head.asked for one, row in zip(before, rows, strict=True)]),
        )
        partial = [
            not (days.whole(row.cell.window.since, row.cell.window.until) and one is not None
                 and days_before.whole(one.window.since, one.window.until))
            for row, one, days, days_before in zip(rows, before, known, known_before, strict=True)
        ]  # fmt: skip
    there = [one for one in before if one]
    if len(there) == len(rows):
        windows = [one.window for one in there]
        sides = Blocks(row.metrics for row in rows), Blocks(one.metrics for one in there)
        return Comparisons(windows, partial, *sides)
    return [
        Comparison(one.window, incomplete, one.metrics, Changes(row.metrics, one.metrics)) if one else None
        for row, one, incomplete in zip(rows, before, partial, strict=True)
    ]


def _beside(cell: Cell, found: Sequence[Cell]) -> Cell | None:
    """The one of another window's cells that is at the same place."""
    weekday = cell.along.get(Dimension.WEEKDAY)
    if weekday is not None:
        found = [one for one in found if one.along[Dimension.WEEKDAY] == weekday]
    return found[cell.number] if cell.number < len(found) else None


async def series_of(
    request: Request, rows: Sequence[Row], granularity: Granularity, fill: Fill, columns: tuple[str, ...], *,
    placed: bool,
) -> list[Series | None]:  # fmt: skip
    """Batch: the sums of `columns` over each bucket of each row's days; None where those do not follow each other."""
    asked = {row: _performance(row.cell) for row in rows if row.cell.together}
    found = await series.of(request, list(asked.values()), granularity, fill, columns, placed=placed)
    return list(map(dict(zip(asked, found, strict=True)).get, rows))


def _performance(cell: Cell) -> Performance:
    """The same numbers, as what they are of has them over the cell's days."""
    if cell.along is cell.head.along:
        return cell.head.asked
    return cell.head.asked._replace(spec=Range(cell.window.since, cell.window.until))
