"""Breakdowns: the cells of a node's numbers as rows, ordered and filtered by what is in them, and what is in no row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from db.errors import AdgraphError, Invalid
from resolvers import cells, comparison, completeness, formulas, next_asked, performance, ranking, series
from resolvers.batching import both
from resolvers.calendar import Against, Granularity
from resolvers.cells import By, Cell, Dimension
from resolvers.comparison import Changes, Comparison, Comparisons, spec_of
from resolvers.context import Request
from resolvers.cursor import Cursor, Key, Stamp
from resolvers.formulas import Blocks
from resolvers.metric import Metric
from resolvers.next_asked import Ahead
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
    return Stamp((asked.node_id, whose, asked.level, asked.spec, asked.options, breakdown))


async def pages(
    request: Request, asked: Sequence[Performance], breakdown: Breakdown, columns: tuple[str, ...], after: str | None,
    first: int, *, with_whole: bool, ahead: Ahead,
) -> list[Page | AdgraphError]:  # fmt: skip
    """Batch: a page of the rows of each one's breakdown, with the sums of `columns`; `with_whole`, those of all that is
    broken down as well, which shares and the rest are of. What the rows are asked for next is in `ahead`.
    """
    cells.check(breakdown.by, asked[0].at_level)
    asked = await performance.settled(request, asked)
    known = both(cells.heads(request, asked, breakdown.by), performance.windows(request, asked))
    whole: Sequence[Sums] = [Sums()] * len(asked)
    if with_whole:
        whole, (heads, windows) = await both(performance.totals(request, asked, columns), known)
    else:
        heads, windows = await known
    errors = await _errors(request, asked, breakdown)
    wanted = [own for own, error in zip(heads, errors, strict=True) if not error]
    next_asked.expect(wanted, ahead, columns)
    each, before = await both(
        cells.of_nodes(request, wanted, breakdown.by, columns), next_asked.read(request, wanted, ahead)
    )
    found = iter(each)
    answers: list[Page | AdgraphError] = []
    for one, sums, window, error in zip(asked, whole, windows, errors, strict=True):
        if error:
            answers.append(error)
            continue
        own = next(found)
        block = Block(one, breakdown, window, sums, cells.metrics_of(own), before)
        try:
            answers.append(_page(block, own, after, first))
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
    places, sums = cells.places_of(found, breakdown.by), block.metrics
    kept = sorted(range(len(found)), key=places.__getitem__)
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
        begin = ranking.behind(sorted_keys, (places[rank] for rank in ranks), start, descending=descending)
    rows = [Row(found[rank], rank, block) for rank in ranks[begin : begin + first]]
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
    if not any(dimension in cells.TIMES for dimension in by):
        asked = performance.alike([row.cell.head.asked for row in rows])
        earlier = performance.elsewhen(asked, lambda spec: spec_of(spec, to))
        current, previous = _sides(rows, to, columns)
        if previous is None:
            previous = await performance.totals(request, earlier, columns)
        return await comparison.between(request, asked, earlier, current, previous, with_partial=with_partial)
    heads = list(dict.fromkeys(row.cell.head for row in rows))
    others = [replace(head, asked=head.asked._replace(spec=spec_of(head.asked.spec, to))) for head in heads]
    found = dict(zip(heads, await cells.of(request, others, by, columns), strict=True))
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


def _sides(
    rows: Sequence[Row], to: Against | WindowSpec, columns: tuple[str, ...]
) -> tuple[Sequence[Sums], Sequence[Sums] | None]:
    """The numbers of rows, and those of the days that they are compared with where they are known."""
    block = rows[0].block
    if any(row.block is not block for row in rows):
        return Blocks(row.metrics for row in rows), None
    ranks = [row.rank for row in rows]
    known = block.before and block.before[0].to == to and block.before[0].compared == columns
    before = formulas.picked(block.before[1], ranks) if block.before and known else None
    return formulas.picked(block.metrics, ranks), before


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
