"""What the recipes are asked about: data built from the examples of the documents that they reproduce."""

from __future__ import annotations

from datetime import date, timedelta

from db.database import Database
from db.importers.records import Fact, WindowReach
from db.level import Level, Platform
from tests.records import make_entity, make_place, take

MILLION = 1_000_000


async def layers(database: Database, org_id: int) -> None:
    """Document 000: the three days that its series prints, and fourteen more up to its totals."""
    first = date(2026, 4, 1)
    spend = [142_50, 167_22, 98_40, *spread(2819_66 - 408_12, 14)]
    conversions = [38, 45, 24, *spread(732 - 107, 14)]
    value = [484_50, 601_99, 305_04, *spread(9643_24 - 1391_53, 14)]
    impressions, clicks = spread(842_100, 17), spread(21_408, 17)
    facts = [
        _fact(Level.CAMPAIGN, "cmp_01HXG9", first + timedelta(number), spend_micros=cents * 10_000,
              conversions_millionths=conversions[number] * MILLION, conversion_value_micros=value[number] * 10_000,
              impressions=impressions[number], clicks=clicks[number])
        for number, cents in enumerate(spend)
    ]  # fmt: skip
    tree = [
        make_entity(Level.AD_ACCOUNT, "act_layers", name="Layers", currency="USD", timezone="UTC"),
        make_entity(Level.CAMPAIGN, "cmp_01HXG9", "act_layers", name="Spring"),
    ]
    await take(database, org_id, [*tree, *facts], project="Layers")


async def klayrai(database: Database, org_id: int) -> None:
    """Document 001: its seven days, split as its two campaigns are, and the week before, which its trends tell of."""
    first = date(2026, 3, 3)
    days = [first + timedelta(number) for number in range(7)]
    spend = [460_00, 475_50, 490_00, 480_00, 500_00, 495_00, 500_00]
    conversions = [38, 36, 35, 33, 31, 30, 28]
    retargeting = [15, 14, 14, 13, 12, 11, 10]
    impressions, link_clicks = spread(507_000, 7), spread(12_040, 7)
    facts = []
    for number, day in enumerate(days):
        of_retargeting = {"spend_micros": 80_00 * 10_000, "conversions_millionths": retargeting[number] * MILLION,
                          "impressions": 5_000, "link_clicks": 100}  # fmt: skip
        of_all = {"spend_micros": spend[number] * 10_000, "conversions_millionths": conversions[number] * MILLION,
                  "impressions": impressions[number], "link_clicks": link_clicks[number]}  # fmt: skip
        sale = {metric: number - of_retargeting[metric] for metric, number in of_all.items()}
        facts += [_fact(Level.CAMPAIGN, "camp_def456", day, **of_retargeting),
                  _fact(Level.CAMPAIGN, "camp_abc123", day, **sale)]  # fmt: skip
    before = zip(spread(3142_80, 7), spread(239_400_000, 7), strict=True)
    facts += [
        _fact(Level.CAMPAIGN, "camp_abc123", first - timedelta(7 - number), spend_micros=cents * 10_000,
              conversions_millionths=millionths, impressions=60_000, link_clicks=1_400)
        for number, (cents, millionths) in enumerate(before)
    ]  # fmt: skip
    tree = [
        make_entity(Level.AD_ACCOUNT, "act_1", name="Klayrai", currency="EUR", timezone="Europe/Berlin"),
        make_entity(Level.CAMPAIGN, "camp_abc123", "act_1", name="Summer Sale 2026 - TOF"),
        make_entity(Level.CAMPAIGN, "camp_def456", "act_1", name="Retargeting - Cart Abandoners"),
    ]
    reach = WindowReach(
        make_place(), Platform.META, Level.AD_ACCOUNT, "act_1", first, first + timedelta(7), 281_667
    )  # fmt: skip
    await take(database, org_id, [*tree, *facts, reach], project="Klayrai")


def spread(total: int, count: int) -> list[int]:
    """As many parts of a whole, as equal as whole numbers can be."""
    return [total // count + (number < total % count) for number in range(count)]


def _fact(level: Level, external_id: str, day: date, **numbers: int) -> Fact:
    """A day on which nothing else was reported."""
    return Fact(make_place(), Platform.META, level, external_id, day, **numbers)  # type: ignore[arg-type]  # its own names
