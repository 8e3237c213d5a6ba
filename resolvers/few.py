"""Few entities: what their sums are made of, left to other requests but for the rows, which several read at once."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from strawberry.dataloader import DataLoader

from db.database import Database, Row, Sent, recorded, recording
from db.delivery import AddingUp, adding_up
from db.level import Level
from resolvers.context import Request
from resolvers.entity import Entities
from resolvers.formulas import Shared
from resolvers.ground import FEW, at_hand, currencies_of
from resolvers.metric import REPORTING, stored
from resolvers.options import Options
from resolvers.sums import Terms
from resolvers.window import WindowSpec, quarter_of

# The entities of one request in, their rows out: by one statement for all requests that ask in the same turn.
Reading: TypeAlias = DataLoader[Entities, tuple[list[Row], Sent]]
# What asks for so many entities is planned once (`db.connections.planning_for`).
MOST_TOGETHER = 10


class Plain(NamedTuple):
    """All that the sums of few entities are made of but their rows, where those are all that matters."""

    reading: Reading
    entities: Entities
    currencies: Shared
    terms: Terms

    async def rows(self) -> list[Row]:
        """Those, as they are now."""
        rows, sent = await self.reading.load(self.entities)
        recorded(sent)
        return rows


def plain_at_hand(
    request: Request, entities: Entities, level: Level, spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> Plain | None:
    """The same where nothing has to be waited for."""
    if len(entities) > FEW or REPORTING in columns:
        return None
    key = (plain_at_hand, *entities.ids, level, spec, options, columns, quarter_of(request))
    found: Plain | None = request.left(key)
    if found is None:
        own = entities.by_ad_account
        ground = at_hand(request, own, level, spec, options, columns)
        if not ground or not ground.terms:
            return None
        statement = adding_up(request.org_id, level, stored(columns), ground.days, own)
        if statement is None:
            return None
        reading: Reading | None = request.left((_reading, statement))
        if reading is None:
            request.put((_reading, statement), reading := _reading(request.database, statement))
        found = Plain(reading, entities, currencies_of(entities, ground.accounts), ground.terms)
        request.put(key, found)
    return found


def _reading(database: Database, statement: AddingUp) -> Reading:
    async def rows(each: list[Entities]) -> list[tuple[list[Row], Sent]]:
        found: dict[int, list[Row]] = {id_: [] for entities in each for id_ in entities.ids}
        accounts = {id_ for entities in each for id_ in entities.ad_account_ids}
        with recording() as sent:
            for row in await statement.rows(database, [*accounts], [*found]):
                found[row["entity_id"]].append(row)
        return [([row for id_ in entities.ids for row in found[id_]], sent) for entities in each]

    # Nothing of it is kept: numbers are read anew for each who asks.
    return DataLoader(rows, max_batch_size=MOST_TOGETHER, cache=False)
