"""Reading ahead: pages further down the tree are asked for side by side with those that they are below.

Whoever comes to such pages level by level takes the rows that are there by then, if they are of the same parents. Where
they are not, where reading failed or found too much, they are asked for as ever.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

from db import entity
from db.entity import Step
from resolvers.alike import Rows
from resolvers.batching import many_per_key

if TYPE_CHECKING:
    from resolvers.context import Request

# More rows take longer to read than to wait for, and may be more than the answer may hold.
MOST = 20_000


class Pages:
    """The pages that a path of steps leads to, from nodes whose ids are known: what is below what is on the pages
    before, as the database finds those.
    """

    def __init__(self, request: Request, step: Step, above: Pages | None, ids: Iterable[int] = ()) -> None:
        """`above`: the pages before; None: `ids` are the nodes that the path leads down from."""
        self.step = step
        self.above = above
        self.ids = dict.fromkeys(ids)
        self.sent = False
        self.reading = asyncio.create_task(self._read(request))

    @property
    def path(self) -> tuple[Pages, ...]:
        """These pages behind all that lead to them."""
        return (*(self.above.path if self.above else ()), self)

    @property
    def parents(self) -> list[int] | None:
        """Whose children these are; None where that is not known (yet)."""
        return self.above.shown if self.above else list(self.ids)

    @property
    def shown(self) -> list[int] | None:
        """The nodes on these pages; None where that is not known (yet)."""
        rows = self.reading.result() if self.reading.done() and not self.reading.cancelled() else None
        parents = self.parents
        if rows is None or parents is None or len(rows) >= MOST:
            return None
        column, first = self.step.kind.parent_column, self.step.first
        if max(Counter(rows.every(column)).values(), default=0) <= first:
            return rows.every("id")
        each = many_per_key(parents, rows, key=lambda row: row[column])
        return [row.id for own in each for row in own[:first]]

    async def rows(self) -> Rows | None:
        """What was found, a row beyond each page included; None where that is of no use."""
        # Who gives up waiting does so alone.
        return await asyncio.shield(self.reading)

    async def _read(self, request: Request) -> Rows | None:
        # Others may ask below further nodes in the same turn.
        await asyncio.sleep(0)
        top, *_ = path = self.path
        top.sent = True
        steps = [pages.step for pages in path]
        try:
            rows = await entity.below(request.database, request.org_id, list(top.ids), steps, MOST)
        except Exception:  # noqa: BLE001  # who needs them asks again, and is told what is wrong
            return None
        return Rows(rows) if self.above is None or len(rows) < MOST else None


class Ahead:
    """What one request has asked for ahead."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Pages] = {}
        self._of_step: dict[Step, list[Pages]] = {}

    def has(self, step: Step, parent_ids: Sequence[int]) -> bool:
        """Whether pages of that step below just these have been asked for, and so what is below them."""
        return any(pages.parents == parent_ids for pages in self._of_step.get(step, ()))

    def ask(self, request: Request, step: Step, above: Pages | None, ids: Iterable[int] = ()) -> Pages | None:
        """Asks for pages, once for all who ask for the same in one turn of the event loop. None where it is too late
        to ask with others.
        """
        found = self._asked.get((above, step))
        if found is None:
            found = self._asked[above, step] = Pages(request, step, above, ids)
            self._of_step.setdefault(step, []).append(found)
        elif found.path[0].sent:
            return None
        found.ids.update(dict.fromkeys(ids))
        return found

    async def taken(self, step: Step, parent_ids: Sequence[int]) -> Rows | None:
        """The rows of that step below these parents; None where they are not there for each of them."""
        asked = self._of_step.get(step, ())
        for pages in asked:
            if pages.parents == parent_ids:
                return await pages.rows()
        # What several have asked for one by one may be wanted together.
        of = {id_: pages for pages in asked for id_ in pages.parents or ()}
        if not all(id_ in of for id_ in parent_ids):
            return None
        wanted, column, found = set(parent_ids), step.kind.parent_column, Rows([])
        for pages in {of[id_]: None for id_ in parent_ids}:
            rows = await pages.rows()
            if rows is None:
                return None
            found += [row for row in rows if row[column] in wanted and of[row[column]] is pages]
        return found

    def stop(self) -> None:
        """Ends what nobody has waited for."""
        for pages in self._asked.values():
            pages.reading.cancel()
        self._asked.clear()
        self._of_step.clear()
