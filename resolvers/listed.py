"""Which list of entities is meant, and who may be in it before any numbers are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from db import entity_list
from db.database import Row
from db.entity import Kind
from db.entity_list import Conditions, IdsRow, Order
from db.errors import QueryTooComplex
from resolvers.context import MOST_LEFT, Request, found_by
from resolvers.cursor import Stamp
from resolvers.entity import Entities
from resolvers.ranking import Measure, MetricCondition, MetricOrder

# To compare more takes longer than an answer may.
MOST_MEASURED = 200_000


class EntityList(NamedTuple):
    """Which list: the kind of its entities and of what they are below, what they meet, and their order."""

    parent: Kind[Row]
    kind: Kind[Row]
    conditions: Conditions = Conditions()
    metrics: tuple[MetricCondition, ...] = ()
    order: Order | MetricOrder = Order()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What it takes numbers for."""
        return (*self.metrics, self.order) if isinstance(self.order, MetricOrder) else self.metrics

    @property
    def by_id(self) -> bool:
        """Whether it is of all that are below a node, so that an id alone says where in it the id's node is."""
        return self.order == Order() and not self.metrics and self.conditions == Conditions()

    def stamp(self, parent_id: int) -> Stamp:
        """What marks the cursors of the list below one parent."""
        return Stamp((self.parent.name, parent_id, self.kind.name, *self[2:]))


async def candidates(request: Request, parent_ids: Sequence[int], listed: EntityList) -> list[Entities]:
    """Batch: who meets what can be told without numbers, in order of id, below each parent."""
    rows = await entity_list.ids(
        request.database, request.org_id, listed.parent, listed.kind, parent_ids, listed.conditions
    )
    if sum(len(row.ids) for row in rows) > MOST_MEASURED:
        raise QueryTooComplex(
            f"More than {MOST_MEASURED:,} entities would have to be compared by their numbers. Narrow the list with "
            "`filter`, or ask further down the tree."
        )
    found: dict[int, list[IdsRow]] = {parent_id: [] for parent_id in parent_ids}
    for row in rows:
        found[row.parent_id].append(row)
    return [_together(own) for own in found.values()]


def _together(rows: Sequence[IdsRow]) -> Entities:
    ids: list[int] = []
    accounts: list[int] = []
    for row in rows:
        own = row.ids
        ids += own
        accounts += [row.ad_account_id] * len(own)
    if len(rows) > 1:
        # Each row is in order.
        pairs = sorted(zip(ids, accounts, strict=True))
        ids, accounts = [id_ for id_, _ in pairs], [account for _, account in pairs]
    return Entities(ids, accounts)


@found_by(lambda request, ids, *kinds: request.had(candidates, ids, EntityList(*kinds)))
async def below(request: Request, ids: Sequence[int], parent: Kind[Row], kind: Kind[Row]) -> list[Entities]:
    """Batch: all entities of one kind below each node of another, in order of id."""
    listed = EntityList(parent, kind)
    found = await candidates(request, ids, listed)
    if sum(map(len, found)) <= MOST_LEFT:
        request.leave(candidates, ids, found, listed)
    return found
