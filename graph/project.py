"""The Project type: what clients see of db.project.ProjectRow."""

from collections.abc import Sequence

import strawberry

from db import entity
from db.project import ProjectRow
from graph.ad_account import AdAccount
from graph.connection import Connection, children
from graph.data_import import Import
from graph.field import batched
from graph.node import Measurable, is_row_of
from graph.selection import Selection
from resolvers.context import Request
from resolvers.window import project_scopes


async def _timezones(request: Request, _selection: Selection, rows: Sequence[ProjectRow]) -> list[str]:
    scopes = await request.load_all(project_scopes, (row.id for row in rows))
    return [scopes[row.id].timezone for row in rows]


@strawberry.type(description="What one team advertises, over any number of ad accounts on any platform.")
class Project(Measurable):
    timezone = batched(
        _timezones,
        str,
        "The IANA timezone that presets resolve in, for every node of the project: its own, else the one "
        "that all its ad accounts share, else UTC.",
        needs=(),
    )
    imports = children(entity.IMPORT, Connection[Import] | None, "What was imported into it, the latest first.")
    ad_accounts = children(entity.AD_ACCOUNT, Connection[AdAccount] | None, "Its ad accounts.")
    is_type_of = is_row_of(entity.PROJECT)
