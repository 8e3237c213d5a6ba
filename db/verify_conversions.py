"""Verifying conversions by their events, their sums and what is tracked of ads by them, all in another way."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from db.database import Row, Transaction
from db.level import Level

_DAYS = (0, 1, 7, 28)
_CHOICES = [(click, view) for click in _DAYS for view in _DAYS if click or view]
_COLUMNS = [f"{what}_{click}_{view}" for what in ("count", "value") for click, view in _CHOICES]


def _is_due(click: int, view: int) -> str:
    clicked = f"coalesce(clicked_at + interval '{24 * click} hours' >= occurred_at, false)" if click else "false"
    viewed = f"coalesce(viewed_at + interval '{24 * view} hours' >= occurred_at, false)" if view else "false"
    return f"case when is_click then {clicked} else {viewed} and not {clicked} end"


_TRACKED = {
    "columns": ", ".join(_COLUMNS),
    "sums": ", ".join(f"sum({column}) as {column}" for column in _COLUMNS),
    # Spans are without what came after them.
    "added_up": ", ".join(
        f"sum(case fact.span when 0 then -{column} else {column} end) as {column}" for column in _COLUMNS
    ),
    "arrays": ", ".join(f"side.{column.replace('_', 's_', 1)}" for column in _COLUMNS),
    "expected_numbers": ", ".join(f"coalesce(expected.{column}, 0)::numeric" for column in _COLUMNS),
    "stored_numbers": ", ".join(f"coalesce(stored.{column}, 0)::numeric" for column in _COLUMNS),
}
_DUE = ", ".join(
    f"coalesce(sum({amount}) filter (where {_is_due(click, view)}), 0) as {what}_{click}_{view}"
    for what, amount in (("count", "1"), ("value", "amount"))
    for click, view in _CHOICES
)
_SUMS = {
    "conversion_quarter": {
        "at": "quarter", "minutes": "15", "key": "event_name_id, app_id, platform_id, source, currency",
    },
    "conversion_hour": {"at": "hour", "minutes": "60", "key": "event_name_id, currency"},
}  # fmt: skip


class ConversionDifference(NamedTuple):
    """A row of sums of conversions that is not what they add up to: where, and its numbers by column."""

    where: str
    expected: dict[str, object] | None
    found: dict[str, object] | None

    def __str__(self) -> str:
        if self.expected is None or self.found is None:
            return f"{self.where} {'that should not be there' if self.expected is None else 'that is not there'}"
        other = [f"{name} {self.found[name]}, should be {number}" for name, number in self.expected.items()
                 if self.found.get(name) != number]  # fmt: skip
        return f"{self.where}: {'; '.join(other)}"


class _Numbers(Row):
    expected: str | None
    found: str | None
    count: int


class _SumRow(_Numbers):
    at: datetime
    event_name: str | None
    currency: str


class _ConversionRow(_Numbers):
    id: int


class _TrackedRow(_Numbers):
    level: int | None
    external_id: str
    span: int
    basis: int
    day: date
    event_name: str
    currency: str
    kind: int


Found = tuple[int, list[ConversionDifference]]


async def compare_conversions(transaction: Transaction, org_id: int, project_id: int, name: str, most: int) -> Found:
    """What of the conversions themselves is not as their events tell it, of a project."""
    rows = await transaction.fetch("verify_conversions", org_id, project_id, most, row=_ConversionRow)
    return rows[0].count if rows else 0, [_difference(f"project {name}: conversion {row.id}", row) for row in rows]


async def compare_sums(transaction: Transaction, org_id: int, project_id: int, name: str, most: int) -> Found:
    """What of the sums by time is otherwise, of a project."""
    count, differences = 0, []
    for table, slots in _SUMS.items():
        rows = await transaction.fetch(
            "verify_conversion_sums", org_id, project_id, most, row=_SumRow, table=table, **slots
        )
        count += rows[0].count if rows else 0
        for row in rows:
            where = f"project {name}, {row.event_name} {row.currency or 'without a value'}, {row.at:%Y-%m-%d %H:%M} UTC"
            differences.append(_difference(f"{where}: conversions of the {slots['at']}", row))
    return count, differences


async def compare_tracked(
    transaction: Transaction, org_id: int, ad_account_id: int, ad_account: str, most: int
) -> Found:
    """What of the tracked days, and of the spans of them, is otherwise, of an ad account."""
    key = (org_id, ad_account_id, most)
    days = await transaction.fetch("verify_tracked_days", *key, row=_TrackedRow, due=_DUE, **_TRACKED)
    spans = await transaction.fetch("verify_tracked_spans", *key, row=_TrackedRow, **_TRACKED)
    differences = []
    for row in (*days, *spans):
        level = Level(row.level).name.lower().replace("_", " ") if row.level else "entity"
        what = "refunds" if row.kind == 2 else "conversions"
        where = (
            f"ad account {ad_account}, {level} {row.external_id}, {row.day}: tracked {what} "
            f"of {row.span} days by time of the {'touch' if row.basis else 'conversion'}, "
            f"{row.event_name} {row.currency or 'without a value'}"
        )
        differences.append(_difference(where, row))
    return sum(rows[0].count for rows in (days, spans) if rows), differences


def _difference(where: str, row: _Numbers) -> ConversionDifference:
    expected, found = (json.loads(told, parse_float=Decimal) if told else None for told in (row.expected, row.found))
    return ConversionDifference(where, expected, found)
