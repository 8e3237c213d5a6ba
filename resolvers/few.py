"""Few entities: all that their sums are made of but the rows, left to other requests that ask for the same."""

from __future__ import annotations

from typing import NamedTuple

from db import delivery
from db.level import Level
from resolvers.context import Request
from resolvers.entity import Entities
from resolvers.formulas import Shared
from resolvers.ground import FEW, at_hand, currencies_of
from resolvers.metric import REPORTING, stored
from resolvers.options import Options
from resolvers.sums import Terms
from resolvers.window import WindowSpec, quarter_of


class Plain(NamedTuple):
    """All that the sums of few entities are made of but their rows, where those are all that matters."""

    reading: delivery.Reading
    currencies: Shared
    terms: Terms


def plain_at_hand(
    request: Request, entities: Entities, level: Level, spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> Plain | None:
    """The same where nothing has to be waited for."""
    if len(entities) > FEW or REPORTING in columns:
        return None
    key = (plain_at_hand, *entities.ids, level, spec, options, columns, quarter_of(request))
    found: Plain | None = request.kept.get(key)
    if found is None:
        own = entities.by_ad_account()
        ground = at_hand(request, own, level, spec, options, columns)
        if not ground or not ground.terms:
            return None
        reading = delivery.adding_up(request.org_id, level, stored(columns), ground.days, own)
        if reading is None:
            return None
        found = request.kept[key] = Plain(reading, currencies_of(entities, ground.accounts), ground.terms)
    request.reused = True
    return found
