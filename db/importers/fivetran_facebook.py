"""Facebook Ads as Fivetran lands it: a directory of CSV tables; what ads delivered is the prebuilt report BASIC_AD."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from db.importers import cells, meta_terms
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.computed import Theirs, beside
from db.importers.csv_table import rows
from db.importers.files import missing_tables, tables
from db.importers.meta_actions import CONVERSION_TYPES, Actions, attribution
from db.importers.records import Entity, Fact, Note, Orphan, Record, Reported
from db.importers.row import Cells, parsed
from db.level import Level, Platform

HELP = (
    "DIR: a directory with Fivetran's Facebook Ads tables as CSV files (basic_ad.csv …): the report basic_ad with "
    "basic_ad_actions and basic_ad_action_values, and account_history, campaign_history, ad_set_history, ad_history. "
    "Export each table whole, with its header; or read them where they landed, with --from and --schema. Conversions "
    "are the first present of --action-types; clicks are not in this report, link clicks are."
)
CHOICES = ("action_types", "computed", "dating")
WHAT = "the directory with Fivetran's Facebook Ads tables as CSV files"

_HISTORY = ("account_history", "campaign_history", "ad_set_history", "ad_history")
TABLES = (*_HISTORY, "basic_ad", "basic_ad_actions", "basic_ad_action_values")
# Rates of all clicks are none of ours here, for the report has link clicks only.
_RATES = {"cpm": Theirs("cpm"), "frequency": Theirs("frequency")}
_PARENT_COLUMNS = {Level.AD_ACCOUNT: "account_id", Level.CAMPAIGN: "campaign_id", Level.AD_SET: "ad_set_id"}


@dataclass
class _Known:
    """What was read so far and later rows depend on."""

    currency_of: dict[str, str] = field(default_factory=dict)
    account_of: dict[str, str | None] = field(default_factory=dict)
    days: dict[str | None, tuple[date, date]] = field(default_factory=dict)
    delivered: set[tuple[str, date]] = field(default_factory=set)


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the tables in a directory."""
    found = tables(paths, WHAT, TABLES)
    if "basic_ad" not in found:
        raise missing_tables(paths[0], ["basic_ad"])
    if absent := [name for name in _HISTORY if name not in found]:
        yield Note(f"Without the tables {', '.join(absent)} names, parents, currencies and the like stay unknown.")
    known = _Known()
    yield from _entities(found, known)
    types = choices.action_types or CONVERSION_TYPES
    conversions = Actions(found.get("basic_ad_actions"), types)
    values = Actions(found.get("basic_ad_action_values"), types)
    yield from conversions.read()
    yield from values.read()
    yield from _delivery(found["basic_ad"], known, conversions, values, computed=choices.computed)
    yield from _without_delivery(known, conversions, values)
    if "basic_ad_actions" in found or "basic_ad_action_values" in found:
        yield Reported(", ".join(types), attribution(), choices.dating)


def _entities(found: dict[str, Path], known: _Known) -> Iterator[Record]:
    versions: dict[str, str] = {}
    for level, table in zip(Level, _HISTORY, strict=True):
        if table not in found:
            continue
        for record in parsed(rows(found[table], "id"), lambda row, level=level: _entity(row, level, known)):  # type: ignore[misc]  # the default binds the loop's level
            yield record
            if isinstance(record, Entity) and level == Level.AD_ACCOUNT and record.currency:
                if record.version >= versions.get(record.external_id, ""):
                    versions[record.external_id] = record.version
                    known.currency_of[record.external_id] = record.currency.upper()
            elif isinstance(record, Entity) and level == Level.AD:
                known.account_of[record.external_id] = dict(record.parents).get(Level.AD_ACCOUNT)


def _entity(row: Cells, level: Level, known: _Known) -> Entity:
    named = ((above, row.read(_PARENT_COLUMNS[above], cells.optional_identity)) for above in Level if above < level)
    parents = tuple((above, external_id) for above, external_id in named if external_id)
    entity = Entity(
        place=row.place,
        platform=Platform.META,
        level=level,
        external_id=row.read("id", cells.identity),
        name=row.read("name", cells.words),
        status=meta_terms.status(row, level),
        version=row.read("updated_time", cells.version) + " " + row.read("_fivetran_synced", cells.version),
        parents=parents,
    )
    if level == Level.AD_ACCOUNT:
        currency, timezone = row.read("currency", cells.words), row.read("timezone_name", cells.words)
        return replace(entity, currency=currency, timezone=timezone)
    if level == Level.AD:
        return entity
    micros, period = meta_terms.budget(row, known.currency_of.get(dict(parents).get(Level.AD_ACCOUNT, "")))
    objective = row.read("objective", cells.words) if level == Level.CAMPAIGN else None
    return replace(entity, budget_micros=micros, budget_period=period, objective=objective)


def _delivery(path: Path, known: _Known, conversions: Actions, values: Actions, *, computed: bool) -> Iterator[Record]:
    table = rows(path, "ad_id", "date", "impressions", "spend")
    read = partial(_fact, conversions=conversions, values=values)
    for record in beside(table, read, _RATES, wanted=computed):
        yield record
        if not isinstance(record, Fact):
            continue
        ad, day = record.external_id, record.day
        account = record.parents[0][1] if record.parents else known.account_of.get(ad)
        known.account_of.setdefault(ad, account)
        span = known.days.get(account)
        if span is None:
            known.days[account] = day, day
        elif not span[0] <= day <= span[1]:
            known.days[account] = min(span[0], day), max(span[1], day)
        if conversions.has((ad, day)) or values.has((ad, day)):
            known.delivered.add((ad, day))


def _fact(row: Cells, conversions: Actions, values: Actions) -> Fact:
    ad, day = entity_day = row.read("ad_id", cells.identity), row.read("date", cells.day)
    account = row.read("account_id", cells.optional_identity)
    return Fact(
        place=row.place,
        platform=Platform.META,
        level=Level.AD,
        external_id=ad,
        day=day,
        spend_micros=row.read("spend", cells.micros),
        impressions=row.read("impressions", cells.count),
        clicks=row.read("clicks", cells.count),
        link_clicks=row.read("inline_link_clicks", cells.count),
        conversions_millionths=conversions.chosen(entity_day),
        conversion_value_micros=values.chosen(entity_day),
        reach=row.read("reach", cells.count),
        parents=((Level.AD_ACCOUNT, account),) if account else (),
    )


def _without_delivery(known: _Known, conversions: Actions, values: Actions) -> Iterator[Record]:
    """Conversions of ad-days that have no row in basic_ad: someone saw the ad before and bought on a day without it.

    Inside the days of the report that row's absence says that nothing was delivered, so the rest of the day is 0.
    Outside them it says nothing, and the conversions alone must not pass for a day's whole report.
    """
    outside = 0
    for ad, day in sorted((conversions.entity_days() | values.entity_days()) - known.delivered):
        entity_day = ad, day
        place = conversions.place(entity_day) or values.place(entity_day)
        assert place is not None
        if ad not in known.account_of:
            yield Orphan(place, Platform.META, Level.AD, ad, day)
        elif conversions.has(entity_day) or values.has(entity_day):
            account = known.account_of[ad]
            first, last = known.days.get(account, (date.max, date.min))
            if not first <= day <= last:
                outside += 1
                continue
            yield Fact(
                place=place,
                platform=Platform.META,
                level=Level.AD,
                external_id=ad,
                day=day,
                spend_micros=0,
                impressions=0,
                link_clicks=0,
                conversions_millionths=conversions.chosen(entity_day),
                conversion_value_micros=values.chosen(entity_day),
                parents=((Level.AD_ACCOUNT, account),) if account else (),
            )
    if outside:
        yield Note(
            f"{outside:,} ad-days with conversions were left out: basic_ad has no row for them and does not reach so "
            "far. Export basic_ad over the same days as its actions."
        )
