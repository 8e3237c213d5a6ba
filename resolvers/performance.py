"""Performance: which nodes are asked about, over which days, and what their numbers mean, whatever kind of node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

from db.ad_account import AdAccountScopeRow
from db.database import Row
from db.level import Level
from resolvers import several
from resolvers.alike import Alike, Rows, column
from resolvers.context import Request
from resolvers.entity import Entities, Entity, side_by_side
from resolvers.options import Choice, Options, chosen
from resolvers.several import Whole
from resolvers.together import ALONE, Together
from resolvers.window import (
    Scope,
    Window,
    WindowSpec,
    ad_account_scopes,
    first_days,
    project_scopes,
    quarter_of,
    resolve,
)


class Performance(NamedTuple):
    """A node, the window over which it is asked, and what its numbers shall mean. `key` is what they are loaded by: the
    entity; or several as a whole, such as a project (then the level is None). `together` says what is asked of it in
    several places of a query.
    """

    key: Entity | Whole
    level: Level | None
    spec: WindowSpec
    options: Options
    together: Together = ALONE

    @property
    def node_id(self) -> int:
        """Of a whole, that of the project which it is of."""
        return self.key if isinstance(self.key, int) else self.key.id

    @property
    def ad_account_id(self) -> int:
        """0 for a whole."""
        return 0 if isinstance(self.key, int) else self.key.ad_account_id

    @property
    def at_level(self) -> Level:
        """The level at which its numbers are reported."""
        return self.level or several.level_of(self.whole)

    @property
    def whole(self) -> Whole:
        """What it is where it has no level."""
        assert not isinstance(self.key, Entity)
        return self.key


class Performances(Alike[Performance]):
    """The performance of many nodes of one level, over the same window with the same options."""

    one_is = Performance

    def __init__(self, keys: Sequence[Any], *asked: Any, together: Together = ALONE) -> None:
        """`asked`: the level, the window and the options; `together`: what is asked of each in several places."""
        self.keys = keys
        self.asked = asked
        self.together = together

    def __len__(self) -> int:
        return len(self.keys)

    def at(self, number: int) -> Performance:
        """One of them."""
        level, spec, options = self.asked
        return Performance(self.keys[number], level, spec, options, self.together)

    def __iter__(self) -> Iterator[Performance]:
        asked = (*self.asked, self.together)
        return map(partial(tuple.__new__, Performance), zip(self.keys, *map(repeat, asked), strict=False))


def of(
    rows: Sequence[Row], level: Level | None, spec: WindowSpec, options: Options, together: Together = ALONE
) -> Performances:
    """The performance of nodes of one level."""
    if level is None:
        return Performances(column(rows, "id"), None, spec, options, together=together)
    make = _accounts if level is Level.AD_ACCOUNT else _below_accounts
    entities = rows.once(make) if isinstance(rows, Rows) else make(rows)
    return Performances(entities, level, spec, options, together=together)


def _accounts(rows: Sequence[Row]) -> Entities:
    ids = column(rows, "id")
    return Entities(ids, ids)


def _below_accounts(rows: Sequence[Row]) -> Entities:
    return Entities(column(rows, "id"), column(rows, "ad_account_id"))


def alike(asked: Sequence[Performance]) -> Sequence[Performance]:
    """The same side by side, where they are of entities of one level over the same window with the same options."""
    if isinstance(asked, Performances) or not asked or asked[0].level is None:
        return asked
    *rest, together = asked[0][1:]
    if any(one[1:] != asked[0][1:] for one in asked):
        return asked
    keys = side_by_side([one.key for one in asked if isinstance(one.key, Entity)])
    return Performances(keys, *rest, together=together)


def elsewhen(asked: Sequence[Performance], respec: Callable[[WindowSpec], WindowSpec]) -> Sequence[Performance]:
    """The same nodes over other windows."""
    if isinstance(asked, Performances):
        level, spec, options = asked.asked
        return Performances(asked.keys, level, respec(spec), options, together=asked.together)
    return [one._replace(spec=respec(one.spec)) for one in asked]


def places(asked: Sequence[Performance]) -> list[int]:
    """The ad account that each one is in; of a whole, the project. Ids are unique across kinds of nodes."""
    if isinstance(asked, Performances) and isinstance(asked.keys, Entities):
        return list(asked.keys.ad_account_ids)
    return [one.ad_account_id or one.node_id for one in asked]


async def windows(request: Request, asked: Sequence[Performance]) -> list[Window]:
    """Batch: the days that each is asked about."""
    ids = places(asked)
    if isinstance(asked, Performances) and asked.asked[0]:
        of_place = await _of_accounts(request, asked.asked[1], list(dict.fromkeys(ids)))
        return list(map(of_place.__getitem__, ids))
    whole = {id_ for id_, one in zip(ids, asked, strict=True) if one.level is None}
    projects, accounts = await asyncio.gather(
        request.load_all(project_scopes, whole), request.load_all(ad_account_scopes, set(ids) - whole)
    )
    scopes: dict[int, Scope] = {**projects, **accounts}
    if isinstance(asked, Performances):
        found = await _resolved(request, asked.asked[1], {id_: scopes[id_] for id_ in set(ids)})
        return list(map(found.__getitem__, ids))
    specs = dict.fromkeys(one.spec for one in asked)
    each = {spec: await _resolved(request, spec, scopes) for spec in specs}
    return [each[one.spec][id_] for one, id_ in zip(asked, ids, strict=True)]


async def _of_accounts(request: Request, spec: WindowSpec, ids: Sequence[int]) -> Mapping[int, Window]:
    """The window of each ad account, left to other requests until a day may have begun."""
    arguments = spec, quarter_of(request)
    found = request.had(_windows_of_accounts, ids, *arguments)
    return dict(zip(ids, found or await request.keep(_windows_of_accounts, ids, *arguments), strict=True))


async def _windows_of_accounts(
    request: Request, ids: Sequence[int], spec: WindowSpec, _quarter: int
) -> list[Window]:  # fmt: skip
    found = await _resolved(request, spec, await request.load_all(ad_account_scopes, ids))
    return [found[id_] for id_ in ids]


async def _resolved(request: Request, spec: WindowSpec, scopes: Mapping[int, Scope]) -> dict[int, Window]:
    """The window of each place."""
    first = await first_days(request, ((spec, _project_of(scope)) for scope in scopes.values()))
    return {id_: resolve(request, spec, scope, first.get(_project_of(scope))) for id_, scope in scopes.items()}


def _project_of(scope: Scope) -> int:
    return scope.project_id if isinstance(scope, AdAccountScopeRow) else scope.id


async def settled(request: Request, asked: Sequence[Performance]) -> Sequence[Performance]:
    """Batch: each with the currency that it is to be converted into, where the query left that open and it is to be.

    That of a project whose ad accounts have several is its reporting currency. It does not depend on the window, so
    that what is compared, ordered or added up of one node is in one currency.
    """
    if isinstance(asked, Performances) and asked.asked[0]:
        return asked
    open_ = [one for one in asked if not one.level and not one.options.currency]
    scopes = await request.load_all(project_scopes, {one.node_id for one in open_})
    reporting = {id_: scope.reporting_currency for id_, scope in scopes.items() if scope.several_currencies}
    mixed = await several.mixed(request, {one.whole for one in open_ if reporting.get(one.node_id)})
    return [
        one._replace(options=one.options._replace(currency=reporting[one.node_id]))
        if not one.level and not one.options.currency and one.key in mixed
        else one
        for one in asked
    ]


async def choices(request: Request, asked: Sequence[Performance]) -> list[Choice]:
    """Batch: what each one's numbers mean, chosen by the query or set by the project."""
    projects, accounts = await asyncio.gather(
        request.load_all(project_scopes, {one.node_id for one in asked if one.level is None}),
        request.load_all(ad_account_scopes, {one.ad_account_id for one in asked if one.level is not None}),
    )
    scopes = {**projects, **accounts}
    wanted = [(one.ad_account_id or one.node_id, one.options) for one in asked]
    found = {(id_, options): chosen(options, scopes[id_]) for id_, options in set(wanted)}
    return [found[each] for each in wanted]


async def parts(request: Request, asked: Sequence[Performance]) -> list[Sequence[Entity]]:
    """Batch: the entities that each one's numbers are of: itself, or what a whole adds up."""
    if isinstance(asked, Performances) and isinstance(asked.keys, Entities):
        return [[one] for one in asked.keys]
    wholes = iter(await several.parts(request, [one.whole for one in asked if not one.level]))
    return [[one.key] if isinstance(one.key, Entity) else next(wholes) for one in asked]


async def accounts(request: Request, asked: Sequence[Performance]) -> list[list[Entity]]:
    """Batch: the ad accounts that each one's numbers are of."""
    if isinstance(asked, Performances) and isinstance(asked.keys, Entities):
        return [[Entity(id_, id_)] for id_ in asked.keys.ad_account_ids]
    ids = [dict.fromkeys(part.ad_account_id for part in own) for own in await parts(request, asked)]
    return [[Entity(id_, id_) for id_ in own] for own in ids]
