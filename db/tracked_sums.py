"""Sums of what is tracked, of entities over windows or buckets of them, for one choice of attribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from db import exchange_rate
from db.database import Database, Row
from db.delivery import BUCKETS, FEW, Entities, Windows
from db.level import Level
from db.rollup import CHUNK
from db.tracked import arrays_of

_FACTORS = exchange_rate.factors(
    target="$9::text", currencies="array(select distinct currency from fact)", since="(select min(day) from fact)",
    until="(select max(day) + 1 from fact)",
)  # fmt: skip


class Due(NamedTuple):
    """Which conversions: those of these names, due to an ad within so many days of a click, else of a view (0: such
    touches do not count), on their own day or that of the touch.
    """

    events: tuple[str, ...]
    click: int
    view: int
    by_touch: bool


class SumRow(Row):
    """What conversions, or refunds of them (`kind`), with values in one currency ('': without) add up to.

    `unrated`: how many values that were to be converted have no rate of their day.
    """

    entity_id: int
    bucket: date
    kind: int
    currency: str
    count: int
    value: Decimal
    unrated: int


async def totals(
    database: Database, org_id: int, level: Level, due: Due, windows: Windows, entities: Entities, target: str | None
) -> list[SumRow]:
    """The sums of each of the entities, all of one level, that has any, over its ad account's window.

    With a `target` all values are converted into it, each day's at its own rate.
    """
    if target:
        starts = dict.fromkeys(windows, 0)
        return await _read(database, org_id, level, due, windows, entities, target, "wanted.since", starts, "totals")
    chunks = [(account, chunk) for account, ids in entities.items() for chunk in {id_ // CHUNK for id_ in ids}]
    days = sum(len(ids) * (windows[account][1] - windows[account][0]).days for account, ids in entities.items())
    label = f"{level.name.lower()}_tracked_totals"
    if days <= FEW * len(chunks):
        return await database.fetch(
            "tracked_totals", org_id, *_arguments(due, windows, entities),
            row=SumRow, label=label, sums=_sums(due), basis=_basis(due),
        )  # fmt: skip
    count, value = _columns(due)
    return await database.fetch(
        "tracked_totals_by_spans", org_id, *_arguments(due, windows, entities), *zip(*chunks, strict=True),
        row=SumRow, label=label, basis=_basis(due), level=str(int(level)), count=count, value=value,
        counts=arrays_of(count), values=arrays_of(value),
    )  # fmt: skip


async def buckets(
    database: Database, org_id: int, level: Level, due: Due, windows: Windows, entities: Entities, target: str | None,
    granularity: str, week_starts: Mapping[int, int],
) -> list[SumRow]:  # fmt: skip
    """The same for each bucket of the windows that has any; the `bucket` of a row is the first day of its unit."""
    what = f"by_{granularity.lower()}"
    return await _read(database, org_id, level, due, windows, entities, target, BUCKETS[granularity], week_starts, what)


async def _read(
    database: Database, org_id: int, level: Level, due: Due, windows: Windows, entities: Entities, target: str | None,
    bucket: str, week_starts: Mapping[int, int], what: str,
) -> list[SumRow]:  # fmt: skip
    arguments = [*_arguments(due, windows, entities), [week_starts[account] for account in windows]]
    label = f"{level.name.lower()}_tracked_{what}"
    if target:
        return await database.fetch(
            "tracked_buckets_converted", org_id, *arguments, target,
            row=SumRow, label=f"{label}_converted", bucket=bucket, factors=_FACTORS, numbers=_numbers(due),
            basis=_basis(due),
        )  # fmt: skip
    return await database.fetch(
        "tracked_buckets", org_id, *arguments, row=SumRow, label=label, bucket=bucket, sums=_sums(due),
        basis=_basis(due),
    )  # fmt: skip


def _arguments(due: Due, windows: Windows, entities: Entities) -> tuple[Sequence[object], ...]:
    ids = [id_ for own in entities.values() for id_ in own]
    accounts = [account for account, own in entities.items() for _ in own]
    since: Sequence[date] = [days[0] for days in windows.values()]
    until: Sequence[date] = [days[1] for days in windows.values()]
    return ids, accounts, list(windows), since, until, list(due.events)


def _basis(due: Due) -> str:
    return "1" if due.by_touch else "0"


def _sums(due: Due) -> str:
    count, value = _columns(due)
    return f"sum(fact.{count}) as count, sum(fact.{value}) as value, 0 as unrated"


def _numbers(due: Due) -> str:
    count, value = _columns(due)
    return f"{count} as count, {value} as value"


def _columns(due: Due) -> tuple[str, str]:
    return f"count_{due.click}_{due.view}", f"value_{due.click}_{due.view}"
