"""Fields declared once, as a function of many parents, for whichever executor runs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from graphql.pyutils import Path
from strawberry.parent import StrawberryParent

import graph.enums  # noqa: F401  # an enum has to be described before the first field is of it, whoever comes first
from graph.selection import Info, Selection

# (request, the field's selection, its parents, its arguments …) → a value, or an exception, for each parent; or a
# coroutine of that.
Many = Callable[..., Any]
METADATA = ("needs", "metrics", "columns", "root", "step", "of_rows")


def batched(many: Many, graphql_type: object, description: str, **options: Any) -> Any:
    """A field whose values `many` finds for all parents at once.

    Breadth first, it is called with all parents of a level. Depth first, a loader of the request gathers the parents
    and calls it with them. `options`: `name`; `needs`, the columns of its parent's row that it reads; `metrics`, the
    metrics that it computes; `columns`, the columns of the facts that it reads; `root`, which tells the kind and the id
    of the node that it looks up from its arguments; `step`, which tells the step down the tree that it is; `of_rows`,
    whether its values are made of its parents' rows and nothing else.
    """
    metadata = {"many": many} | {key: options.pop(key) for key in METADATA if key in options}
    return strawberry.field(
        resolver=_one_by_one(many), graphql_type=graphql_type, description=description, metadata=metadata, **options
    )


def _types(path: Path | None) -> tuple[str, ...]:
    """The types of the objects on the way to a field: breadth first, parents of several types come apart, too."""
    found = []
    while path:
        if path.typename:
            found.append(path.typename)
        path = path.prev
    return tuple(found)


def _one_by_one(many: Many) -> Callable[..., Any]:
    async def gathered(root: Any, info: Info, **arguments: Any) -> Any:
        return await info.context.gather(many, Selection.of(info), _types(info.path), root, arguments)

    def at_once(root: Any, info: Info, **arguments: Any) -> Any:
        (value,) = many(info.context, Selection.of(info), [root], **arguments)
        return value

    resolver: Callable[..., Any] = gathered if inspect.iscoroutinefunction(many) else at_once
    own = list(inspect.signature(many, eval_str=True).parameters.values())[3:]
    root = inspect.Parameter(
        "root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[Any, StrawberryParent()]
    )
    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)
    # Strawberry reads the arguments of the schema from the signature.
    resolver.__signature__ = inspect.Signature([root, info, *own], return_annotation=Any)  # type: ignore[attr-defined]
    return resolver
