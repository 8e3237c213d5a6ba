"""What is tracked: conversions that touches make due to ads, added up for every entity and day as they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from db.database import Row, Transaction

# Days after a touch within which it may count, and what stands for none of these.
WINDOWS = (1, 7, 28)
NONE = 29
# Of clicks and of views; 0: such touches do not count.
CHOICES = tuple((click, view) for click in (0, *WINDOWS) for view in (0, *WINDOWS) if click or view)
CONVERSION, REFUND = 1, 2


class Change(NamedTuple):
    """A conversion, or a refund of one, that is there from now on (`sign` 1) or no longer (-1).

    A refund has the name, the time and the touches of its purchase. `currency` is '' without a value, `value` in its
    units. The touches are the last click and the last view not after the conversion, each with the id of its ad here.
    """

    sign: int
    event_name: str
    currency: str
    value: Decimal
    kind: int
    occurred_at: datetime
    click_ad_id: int | None
    clicked_at: datetime | None
    view_ad_id: int | None
    viewed_at: datetime | None


_TYPES = ("integer", "text", "text", "numeric", "smallint", "timestamptz", "bigint", "timestamptz", "bigint",
          "timestamptz")  # fmt: skip
_GIVEN = (
    f"unnest({', '.join(f'${number}::{type_}[]' for number, type_ in enumerate(_TYPES, 2))}) "
    f"as given ({', '.join(Change._fields)})"
)
# Conversions as changes that bring them in: those with a number of $3 or beyond, of which an ad may have brought any.
_NEW = """(
    select
        1 as sign, conversion_name.name as event_name, conversion.currency, coalesce(conversion.value, 0) as value,
        {conversion} as kind, conversion.occurred_at, conversion.click_ad_id, conversion.clicked_at,
        conversion.view_ad_id, conversion.viewed_at
    from conversion
    join conversion_name
        on conversion_name.org_id = $1 and conversion_name.org_id = conversion.org_id
        and conversion_name.id = conversion.event_name_id
    where conversion.org_id = $1 and conversion.project_id = $2 and conversion.id >= $3
        and (conversion.click_ad_id is not null or conversion.view_ad_id is not null)
) as given""".replace("{conversion}", str(CONVERSION))


def _lag(touched_at: str) -> str:
    """The shortest window that the time from a touch to its conversion is within."""
    passed = f"given.occurred_at - given.{touched_at}"
    windows = " ".join(f"when {passed} <= interval '{24 * days} hours' then {days}" for days in WINDOWS)
    return f"case {windows} else {NONE} end"


def _due(view_lag: int, click_lag: int) -> int:
    """The choices that make a conversion due to one of its touches, as bits in their order.

    To its click where `view_lag` is 0, else to its view: those that a click in time makes due are due to that.
    """
    return sum(
        1 << place
        for place, (click, view) in enumerate(CHOICES)
        if (view_lag == 0 and click_lag <= click) or (0 < view_lag <= view and click_lag > click)
    )


_COLUMNS = [f"{what}_{click}_{view}" for what in ("count", "value") for click, view in CHOICES]
_WRITING = {
    "none": str(NONE),
    "click_lag": _lag("clicked_at"),
    "view_lag": _lag("viewed_at"),
    "columns": ", ".join(_COLUMNS),
    "choices": ", ".join(
        f"coalesce(sum({what}) filter (where due & {1 << place} <> 0), 0)"
        for what in ("count", "value")
        for place in range(len(CHOICES))
    ),
    "due": ", ".join(
        f"({view_lag}, {click_lag}, {_due(view_lag, click_lag)})"
        for view_lag in (0, *WINDOWS)
        for click_lag in (*WINDOWS, NONE)
    ),
    "added": ", ".join(f"{column} = tracked_day.{column} + excluded.{column}" for column in _COLUMNS),
}


class _BehindRow(Row):
    ad_account_id: int
    basis: int
    since: date | None
    until: date


async def add(transaction: Transaction, org_id: int, changes: Sequence[Change]) -> None:
    """Adds up what the changes change, at every level, on the days of conversions and of touches."""
    if changes:
        await transaction.execute(
            "add_tracked", org_id, *map(list, zip(*changes, strict=True)), given=_GIVEN, **_WRITING
        )


async def add_from(transaction: Transaction, org_id: int, relation: str) -> None:
    """The same of the rows of a table that has the columns of `Change`; its name is one of our own."""
    await transaction.execute("add_tracked", org_id, given=f"{relation} as given", **_WRITING)


async def add_new(transaction: Transaction, org_id: int, project_id: int, first: int) -> None:
    """The same of all conversions of a project with a number of `first` or beyond, none of which was added yet."""
    await transaction.execute("add_tracked", org_id, project_id, first, given=_NEW, **_WRITING)


async def add_up_spans(transaction: Transaction, org_id: int, project_id: int, today: date) -> None:
    """Adds up what has become old since it was last done into spans of days, by which long windows are read.

    It changes no answer. Nobody else may change what is tracked of the project meanwhile.
    """
    for behind in await transaction.fetch("tracked_behind", org_id, project_id, today, row=_BehindRow):
        await transaction.execute(
            "add_tracked_spans", org_id, behind.ad_account_id, behind.basis, behind.since, behind.until,
            columns=_WRITING["columns"], sums=", ".join(f"sum(fact.{column})" for column in _COLUMNS),
        )  # fmt: skip
        await transaction.execute("tracked_spans_are_there", org_id, behind.ad_account_id, behind.basis, behind.until)
