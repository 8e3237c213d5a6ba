"""The facts of an import: staged as they are read, then placed in the tree and taken all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from db.database import Row, Transaction
from db.importers.records import BadRow, Fact, Place
from db.importing.tree import Key, Tree

CHUNK = 20_000
_WHOLE = -1
_COLUMNS = (
    "org_id", "import_id", "entity", "day", "part", "version", "file", "line", "missing", "spend_micros",
    "impressions", "clicks", "link_clicks", "conversions_millionths", "conversion_value_micros", "reach",
)  # fmt: skip
_AS_STAGED = """
    select * from staged_fact where org_id = $1 and import_id = $2"""
_SUMMED = """
    select
        entity, day, bit_or(missing) as missing, sum(spend_micros) as spend_micros, sum(impressions) as impressions,
        sum(clicks) as clicks, sum(link_clicks) as link_clicks, sum(conversions_millionths) as conversions_millionths,
        sum(conversion_value_micros) as conversion_value_micros,
        -- People of several hours overlap: only a whole day has a reach.
        case when min(part) = -1 then max(reach) end as reach
    from staged_fact
    where org_id = $1 and import_id = $2
    group by entity, day"""


class _FoundRow(Row):
    found: bool


class _CountRow(Row):
    count: int


class _ContradictionRow(Row):
    entity: int
    day: date
    file: int
    line: int
    first_file: int
    first_line: int


class _OrphanRow(Row):
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
class Coverage:
    """Days, both included, of one ad account and level that the import covers, and what its source lacks there."""

    ad_account_id: int
    level: int
    first: date
    last: date
    missing: int


class Staging:
    """The facts of one import, on their way into the tables."""

    def __init__(self, transaction: Transaction, org_id: int, import_id: int, tree: Tree) -> None:
        self.count = 0
        self._transaction = transaction
        self._org_id = org_id
        self._import_id = import_id
        self._tree = tree
        self._rows: list[tuple[object, ...]] = []
        self._files: dict[Path, int] = {}
        self._in_parts = False
        self._whole = False

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
        file = self._files.setdefault(fact.place.file, len(self._files))
        missing = (
            (spend is None) | (impressions is None) << 1 | (clicks is None) << 2 | (link_clicks is None) << 3
            | (conversions is None) << 4 | (value is None) << 5
        )  # fmt: skip
        self._rows.append((
            self._org_id, self._import_id, self._tree.number(fact), fact.day, part, fact.version, file,
            fact.place.line, int(missing), spend or 0, impressions or 0, clicks or 0, link_clicks or 0,
            conversions or 0, value or 0, fact.reach,
        ))  # fmt: skip
        self.count += 1
        return len(self._rows) >= CHUNK

    async def send(self) -> None:
        """Copies what has gathered to the server."""
        if self._rows:
            await self._transaction.copy("staged_fact", _COLUMNS, self._rows)
            self._rows.clear()

    async def tidy(self) -> list[BadRow]:
        """Leaves one row for each part of a day: the latest version. The rows that contradict another, if any."""
        if not self.count:
            return []
        keys = (self._org_id, self._import_id)
        if (await self._transaction.fetch("staged_repeats", *keys, row=_FoundRow))[0].found:
            await self._transaction.execute("drop_superseded", *keys)
            rows = await self._transaction.fetch("staged_contradictions", *keys, row=_ContradictionRow)
            if rows:
                return self._contradictions(rows)
        if self._in_parts and self._whole:
            await self._transaction.execute("drop_parts_of_whole_days", *keys)
        return []

    def _contradictions(self, rows: Sequence[_ContradictionRow]) -> list[BadRow]:
        files, entities = list(self._files), list(self._tree.number_of)
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
        counted = await self._transaction.fetch("partly_reported_days", self._org_id, self._import_id, row=_CountRow)
        return counted[0].count

    async def orphans(self, keys: Sequence[Key]) -> dict[Key, int]:
        """The entity-days staged of each of the entities `keys` that has any."""
        by_number = {self._tree.number_of[key]: key for key in keys if key in self._tree.number_of}
        if not by_number:
            return {}
        rows = await self._transaction.fetch(
            "staged_orphans", self._org_id, self._import_id, list(by_number), row=_OrphanRow
        )
        return {by_number[row.entity]: row.days for row in rows}

    async def take(self, ids: Mapping[Key, int], account_of: Mapping[Key, Key]) -> list[StagedDayRow]:
        """Writes the facts of the placed entities in place of what those days had; the days that they name."""
        placed = [(number, key) for key, number in self._tree.number_of.items() if key in account_of]
        if not placed:
            return []
        numbers = [number for number, _ in placed]
        accounts = [ids[account_of[key]] for _, key in placed]
        levels = [int(key.level) for _, key in placed]
        keys = (self._org_id, self._import_id)
        await self._transaction.execute("plan_nested_loops", self._org_id, "off")
        days = await self._transaction.fetch(
            "staged_days", *keys, numbers, accounts, levels, row=StagedDayRow,
            entities="distinct staged_fact.entity" if self._in_parts else "*",
        )  # fmt: skip
        await self._transaction.execute(
            "take_facts", *keys, numbers, [ids[key] for _, key in placed], accounts, levels,
            staged=_SUMMED if self._in_parts else _AS_STAGED,
        )  # fmt: skip
        await self._transaction.execute("plan_nested_loops", self._org_id, "on")
        return days

    async def cover(self, covered: Sequence[Coverage], imported_at: datetime) -> None:
        """Records the days that the import covers."""
        await self._transaction.execute(
            "cover_days", self._org_id, [days.ad_account_id for days in covered], [days.level for days in covered],
            [days.first for days in covered], [days.last for days in covered], [days.missing for days in covered],
            imported_at,
        )  # fmt: skip

    async def clear(self) -> None:
        """Forgets what was staged."""
        await self._transaction.execute("clear_staged", self._org_id, self._import_id)
