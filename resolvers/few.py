"""Few entities: what their sums are made of, left to other requests but for the rows, which several read at once."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from strawberry.dataloader import DataLoader

from db.database import Database, Row, Sent, recorded, recording
from db.delivery import AddingUp, Lines, adding_up
from db.level import Level
from resolvers.context import Request
from resolvers.entity import Entities
from resolvers.formulas import PlainBlocks, Shared
from resolvers.found import Found
from resolvers.ground import FEW, at_hand, currencies_of
from resolvers.metric import REPORTING, stored
from resolvers.options import Options
from resolvers.sums import Terms
from resolvers.window import WindowSpec, quarter_of


class Read(NamedTuple):
    """The rows of all entities that were asked for at once, what is found of them, and by which statement."""

    rows: list[Row]
    found: Found[int]
    sent: Sent


# Entities of one request in; by one statement for all requests that ask in the same turn.
Reading: TypeAlias = DataLoader[Entities, Read]
# What asks for so many entities is planned once (`db.connections.planning_for`).
MOST_TOGETHER = 10


class Plain(NamedTuple):
    """All that the sums of few entities are made of but their rows, where those are all that matters."""

    reading: Reading
    entities: Entities
    currencies: Shared
    terms: Terms

    async def sums(self) -> PlainBlocks | Lines:
        """The sums of their rows as these are now; the rows as lines, where not all that were read are plain."""
        read = await self.reading.load(self.entities)
        recorded(read.sent)
        ids = self.entities.ids
        if read.found.plain:
            return read.found.plain_sums(ids, self.currencies, self.terms)
        return Lines.of([row for row in read.rows if row["entity_id"] in ids])


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
    async def read(each: list[Entities]) -> list[Read]:
        ids = dict.fromkeys(id_ for entities in each for id_ in entities.ids)
        accounts = {id_ for entities in each for id_ in entities.ad_account_ids}
        with recording() as sent:
            rows = await statement.rows(database, [*accounts], [*ids])
        lines = Lines.of(rows)
        return [Read(rows, Found(lines.entity_ids, lines, statement.columns), sent)] * len(each)

    # Nothing of it is kept: numbers are read anew for each who asks.
    return DataLoader(read, max_batch_size=MOST_TOGETHER, cache=False)
