"""The entry points of the schema."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry

from db import entity
from db.database import Row
from db.entity import Kind
from db.errors import Invalid, NotFound
from db.level import Platform
from graph.ad import Ad
from graph.ad_account import AdAccount
from graph.ad_set import AdSet
from graph.campaign import Campaign
from graph.connection import Connection, roots
from graph.field import batched
from graph.metric_catalog import metric_catalog
from graph.node import Node
from graph.project import Project
from graph.ranking import text
from graph.selection import Selection
from resolvers import global_id, tree
from resolvers.context import Request

MAX_IDS = 250


@strawberry.input(description="The identity that a platform gave.")
class ExternalId:
    platform: Platform = strawberry.field(description="Whose id it is.")
    id: str = strawberry.field(description="The platform's own id (Meta ad accounts: without `act_`).")


Id = Annotated[
    strawberry.ID | None, strawberry.argument(name="id", description="Its id here. Either this or `external`.")
]
External = Annotated[ExternalId | None, strawberry.argument(description="Its id on its platform. Either this or `id`.")]


async def _node(
    request: Request, selection: Selection, roots: Sequence[object],
    node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="Any node's id.")],
) -> Sequence[Row]:  # fmt: skip
    kind, number = global_id.parse(node_id)
    return await by_id(request, selection, roots, kind, number)


async def _nodes(
    request: Request, selection: Selection, roots: Sequence[object],
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 250 ids.")],
) -> list[list[Row | Exception]]:  # fmt: skip
    if len(ids) > MAX_IDS:
        raise Invalid(f"`ids` may hold {MAX_IDS} ids; got {len(ids)}. Ask in several queries.")
    found: dict[str, Row | Exception] = {}
    wanted: dict[Kind[Row], dict[str, int]] = {}
    for id_ in ids:
        try:
            kind, number = global_id.parse(id_)
        except Invalid as error:
            found[id_] = error
        else:
            wanted.setdefault(kind, {})[id_] = number
    for some in await asyncio.gather(*(_of_kind(request, selection, kind, own) for kind, own in wanted.items())):
        found |= some
    return [[found[id_] for id_ in ids]] * len(roots)


async def _of_kind(
    request: Request, selection: Selection, kind: Kind[Row], wanted: Mapping[str, int]
) -> dict[str, Row | Exception]:
    """The nodes of one kind by their ids; an error for each that is not there."""
    try:
        rows = await request.load_all(tree.by_id, wanted.values(), kind, selection.columns(kind))
    except Exception as error:  # noqa: BLE001  # each of these nodes fails with it, those of other kinds do not
        return dict.fromkeys(wanted, error)
    return {id_: rows[number] or _missing(kind, number) for id_, number in wanted.items()}


async def by_id(
    request: Request, selection: Selection, roots: Sequence[object], kind: Kind[Row], number: int
) -> Sequence[Row]:
    """The node of that kind with that number, for each root; `NotFound` without one."""
    (rows,) = await tree.alone(request, [number], kind, selection.columns(kind))
    if rows is None:
        raise _missing(kind, number)
    # There is but one.
    return rows if len(roots) == 1 else [*rows] * len(roots)


def _missing(kind: Kind[Row], number: int) -> NotFound:
    name = global_id.TYPE_NAMES[kind]
    return NotFound(f"There is no {name} with the id {global_id.encode(name, number)!r}.")


def _any_node(node_id: strawberry.ID) -> tuple[Kind[Row], int]:
    return global_id.parse(node_id)


def _root(kind: Kind[Row]) -> Any:
    """Which node of that kind is looked up, as far as its id says it."""

    def root(node_id: Id = None, external: External = None) -> tuple[Kind[Row], int] | None:
        return (kind, global_id.parse_as(kind, node_id)) if node_id and not external else None

    return root


def _project(kind: Kind[Row]) -> Any:
    async def many(
        request: Request, selection: Selection, roots: Sequence[object],
        node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="Its id.")],
    ) -> Sequence[Row]:  # fmt: skip
        return await by_id(request, selection, roots, kind, global_id.parse_as(kind, node_id))

    return many


def _entity(kind: Kind[Row]) -> Any:
    async def many(
        request: Request, selection: Selection, roots: Sequence[object],
        node_id: Id = strawberry.UNSET, external: External = strawberry.UNSET,
    ) -> Sequence[Row]:  # fmt: skip
        if bool(node_id) == bool(external):
            raise Invalid("Give exactly one of `id` and `external`.")
        if node_id:
            return await by_id(request, selection, roots, kind, global_id.parse_as(kind, node_id))
        assert external
        key = (external.platform, text("external.id", external.id))
        row = await request.load(tree.by_external_id, key, kind, selection.columns(kind))
        if row is None:
            name = global_id.TYPE_NAMES[kind]
            raise NotFound(
                f"There is no {name} that {external.platform.value} knows as {global_id.shown(external.id)}."
            )
        return [row] * len(roots)

    return many


@strawberry.type(description="Where every query starts.")
class Query:
    node = batched(
        _node,
        Node | None,
        "The node with that id, whatever its kind; NOT_FOUND where there is none.",
        root=_any_node,
    )
    nodes = batched(
        _nodes,
        list[Node | None] | None,
        "The nodes with those ids, in their order; null and NOT_FOUND for each unknown one.",
    )
    projects = roots(entity.PROJECT, Connection[Project] | None, "All projects.")
    project = batched(_project(entity.PROJECT), Project | None, "One project.", root=_root(entity.PROJECT))
    ad_account = batched(_entity(entity.AD_ACCOUNT), AdAccount | None, "One ad account.", root=_root(entity.AD_ACCOUNT))
    campaign = batched(_entity(entity.CAMPAIGN), Campaign | None, "One campaign.", root=_root(entity.CAMPAIGN))
    ad_set = batched(_entity(entity.AD_SET), AdSet | None, "One ad set.", root=_root(entity.AD_SET))
    ad = batched(_entity(entity.AD), Ad | None, "One ad.", root=_root(entity.AD))
    metric_catalog = metric_catalog
