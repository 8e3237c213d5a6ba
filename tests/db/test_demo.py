"""The demo data: plausible, the same for the same day on whatever day it runs, and summing up at every level."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from db.conversions.event import CONVERSION, REFUND, Event
from db.database import Database
from db.importers.demo import DAYS, load_demo, records
from db.importers.demo_cast import PROJECTS
from db.importers.demo_events import events_of
from db.importers.records import Entity, Fact
from db.level import Level, Platform

TODAY = date(2026, 3, 4)
FIRST = TODAY - timedelta(DAYS - 1)
ADDITIVE = (
    "spend_micros", "impressions", "clicks", "link_clicks", "conversions_millionths", "conversion_value_micros",
)  # fmt: skip


@pytest.fixture(scope="module")
def told() -> list[Entity | Fact]:
    return list(_told(FIRST, TODAY))


def _told(since: date, today: date) -> Iterator[Entity | Fact]:
    for accounts in PROJECTS.values():
        for record in records(accounts, since, today):
            assert isinstance(record, Entity | Fact)
            yield record


def _ad_facts(told: list[Entity | Fact]) -> list[Fact]:
    return [record for record in told if isinstance(record, Fact) and record.level is Level.AD]


def _rate(facts: list[Fact], numerator: str, denominator: str) -> float:
    top, bottom = (sum(getattr(fact, metric) for fact in facts) for metric in (numerator, denominator))
    return float(top / max(1, bottom))


def test_the_demo_is_of_the_promised_size(told):
    entities = [record for record in told if isinstance(record, Entity)]
    count = {level: sum(entity.level is level for entity in entities) for level in Level}

    assert len(PROJECTS) == 2
    assert count[Level.AD_ACCOUNT] == 6
    assert count[Level.CAMPAIGN] >= 40
    assert count[Level.AD_SET] >= 200
    assert count[Level.AD] >= 1_000
    assert {entity.platform for entity in entities} == set(Platform)
    assert {fact.day for fact in _ad_facts(told)} == {FIRST + timedelta(back) for back in range(DAYS)}
    assert len({(entity.platform, entity.level, entity.external_id) for entity in entities}) == len(entities)


def test_one_project_has_one_currency_and_the_other_two():
    currencies = [{account.currency for account in accounts} for accounts in PROJECTS.values()]

    assert currencies == [{"USD"}, {"USD", "EUR"}]
    assert len({account.timezone for accounts in PROJECTS.values() for account in accounts}) >= 4


def test_numbers_obey_what_platforms_can_report(told):
    for fact in _ad_facts(told):
        assert fact.spend_micros is not None and fact.spend_micros % 10_000 == 0
        assert fact.impressions is not None and fact.clicks is not None and fact.link_clicks is not None
        assert fact.conversions_millionths is not None
        assert 0 <= fact.conversions_millionths // 1_000_000 <= fact.link_clicks <= fact.clicks <= fact.impressions
        if fact.platform is Platform.APPLE:
            assert (fact.reach, fact.conversion_value_micros, fact.link_clicks) == (None, None, fact.clicks)
        else:
            assert fact.reach is not None and fact.reach <= fact.impressions
            assert fact.reach > 0 or fact.impressions == 0
            assert fact.conversion_value_micros is not None and fact.conversion_value_micros % 10_000 == 0


def test_a_day_has_the_same_numbers_on_whatever_day_it_is_told(told):
    later = TODAY + timedelta(40)
    facts = {(fact.platform, fact.level, fact.external_id, fact.day): fact for fact in told if isinstance(fact, Fact)}
    overlapping = [
        record for record in _told(later - timedelta(DAYS - 1), later)
        if isinstance(record, Fact) and record.day <= TODAY
    ]  # fmt: skip

    assert len(overlapping) > 50_000
    assert all(fact == facts[fact.platform, fact.level, fact.external_id, fact.day] for fact in overlapping)


def test_weekends_differ_from_weekdays(told):
    facts = _ad_facts(told)
    spend = [sum(fact.spend_micros or 0 for fact in facts if fact.day.weekday() == weekday) for weekday in range(7)]

    assert min(spend[5:]) > max(spend[:4])


def test_a_creative_tires(told):
    of_shop = next(iter(PROJECTS.values()))[0]
    campaign = next(campaign.name for campaign in of_shop.campaigns if campaign.tires)
    ads = _ads_below(told, campaign, {entity.external_id: entity.name or "" for entity in _level(told, Level.AD)})
    launched = {key: date.fromisoformat(name.rsplit(" ", 1)[1]) for key, name in ads.items()}
    facts = [fact for fact in _ad_facts(told) if fact.external_id in ads]
    fresh = [fact for fact in facts if (fact.day - launched[fact.external_id]).days < 14]
    tired = [fact for fact in facts if (fact.day - launched[fact.external_id]).days > 60]

    assert _rate(tired, "clicks", "impressions") < 0.6 * _rate(fresh, "clicks", "impressions")
    assert _rate(tired, "spend_micros", "conversions_millionths") > 1.5 * _rate(
        fresh, "spend_micros", "conversions_millionths"
    )


def test_a_campaign_fails(told):
    names = {entity.external_id: entity.name for entity in _level(told, Level.CAMPAIGN)}
    failing = {
        campaign.name for accounts in PROJECTS.values() for a in accounts for campaign in a.campaigns if campaign.fails
    }
    facts = [fact for fact in told if isinstance(fact, Fact) and names.get(fact.external_id) in failing]

    assert failing
    assert sum(fact.spend_micros or 0 for fact in facts) > 10_000_000_000
    assert _rate(facts, "conversions_millionths", "link_clicks") < 1_000


def test_a_budget_changes_and_ads_start_and_stop_within_the_window(told):
    names = {entity.external_id: entity.name for entity in _level(told, Level.CAMPAIGN)}
    raised = {
        campaign.name for accounts in PROJECTS.values() for a in accounts for campaign in a.campaigns if campaign.raised
    }
    weeks: dict[str, list[int]] = {}
    for fact in told:
        if isinstance(fact, Fact) and (name := names.get(fact.external_id)) in raised:
            assert name is not None
            weeks.setdefault(name, [0] * 18)[(fact.day - FIRST).days // 7] += fact.spend_micros or 0
    changes = [later / earlier for spent in weeks.values() for earlier, later in pairwise(spent[:17])]
    statuses = [entity.status for entity in _level(told, Level.AD)]
    launched = [entity.name or "" for entity in _level(told, Level.AD)]

    assert max(changes) > 1.3
    assert statuses.count("PAUSED") > 100 and statuses.count("ACTIVE") > 500
    assert sum(name.rsplit(" ", 1)[1] > FIRST.isoformat() for name in launched) > 100


def _level(told: list[Entity | Fact], level: Level) -> list[Entity]:
    return [record for record in told if isinstance(record, Entity) and record.level is level]


def _ads_below(told: list[Entity | Fact], campaign: str, names: dict[str, str]) -> dict[str, str]:
    parents = {entity.external_id for entity in _level(told, Level.CAMPAIGN) if entity.name == campaign}
    ad_sets = {entity.external_id for entity in _level(told, Level.AD_SET) if entity.parent in parents}
    return {e.external_id: names[e.external_id] for e in _level(told, Level.AD) if e.parent in ad_sets}


@pytest.mark.slow
async def test_a_later_run_adds_only_what_is_missing_and_children_always_sum_to_their_parents(database, org_id):
    first = await load_demo(database, org_id, TODAY)
    before = await _facts(database, org_id)
    again = await load_demo(database, org_id, TODAY)
    assert await _facts(database, org_id) == before
    later = await load_demo(database, org_id, TODAY + timedelta(2))
    after = await _facts(database, org_id)

    assert (first.first, first.last, first.facts) == (FIRST, TODAY, len(before))
    assert (again.facts, again.first) == (0, None)
    assert (later.first, later.last) == (TODAY - timedelta(1), TODAY + timedelta(2))
    assert before.items() <= after.items()
    assert {day for _, day in after.keys() - before.keys()} == {TODAY + timedelta(1), TODAY + timedelta(2)}
    await _assert_children_sum_to_parents(database, org_id)


async def _facts(database: Database, org_id: int) -> dict[tuple[int, date], tuple[object, ...]]:
    async with database.transaction() as transaction:
        rows = await transaction._connection.fetch("select * from daily_fact where org_id = $1", org_id)
    # All but the import that confirmed them last.
    return {
        (row["entity_id"], row["day"]): tuple(value for name, value in row.items() if name != "import_id")
        for row in rows
    }


async def _assert_children_sum_to_parents(database: Database, org_id: int) -> None:
    sums = ", ".join(f"sum({column}) as {column}" for column in ADDITIVE)
    steps = {
        "ad_set": "select ad_set_id as id, day, {} from daily_fact join ad on ad.id = entity_id",
        "campaign": "select campaign_id as id, day, {} from daily_rollup join ad_set on ad_set.id = entity_id",
        "ad_account": "select campaign.ad_account_id as id, day, {} from daily_rollup "
        "join campaign on campaign.id = entity_id",
    }
    async with database.transaction() as transaction:
        for parent, children in steps.items():
            rows = await transaction._connection.fetch(
                f"with below as ({children.format(sums)} group by 1, 2), "
                f"own as (select entity_id as id, day, {sums} from daily_rollup "
                f"join {parent} on {parent}.id = entity_id group by 1, 2) "
                f"select count(*) as days, count(*) filter (where (below.*) is distinct from (own.*)) as differing "
                "from below full join own using (id, day)"
            )
            assert rows[0]["days"] > 600
            assert rows[0]["differing"] == 0, parent


@pytest.mark.slow
def test_the_demo_has_events_from_three_sources_with_everything_that_can_be_about_them():
    def told(today: date) -> list[Event]:
        events: list[Event] = []
        for accounts in PROJECTS.values():
            for account in accounts:
                facts = [
                    record for record in records([account], FIRST, today)
                    if isinstance(record, Fact) and record.level is Level.AD
                ]  # fmt: skip
                events += events_of(account, facts, today)
        return events

    events, later = told(TODAY), told(TODAY + timedelta(1))
    conversions = [event for event in events if event.kind == CONVERSION]
    first_day_later = datetime(2026, 3, 4, 12, tzinfo=UTC)

    assert 90_000 < len(events) < 110_000
    assert {event.source for event in conversions} == {1, 2, 3}
    assert {event.currency for event in conversions} == {"USD", "EUR", "CAD", ""}
    assert len(set(conversions)) < len(conversions)
    assert any(event.kind == REFUND for event in events)
    assert {event.currency for event in conversions if event.app == "lumo-ios" and event.value is None} == {""}
    assert {bool(event.touches) for event in conversions} == {True, False}
    # What was told before is told again, and some of what comes later is of days before.
    assert set(events) <= set(later)
    assert any(event.occurred_at < first_day_later - timedelta(1, hours=12) for event in set(later) - set(events))
