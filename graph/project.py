"""The Project type: what clients see of db.project.ProjectRow."""

from typing import Any

import strawberry

from db import entity
from db.project import ProjectRow
from graph.ad_account import AdAccount
from graph.connection import Connection, children
from graph.node import Measurable, is_row_of
from graph.selection import Info
from resolvers.window import project_scopes


async def _timezone(root: strawberry.Parent[ProjectRow], info: Info) -> Any:
    scope = await info.context.load(project_scopes, root.id)
    return scope and scope.timezone


@strawberry.type(description="What one team advertises, over any number of ad accounts on any platform.")
class Project(Measurable):
    timezone = strawberry.field(
        resolver=_timezone,
        graphql_type=str,
        description="The IANA timezone that presets resolve in, for every node of the project: its own, else the one "
        "that all its ad accounts share, else UTC.",
        metadata={"needs": ()},
    )
    ad_accounts = children(entity.AD_ACCOUNT, Connection[AdAccount] | None, "Its ad accounts.")
    is_type_of = is_row_of(entity.PROJECT)
