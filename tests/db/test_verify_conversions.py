"""Verifying finds nothing in sums of conversions that were taken as they are, and whatever was changed in them."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from db import tracked
from db.database import Database, recording
from db.verify import verify
from tests.db.conversions.worlds import make_tree, random_events, take


@pytest.fixture
async def taken(database: Database, org_id: int) -> None:
    project_id = await make_tree(database, org_id, "a1", "a2")
    random = Random(5)
    await take(database, org_id, project_id, random_events(random, 60), 20)
    with recording():
        async with database.transaction() as transaction:
            await tracked.add_up_spans(transaction, org_id, project_id, date(2025, 6, 20))
    # Those that come late stand beside the spans.
    await take(database, org_id, project_id, random_events(random, 60), 20)


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update conversion set value = value + 1 where value is not null", ": conversion "),
        ("update conversion set view_ad_id = null, viewed_at = null where view_ad_id is not null",
         "view_ad_id None, should be"),
        ("update conversion_message set user_id = 'another' where kind = 1 and user_id is not null", "user_id "),
        ("delete from conversion_message where kind = 1", "that should not be there"),
        ("update conversion_quarter set count = count + 1", "conversions of the quarter: count"),
        ("update conversion_quarter set app_id = 99", "conversions of the quarter that should not be there"),
        ("update conversion_hour set refund_value = refund_value + 1", "conversions of the hour: refund_value"),
        ("delete from conversion_hour", "conversions of the hour that is not there"),
        ("update tracked_day set value_28_28 = value_28_28 + 0.1 where span = 1 and basis = 0 and kind = 1",
         "by time of the conversion"),
        ("update tracked_day set count_0_7 = count_0_7 + 1 where span = 1 and basis = 1", "by time of the touch"),
        ("update tracked_day set count_7_1 = count_7_1 + 1 where span = 1 and kind = 2", "tracked refunds of 1 days"),
        ("delete from tracked_day where span = 1", "that is not there"),
        ("update tracked_span set counts_1_0[1] = counts_1_0[1] + 1 where span = 4", "of 4 days"),
        ("update tracked_span set values_1_0[1] = values_1_0[1] + 1 where span = 16", "of 16 days"),
        ("update tracked_day set count_1_0 = count_1_0 + 1 where span = 0", "of 1 days"),
        ("update tracked_through set through = through - 16", "that should not be there"),
        ("update conversion set clicked_at = clicked_at - interval '2 days' where clicked_at is not null",
         "by time of the touch"),
        ("update ad_account set timezone = 'America/Los_Angeles'", "tracked conversions of 1 days"),
    ],
)  # fmt: skip
async def test_what_was_changed_in_sums_of_conversions_is_found(
    database: Database, org_id: int, change: str, said: str
):
    assert [str(difference) for difference in (await verify(database, org_id)).differences] == []
    async with database.transaction() as transaction:
        status = await transaction._connection.execute(change)
    assert not status.endswith(" 0")

    verified = await verify(database, org_id)

    assert verified.count >= len(verified.differences) > 0
    assert any(said in str(difference) for difference in verified.differences), list(map(str, verified.differences))
