"""The facts of an import: staged as they are read, then placed in the tree and taken all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from db.database import Row, Transaction
from db.importers.records import BadRow, Fact, Facts, Place
from db.importing.tree import Key, Tree
from db.level import Level, Missing, Platform

CHUNK = 20_000
_WHOLE = -1
_COLUMNS = (
    "org_id", "import_id", "entity", "day", "part", "version", "file", "line", "missing", "spend_micros",
    "impressions", "clicks", "link_clicks", "conversions_millionths", "conversion_value_micros", "reach",
)  # fmt: skip
_AS_STAGED = """
    select *, null::smallint as hours from staged_fact where org_id = $1 and import_id = $2"""
_SUMMED = """
    select
        entity, day, bit_or(missing) as missing, case when min(part) >= 0 then count(*) end as hours,
        sum(spend_micros) as spend_micros, sum(impressions) as impressions, sum(clicks) as clicks,
        sum(link_clicks) as link_clicks, sum(conversions_millionths) as conversions_millionths,
        sum(conversion_value_micros) as conversion_value_micros,
        -- People of several hours overlap: only a whole day has a reach.
        case when min(part) = -1 then max(reach) end as reach
    from staged_fact
    where org_id = $1 and import_id = $2
    group by entity, day"""


# Where nothing can be replaced it is not looked for, which takes a third of the time.
_ANEW = {"replacing": "", "counts": "null::bigint as added, 0 as replaced"}
_REPLACING = """
    on conflict (org_id, entity_id, day) do update set
        ad_account_id = excluded.ad_account_id, level = excluded.level, missing = excluded.missing,
        spend_micros = excluded.spend_micros, impressions = excluded.impressions, clicks = excluded.clicks,
        link_clicks = excluded.link_clicks, conversions_millionths = excluded.conversions_millionths,
        conversion_value_micros = excluded.conversion_value_micros, reach = excluded.reach, hours = excluded.hours,
        import_id = excluded.import_id
    where (
        daily_fact.ad_account_id, daily_fact.level, daily_fact.missing, daily_fact.spend_micros,
        daily_fact.impressions, daily_fact.clicks, daily_fact.link_clicks, daily_fact.conversions_millionths,
        daily_fact.conversion_value_micros, daily_fact.reach, daily_fact.hours
    ) is distinct from (
        excluded.ad_account_id, excluded.level, excluded.missing, excluded.spend_micros, excluded.impressions,
        excluded.clicks, excluded.link_clicks, excluded.conversions_millionths, excluded.conversion_value_micros,
        excluded.reach, excluded.hours
    )
    -- A row that was there has been locked by this transaction, one that was not has no mark of it.
    returning xmax = 0 as added"""
_OVER = {
    "replacing": _REPLACING,
    "counts": "count(*) filter (where added) as added, count(*) filter (where not added) as replaced from taken",
}


class _FoundRow(Row):
    found: bool


class _CountRow(Row):
    count: int


class _TakenRow(Row):
    added: int | None
    replaced: int


class _ContradictionRow(Row):
    entity: int
    day: date
    file: int
    line: int
    first_file: int
    first_line: int


class _DaysRow(Row):
    entity: int
    days: int


class StagedDayRow(Row):
    """One day of one ad account and level: how many entities are staged, and what none of their rows reports."""

    ad_account_id: int
    level: int
    day: date
    entities: int
    missing: int


@dataclass(frozen=True)
class Taken:
    """The entity-days that an import named, by day.

    How many of them are new, how many had other numbers, and how many had more hours than now.
    """

    days: Sequence[StagedDayRow] = ()
    added: int = 0
    replaced: int = 0
    shorter: int = 0

    @property
    def facts(self) -> int:
        """How many entity-days these are."""
        return sum(row.entities for row in self.days)


class Staging:
    """The facts of one import, on their way into the tables."""

    def __init__(self, transaction: Transaction, org_id: int, staging_id: int, tree: Tree) -> None:
        self.count = 0
        self.id = staging_id
        self.files: dict[Path, int] = {}
        # The metrics that no fact of the platform and level reports, of those that were left out.
        self.lacking: dict[tuple[Platform, Level], int] = {}
        self._transaction = transaction
        self._org_id = org_id
        self._tree = tree
        self._rows: list[tuple[object, ...]] = []
        self._text: list[bytes] = []
        self._in_parts = False
        self._whole = False
        # The highest number of an entity on each day, part by part: while the next is higher, none is there twice.
        self._highest: dict[tuple[date, int], int] = {}
        self._apart = True

    def add(self, fact: Fact) -> bool:
        """Takes a fact; True when enough have gathered to be sent."""
        spend, impressions, clicks, link_clicks = fact.spend_micros, fact.impressions, fact.clicks, fact.link_clicks
        conversions, value = fact.conversions_millionths, fact.conversion_value_micros
        if fact.part is None:
            part = _WHOLE
            self._whole = True
        else:
            part = fact.part
            self._in_parts = True
        file = self.files.setdefault(fact.place.file, len(self.files))
        number = self._tree.number(fact)
        if self._apart:
            self._come(fact.day, part, number, number)
        self._rows.append((
            self._org_id, self.id, number, fact.day, part, fact.version, file,
            fact.place.line, _missing(fact), spend or 0, impressions or 0, clicks or 0, link_clicks or 0,
            conversions or 0, value or 0, fact.reach,
        ))  # fmt: skip
        self.count += 1
        return len(self._rows) >= CHUNK

    def add_all(self, facts: Facts) -> None:
        """Takes facts that are side by side, to be sent before others."""
        from db.importing.fact_columns import as_text, spans

        numbers = [0 if entity is None else self._tree.number(entity) for entity in facts.entities]
        in_parts = len(facts) - facts.columns["part"].null_count
        self._in_parts |= in_parts > 0
        self._whole |= in_parts < len(facts)
        file = self.files.setdefault(facts.file, len(self.files))
        self._text.append(as_text(facts, self._org_id, self.id, numbers, file))
        if self._apart:
            for day, part, lowest, highest in spans(facts, numbers):
                self._come(day, _WHOLE if part is None else part, lowest, highest)
        self.count += len(facts)

    def _come(self, day: date, part: int, lowest: int, highest: int) -> None:
        """Hears of rows of one day and part, in the order of their entities' numbers; else `lowest` is above."""
        key = day, part
        if lowest > highest or self._highest.get(key, -1) >= lowest:
            self._apart = False
            self._highest.clear()
        else:
            self._highest[key] = highest

    def leave_out(self, fact: Fact) -> None:
        """Remembers of a fact that is not to be taken that its entity is in the files, and what its source reports."""
        self._tree.number(fact)
        key = fact.platform, fact.level
        self.lacking[key] = self.lacking.get(key, int(Missing.ALL)) & _missing(fact)

    async def send(self) -> None:
        """Copies what has gathered to the server."""
        rows, text, self._rows, self._text = self._rows, self._text, [], []
        for lines in text:
            await self._transaction.copy_text("staged_fact", _COLUMNS, lines)
        if rows:
            await self._transaction.copy("staged_fact", _COLUMNS, rows)

    @property
    def _keys(self) -> tuple[int, int]:
        return self._org_id, self.id

    async def tidy(self) -> list[BadRow]:
        """Leaves one row for each part of a day: the latest version, of contradicting ones the first.

        The rows that contradict another, if any.
        """
        if not self.count:
            return []
        found: list[BadRow] = []
        # Exports are nearly always in an order that rules repeats out.
        if not self._apart and (await self._transaction.fetch("staged_repeats", *self._keys, row=_FoundRow))[0].found:
            await self._transaction.execute("drop_superseded", *self._keys)
            found = self._contradictions(
                await self._transaction.fetch("drop_contradictions", *self._keys, row=_ContradictionRow)
            )
        if self._in_parts and self._whole:
            await self._transaction.execute("drop_parts_of_whole_days", *self._keys)
        return found

    def _contradictions(self, rows: Sequence[_ContradictionRow]) -> list[BadRow]:
        files, entities = list(self.files), list(self._tree.number_of)
        return [
            BadRow(
                Place(files[row.file], row.line), "", f"{entities[row.entity]}, {row.day}",
                f"is there before with other numbers ({files[row.first_file].name}:{row.first_line}): keep one of them",
            )
            for row in rows
        ]  # fmt: skip

    async def partly_reported(self) -> int:
        """How many days have a metric in some of their hours only."""
        if not self._in_parts:
            return 0
        counted = await self._transaction.fetch("partly_reported_days", *self._keys, row=_CountRow)
        return counted[0].count

    async def days_of(self, keys: Sequence[Key]) -> dict[Key, int]:
        """The entity-days staged of each of the entities `keys` that has any."""
        by_number = {self._tree.number_of[key]: key for key in keys if key in self._tree.number_of}
        if not by_number:
            return {}
        rows = await self._transaction.fetch("staged_days_of", *self._keys, list(by_number), row=_DaysRow)
        return {by_number[row.entity]: row.days for row in rows}

    def placed(self, account_of: Collection[Key]) -> dict[int, Key]:
        """The entities that facts are about, by number: those that have a place in the tree."""
        return {number: key for key, number in self._tree.number_of.items() if key in account_of}

    async def take(self, import_id: int, ids: Mapping[Key, int], account_of: Mapping[Key, Key]) -> Taken:
        """Writes the facts of the placed entities in place of what those days had."""
        placed = self.placed(account_of)
        if not placed:
            return Taken()
        entities = [ids[key] for key in placed.values()]
        accounts = [ids[account_of[key]] for key in placed.values()]
        levels = [int(key.level) for key in placed.values()]
        await self._transaction.execute("plan_for_many_rows", self._org_id)
        days = await self._transaction.fetch(
            "staged_days", *self._keys, list(placed), accounts, levels, row=StagedDayRow,
            entities="distinct staged_fact.entity" if self._in_parts else "*",
        )  # fmt: skip
        shorter = await self._transaction.fetch(
            "shorter_days", *self._keys, list(placed), entities, row=_CountRow
        ) if self._in_parts else []  # fmt: skip
        taken = await self._transaction.fetch(
            "take_facts", *self._keys, list(placed), entities, accounts, levels, import_id, row=_TakenRow,
            staged=_SUMMED if self._in_parts else _AS_STAGED,
            **(_OVER if await self._any_there(days, entities) else _ANEW),
        )  # fmt: skip
        above = {number: ids[key] for number, key in placed.items() if key.level < Level.AD}
        if above:
            await self._transaction.execute("confirm_facts", *self._keys, list(above), list(above.values()), import_id)
        await self._transaction.execute("plan_as_usual", self._org_id)
        added = sum(row.entities for row in days) if taken[0].added is None else taken[0].added
        return Taken(days, added, taken[0].replaced, shorter[0].count if shorter else 0)

    async def _any_there(self, days: Sequence[StagedDayRow], entities: Sequence[int]) -> bool:
        named = [row.day for row in days]
        found = await self._transaction.fetch(
            "facts_there", self._org_id, entities, min(named, default=None), max(named, default=None), row=_FoundRow
        )
        return found[0].found

    async def clear(self) -> None:
        """Forgets what was staged."""
        await self._transaction.execute("clear_staged", *self._keys)


def _missing(fact: Fact) -> int:
    """What the fact does not report, as bits."""
    return int(
        (fact.spend_micros is None) | (fact.impressions is None) << 1 | (fact.clicks is None) << 2
        | (fact.link_clicks is None) << 3 | (fact.conversions_millionths is None) << 4
        | (fact.conversion_value_micros is None) << 5
    )  # fmt: skip
