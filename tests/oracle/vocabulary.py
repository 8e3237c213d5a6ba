"""The oracle of the vocabulary: DuckDB, its own SQL over the raw rows, and nothing of adgraph's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types

from tests.oracle.statements import statements
from tests.oracle.vocabulary_world import DAY, DAYS, FIRST, KINDS, Entity, Question, World

STATEMENTS = statements("vocabulary_facts", "vocabulary_questions", "vocabulary_answers")
# Days that windows may reach.
CALENDAR = [date(2022, 1, 1) + number * DAY for number in range((FIRST + (DAYS + 60) * DAY - date(2022, 1, 1)).days)]


class Told(NamedTuple):
    """A metric of a block: its value, its reason, the size of what it was computed from, and whether it is rounded."""

    value: float | None
    reason: str | None
    size: float | None
    rounded: bool


class Block(NamedTuple):
    """Numbers of some days; `bucket` is None of the whole window, else where they lie along what it is cut by."""

    bucket: list[str] | None
    since: date
    until: date
    days: int
    metrics: dict[str, Told]


class Change(NamedTuple):
    """How a metric must have changed; the sizes of what the two numbers were computed from."""

    absolute: float | None
    percent: float | None
    reason: str | None
    verdict: str
    size: float
    percent_size: float | None


class Comparison(NamedTuple):
    """What must be said of another window."""

    since: date
    until: date
    partial: bool
    previous: Block
    series: list[Block]
    changes: dict[str, Change]


class Answer(NamedTuple):
    """What must be answered to a question."""

    since: date
    until: date
    currency: str | None
    # what was converted: by how many earlier rates, how many days without any, the day of the last rate
    exchange: list[tuple[str, int, int, date | None]]
    missing_days: int
    totals: Block
    series: list[Block]
    comparison: Comparison


class Oracle:
    """What has to be answered about one world."""

    def __init__(self, world: World) -> None:
        self.numbers: dict[Entity, int] = {entity: number for number, entity in enumerate(world.entities)}
        self._duck = duckdb.connect(config={"threads": 1})
        self._load(world)
        self._run("world")
        for level in range(4, 0, -1):
            self._duck.execute(STATEMENTS["standing"], {"level": level})
        self._run("silence")

    def close(self) -> None:
        """Gives its memory back."""
        self._duck.close()

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """What must be answered to each."""
        self._put("question", [_question(number, one, self.numbers) for number, one in enumerate(questions)])
        self._run("asked")
        self._run("numbers")
        self._run("changes")
        metrics: dict[int, dict[str, Told]] = {}
        for cell, metric, *told in self._rows("select cell, metric, value, reason, size, divided from answer"):
            metrics.setdefault(cell, {})[metric] = Told(*told)
        blocks: dict[tuple[int, str], list[Block]] = {}
        for cell, q, side, bucket, since, until, days in self._rows(
            "select cell, q, side, bucket, since, until, days from cell order by q, side, bucket nulls first"
        ):
            blocks.setdefault((q, side), []).append(Block(bucket, since, until, days, metrics[cell]))
        changes: dict[int, dict[str, Change]] = {}
        for q, metric, *told in self._rows(
            "select q, metric, absolute, percent, reason, verdict, size, percent_size from changed"
        ):
            changes.setdefault(q, {})[metric] = Change(*told)
        compared = {
            q: Comparison(since, until, partial, blocks[q, "previous"][0], blocks[q, "previous"][1:], changes[q])
            for q, since, until, partial in self._rows("select q, since, until, partial from comparing")
        }
        exchange: dict[int, list[tuple[str, int, int, date | None]]] = {}
        for q, *exchanged in self._rows(STATEMENTS["exchanged"]):
            currency, earlier, none, last = exchanged
            exchange.setdefault(q, []).append((currency, earlier, none, last))
        return [
            Answer(
                since,
                until,
                currency,
                exchange.get(q, []),
                missing,
                blocks[q, "current"][0],
                blocks[q, "current"][1:],
                compared[q],
            )
            for q, since, until, currency, missing in self._rows(STATEMENTS["answers"])
        ]

    def _load(self, world: World) -> None:
        numbers = self.numbers
        self._put("moment", [{"now": world.now}])
        self._put("project", [
            {"id": number, "timezone": one.timezone, "reporting_currency": one.reporting_currency,
             "week_start": one.week_start}
            for number, one in enumerate(world.projects)
        ])  # fmt: skip
        self._put("account", [
            {"id": number, "project": one.project, "platform": one.platform, "currency": one.currency,
             "timezone": one.timezone}
            for number, one in enumerate(world.accounts)
        ])  # fmt: skip
        self._put("entity", [
            {
                "id": number, "kind": entity[0], "level": KINDS.index(entity[0]), "number": entity[1],
                "parent": numbers[world.parents[entity]] if entity in world.parents else None,
                "account": None if entity[0] == "Project" else world.account_of(entity),
            }
            for entity, number in numbers.items()
        ])  # fmt: skip
        self._put("batch", [
            {"id": number, "account": one.account, "level": KINDS.index(one.kind), "since": one.since,
             "until": one.until, "replaces": one.replace_days}
            for number, one in enumerate(world.batches)
        ])  # fmt: skip
        self._put("raw", [
            {"batch": number, "entity": numbers[row.entity], "day": row.day, **row.numbers}
            for number, one in enumerate(world.batches) for row in one.rows
        ])  # fmt: skip
        self._put("rate", [
            {"currency": currency, "day": day, "units": float(rate)} for (currency, day), rate in world.rates.items()
        ])  # fmt: skip
        self._put("calendar", [{"day": day} for day in CALENDAR])

    def _put(self, table: str, rows: list[dict[str, Any]]) -> None:
        fields = [(name, _TYPES.get(name, pa.int64())) for name in rows[0]]
        self._duck.register("given", pa.Table.from_pylist(rows, pa.schema(fields)))
        self._duck.execute(f"create or replace table {table} as select * from given")

    def _run(self, name: str) -> None:
        self._duck.execute(STATEMENTS[name])

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._duck.execute(sql).fetchall()


_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("day", "since", "until", "compared_since", "compared_until"), pa.date32()),
    **dict.fromkeys(("timezone", "reporting_currency", "platform", "currency", "kind", "preset"), pa.string()),
    "against": pa.string(), "cut": pa.list_(pa.string()),
    **dict.fromkeys(("replaces", "floored"), pa.bool_()),
    "now": pa.timestamp("us", "UTC"), "units": pa.float64(), "platforms": pa.list_(pa.string()),
    "members": pa.list_(pa.int64()),
}  # fmt: skip


def _question(number: int, one: Question, numbers: dict[Entity, int]) -> dict[str, Any]:
    window = one.window or {}
    days = {name: date.fromisoformat(day) for name, day in window.get("range", {}).items()}
    return {
        "q": number, "entity": numbers[one.entity], "since": days.get("since"), "until": days.get("until"),
        "last_days": window.get("lastDays"), "preset": window.get("preset"), "currency": one.currency,
        "floored": one.floored, "cut": list(one.cut), "platforms": one.platforms,
        "members": None if one.members is None else [numbers[entity] for entity in one.members],
        "against": one.against if isinstance(one.against, str) else None,
        "compared_since": None if isinstance(one.against, str) else one.against[0],
        "compared_until": None if isinstance(one.against, str) else one.against[1],
    }  # fmt: skip
