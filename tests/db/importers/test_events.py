"""Files of events, in every format that they come in: the same events, and each bad row told."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types …
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # … nor have its parts
import pytest

from db.conversions.event import Event
from db.conversions.event import read as event
from db.importers.events import read
from db.importers.records import BadRow
from tests.db.conversions.worlds import NOW

TOUCH = {"platform": "META", "ad": "7", "kind": "CLICK", "at": "2025-06-10T11:00:00Z"}
ROWS: list[dict[str, Any]] = [
    {"event_id": "1", "event_name": "purchase", "source": "SDK", "occurred_at": "2025-06-10T12:00:00Z",
     "revenue_amount": "19.990000000000000001", "currency": "EUR", "touches": [TOUCH], "properties": {"plan": "year"}},
    {"event_id": "2", "event_name": "refund", "source": "PLATFORM", "occurred_at": "2025-06-10T14:00:00+02:00",
     "kind": "REFUND", "refund_of": "1"},
]  # fmt: skip
EVENTS = [event(row, None, NOW) for row in ROWS]


def events(path: Path) -> list[Event]:
    found = []
    for row in read([path], {}):
        assert not isinstance(row, BadRow), row
        found.append(event(row[1], None, NOW))
    return found


def bad_rows(path: Path) -> list[tuple[int, str]]:
    return [(row.place.line, row.reason) for row in read([path], {}) if isinstance(row, BadRow)]


def cells() -> list[dict[str, str]]:
    names = list(dict.fromkeys(name for row in ROWS for name in row))
    return [
        {name: text if isinstance(text := row.get(name, ""), str) else json.dumps(text) for name in names}
        for row in ROWS
    ]


def test_json_lines_packed_or_not(tmp_path: Path) -> None:
    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "events.jsonl").write_text(f"{text}\n\n")
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(text.encode()))

    assert events(tmp_path / "events.jsonl") == events(tmp_path / "events.jsonl.gz") == EVENTS


def test_csv_with_json_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    rows = cells()
    quoted = [",".join('"' + text.replace('"', '""') + '"' for text in row.values()) for row in rows]
    path.write_text("\n".join([",".join(rows[0]), *quoted]))

    assert events(path) == EVENTS


def test_parquet_with_text_or_with_types_of_its_own(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(cells()), tmp_path / "text.parquet")
    own = [row | {"occurred_at": event(row, None, NOW).occurred_at} for row in ROWS]
    own[0]["revenue_amount"] = Decimal(own[0]["revenue_amount"])
    pq.write_table(pa.Table.from_pylist([own[1] | {"revenue_amount": None, "touches": None, "properties": None,
                                                    "currency": None}, own[0]]), tmp_path / "own.parquet")  # fmt: skip

    assert events(tmp_path / "text.parquet") == EVENTS
    assert events(tmp_path / "own.parquet") == EVENTS[::-1]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_what_nobody_reads_is_named_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events{suffix}"
    rows = [row | {"revenue": "5", "Shop": "x"} for row in cells()]
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, rows[1] | {"country": "DE"}, *rows]))
    elif suffix == ".csv":
        path.write_text(",".join([*rows[0], "country"]) + "\n")
    else:
        pq.write_table(pa.Table.from_pylist([row | {"country": "DE"} for row in rows]), path)
    unread: dict[str, None] = {}

    list(read([path], unread))

    assert [name.lower() for name in unread] == ["revenue", "shop", "country"]


def test_of_what_nobody_reads_ten_names_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(ROWS[0] | {f"field {number}": 1}) + "\n" for number in range(1_000)))
    unread: dict[str, None] = {}

    list(read([path], unread))

    assert list(unread) == [f"field {number}" for number in range(10)]


@pytest.mark.parametrize("properties", [{}, {"plan": "year"}, {"revenue_amount": 5.5}])
@pytest.mark.parametrize("amount", ["19.990000000000000001", "1.5E-3", "7", "0.1"])
def test_numbers_in_json_keep_every_digit(tmp_path: Path, properties: dict[str, Any], amount: str) -> None:
    path = tmp_path / "events.jsonl"
    row = ROWS[0] | {"properties": properties}
    path.write_text(json.dumps(row).replace('"19.990000000000000001"', amount))

    assert events(path)[0].value == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"event_id": "1"\n{}\n', [(1, "is not JSON with one event a line")]),
        ("{}\n[1]\n", [(2, "is no JSON object")]),
        ('{"x": NaN}\n', [(1, "is not JSON")]),
        ("event_id,event_name,source\n1,purchase,SDK\n", [(1, "the column is missing")]),
        ("", [(1, "the file is empty: events are needed, or a header")]),
    ],
)
def test_what_is_no_event_is_told_with_its_line(tmp_path: Path, text: str, expected: list[tuple[int, str]]) -> None:
    path = tmp_path / "events"
    path.write_text(text)

    found = bad_rows(path)

    assert [line for line, _ in found] == [line for line, _ in expected]
    assert all(part in reason for (_, reason), (_, part) in zip(found, expected, strict=True))
