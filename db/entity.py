"""Entities: the nouns of the tree, found by id, by the platform's id, or page by page below a parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from db.ad import AdRow
from db.ad_account import AdAccountRow
from db.ad_set import AdSetRow
from db.campaign import CampaignRow
from db.connections import Planning, planning_for
from db.data_import import ImportRow
from db.database import Database, R, Row
from db.level import Level, Platform
from db.project import ProjectRow

R_co = TypeVar("R_co", bound=Row, covariant=True)


@dataclass(frozen=True, eq=False)
class Kind(Generic[R_co]):
    """A noun: its table, its rows, the column that names its parent, and in which order its lists are."""

    name: str
    row: type[R_co]
    parent: Kind[Row] | None
    level: Level | None
    newest_first: bool = False

    @property
    def start(self) -> int:
        """The number behind which a whole list of it lies."""
        return 2**63 - 1 if self.newest_first else 0

    @property
    def order(self) -> dict[str, str]:
        """The slots of a statement that reads a list on from a number."""
        return {"behind": "<", "order": "desc"} if self.newest_first else {"behind": ">", "order": "asc"}

    @property
    def columns(self) -> frozenset[str]:
        """What may be selected: the attributes of its row."""
        return frozenset(self.row.__annotations__)

    @property
    def parent_column(self) -> str:
        assert self.parent is not None
        return f"{self.parent.name}_id"

    def select(self, columns: Sequence[str]) -> str:
        """The select list for `columns`, each checked against the row; the id is always there."""
        if unknown := set(columns) - self.columns:
            raise ValueError(f"{self.name} has no column {sorted(unknown)}")
        return ", ".join(f"{self.name}.{column}" for column in sorted({"id", *columns}))


PROJECT = Kind("project", ProjectRow, None, None)
AD_ACCOUNT = Kind("ad_account", AdAccountRow, PROJECT, Level.AD_ACCOUNT)
CAMPAIGN = Kind("campaign", CampaignRow, AD_ACCOUNT, Level.CAMPAIGN)
AD_SET = Kind("ad_set", AdSetRow, CAMPAIGN, Level.AD_SET)
AD = Kind("ad", AdRow, AD_SET, Level.AD)
IMPORT = Kind("data_import", ImportRow, PROJECT, None, newest_first=True)


# The tree, top down.
KINDS: tuple[Kind[Row], ...] = (PROJECT, AD_ACCOUNT, CAMPAIGN, AD_SET, AD)
BY_LEVEL: dict[Level, Kind[Row]] = {kind.level: kind for kind in KINDS if kind.level}
_BY_ROW = {kind.row: kind for kind in (*KINDS, IMPORT)}


def kind_of(row: Row) -> Kind[Row]:
    """The kind of node that a row is of."""
    return _BY_ROW[type(row)]


class Step(NamedTuple):
    """A step down the tree: from each node to the first page of its children."""

    kind: Kind[Row]
    columns: tuple[str, ...]
    first: int


class CountRow(Row):
    """How many children a parent has."""

    parent_id: int
    count: int


async def page(
    database: Database, org_id: int, kind: Kind[R], columns: Sequence[str], after: int, limit: int
) -> list[R]:
    """At most `limit` of the organization's entities of one kind, those with an id above `after`, by id."""
    return await database.fetch(
        "entities_page", org_id, after, limit,
        row=kind.row, label=f"{kind.name}s_page", table=kind.name, columns=kind.select(columns),
    )  # fmt: skip


async def count(database: Database, org_id: int, kind: Kind[R]) -> int:
    """How many entities of one kind the organization has."""
    rows = await database.fetch("entity_count", org_id, row=CountRow, label=f"{kind.name}_count", table=kind.name)
    return rows[0].count


async def by_ids(database: Database, org_id: int, kind: Kind[R], columns: Sequence[str], ids: Sequence[int]) -> list[R]:
    """Those of `ids` that exist, by id."""
    return await database.fetch(
        "entities_by_ids", org_id, ids, row=kind.row, label=f"{kind.name}s_by_ids",
        planning=planning_for(len(ids)), table=kind.name, columns=kind.select(columns),
    )  # fmt: skip


async def by_external_ids(
    database: Database, org_id: int, kind: Kind[R], columns: Sequence[str], keys: Sequence[tuple[Platform, str]]
) -> list[R]:
    """Those that exist under the platforms' own ids, by id; `platform` and `external_id` are always selected."""
    return await database.fetch(
        "entities_by_external_ids", org_id, [platform.value for platform, _ in keys], [key for _, key in keys],
        row=kind.row, label=f"{kind.name}s_by_external_ids", table=kind.name,
        columns=kind.select((*columns, "platform", "external_id")),
    )  # fmt: skip


async def children(
    database: Database, org_id: int, kind: Kind[R], columns: Sequence[str], parent_ids: Sequence[int],
    after: int, limit: int,
) -> list[R]:  # fmt: skip
    """At most `limit` children of each parent, those behind the id `after`, by parent and id.

    The parent's column is always selected.
    """
    return await database.fetch(
        "children_by_parent_ids", org_id, parent_ids, after, limit,
        row=kind.row, label=f"{kind.name}s_by_{kind.parent_column}s", at_most="", parents=_GIVEN,
        **_children(kind, columns),
    )  # fmt: skip


async def below(
    database: Database, org_id: int, ids: Sequence[int], path: Sequence[Step], most: int
) -> list[Row]:  # fmt: skip
    """What `children` gives for the last step, of all that is on the pages of the steps before it down from `ids`, with
    a row beyond each page. Behind the first step no more than `most` rows are read: so many are not all.
    """
    *above, (kind, columns, first) = path
    parents = _GIVEN
    for place, step in enumerate(above, 5):
        parents = _ON_PAGES.format(
            parents=parents, table=step.kind.name, parent_column=step.kind.parent_column, first=f"${place}", most=most,
            **step.kind.order,
        )  # fmt: skip
    return await database.fetch(
        "children_by_parent_ids", org_id, ids, kind.start, first + 1, *(step.first for step in above),
        row=kind.row, label=f"{kind.name}s_by_{kind.parent_column}s", parents=parents,
        at_most=f"limit {most}" if above else "", **_children(kind, columns),
    )  # fmt: skip


# Whose children are asked for: nodes whose ids are given, or all that is on the pages below some.
_GIVEN = "unnest($2::bigint[]) as wanted (parent_id)"
_ON_PAGES = """(
        select page.id
        from {parents}
        cross join lateral (
            select id
            from {table}
            where org_id = $1 and {parent_column} = wanted.parent_id
            order by id {order}
            limit {first}::bigint
        ) as page
        limit {most}
    ) as wanted (parent_id)"""


def _children(kind: Kind[Row], columns: Sequence[str]) -> dict[str, Any]:
    selected = kind.select((*columns, kind.parent_column))
    # However many parents there are, the children of each are read by the same index.
    planning = {"planning": Planning.ONCE}
    return planning | {"table": kind.name, "parent_column": kind.parent_column, "columns": selected, **kind.order}


async def child_counts(database: Database, org_id: int, kind: Kind[R], parent_ids: Sequence[int]) -> list[CountRow]:
    """The number of children of each parent that has any."""
    return await database.fetch(
        "child_counts_by_parent_ids", org_id, parent_ids,
        row=CountRow, label=f"{kind.name}_counts_by_{kind.parent_column}s", table=kind.name,
        parent_column=kind.parent_column,
    )  # fmt: skip
