"""What imports of the tree change for conversions: ads that they waited for, ads that move, and other timezones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from db import tracked
from db.conversions.rollups import Refunded, Rollups, State
from db.conversions.taking import Intake
from db.database import Row, Transaction

# Conversions that are in memory at once.
_AT_ONCE = 20_000


class _IdRow(Row):
    id: int


@dataclass
class Restating:
    """The ads whose conversions have been taken out of what is tracked, until the tree is as it will be."""

    project_id: int
    ad_ids: list[int]


async def begin(
    transaction: Transaction, org_id: int, project_id: int, moving: Collection[int], ad_account_ids: Collection[int]
) -> Restating:
    """Before the tree is written: takes out what is tracked of ads among `moving` and of those in the ad accounts."""
    ads = set(moving)
    if ad_account_ids:
        rows = await transaction.fetch("ads_of_ad_accounts", org_id, sorted(ad_account_ids), row=_IdRow)
        ads.update(row.id for row in rows)
    restating = Restating(project_id, sorted(ads))
    if ads:
        # From here on nobody else adds to what is tracked.
        await Intake.locked(transaction, org_id, project_id)
        await tracked.forget_spans(transaction, org_id, restating.ad_ids)
        await _add(transaction, org_id, restating, -1)
    return restating


async def finish(
    transaction: Transaction, org_id: int, restating: Restating, new_ads: Collection[int], now: datetime
) -> None:
    """After it: puts it back in where it belongs now, and looks at conversions again that waited for the new ads."""
    if not (restating.ad_ids or new_ads):
        return
    intake = await Intake.locked(transaction, org_id, restating.project_id)
    if restating.ad_ids:
        await tracked.forget_spans(transaction, org_id, restating.ad_ids)
        await _add(transaction, org_id, restating, 1)
        await tracked.add_up_spans(transaction, org_id, restating.project_id, now.date())
        intake.changed = True
    if new_ads:
        key = (org_id, restating.project_id, sorted(new_ads))
        waiting = [row.id for row in await transaction.fetch("conversions_awaiting", *key, row=_IdRow)]
        for start in range(0, len(waiting), _AT_ONCE):
            await intake.look_again(waiting[start : start + _AT_ONCE], now)
            await intake.add_up()
        if waiting:
            await transaction.execute("ads_awaited_are_there", *key)
    await intake.finish()


async def _add(transaction: Transaction, org_id: int, restating: Restating, sign: int) -> None:
    key = (org_id, restating.project_id)
    after = 0
    while True:
        rows = await transaction.fetch("conversions_touched", *key, restating.ad_ids, after, _AT_ONCE, row=Row)
        if not rows:
            return
        states = {row["id"]: State(*row) for row in rows}
        after = max(states)
        refunds = await transaction.fetch("refunds_of_conversions", *key, list(states), row=Row)
        rollups = Rollups()
        rollups.conversions(sign, states.values())
        rollups.refunds(
            sign, (Refunded(states[row["conversion_id"]], row["value"], row["currency"]) for row in refunds)
        )
        await tracked.add(transaction, org_id, rollups.tracked)
