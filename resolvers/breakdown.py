"""Breakdowns: the cells of a node's numbers as rows, ordered and filtered by what is in them, and what is in no row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from db.errors import AdgraphError, Invalid
from resolvers import (
    cell,
    cells,
    comparison,
    completeness,
    formulas,
    next_asked,
    node_sums,
    performance,
    ranking,
    series,
)
from resolvers.alike import picked
from resolvers.batching import both
from resolvers.breakdown_page import Block, Breakdown, Page, Row, Rows, asked_of, side_by_side, stamp_of
from resolvers.calendar import Against, Granularity
from resolvers.cell import Cell, Dimension
from resolvers.comparison import Changes, Comparison, Comparisons, spec_of
from resolvers.context import Request
from resolvers.cursor import Key
from resolvers.formulas import Blocks
from resolvers.next_asked import Ahead
from resolvers.performance import Performance
from resolvers.points import Series
from resolvers.series import Fill
from resolvers.sums import Sums
from resolvers.window import Range, WindowSpec, ad_account_scopes


async def pages(
    request: Request, asked: Sequence[Performance], breakdown: Breakdown, columns: tuple[str, ...], after: str | None,
    first: int, *, with_whole: bool, ahead: Ahead,
) -> list[Page | AdgraphError]:  # fmt: skip
    """Batch: a page of the rows of each one's breakdown, with the sums of `columns`; `with_whole`, those of all that is
    broken down as well, which shares and the rest are of. What the rows are asked for next is in `ahead`.
    """
    cell.check(breakdown.by, asked[0].at_level)
    asked = await performance.settled(request, asked)
    whole: Sequence[Sums] = [Sums()] * len(asked)
    if with_whole:
        whole, heads = await both(node_sums.totals(request, asked, columns), cells.heads(request, asked, breakdown.by))
    else:
        heads = await cells.heads(request, asked, breakdown.by)
    windows = await performance.windows(request, asked)
    errors = await _errors(request, asked, breakdown)
    wanted = [own for own, error in zip(heads, errors, strict=True) if not error]
    next_asked.expect(wanted, ahead, columns)
    reading = cells.of_nodes(request, wanted, breakdown.by, columns)
    beside = next_asked.read(request, wanted, ahead)
    each, before = await both(reading, beside) if beside else (await reading, None)
    found = iter(each)
    answers: list[Page | AdgraphError] = []
    for one, sums, window, error in zip(asked, whole, windows, errors, strict=True):
        if error:
            answers.append(error)
            continue
        own = next(found)
        block = Block(one, breakdown, window, sums, cell.metrics_of(own), before)
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
    start = stamp_of(block.asked, breakdown).read(after) if after is not None else None
    if start and start.windows != ((block.window.since, block.window.until),):
        (since, until), *_ = start.windows
        raise Invalid(
            f"`after` is a cursor of the days from {since} to before {until}; these are others. Ask for those by "
            "`window: {range: …}`."
        )
    places, sums = cell.places_of(found, breakdown.by), block.metrics
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
    shown = ranks[begin : begin + first]
    rows = Rows(block, picked(found, shown), shown)
    more = begin + first < len(ranks)
    return Page(block, rows, sorted_keys[begin : begin + first], len(ranks), more, start is not None)


async def comparisons(
    request: Request, rows: Sequence[Row], to: Against | WindowSpec, columns: tuple[str, ...], *, with_partial: bool
) -> Sequence[Comparison | None]:
    """Batch: each row's sums of `columns` beside those of the row at the same place in the compared days: of the same
    weekday, or of the bucket that is as far from the start. None past the end. All rows are of one kind of breakdown.
    `with_partial`: whether anybody wants to know that days are missing.
    """
    rows = side_by_side(rows)
    by = rows[0].block.breakdown.by
    if not any(dimension in cell.TIMES for dimension in by):
        asked = asked_of(rows)
        earlier = performance.elsewhen(asked, lambda spec: spec_of(spec, to))
        current, previous = _sides(rows, to, columns)
        if previous is None:
            previous = await node_sums.totals(request, earlier, columns)
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
    if not isinstance(rows, Rows):
        return Blocks(row.metrics for row in rows), None
    before = rows.block.before
    known = before and before[0].to == to and before[0].compared == columns
    return rows.every("metrics"), formulas.picked(before[1], rows.ranks) if before and known else None


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
    asked = {number: _performance(row.cell) for number, row in enumerate(rows) if row.cell.together}
    found = await series.of(request, list(asked.values()), granularity, fill, columns, placed=placed)
    return list(map(dict(zip(asked, found, strict=True)).get, range(len(rows))))


def _performance(cell: Cell) -> Performance:
    """The same numbers, as what they are of has them over the cell's days."""
    if cell.along is cell.head.along:
        return cell.head.asked
    return cell.head.asked._replace(spec=Range(cell.window.since, cell.window.until))
