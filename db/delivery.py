"""Delivery: what stands for entities over windows and buckets, added up per set of metrics that the rows lack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import chain, compress, repeat
from operator import floordiv, sub
from typing import Any, NamedTuple, Self

from db import exchange_rate
from db.connections import Planning, planning_for
from db.database import Database, Row
from db.level import Level
from db.rollup import CHUNK

# So many daily rows for each chunk of running totals are read faster than the chunk.
FEW = CHUNK
BUCKETS = {
    "DAY": "fact.day",
    # Weeks start so many days after Monday.
    "WEEK": "date_trunc('week', fact.day - wanted.week_start)::date + wanted.week_start",
    "MONTH": "date_trunc('month', fact.day)::date",
    "QUARTER": "date_trunc('quarter', fact.day)::date",
}

# Amounts of the ad account's currency.
MONEY = ("spend_micros", "conversion_value_micros")
# Of converted money: how many rows have an amount for whose day there is no rate.
UNRATED = {column: f"{column}_unrated" for column in MONEY}

# The days `[since, until)` that are asked of each ad account, and which of its entities.
Windows = Mapping[int, tuple[date, date]]
Entities = Mapping[int, Sequence[int]]


class Conversion(NamedTuple):
    """The currency that money is asked for in, and the currencies of the ad accounts that have another."""

    target: str
    currencies: Mapping[int, str]


@dataclass(slots=True)
class Lines:
    """Sums of rows, side by side: each line those rows of an entity's window (or bucket) that lack the same metrics.

    An entity may have several lines, or none. `columns` holds by name, a number for each line: the sums that were asked
    for; `missing`, the metrics that the line's rows lack; `days`, the days that it adds to the entity's days with rows;
    and where reach was asked for, `reach_rows`, how many rows at or below the entity report any, and `reach`, the
    largest that the entity's own rows report (of a window of one day its reach; None over longer ones).
    Money that was converted is a fraction, beside its column of `UNRATED`.
    """

    entity_ids: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    # of a series: the first day of each line's bucket (a week's is its Monday, whether in the window or not)
    buckets: list[date] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Self:
        """Rows as lines."""
        if not rows:
            return cls()
        columns: dict[str, list[Any]] = dict(zip(rows[0].keys(), map(list, zip(*rows, strict=True)), strict=True))
        columns.pop("version", None)
        return cls(columns.pop("entity_id"), buckets=columns.pop("bucket", []), columns=columns)

    def copy(self) -> Self:
        """The same, whose columns may be taken away and may grow."""
        columns = {name: list(numbers) for name, numbers in self.columns.items()}
        return type(self)(self.entity_ids, columns, self.buckets)

    def within(self, since: date, until: date) -> Self:
        """Those of the days `[since, until)`."""
        own = [since <= day < until for day in self.buckets]
        columns = {name: list(compress(numbers, own)) for name, numbers in self.columns.items()}
        return type(self)(list(compress(self.entity_ids, own)), columns, list(compress(self.buckets, own)))

    def added_up(self) -> Self:
        """All buckets of each entity together, per set of metrics that are missing. Not of reach."""
        keys = list(zip(self.entity_ids, self.columns.get("missing", ()), strict=True))
        if len(set(keys)) == 1:
            columns = {name: [sum(numbers)] for name, numbers in self.columns.items()}
            return type(self)(self.entity_ids[:1], columns | {"missing": self.columns["missing"][:1]})
        places: dict[tuple[int, int], list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        columns = {
            name: [sum(map(numbers.__getitem__, own)) for own in places.values()]
            for name, numbers in self.columns.items()
        }
        if places:
            columns["missing"] = [missing for _, missing in places]
        return type(self)([id_ for id_, _ in places], columns)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Several of them, one after the other; what only some of them tell is 0 in the others."""
        parts = [part for part in parts if part.entity_ids]
        names = dict.fromkeys(name for part in parts for name in part.columns)
        columns = {
            name: [number for part in parts for number in part.columns.get(name) or [0] * len(part.entity_ids)]
            for name in names
        }
        ids = [id_ for part in parts for id_ in part.entity_ids]
        return cls(ids, columns, [bucket for part in parts for bucket in part.buckets])


async def totals(
    database: Database, org_id: int, level: Level, columns: Sequence[str], windows: Windows, entities: Entities,
    conversion: Conversion | None = None,
) -> Lines:  # fmt: skip
    """The sums of `columns` for each entity over its ad account's window; other entities may be among the lines.

    All entities are of one level. In no order.
    """
    if conversion:
        slots = {"label": f"{level.name.lower()}_delivery_totals_converted"}
        return await _converted(
            lambda own: totals(database, org_id, level, columns, _of(windows, own), own),
            database, org_id, "delivery_totals_converted", level, columns, windows, entities, conversion, slots,
        )  # fmt: skip
    chunks = _chunks(entities)
    if _many(columns, windows, entities, chunks):
        return (await _differences(database, org_id, level, columns, [windows], chunks))[0]
    if found := over_one_window(org_id, level, columns, windows):
        return Lines.of(await found.rows(database, list(entities), _ids(entities)))
    rows = await database.fetch(
        "delivery_totals", org_id, *_arguments(windows, entities),
        row=Row, label=f"{level.name.lower()}_delivery_totals", **_source(level, columns),
    )  # fmt: skip
    return Lines.of(rows)


class AddingUp(NamedTuple):
    """A statement that adds the rows of the days `[since, until)` up, the same for whichever entities."""

    org_id: int
    level: Level
    columns: tuple[str, ...]
    since: date
    until: date

    async def rows(self, database: Database, accounts: Sequence[int], ids: Sequence[int]) -> list[Row]:
        """What it finds of these entities of these ad accounts."""
        return await database.fetch(
            "delivery_totals_of_one_window", self.org_id, accounts, self.since, self.until, ids,
            row=Row, label=f"{self.level.name.lower()}_delivery_totals", planning=planning_for(len(ids)),
            **_source(self.level, self.columns),
        )  # fmt: skip


def over_one_window(org_id: int, level: Level, columns: Sequence[str], windows: Windows) -> AddingUp | None:
    """What adds rows up, where the windows of all ad accounts are the same."""
    (since, until), *others = {*windows.values()}
    return None if others else AddingUp(org_id, level, tuple(columns), since, until)


def adding_up(
    org_id: int, level: Level, columns: Sequence[str], windows: Windows, entities: Entities
) -> AddingUp | None:  # fmt: skip
    """The same; None, too, where running totals are read in less time."""
    many = _many(columns, windows, entities, _chunks(entities))
    return None if many else over_one_window(org_id, level, columns, windows)


async def totals_of_windows(
    database: Database, org_id: int, level: Level, columns: Sequence[str], each: Sequence[Windows], entities: Entities
) -> list[Lines]:
    """The same over several windows: by one statement where it finds differences of running totals."""
    chunks = _chunks(entities)
    if all(_many(columns, windows, entities, chunks) for windows in each):
        return await _differences(database, org_id, level, columns, each, chunks)
    return await asyncio.gather(*(totals(database, org_id, level, columns, windows, entities) for windows in each))


def _chunks(entities: Entities) -> list[tuple[int, int]]:
    """The ad accounts and chunks of running totals that entities are in."""
    return [(account, chunk) for account, ids in entities.items() for chunk in set(map(floordiv, ids, repeat(CHUNK)))]


def _many(columns: Sequence[str], windows: Windows, entities: Entities, chunks: Sequence[tuple[int, int]]) -> bool:
    """Whether there are so many rows in the windows that chunks are read in less time."""
    days = {account: (until - since).days for account, (since, until) in windows.items()}
    rows = sum(len(ids) * days[account] for account, ids in entities.items())
    # The reach of a day stands with its rows.
    return rows > FEW * len(chunks) and not ("reach" in columns and 1 in days.values())


async def buckets(
    database: Database, org_id: int, level: Level, columns: Sequence[str], granularity: str, windows: Windows,
    entities: Entities, week_starts: Mapping[int, int], conversion: Conversion | None = None,
) -> Lines:  # fmt: skip
    """The same for each bucket of the windows; buckets without rows are left out. The weeks of each ad account start so
    many days after Monday as `week_starts` says.
    """
    if conversion:
        label = f"{level.name.lower()}_delivery_by_{granularity.lower()}_converted"
        starts = [week_starts[account] for account in entities if account in conversion.currencies]
        return await _converted(
            lambda own: buckets(database, org_id, level, columns, granularity, _of(windows, own), own, week_starts),
            database, org_id, "delivery_buckets_converted", level, columns, windows, entities, conversion,
            {"label": label, "bucket": BUCKETS[granularity]}, starts,
        )  # fmt: skip
    if granularity == "DAY":
        rows = await database.fetch(
            "delivery_days", org_id, *_arguments(windows, entities),
            row=Row, label=f"{level.name.lower()}_delivery_by_day", **_rows(level, columns),
        )  # fmt: skip
        return Lines.of(rows)
    found = await database.fetch(
        "delivery_buckets", org_id, *_arguments(windows, entities), [week_starts[account] for account in windows],
        row=Row, label=f"{level.name.lower()}_delivery_by_{granularity.lower()}",
        bucket=BUCKETS[granularity], **_source(level, columns),
    )  # fmt: skip
    return Lines.of(found)


async def _converted(
    unconverted: Callable[[Entities], Awaitable[Lines]], database: Database, org_id: int, name: str, level: Level,
    columns: Sequence[str], windows: Windows, entities: Entities, conversion: Conversion, slots: Mapping[str, str],
    *further: Sequence[object],
) -> Lines:  # fmt: skip
    """What the statement `name` gives for ad accounts of other currencies, and `unconverted` for the others."""
    currencies = conversion.currencies
    others = {account: ids for account, ids in entities.items() if account in currencies}
    same = {account: ids for account, ids in entities.items() if account not in currencies}
    source = _source(level, columns) | {"sums": _sums(level, columns, converted=True)}
    factors = exchange_rate.factors(
        target="$7::text", since="(select min(day) from unnest($3::date[]) as day)",
        until="(select max(day) from unnest($4::date[]) as day)", currencies="$6::text[]",
    )  # fmt: skip
    reading = database.fetch(
        name, org_id, *_arguments(_of(windows, others), others), [currencies[account] for account in others],
        conversion.target, *further, row=Row, factors=factors, **slots, **source,
    )  # fmt: skip
    # Those of the currency itself are read as ever, which for long windows takes far less.
    rows, own = await asyncio.gather(reading, unconverted(same)) if same else (await reading, Lines())
    lines = Lines.of(rows)
    for column in MONEY:
        if column in lines.columns:
            lines.columns[column] = list(map(Fraction, lines.columns[column]))
    return Lines.joined([lines, own])


def _of(windows: Windows, entities: Entities) -> Windows:
    return {account: windows[account] for account in entities}


def _arguments(windows: Windows, entities: Entities) -> tuple[Sequence[Any], ...]:
    since, until = zip(*windows.values(), strict=True)
    return list(windows), since, until, _ids(entities)


def _ids(entities: Entities) -> list[int]:
    return [id_ for ids in entities.values() for id_ in ids]


@lru_cache(maxsize=256)  # to put it together takes as long as to send a small statement
def _source(level: Level, columns: Sequence[str]) -> dict[str, str]:
    table = "daily_fact" if level is Level.AD else "daily_rollup"
    return {"table": table, "level": str(int(level)), "sums": _sums(level, columns)}


def _sums(level: Level, columns: Sequence[str], *, converted: bool = False) -> str:
    ads = level is Level.AD
    rated = MONEY if converted else ()
    sums = [f"sum(fact.{column})::bigint as {column}" for column in columns if column not in {"reach", *rated}]
    for column in rated:
        if column in columns:
            sums += [
                f"coalesce(sum(fact.{column} * factor.factor), 0) as {column}",
                f"count(*) filter (where fact.{column} <> 0 and factor.factor is null) as {UNRATED[column]}",
            ]
    if "reach" in columns:
        reach_rows = "count(fact.reach)" if ads else "sum(fact.reach_rows)::bigint"
        sums += ["max(fact.reach) as reach", f"{reach_rows} as reach_rows"]
    sums.append("count(*) as days" if ads else "sum(fact.days)::bigint as days")
    return ", ".join(sums)


def _rows(level: Level, columns: Sequence[str]) -> dict[str, str]:
    """The slots of `_source` for rows that are not added up."""
    ads = level is Level.AD
    numbers = [f"fact.{column}" for column in columns]
    if "reach" in columns:
        numbers.append("(fact.reach is not null)::integer as reach_rows" if ads else "fact.reach_rows")
    numbers.append("1 as days" if ads else "fact.days")
    return _source(level, columns) | {"sums": ", ".join(numbers)}


async def _differences(
    database: Database, org_id: int, level: Level, columns: Sequence[str], each: Sequence[Windows],
    chunks: Sequence[tuple[int, int]],
) -> list[Lines]:  # fmt: skip
    """The totals of whole chunks over each of several windows: running totals at its end without those at its start."""
    # Each row of an ad is a day of it.
    of_rows = ["days"] if level is Level.AD else []
    names = [*([] if of_rows else ["days"]), *(column for column in columns if column != "reach")]
    if "reach" in columns:
        names.append("reach_rows")
    asked = [(account, chunk, *windows[account]) for windows in each for account, chunk in chunks]
    rows = await database.fetch(
        "delivery_differences", org_id, *map(list, zip(*asked, strict=True)),
        row=Row, label=f"{level.name.lower()}_delivery_totals", planning=Planning.ONCE, level=str(int(level)),
        sums="".join(f", last.{name}, before.{name} as {name}_before" for name in names),
    )  # fmt: skip
    found = [Lines(columns={name: [] for name in ("missing", *of_rows, *names)}) for _ in each]
    for row in rows:
        lines = found[(row["place"] - 1) // len(chunks)]
        counts = list(_grown(row["row_counts"], row["row_counts_before"]))
        silent = 0 in counts
        lines.entity_ids += compress(row["entity_ids"], counts) if silent else row["entity_ids"]
        missing = row["missing"] or [0] * len(counts)
        lines.columns["missing"] += compress(missing, counts) if silent else missing
        for name in of_rows:
            lines.columns[name] += filter(None, counts)
        for name in names:
            sums = _grown(row[name], row[f"{name}_before"])
            lines.columns[name] += compress(sums, counts) if silent else sums
    if "reach" in columns:
        for lines in found:
            lines.columns["reach"] = [None] * len(lines.entity_ids)
    return found


def _grown(totals: list[int], before: list[int] | None) -> Iterable[int]:
    """What the window adds. The lines of before are the first of those now."""
    return chain(map(sub, totals, before), totals[len(before) :]) if before else totals
