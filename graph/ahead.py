"""Reading ahead: below nodes whose ids are known, all pages that a query asks for are asked for at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLObjectType

from db.database import Row
from graph.executor.plan import FieldPlan
from resolvers.ahead import Pages
from resolvers.alike import column
from resolvers.context import Request
from resolvers.global_id import TYPE_NAMES
from resolvers.tree import pages_left

# The arguments of a field in this execution.
Arguments = Callable[[FieldPlan], dict[str, Any]]
# To ask below more nodes takes longer than to wait for them.
MOST_NODES = 1_000


def read_ahead(request: Request, field: FieldPlan, objects: Sequence[Any], arguments: Arguments) -> None:
    """Asks for what is below the node that a field looks up, or for its own pages below many and what is below those.

    What cannot be asked for here is left to those who come to it, and so is to say why.
    """
    try:
        if field.root:
            _below_root(request, field, arguments)
        else:
            _below(request, field, objects, arguments)
    except Exception:  # noqa: BLE001  # see above
        return


def _below_root(request: Request, field: FieldPlan, arguments: Arguments) -> None:
    assert field.root
    if field.object_type and not field.steps:
        return
    if node := field.root(**arguments(field)):
        kind, id_ = node
        found = field.operation.schema.type_map[TYPE_NAMES[kind]]
        assert isinstance(found, GraphQLObjectType)
        for step in field.below(found).steps:
            _ask(request, step, arguments, None, [id_])


def _below(request: Request, field: FieldPlan, rows: Sequence[Row], arguments: Arguments) -> None:
    ids = column(rows, "id")
    if len(ids) <= MOST_NODES and field.steps:
        _ask(request, field, arguments, None, ids)


def _ask(
    request: Request, field: FieldPlan, arguments: Arguments, above: Pages | None, ids: Sequence[int] = ()
) -> None:
    assert field.step
    step = field.step(request, field.selection, **arguments(field))
    if step is None:
        return
    if above is None and (request.ahead.has(step, ids) or pages_left(request, step, ids) is not None):
        return
    if pages := request.ahead.ask(request, step, above, ids):
        for further in field.steps:
            _ask(request, further, arguments, pages)
