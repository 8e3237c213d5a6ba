"""Demo data: the invented numbers of two businesses, told as a source would tell them and imported the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain
from typing import Any

from db.conversions.importing import take_events
from db.database import Database, Row
from db.importers.demo_cast import PROJECTS, Account, Campaign
from db.importers.demo_events import events_of
from db.importers.demo_play import PLACE, AdSet, Sum, ad_sets, budget_on, campaign_day, external_id, own_facts, runs
from db.importers.records import Entity, Fact, Record
from db.importing import Options, run_import
from db.level import Level

DAYS = 120
# Platforms still correct the last days that they reported, so a later run reports them anew.
RESTATED_DAYS = 2

_DAY = timedelta(days=1)
_STATUS = {True: "ACTIVE", False: "PAUSED"}


class _LoadedRow(Row):
    """The last day that is loaded of an ad account."""

    external_id: str
    day: date


@dataclass(frozen=True)
class DemoReport:
    """What a run loaded: how many facts, and of which days, both included (None: everything was there already)."""

    facts: int
    first: date | None
    last: date | None


async def load_demo(
    database: Database, org_id: int, today: date, progress: Callable[[int], None] | None = None
) -> DemoReport:
    """Loads the demo up to `today`: the last 120 days at first, later what is missing since, and the last days anew.

    `progress` hears how many facts have come so far.
    """
    every_account = [account.external_id for accounts in PROJECTS.values() for account in accounts]
    rows = await database.fetch("demo_loaded_until", org_id, every_account, row=_LoadedRow)
    loaded = {row.external_id: row.day for row in rows}
    facts, starts = 0, []
    for project, accounts in PROJECTS.items():
        since = today - (DAYS - 1) * _DAY
        if all(account.external_id in loaded for account in accounts):
            last = min(loaded[account.external_id] for account in accounts)
            if last >= today:
                continue
            since = last - (RESTATED_DAYS - 1) * _DAY

        def told(so_far: int, before: int = facts) -> None:
            if progress is not None:
                progress(before + so_far)

        measured: dict[str, list[Fact]] = {account.external_id: [] for account in accounts}
        report = await run_import(
            database, org_id, Options(project), source="demo",
            records=_noting(records(accounts, since, today), measured), progress=told,
        )  # fmt: skip
        facts += report.facts
        events = chain.from_iterable(events_of(account, measured[account.external_id], today) for account in accounts)
        await take_events(database, org_id, project, events)
        starts.append(since)
    return DemoReport(facts, min(starts), today) if starts else DemoReport(0, None, None)


def _noting(found: Iterable[Record], measured: dict[str, list[Fact]]) -> Iterator[Record]:
    """The same records; the facts of ads are noted by their ad account."""
    account = ""
    for record in found:
        if isinstance(record, Entity) and record.level is Level.AD_ACCOUNT:
            account = record.external_id
        elif isinstance(record, Fact) and record.level is Level.AD:
            measured[account].append(record)
        yield record


def records(accounts: Sequence[Account], since: date, today: date) -> Iterator[Record]:
    """The ad accounts and everything below as they are on `today`, and their facts from `since` to `today`."""
    for account in accounts:
        # Ads that have ended meanwhile are told once more, as paused.
        first = min(since, today - (DAYS - 1) * _DAY)
        campaigns = {campaign: ad_sets(account, campaign, first, today + _DAY) for campaign in account.campaigns}
        yield from _entities(account, campaigns, today)
        day = since
        while day <= today:
            of_account, unseen = Sum(), Sum()
            for campaign, groups in campaigns.items():
                yield from campaign_day(account, campaign, _campaign_id(account, campaign), groups, day, of_account)
            yield from own_facts(account, Level.AD_ACCOUNT, account.external_id, day, of_account, 0.75, unseen)
            day += _DAY


def _campaign_id(account: Account, campaign: Campaign) -> str:
    return external_id(account.platform, f"{account.external_id}/{campaign.name}")


def _entities(account: Account, campaigns: dict[Campaign, tuple[AdSet, ...]], today: date) -> Iterator[Entity]:
    told = partial(Entity, PLACE, account.platform)
    yield told(
        Level.AD_ACCOUNT, account.external_id, name=account.name, status="ACTIVE",
        currency=account.currency, timezone=account.timezone,
    )  # fmt: skip
    for campaign, groups in campaigns.items():
        campaign_id = _campaign_id(account, campaign)
        budget = budget_on(campaign, today)
        yield told(
            Level.CAMPAIGN, campaign_id, account.external_id, account.external_id, campaign.name,
            _STATUS[runs(campaign.flights, today)], objective=campaign.objective,
            **_daily(None if campaign.budget_on_ad_sets else budget),
        )  # fmt: skip
        weights = sum(group.weight for group in groups)
        for group in groups:
            yield told(
                Level.AD_SET, group.external_id, campaign_id, account.external_id, group.name,
                _STATUS[runs(group.flights, today)],
                **_daily(budget * group.weight / weights if campaign.budget_on_ad_sets else None),
            )  # fmt: skip
            for ad in group.ads:
                yield told(
                    Level.AD, ad.external_id, group.external_id, account.external_id, ad.name,
                    _STATUS[ad.launched <= today < ad.stopped],
                )  # fmt: skip


def _daily(budget: float | None) -> dict[str, Any]:
    """A daily budget, in whole units of the account's currency."""
    return {} if budget is None else {"budget_micros": round(budget) * 1_000_000, "budget_period": "DAILY"}
