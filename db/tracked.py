"""What is tracked: conversions that touches make due to ads, added up for every entity and day as they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from db.database import Row, Transaction
from db.rollup import CHUNK

# Days after a touch within which it may count; and these with what is beyond them all.
WINDOWS = (1, 7, 28)
_LAGS = (*WINDOWS, 29)
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
# They are found by number alone, whatever is known of the table: an index by project has all that ever came.
_NEW = """(
    select
        1 as sign, conversion_name.name as event_name, conversion.currency, coalesce(conversion.value, 0) as value,
        {conversion} as kind, conversion.occurred_at, conversion.click_ad_id, conversion.clicked_at,
        conversion.view_ad_id, conversion.viewed_at
    from (select * from conversion where org_id = $1 and id >= $3 offset 0) as conversion
    join conversion_name
        on conversion_name.org_id = $1 and conversion_name.org_id = conversion.org_id
        and conversion_name.id = conversion.event_name_id
    where conversion.project_id = $2
        and (conversion.click_ad_id is not null or conversion.view_ad_id is not null)
) as given""".replace("{conversion}", str(CONVERSION))


def _lag(touched_at: str) -> str:
    """The place, from 1 on, of the shortest of `_LAGS` that the time from a touch to its conversion is within."""
    passed = f"given.occurred_at - given.{touched_at}"
    windows = " ".join(
        f"when {passed} <= interval '{24 * days} hours' then {place}" for place, days in enumerate(WINDOWS, 1)
    )
    return f"case {windows} else {len(_LAGS)} end"


def _due(view_lag: int, click_lag: int) -> int:
    """The choices that make a conversion due to one of its touches, as bits in their order.

    To its click where `view_lag` is 0, else to its view: those that a click in time makes due are due to that.
    """
    return sum(
        1 << place
        for place, (click, view) in enumerate(CHOICES)
        if (view_lag == 0 and click_lag <= click) or (0 < view_lag <= view and click_lag > click)
    )


def arrays_of(column: str) -> str:
    """The column of spans that has many entities' numbers of such a column side by side."""
    what, choice = column.split("_", 1)
    return f"{what}s_{choice}"


_COLUMNS = [f"{what}_{click}_{view}" for what in ("count", "value") for click, view in CHOICES]
_WRITING = {
    "due_to_click": f"(array{[_due(0, click) for click in _LAGS]})[{_lag('clicked_at')}]",
    "due_to_view": (
        f"(array{[_due(view, click) for view in _LAGS for click in _LAGS]})"
        f"[{len(_LAGS)} * ({_lag('viewed_at')} - 1) + {_lag('clicked_at')}]"
    ),
    "columns": ", ".join(_COLUMNS),
    "choices": ", ".join(
        f"coalesce(sum({what}) filter (where due & {1 << place} <> 0), 0)"
        for what in ("count", "value")
        for place in range(len(CHOICES))
    ),
    "added": ", ".join(f"{column} = tracked_day.{column} + excluded.{column}" for column in _COLUMNS),
}


_ENTITIES = """
    select 1 as level, $2::bigint as id
    union all
    select 2, campaign.id from campaign where campaign.org_id = $1 and campaign.ad_account_id = $2
    union all
    select 3, ad_set.id from ad_set where ad_set.org_id = $1 and ad_set.ad_account_id = $2
    union all
    select 4, ad.id from ad where ad.org_id = $1 and ad.ad_account_id = $2
"""
_SPANS = {
    "chunk": str(CHUNK),
    "arrays": ", ".join(arrays_of(column) for column in _COLUMNS),
    "aggregates": ", ".join(f"array_agg({column} order by entity_id)" for column in _COLUMNS),
}


def _added(days: str, *, one_each: bool = False) -> str:
    """What `days`, joined to the entities, add up to in each span; `one_each`: a row is a span by itself."""
    sums = ", ".join(f"fact.{column}" if one_each else f"sum(fact.{column}) as {column}" for column in _COLUMNS)
    key = "entity.level, fact.entity_id, spans.span, spans.day, fact.event_name, fact.currency, fact.kind"
    grouped = "" if one_each else f"group by {key}"
    return f"select {key}, {sums} from ({_ENTITIES}) as entity {days} {grouped}"


_OF_ENTITY = (
    "join tracked_day as fact on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = $3 and fact.span = 1"
)
# The days from $4 on (null: all) to before $5, each by itself.
_DAYS = _added(
    f"""{_OF_ENTITY} and fact.day >= coalesce($4::date, '-infinity') and fact.day < $5::date
    cross join lateral (select 1 as span, fact.day) as spans""",
    one_each=True,
)
# The longer spans that end after $4 (null: all) and by $5.
_ENDING = _added(
    f"""{_OF_ENTITY} and fact.day >= coalesce($4::date - 15, '-infinity') and fact.day < $5::date
    cross join (values (4), (16)) as lengths (span)
    cross join lateral (
        select lengths.span, fact.day - (fact.day - date '1970-01-01') % lengths.span as day
    ) as spans
    where spans.day + spans.span <= $5::date and ($4::date is null or spans.day + spans.span > $4::date)"""
)
# The spans $6 that begin on the days $7, of the levels $4 and the chunks $5.
_NAMED = _added(
    f"""join unnest($4::smallint[], $5::bigint[], $6::smallint[], $7::date[]) as spans (level, chunk, span, day)
        on spans.level = entity.level and spans.chunk = entity.id / {CHUNK}
    {_OF_ENTITY} and fact.day >= spans.day and fact.day < spans.day + spans.span"""
)


class _BehindRow(Row):
    ad_account_id: int
    basis: int
    since: date | None
    until: date


class _SpanRow(Row):
    level: int
    chunk: int
    span: int
    day: date


async def add(transaction: Transaction, org_id: int, changes: Sequence[Change]) -> None:
    """Adds up what the changes change, at every level, on the days of conversions and of touches."""
    if changes:
        await transaction.execute(
            "add_tracked", org_id, *map(list, zip(*changes, strict=True)), given=_GIVEN, **_WRITING
        )


async def add_from(transaction: Transaction, org_id: int, relation: str) -> None:
    """The same of the rows of a table that has the columns of `Change`; its name is one of our own."""
    await transaction.execute("add_tracked", org_id, given=f"{relation} as given", **_WRITING)


async def add_new(transaction: Transaction, org_id: int, project_id: int, first: int, *, many: bool) -> None:
    """The same of all conversions of a project with a number of `first` or beyond, none of which was added yet."""
    if many:
        await transaction.execute("expect_many", org_id, "off")
    await transaction.execute("add_tracked", org_id, project_id, first, given=_NEW, **_WRITING)
    if many:
        await transaction.execute("expect_many", org_id, "on")


async def add_up_spans(
    transaction: Transaction, org_id: int, project_id: int, today: date, *, late: bool = False
) -> None:
    """Adds up what has become old since it was last done into spans of days, by which long windows are read; `late`:
    and what came for days that were added up before, which else waits until there are further days.

    It changes no answer. Nobody else may change what is tracked of the project meanwhile.
    """
    for behind in await transaction.fetch("tracked_behind", org_id, project_id, today, late, row=_BehindRow):
        key = org_id, behind.ad_account_id, behind.basis
        days = await transaction.fetch(
            "take_late_days", *key, behind.since, row=_SpanRow, entities=_ENTITIES, chunk=str(CHUNK)
        )
        if days:
            named = tuple(map(list, zip(*days, strict=True)))
            await transaction.execute("drop_tracked_spans", *key, *named)
            await transaction.execute("add_tracked_spans", *key, *named, added=_NAMED, **_SPANS)
        for added in (_DAYS, _ENDING):
            await transaction.execute("add_tracked_spans", *key, behind.since, behind.until, added=added, **_SPANS)
        await transaction.execute("tracked_spans_are_there", *key, behind.until)


async def forget_spans(transaction: Transaction, org_id: int, ad_ids: Sequence[int]) -> None:
    """Drops the spans of the ad accounts in which the ads are: to be called before ads leave an ad account or change
    days, and after they came into another. It changes no answer either.
    """
    await transaction.execute("forget_tracked_spans", org_id, ad_ids)
