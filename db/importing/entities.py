"""The entities of an import: what the database has of them, what they become, and the writing of the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from db.database import Row, Transaction
from db.importers.records import Entity
from db.importing.tree import LEVEL_NAMES, NAMELESS, Key
from db.level import Level, Platform

NO_CURRENCY = "XXX"
# Looked up for each of thousands of entities: an enum's own way takes ten times as long.
_PLATFORMS = {platform.value: platform for platform in Platform}
_ABOVE = {level: Level(level - 1) for level in Level if level > Level.AD_ACCOUNT}


class StoredRow(Row):
    """An entity as its table has it; `parent` is its parent's external id. Budgets only where the level has them."""

    id: int
    platform: str
    external_id: str
    parent: str | None
    ad_account_id: int
    name: str
    status: str
    placeholder: bool
    objective: str | None
    budget_micros: int | None
    budget_period: str | None
    currency: str
    timezone: str
    project_id: int
    project_name: str


class WrittenRow(Row):
    """The identity that an entity was written under."""

    id: int
    platform: str
    external_id: str


@dataclass(frozen=True)
class Node:
    """An entity as it is to stand in its table."""

    key: Key
    parent: Key | None
    name: str
    status: str
    placeholder: bool
    objective: str | None = None
    budget_micros: int | None = None
    budget_period: str | None = None
    currency: str = NO_CURRENCY
    timezone: str = "UTC"


@dataclass(frozen=True)
class Stored:
    """An entity that the database has."""

    id: int
    ad_account_id: int
    node: Node
    project_id: int | None = None
    project_name: str | None = None

    @property
    def parent(self) -> Key | None:
        """Its parent; None for an ad account."""
        return self.node.parent

    @property
    def placeholder(self) -> bool:
        """Whether only other rows have named it so far."""
        return self.node.placeholder


async def load(transaction: Transaction, org_id: int, named: Collection[Key]) -> dict[Key, Stored]:
    """What the database has of the entities `named`, and of everything above them."""
    wanted: dict[Level, set[Key]] = defaultdict(set)
    for key in named:
        wanted[key.level].add(key)
    stored: dict[Key, Stored] = {}
    for level in sorted(Level, reverse=True):
        keys = wanted[level]
        rows = await transaction.fetch(
            f"stored_{LEVEL_NAMES[level].replace(' ', '_')}s", org_id,
            [key.platform.value for key in keys], [key.external_id for key in keys], row=StoredRow,
        ) if keys else []  # fmt: skip
        for row in rows:
            found = _stored(level, row)
            stored[found.node.key] = found
            if found.parent:
                wanted[found.parent.level].add(found.parent)
    return stored


def _stored(level: Level, row: StoredRow) -> Stored:
    platform = _PLATFORMS[row.platform]
    key = Key(platform, level, row.external_id)
    described = (row.name, row.status, row.placeholder)
    if level == Level.AD_ACCOUNT or row.parent is None:
        node = Node(key, None, *described, currency=row.currency, timezone=row.timezone)
        return Stored(row.id, row.ad_account_id, node, row.project_id, row.project_name)
    parent = Key(platform, _ABOVE[level], row.parent)
    if level == Level.AD:
        return Stored(row.id, row.ad_account_id, Node(key, parent, *described))
    objective = row.objective if level == Level.CAMPAIGN else None
    node = Node(key, parent, *described, objective, row.budget_micros, row.budget_period)
    return Stored(row.id, row.ad_account_id, node)


def merged(key: Key, parent: Key | None, own: Entity | None, stored: Stored | None) -> Node:
    """The entity after this import: what its own row says, else what is stored, else a placeholder."""
    before = stored.node if stored else Node(key, parent, _placeholder_name(key), "UNKNOWN", True)
    if own is None:
        return Node(
            key, parent, before.name, before.status, before.placeholder, before.objective, before.budget_micros,
            before.budget_period, before.currency, before.timezone,
        )  # fmt: skip
    micros, period = before.budget_micros, before.budget_period
    if own.budget_period == "NONE":
        micros, period = None, None
    elif own.budget_micros is not None and own.budget_period is not None:
        micros, period = own.budget_micros, own.budget_period
    return Node(
        key, parent, own.name or before.name, own.status or before.status, False, own.objective or before.objective,
        micros, period, before.currency, before.timezone,
    )  # fmt: skip


def _placeholder_name(key: Key) -> str:
    if not key.external_id.startswith(NAMELESS):
        return key.external_id
    return f"Unknown {LEVEL_NAMES[key.level]}"


async def write(
    transaction: Transaction, org_id: int, project_id: int, nodes: Iterable[Node], stored: Mapping[Key, Stored],
    account_of: Mapping[Key, Key],
) -> tuple[dict[Key, int], int]:  # fmt: skip
    """Writes the entities that are new or changed, top down; the ids of all of them, and how many were written.

    `account_of` gives the ad account of each.
    """
    by_level: dict[Level, list[Node]] = defaultdict(list)
    for node in nodes:
        by_level[node.key.level].append(node)
    ids = {key: found.id for key, found in stored.items()}
    written = 0
    for level in sorted(by_level):
        changed = [
            node for node in by_level[level]
            if (before := stored.get(node.key)) is None
            or before.node != node
            or (level > Level.AD_ACCOUNT and before.ad_account_id != ids[account_of[node.key]])
        ]  # fmt: skip
        if not changed:
            continue
        written += len(changed)
        columns: list[object] = [
            [node.key.platform.value for node in changed], [node.key.external_id for node in changed],
            [node.name for node in changed], [node.status for node in changed], [node.placeholder for node in changed],
        ]  # fmt: skip
        if level == Level.AD_ACCOUNT:
            columns += [project_id, [node.currency for node in changed], [node.timezone for node in changed]]
        else:
            columns.append([ids[node.parent] for node in changed if node.parent])
        if level > Level.CAMPAIGN:
            columns.append([ids[account_of[node.key]] for node in changed])
        if level == Level.CAMPAIGN:
            columns.append([node.objective for node in changed])
        if level in (Level.CAMPAIGN, Level.AD_SET):
            columns += [[node.budget_micros for node in changed], [node.budget_period for node in changed]]
        name = f"write_{LEVEL_NAMES[level].replace(' ', '_')}s"
        for row in await transaction.fetch(name, org_id, *columns, row=WrittenRow):
            ids[Key(_PLATFORMS[row.platform], level, row.external_id)] = row.id
    return ids, written
