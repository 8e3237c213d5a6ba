"""What is certain of a reach that no platform reported: the most that a part says, and the sum of all parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from db.database import Database, Row


class ReachBoundsRow(Row):
    """The bounds of an entity with any row in the window; None: nothing that was reported gives one."""

    entity_id: int
    at_least: int | None
    at_most: int | None


async def by_entity_ids(
    database: Database, org_id: int, ad_account_ids: Sequence[int], since: Sequence[date], until: Sequence[date],
    known: Sequence[int], entity_ids: Sequence[int],
) -> list[ReachBoundsRow]:  # fmt: skip
    """The bounds of entities over the window `[since, until)` of their ad account; who has no row there is left out.

    `known` is the deepest level of each ad account that is known on all days of the window, with all above it; 0: none.
    """
    return await database.fetch(
        "reach_bounds", org_id, ad_account_ids, since, until, known, entity_ids, row=ReachBoundsRow
    )
