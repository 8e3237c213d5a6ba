"""The entry points of the schema."""

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
from graph.node import Node
from graph.project import Project
from graph.selection import Info, Selection
from resolvers import global_id, tree

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
    info: Info, node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="Any node's id.")]
) -> Any:
    kind, number = global_id.parse(node_id)
    return await _by_id(info, kind, number)


async def _nodes(
    info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 250 ids.")]
) -> Any:
    if len(ids) > MAX_IDS:
        raise Invalid(f"`ids` may hold {MAX_IDS} ids; got {len(ids)}. Ask in several queries.")
    return [_node(info, node_id) for node_id in ids]


async def _by_id(info: Info, kind: Kind[Row], number: int) -> Row:
    name = global_id.TYPE_NAMES[kind]
    row = await info.context.load(tree.by_id, number, kind, Selection.of(info).columns(kind))
    return _found(row, f"{name} with the id {global_id.encode(name, number)!r}")


def _found(row: Row | None, what: str) -> Row:
    if row is None:
        raise NotFound(f"There is no {what}.")
    return row


def _project(kind: Kind[Row]) -> Any:
    async def resolve(
        info: Info, node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="Its id.")]
    ) -> Any:
        return await _by_id(info, kind, global_id.parse_as(kind, node_id))

    return resolve


def _entity(kind: Kind[Row]) -> Any:
    async def resolve(info: Info, node_id: Id = strawberry.UNSET, external: External = strawberry.UNSET) -> Any:
        if bool(node_id) == bool(external):
            raise Invalid("Give exactly one of `id` and `external`.")
        if node_id:
            return await _by_id(info, kind, global_id.parse_as(kind, node_id))
        assert external
        row = await info.context.load(
            tree.by_external_id, (external.platform, external.id), kind, Selection.of(info).columns(kind)
        )
        return _found(row, f"{global_id.TYPE_NAMES[kind]} that {external.platform.value} knows as {external.id!r}")

    return resolve


def _field(resolver: Any, graphql_type: object, description: str) -> Any:
    return strawberry.field(resolver=resolver, graphql_type=graphql_type, description=description)


@strawberry.type(description="Where every query starts.")
class Query:
    node = _field(_node, Node | None, "The node with that id, whatever its kind; NOT_FOUND where there is none.")
    nodes = _field(
        _nodes,
        list[Node | None] | None,
        "The nodes with those ids, in their order; null and NOT_FOUND for each unknown one.",
    )
    projects = roots(entity.PROJECT, Connection[Project] | None, "All projects.")
    project = _field(_project(entity.PROJECT), Project | None, "One project.")
    ad_account = _field(_entity(entity.AD_ACCOUNT), AdAccount | None, "One ad account.")
    campaign = _field(_entity(entity.CAMPAIGN), Campaign | None, "One campaign.")
    ad_set = _field(_entity(entity.AD_SET), AdSet | None, "One ad set.")
    ad = _field(_entity(entity.AD), Ad | None, "One ad.")
