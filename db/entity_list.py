"""Lists of entities: those of one kind at any depth below a parent that meet conditions, in an order."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from db import entity
from db.database import Database, R, Row
from db.entity import CountRow, Kind
from db.level import Platform

# What lies between a parent and the entities that name what they are below: nothing, its ad accounts, its ad sets.
_NOTHING = "(select wanted.parent_id as id)"
_AD_ACCOUNTS = "(select id from ad_account where org_id = $1 and project_id = wanted.parent_id)"
_AD_SETS = "(select id from ad_set where org_id = $1 and campaign_id = wanted.parent_id)"
# For each kind of parent and each kind below it: that, and the column by which they name it.
_WITHIN: dict[tuple[Kind[Row], Kind[Row]], tuple[str, str]] = {
    (entity.PROJECT, entity.AD_ACCOUNT): (_NOTHING, "project_id"),
    (entity.PROJECT, entity.CAMPAIGN): (_AD_ACCOUNTS, "ad_account_id"),
    (entity.PROJECT, entity.AD_SET): (_AD_ACCOUNTS, "ad_account_id"),
    (entity.PROJECT, entity.AD): (_AD_ACCOUNTS, "ad_account_id"),
    (entity.AD_ACCOUNT, entity.CAMPAIGN): (_NOTHING, "ad_account_id"),
    (entity.AD_ACCOUNT, entity.AD_SET): (_NOTHING, "ad_account_id"),
    (entity.AD_ACCOUNT, entity.AD): (_NOTHING, "ad_account_id"),
    (entity.CAMPAIGN, entity.AD_SET): (_NOTHING, "campaign_id"),
    (entity.CAMPAIGN, entity.AD): (_AD_SETS, "ad_set_id"),
    (entity.AD_SET, entity.AD): (_NOTHING, "ad_set_id"),
}  # fmt: skip


class Field(Enum):
    """What lists are ordered by, beside metrics."""

    FIRST_SEEN = "FIRST_SEEN"
    NAME = "NAME"
    STATUS = "STATUS"


_KEYS = {Field.FIRST_SEEN: "null::text", Field.NAME: 'name collate "C"', Field.STATUS: 'status collate "C"'}


class Order(NamedTuple):
    """Names and statuses by the code points of their characters; what is equal, as it was first seen."""

    field: Field = Field.FIRST_SEEN
    descending: bool = False


class Conditions(NamedTuple):
    """What entities must meet; None: anything does. Whether letters of a name are capital does not matter."""

    ids: tuple[int, ...] | None = None
    external_ids: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    name_contains: str | None = None
    platforms: tuple[Platform, ...] | None = None


class IdsRow(Row):
    """The ids, in order, of those of a parent's list that are in one ad account."""

    parent_id: int
    ad_account_id: int
    ids: list[int]


async def page(
    database: Database, org_id: int, parent: Kind[Row], kind: Kind[R], columns: Sequence[str],
    parent_ids: Sequence[int], conditions: Conditions, order: Order, after: tuple[str | None, int] | None, limit: int,
) -> list[R]:  # fmt: skip
    """At most `limit` entities of each parent's list, by parent: those behind `after`, a sort key and an id.

    `parent_id` and `sort_key` are always selected.
    """
    own, beyond = _KEYS[order.field], "<" if order.descending else ">"
    if order.field is Field.FIRST_SEEN:
        sort = "id desc" if order.descending else "id"
        behind = f"{kind.name}.id {beyond} $9::bigint and $10::text is null"
    else:
        sort = "sort_key desc, id" if order.descending else "sort_key, id"
        behind = f"({own} {beyond} $10::text or ({own} = $10::text and {kind.name}.id > $9::bigint))"
    key, id_ = after or (None, None)
    return await database.fetch(
        "listed_entities", org_id, parent_ids, *conditions, limit, id_, key,
        row=kind.row, label=f"{kind.name}s_listed_by_{parent.name}_ids",
        columns=kind.select(columns), key=own, sort=sort,
        # The types of parameters have to be known, used or not.
        behind=behind if after else "$9::bigint is null and $10::text is null", **_source(parent, kind),
    )  # fmt: skip


async def ids(
    database: Database, org_id: int, parent: Kind[Row], kind: Kind[Row], parent_ids: Sequence[int],
    conditions: Conditions,
) -> list[IdsRow]:  # fmt: skip
    """The ids of each parent's whole list, by ad account."""
    return await database.fetch(
        "listed_entity_ids", org_id, parent_ids, *conditions,
        row=IdsRow, label=f"{kind.name}_ids_by_{parent.name}_ids",
        ad_account_id="id" if kind is entity.AD_ACCOUNT else "ad_account_id", **_source(parent, kind),
    )  # fmt: skip


async def counts(
    database: Database, org_id: int, parent: Kind[Row], kind: Kind[Row], parent_ids: Sequence[int],
    conditions: Conditions,
) -> list[CountRow]:  # fmt: skip
    """How many entities each parent's list has, where it has any."""
    return await database.fetch(
        "listed_entity_counts", org_id, parent_ids, *conditions,
        row=CountRow, label=f"listed_{kind.name}_counts_by_{parent.name}_ids", **_source(parent, kind),
    )  # fmt: skip


def _source(parent: Kind[Row], kind: Kind[Row]) -> dict[str, str]:
    stem, column = _WITHIN[parent, kind]
    return {"table": kind.name, "stem": stem, "stem_column": column}
