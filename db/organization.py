"""Organizations: the tenants."""

from db.database import Database, Row


class OrganizationId(Row):
    """Which organization: `id`."""

    id: int


async def organization_id(database: Database, name: str) -> int:
    """The id of the organization `name`, which is created where absent."""
    for _ in range(2):
        # A name that another session has just inserted is seen by neither half of the statement, but by the next one.
        if rows := await database.fetch("organization_id", name, row=OrganizationId):
            return int(rows[0].id)
    raise LookupError(f"organization {name!r} vanished while it was being created")
