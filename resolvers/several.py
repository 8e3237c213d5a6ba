"""Wholes of several entities: what numbers are asked of that no platform reports by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from db.level import Level, Platform
from resolvers import ground
from resolvers.context import Request
from resolvers.entity import Entity
from resolvers.window import ad_account_scopes, project_scopes


class OfPlatforms(NamedTuple):
    """A project's ad accounts of some platforms. `id` is the project's."""

    id: int
    platforms: tuple[Platform, ...]
    # It is in none of them.
    ad_account_id: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Some entities of one level, all in the project `id`."""

    id: int
    level: Level
    entities: Sequence[Entity]
    # As above.
    ad_account_id: int = 0


# A whole; a project's id: all its ad accounts.
Whole = int | OfPlatforms | Several


def level_of(whole: Whole) -> Level:
    """The level of a whole's parts."""
    return whole.level if isinstance(whole, Several) else Level.AD_ACCOUNT


async def parts(request: Request, wholes: Sequence[Whole]) -> list[Sequence[Entity]]:
    """Batch: the entities that each whole adds up."""
    projects = {one if isinstance(one, int) else one.id for one in wholes if not isinstance(one, Several)}
    scopes = await request.load_all(project_scopes, projects)
    chosen = {one.id for one in wholes if isinstance(one, OfPlatforms)}
    every = {account for id_ in chosen if (scope := scopes[id_]) for account in scope.ad_account_ids}
    platforms = {id_: scope.platform for id_, scope in (await request.load_all(ad_account_scopes, every)).items()}

    def own(one: Whole) -> Sequence[Entity]:
        if isinstance(one, Several):
            return one.entities
        scope = scopes[one if isinstance(one, int) else one.id]
        ids = scope.ad_account_ids if scope else []
        wanted = one.platforms if isinstance(one, OfPlatforms) else None
        return [Entity(id_, id_) for id_ in ids if wanted is None or platforms[id_] in wanted]

    return [own(one) for one in wholes]


async def mixed(request: Request, wholes: Iterable[Whole]) -> set[Whole]:
    """Those of the wholes whose ad accounts have several currencies."""
    wanted = list(wholes)
    each = [{part.ad_account_id for part in own} for own in await parts(request, wanted)]
    scopes = await request.load_all(ad_account_scopes, {id_ for own in each for id_ in own})
    return {
        whole
        for whole, own in zip(wanted, each, strict=True)
        if len({ground.currency_of(scopes[id_]) for id_ in own}) > 1
    }
