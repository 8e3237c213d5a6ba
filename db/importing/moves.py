"""Entities that move to another parent: what lies below follows, with its facts, and both places are added up anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from db.database import Row, Transaction
from db.importing.entities import Stored
from db.importing.refusals import CurrencyChanged
from db.importing.tree import NAMELESS, Key
from db.level import Level

Days = dict[int, set[date]]


class _IdRow(Row):
    id: int


class _FactDayRow(Row):
    ad_account_id: int
    day: date


class _ChangingRow(Row):
    external_id: str
    ad_account_before: str
    currency_before: str
    ad_account_now: str
    currency_now: str


@dataclass
class Moving:
    """Entities about to move, all that lies below them, and the days of facts concerned, by ad account."""

    ids: list[int]
    days: Days = field(default_factory=lambda: defaultdict(set))


async def begin(transaction: Transaction, org_id: int, moved: Sequence[Stored]) -> Moving:
    """Before the tree is written: gathers what the entities `moved` take along."""
    if not moved:
        return Moving([])
    by_level: dict[Level, list[int]] = defaultdict(list)
    for entity in moved:
        by_level[entity.node.key.level].append(entity.id)
    below = await transaction.fetch("descendants", org_id, by_level[Level.CAMPAIGN], by_level[Level.AD_SET], row=_IdRow)
    moving = Moving(sorted({entity.id for entity in moved} | {row.id for row in below}))
    await _note_days(transaction, org_id, moving)
    return moving


async def finish(transaction: Transaction, org_id: int, moving: Moving) -> None:
    """After the tree is written: what lies below follows into the new ad account, and so do the facts."""
    if not moving.ids:
        return
    await transaction.execute("ad_sets_follow_campaigns", org_id, moving.ids)
    await transaction.execute("ads_follow_ad_sets", org_id, moving.ids)
    for table in ("campaign", "ad_set", "ad"):
        changing = await transaction.fetch("fact_changing_currency", org_id, moving.ids, row=_ChangingRow, entity=table)
        for row in changing:
            raise _changed(table, row)
        await transaction.execute("facts_follow_entities", org_id, moving.ids, entity=table)
    # All their days are added up anew, but where nothing is left of an entity's day nobody would clear it.
    await transaction.execute("forget_rollups", org_id, moving.ids)
    await _note_days(transaction, org_id, moving)


async def drop_empty(
    transaction: Transaction, org_id: int, moved: Sequence[Stored], stored: Mapping[Key, Stored]
) -> None:
    """Removes the nameless stand-ins that the entities `moved` were in, where nothing is left in them."""
    ids = set()
    for entity in moved:
        above = stored.get(entity.parent) if entity.parent else None
        while above and above.node.key.external_id.startswith(NAMELESS):
            ids.add(above.id)
            above = stored.get(above.parent) if above.parent else None
    if ids:
        await transaction.execute("drop_empty_ad_sets", org_id, sorted(ids))
        await transaction.execute("drop_empty_campaigns", org_id, sorted(ids))


async def _note_days(transaction: Transaction, org_id: int, moving: Moving) -> None:
    for row in await transaction.fetch("fact_days_of_entities", org_id, moving.ids, row=_FactDayRow):
        moving.days[row.ad_account_id].add(row.day)


def _changed(table: str, row: _ChangingRow) -> CurrencyChanged:
    return CurrencyChanged(
        f"Nothing was imported: the {table.replace('_', ' ')} {row.external_id} has facts in {row.currency_before} in "
        f"the ad account {row.ad_account_before} and would move to {row.ad_account_now}, which is in "
        f"{row.currency_now}. Facts never change their currency. Import all files into a new organization "
        "(--organization NAME) if the move is right."
    )
