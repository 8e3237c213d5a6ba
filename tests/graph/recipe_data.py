"""What the recipes are asked about: data built from the examples of the documents that they reproduce."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from db.conversions.recording import record
from db.database import Database
from db.importers.records import Fact, WindowReach
from db.level import Level, Platform
from resolvers import global_id
from tests.make import make_project
from tests.records import make_entity, make_place, rows, take

MILLION = 1_000_000


async def layers(database: Database, org_id: int) -> None:
    """Layers' metrics: the three days that its series prints, and fourteen more up to its totals.

    Conversions are Layers' own, from events.
    """
    first = date(2026, 4, 1)
    days = [first + timedelta(number) for number in range(17)]
    spend = [142_50, 167_22, 98_40, *spread(2819_66 - 408_12, 14)]
    conversions = [38, 45, 24, *spread(732 - 107, 14)]
    value = [484_50, 601_99, 305_04, *spread(9643_24 - 1391_53, 14)]
    impressions, clicks = spread(842_100, 17), spread(21_408, 17)
    facts = [
        _fact(Level.AD, "ad_1", day, spend_micros=spend[number] * 10_000, impressions=impressions[number],
              clicks=clicks[number])
        for number, day in enumerate(days)
    ]  # fmt: skip
    tree = [
        make_entity(Level.AD_ACCOUNT, "act_layers", name="Layers", currency="USD", timezone="UTC"),
        make_entity(Level.CAMPAIGN, "cmp_01HXG9", "act_layers", name="Spring"),
        make_entity(Level.AD_SET, "set_1", "cmp_01HXG9", name="All"),
        make_entity(Level.AD, "ad_1", "set_1", name="One"),
    ]
    await take(database, org_id, [*tree, *facts], project="Layers")
    events = [
        _purchase(f"{day} {number}", f"{day}T12:00:00Z", "ad_1", cents / 100)
        for day, count, worth in zip(days, conversions, value, strict=True)
        for number, cents in enumerate(spread(worth, count))
    ]
    await record(database, org_id, await project_id(database, org_id, "Layers"), events, datetime.now(UTC))


async def klayrai(database: Database, org_id: int) -> None:
    """Klayrai's seven days, split as its two campaigns are, and the week before, which its trends tell of."""
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
        make_entity(Level.AD_ACCOUNT, "1001", name="Klayrai", currency="EUR", timezone="Europe/Berlin"),
        make_entity(Level.CAMPAIGN, "camp_abc123", "1001", name="Summer Sale 2026 - TOF"),
        make_entity(Level.CAMPAIGN, "camp_def456", "1001", name="Retargeting - Cart Abandoners"),
    ]
    reach = WindowReach(
        make_place(), Platform.META, Level.AD_ACCOUNT, "1001", first, first + timedelta(7), 281_667
    )  # fmt: skip
    await take(database, org_id, [*tree, *facts, reach], project="Klayrai")


async def roas_to(database: Database, org_id: int) -> str:
    """ROAS.to prints no example: an account in New York, two campaigns, an ad in each. The project's id."""
    tree = [
        make_entity(Level.AD_ACCOUNT, "7007", name="ROAS", currency="USD", timezone="America/New_York"),
        *(
            make_entity(level, f"{letter}_{number}", above.format(number), name=f"{letter} {number}", status="ACTIVE",
                        **({"budget_micros": 50 * MILLION, "budget_period": "DAILY"} if letter == "c" else {}))
            for number in (1, 2)
            for level, letter, above in ((Level.CAMPAIGN, "c", "7007"), (Level.AD_SET, "s", "c_{}"),
                                         (Level.AD, "a", "s_{}"))
        ),
    ]  # fmt: skip
    days = [date(2026, 3, 29) + timedelta(number) for number in range(7)]
    facts = [
        _fact(Level.AD, f"a_{number}", day, spend_micros=10 * number * MILLION, impressions=1_000, clicks=20,
              link_clicks=10, conversions_millionths=MILLION, conversion_value_micros=15 * MILLION)
        for number in (1, 2) for day in days
    ]  # fmt: skip
    await take(database, org_id, [*tree, *facts], project="ROAS")
    project = await project_id(database, org_id, "ROAS")
    events = [
        # Late on the 30th in New York, where it is four hours earlier.
        _purchase("first", "2026-03-31T03:30:00Z", "a_1", 105),
        _purchase("second", "2026-04-02T15:00:00Z", "a_1", 70.5),
        _purchase("third", "2026-04-04T15:00:00Z", "a_2", 28),
    ]
    await record(database, org_id, project, events, datetime.now(UTC))
    return global_id.encode("Project", project)


async def layers_conversions(database: Database, org_id: int) -> None:
    """Layers' conversions: the three groups that its answer prints, and the rest of its totals on the days after."""
    project = await make_project(database, org_id, timezone="UTC")
    printed = [
        ("2026-04-11", "purchase_success", 142, range(131), 2501_85),
        ("2026-04-11", "subscribe_success", 38, range(38), 380_00),
        ("2026-04-12", "purchase_success", 201, range(131, 316), 3487_20),
        ("2026-04-16", "trial_start", 1284 - 381, range(316, 912), 22647_40 - 6369_05),
    ]  # fmt: skip
    events = [
        {
            "event_id": f"{name} {day} {number}", "event_name": name, "source": "SDK", "app_id": "shop",
            "occurred_at": f"{day}T12:00:00Z", "user_id": f"user {users[number % len(users)]}",
            "revenue_amount": str(Decimal(cents).scaleb(-2)), "currency": "USD",
        }
        for day, name, count, users, whole in printed
        for number, cents in enumerate(spread(whole, count))
    ]  # fmt: skip
    for start in range(0, len(events), 1_000):
        await record(database, org_id, project, events[start : start + 1_000], datetime(2026, 4, 20, tzinfo=UTC))


async def project_id(database: Database, org_id: int, name: str) -> int:
    """The project of that name."""
    found: int = (await rows(database, f"select id from project where org_id = {org_id} and name = '{name}'"))[0]["id"]
    return found


def spread(total: int, count: int) -> list[int]:
    """As many parts of a whole, as equal as whole numbers can be."""
    return [total // count + (number < total % count) for number in range(count)]


def _purchase(event_id: str, at: str, ad: str, value: float) -> dict[str, object]:
    """A purchase right after a click on an ad."""
    return {
        "event_id": event_id, "event_name": "purchase_success", "source": "SDK", "occurred_at": at, "user_id": event_id,
        "revenue_amount": value, "currency": "USD",
        "touches": [{"platform": "META", "ad": ad, "kind": "CLICK", "at": at}],
    }  # fmt: skip


def _fact(level: Level, external_id: str, day: date, **numbers: int) -> Fact:
    """A day on which nothing else was reported."""
    return Fact(make_place(), Platform.META, level, external_id, day, **numbers)  # type: ignore[arg-type]  # its own names
