"""Settings of projects: what their numbers mean where a query does not choose, and how that is changed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from db import project
from db.errors import NotFound
from resolvers import global_id
from resolvers.context import Request


async def change(request: Request, project_id: int, changes: Mapping[str, object]) -> None:
    """Sets those settings, checked, each under its column; None: back to its default. `NotFound` without it."""
    values = {column: _stored(value) for column, value in changes.items()}
    if values and not await project.change_settings(request.database, request.org_id, project_id, values):
        raise NotFound(f"There is no Project with the id {global_id.encode('Project', project_id)!r}.")
    request.forget()


def _stored(value: object) -> object:
    return value.value if isinstance(value, Enum) else value
