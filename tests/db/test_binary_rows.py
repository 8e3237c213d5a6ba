"""Rows written as bytes are what PostgreSQL would have made of the values, and can be read again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from db import binary_rows as rows
from db.database import Database, recording

AT = datetime(2026, 1, 31, 13, 45, 0, 123456, tzinfo=UTC)
NUMBERS = [
    "0", "0.00", "1", "1.00", "9.99", "10000", "10000.0001", "120000", "1E+11", "0.0001", "0.00001", "-3.25",
    "1E-20", "999999999999.99999999999999999999", "100000000", "99990000.5",
]  # fmt: skip
COLUMNS = ("small", "whole", "big", "flag", "told", "nothing", "at", "names", "kinds", "times", "amount")


async def test_postgresql_reads_what_was_written(database: Database) -> None:
    pieces = (
        rows.columns(len(COLUMNS)), rows.smallint(-7), rows.integer(1 << 20), rows.bigint(-(1 << 40)),
        rows.boolean(True), rows.text("Käse\\\t"), rows.text(None), rows.moment(AT), rows.texts(["a", 'b,"{'],),
        rows.repeated_smallints((1, 2)), rows.moments([AT, datetime(1999, 1, 1, tzinfo=UTC)]),
    )  # fmt: skip
    with recording():
        async with database.transaction() as transaction:
            await transaction._connection.execute(
                "create temp table written (small smallint, whole integer, big bigint, flag boolean, told text, "
                "nothing text, at timestamptz, names text[], kinds smallint[], times timestamptz[], amount numeric) "
                "on commit drop"
            )
            written = [b"".join((*pieces, rows.numeric(Decimal(number)))) for number in NUMBERS]
            await transaction.copy_rows("written", COLUMNS, [*written, b"".join((*pieces, rows.NULL))])
            found = await transaction._connection.fetch("select *, amount::text as digits from written")

    *others, none = found
    assert tuple(none)[:11] == (
        -7, 1 << 20, -(1 << 40), True, "Käse\\\t", None, AT, ["a", 'b,"{'], [1, 2],
        [AT, datetime(1999, 1, 1, tzinfo=UTC)], None,
    )  # fmt: skip
    assert [row["digits"] for row in others] == [f"{Decimal(number):f}" for number in NUMBERS]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_read_as_it_was_written(number: str) -> None:
    (cell,) = rows.cells(rows.numeric(Decimal(number)))

    assert cell is not None
    assert f"{rows.numeric_in(cell):f}" == f"{Decimal(number):f}"


def test_cells_are_read_as_they_were_written() -> None:
    moment, nothing, texts = rows.cells(rows.moment(AT) + rows.NULL + rows.texts(["x", ""]))

    assert moment is not None
    assert texts is not None
    assert rows.moment_in(moment) == AT
    assert nothing is None
    assert rows.elements_in(texts) == [b"x", b""]
