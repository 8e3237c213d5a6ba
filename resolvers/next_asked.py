"""What comes next: of few parts of a node, what rows of a breakdown will be asked for is read beside their numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, NamedTuple

from db.entity import BY_LEVEL
from resolvers import node_sums, performance, tree
from resolvers.calendar import Against
from resolvers.cell import Head, Parts
from resolvers.comparison import spec_of
from resolvers.context import Request
from resolvers.sums import Sums
from resolvers.together import together

# Of more parts than these a page shows too few.
FEW = 100


class Ahead(NamedTuple):
    """Which columns of the rows' entities, and of the sums of the days that they are compared with. None: no such."""

    entities: tuple[str, ...] | None = None
    compared: tuple[str, ...] | None = None
    to: Against = Against.PREVIOUS_PERIOD


def expect(parts: Sequence[Sequence[Head]], ahead: Ahead, columns: tuple[str, ...]) -> None:
    """Has the sums of `columns` of all of the parts read with those of the days that they are compared with."""
    if (own := _few(parts)) and ahead.compared is not None and {*ahead.compared} <= {*columns}:
        _, spec, _ = own.asked.asked
        own.asked.together = together(columns, (spec, spec_of(spec, ahead.to)), daily=False)


def _few(parts: Sequence[Sequence[Head]]) -> Parts | None:
    (own, *others) = parts or [[]]
    return own if not others and isinstance(own, Parts) and 0 < len(own) <= FEW else None


def read(
    request: Request, parts: Sequence[Sequence[Head]], ahead: Ahead
) -> Coroutine[Any, Any, tuple[Ahead, Sequence[Sums]] | None] | None:
    """Reads it of all of the parts, so that what is shown of some of them need not wait until it is known of which.
    None where nothing is.

    The request remembers the entities; given are the sums. What goes wrong does so again where it is asked for.
    """
    own = _few(parts)
    return _read(request, own, ahead) if own and (ahead.compared is not None or ahead.entities is not None) else None


async def _read(request: Request, own: Parts, ahead: Ahead) -> tuple[Ahead, Sequence[Sums]] | None:
    asking: list[Coroutine[Any, Any, Any]] = []
    if ahead.compared is not None:
        earlier = performance.elsewhen(own.asked, lambda spec: spec_of(spec, ahead.to))
        asking.append(_tried(node_sums.totals(request, earlier, ahead.compared)))
    if ahead.entities is not None:
        ids, kind = own.entities.ids, BY_LEVEL[own.level]
        if request.at_once(tree.by_id, ids, kind, ahead.entities) is None:
            asking.append(_tried(request.load_all(tree.by_id, ids, kind, ahead.entities)))
    # Of one, no task is needed.
    found = await asyncio.gather(*asking) if len(asking) > 1 else [await one for one in asking]
    return None if ahead.compared is None or found[0] is None else (ahead, found[0])


async def _tried(asking: Awaitable[Any]) -> Any:
    try:
        return await asking
    except Exception:  # noqa: BLE001  # see above
        return None
