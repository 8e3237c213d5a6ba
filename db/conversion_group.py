"""Conversion groups: what conversions add up to by any keys, read from what was rolled up by quarter hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from db.database import Database, Row
from db.due import SCOPES, counted, longest_lag
from db.exchange_rate import factors
from db.level import Level


class Part(NamedTuple):
    """Instants `[since, until)`, the place of their keys among those of the window, and the day whose exchange rates
    they take (None: money is not converted).
    """

    since: datetime
    until: datetime
    place: int
    day: date | None


@dataclass(frozen=True)
class Grouping:
    """By what to group, in which order, and which of the groups. Keys and order have names of the closed tables here.

    `times`: of each unit of time among the keys, the rank of each place's key. `users`: whether to count them;
    `attributed`: whether to tell apart what an ad brought.
    """

    keys: tuple[str, ...]
    times: tuple[tuple[int, ...], ...]
    order: str
    descending: bool
    after: int
    first: int
    users: bool
    attributed: bool


@dataclass(frozen=True)
class Conversions:
    """Which conversions: of projects (then the level is None) or of entities of one level, and due to an ad how.

    `parts` are the instants that count; so are `hours`, `quarters` and `edges` together, cut by how they are read.
    """

    level: Level | None
    ids: Sequence[int]
    events: Sequence[str]
    app: str | None
    click_days: int
    view_days: int
    by_touch_time: bool
    parts: Sequence[Part]
    hours: Sequence[Part]
    quarters: Sequence[Part]
    edges: Sequence[Part]
    # what money is converted to; None: it is not
    currency: str | None


class GroupRow(Row):
    """What conversions with the same keys add up to: all of them, and those that ads brought (`due`). Beside it how
    many groups there are, the conversions in them, and whether their money is in several currencies.

    The keys that were asked for are there under the names of their dimensions, in lower case.
    """

    scope_id: int
    position: int
    groups: int
    whole: int
    all_mixed: bool | None
    place: int
    count: int
    value: Decimal
    currency: str | None
    mixed: bool | None
    # sums that there is no exchange rate for
    unrated: int
    refund_count: int
    refund_value: Decimal
    users: int
    due_count: int
    due_value: Decimal
    due_currency: str | None
    due_mixed: bool | None
    due_unrated: int


class _Dimension(NamedTuple):
    """A key's SQL: of any conversion, of one that an ad brought, and whether it is the id of a name."""

    of_all: str
    of_due: str
    named: bool = False


def _of_event(column: str, *, named: bool) -> _Dimension:
    return _Dimension(f"fact.{column}", f"fact.{column}", named)


_DIMENSIONS = {
    "PLATFORM": _of_event("platform_id", named=True),
    "APP": _of_event("app_id", named=True),
    "EVENT_NAME": _of_event("event_name_id", named=True),
    "SOURCE": _of_event("source", named=False),
    "AD_PLATFORM": _Dimension("null::text", "ad.platform"),
    "AD_ACCOUNT": _Dimension("null::bigint", "ad.ad_account_id"),
    "CAMPAIGN": _Dimension("null::bigint", "ad_set.campaign_id"),
    "AD_SET": _Dimension("null::bigint", "ad.ad_set_id"),
    "AD": _Dimension("null::bigint", "ad.id"),
}
_OF_ADS = {"AD_PLATFORM", "AD_ACCOUNT", "CAMPAIGN", "AD_SET", "AD"}
_TIMES = {"HOUR", "DAY", "WEEK", "MONTH"}
_ORDERS = {"COUNT": "count", "UNIQUE_USERS": "users", "VALUE": "value"}
_SUMS = ("count", "value", "refund_count")
_FACTORS = factors(
    target="$27::text", currencies="array(select distinct currency from told where day is not null)",
    since="(select min(day) from told)", until="(select max(day) + 1 from told)",
)  # fmt: skip
# As it is.
_NO_FACTORS = """
factor as (
    select $27::text as currency, null::date as day, null::numeric as factor
    where false
)"""
_COUNTED = counted(click_days="$22", view_days="$23", by_touch_time="$24")


def rolled_up_by_hour(dimensions: Sequence[str], app: str | None) -> bool:
    """Whether what was rolled up by hour tells groups by these dimensions."""
    return app is None and set(dimensions) <= {"EVENT_NAME", "CURRENCY", *_TIMES}


async def groups(database: Database, org_id: int, asked: Conversions, by: Grouping) -> list[GroupRow]:
    """The groups that were asked for, by scope and place in the order; the first of each scope is always there."""
    parts = [
        column
        for those in (asked.hours, asked.quarters, asked.edges, asked.parts)
        for column in (zip(*those, strict=True) if those else ((), (), (), ()))
    ]
    return await database.fetch(
        "conversion_groups", org_id, asked.ids, asked.events, asked.app, *parts,
        [rank for ranks in zip(*by.times, strict=True) for rank in ranks], asked.click_days, asked.view_days,
        asked.by_touch_time, by.after, by.first, asked.currency, row=GroupRow, **_slots(asked, by),
    )  # fmt: skip


def _slots(asked: Conversions, by: Grouping) -> dict[str, str]:
    keys = [key for key in by.keys if key in _DIMENSIONS]
    own = [f"key_{number}" for number in range(len(keys))]
    of_all = "".join(f"{_DIMENSIONS[key].of_all} as {name}, " for key, name in zip(keys, own, strict=True))
    of_due = "".join(f"{_DIMENSIONS[key].of_due} as {name}, " for key, name in zip(keys, own, strict=True))
    by_currency = "CURRENCY" in by.keys
    return {
        "keys_of_all": of_all,
        # Where other keys are asked for, it is not read.
        "keys_of_hour": of_all if rolled_up_by_hour(by.keys, asked.app) else "",
        "keys_of_due": of_due,
        "keys": "".join(f"{name}, " for name in own),
        "by_keys": "".join(f", {name}" for name in own),
        "ordinals": ", ".join(str(number) for number in range(1, len(keys) + 5)),
        "currency_of_users": "fact.currency" if by_currency else "''::text",
        "currency_key": "nullif(told_currency, '') as currency_key, " if by_currency else "",
        "by_currency": ", nullif(told_currency, '')" if by_currency else "",
        "factor": "factor.factor" if asked.currency else "1",
        "unrated": "told.currency <> '' and factor.factor is null" if asked.currency else "false",
        "factors": _FACTORS if asked.currency else _NO_FACTORS,
        "names": _names(by, keys, own),
        "joined_names": "\n    ".join(
            f"left join conversion_name as {name}_name on {name}_name.org_id = $1 and {name}_name.id = {name}"
            for key, name in zip(keys, own, strict=True)
            if _DIMENSIONS[key].named
        ),
        "of_app": "" if asked.app is None else "and fact.app_id in (select id from app)",
        "scope": SCOPES[asked.level],
        "join": "left" if asked.level is None else "",
        # Lets those of an ad be found by it.
        "found_by_touch": "" if asked.level is None else "and (fact.click_ad_id = ad.id or fact.view_ad_id = ad.id)",
        "longest_lag": longest_lag(by_touch_time=asked.by_touch_time),
        **_COUNTED,
        "told": "\n    union all\n    ".join(_told(asked, by, own)),
        "order": _order(by),
    }


def _told(asked: Conversions, by: Grouping, own: Sequence[str]) -> list[str]:
    """The parts to add up."""

    def part(source: str, *, counts: bool = False, due: bool = False, users: bool = False, where: str = "") -> str:
        columns = ["scope_id", "place", "day", *own, "currency"]
        columns += [*_SUMS, "refund_value"] if counts else [f"0 as {name}" for name in (*_SUMS, "refund_value")]
        # What an ad brought is all there is of an entity, and some of what there is of a project.
        condition = "is_due" if asked.level is None else "true"
        columns += [f"case when {condition} then {name} else 0 end as due_{name}" if due else f"0 as due_{name}"
                    for name in _SUMS]  # fmt: skip
        return f"select {', '.join(columns)}, {'users' if users else '0 as users'} from {source} {where}"

    apart = asked.level is not None or asked.by_touch_time or bool(_OF_ADS & set(by.keys))
    if apart:
        parts = [part("due_sums", counts=True, due=True)]
        return parts + [part("users_of_due", users=True)] * by.users
    tables = {"all_by_hour": asked.hours, "all_by_quarter": asked.quarters, "all_edges": asked.edges}
    parts = [part(table, counts=True) for table, those in tables.items() if those]
    parts += [part("due_sums", due=True)] * by.attributed
    plain = not by.keys and asked.app is None and len(asked.ids) == 1
    return parts + [part("users_of_window" if plain else "users_of_all", users=True)] * by.users


def _names(by: Grouping, keys: Sequence[str], own: Sequence[str]) -> str:
    """The keys as they are given back, under the names of their dimensions."""
    named = [
        f"{f'{name}_name.name' if _DIMENSIONS[key].named else name} as {key.lower()}"
        for key, name in zip(keys, own, strict=True)
    ]
    if "CURRENCY" in by.keys:
        named.append("currency_key")
    return "".join(f"{one}, " for one in named)


def _order(by: Grouping) -> str:
    direction = "desc" if by.descending else "asc"
    times = [key for key in by.keys if key in _TIMES]
    keys = []
    for key in by.keys:
        if key in _TIMES:
            # The place of the key's rank among those of all units of time, which lie place by place.
            keys.append(f"rank.ranks[place * {len(times)} + {times.index(key) + 1}]")
        elif key == "CURRENCY":
            keys.append('currency_key collate "C"')
        else:
            text = key == "AD_PLATFORM" or _DIMENSIONS[key].named
            keys.append(f'{key.lower()} collate "C"' if text else key.lower())
    if by.order == "KEY":
        return ", ".join(f"{key} {direction} nulls last" for key in keys) or "place"
    return ", ".join([f"{_ORDERS[by.order]} {direction}", *(f"{key} nulls last" for key in keys)])
