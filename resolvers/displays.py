"""Blocks at once: the metrics that a query selects of many plain sums, computed and put into dicts in one pass.

What `formulas.values` computes column by column is written out as one expression for each metric, and compiled once for
each selection. That takes a third of the time: no column is made, checked and read again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from resolvers.definition import Definition, Difference, Primitive, Ratio
from resolvers.formulas import Together
from resolvers.metric import REACH, Metric, definitions

# The keys of the answer and the metrics (by the names of their fields) that stand under them.
Selected = tuple[tuple[str, str], ...]


class _Compiled(NamedTuple):
    build: Callable[..., list[dict[str, Any]]]
    columns: tuple[str, ...]
    # The places among them of those that are shown as the integers that they are.
    whole: tuple[int, ...]


def displays(selected: Selected, blocks: Together, largest: int) -> list[dict[str, Any]] | None:
    """What `formulas.values` gives, by key, for each of the sums; None where it has to be asked.

    That is where something is unknown, where reach is selected, where sums are no integers, or where one that is shown
    is beyond `largest`.
    """
    terms = blocks.terms
    compiled = _compiled(selected, terms.tracked, terms.floored) if terms else None
    if compiled is None or blocks.unclear or not blocks.has(compiled.columns):
        return None
    columns = list(map(blocks.column, compiled.columns))
    # What integers add up to is one, and nothing else does.
    if set(map(type, map(sum, columns))) != _INTEGERS:
        return None
    for numbers in map(columns.__getitem__, compiled.whole):
        if max(numbers) > largest or min(numbers) < -largest:
            return None
    return compiled.build(*columns)


_INTEGERS = {int}


@lru_cache(maxsize=256)
def _compiled(selected: Selected, tracked: bool, floored: bool) -> _Compiled | None:  # noqa: FBT001  # keys of the cache
    found = [definitions(tracked=tracked)[Metric(name)] for _, name in selected]
    parts = dict.fromkeys(part for definition in found for part in definition.parts)
    if not parts or REACH in parts:
        return None
    names = {part.column: f"v{number}" for number, part in enumerate(parts)}
    keys = [key for key, _ in selected]
    display = ", ".join(
        f"{key!r}: {_expression(one, names, floored=floored)}" for key, one in zip(keys, found, strict=True)
    )
    given = ", ".join(names.values())
    # Keys enter as constants, all else is ours: nothing that a client wrote is run.
    one_each = f"{given} in zip({given}, strict=True)" if len(names) > 1 else f"{given} in {given}"
    build = eval(f"lambda {given}: [{{{display}}} for {one_each}]", {"zip": zip, "max": max, "__builtins__": {}})  # noqa: S307
    whole = {one.column for one in found if isinstance(one, Primitive) and one.scale == 1}
    return _Compiled(build, tuple(names), tuple(at for at, name in enumerate(names) if name in whole))


def _expression(definition: Definition, names: dict[str, str], *, floored: bool) -> str:
    if not isinstance(definition, Ratio):
        number = _number(definition, names)
        return number if definition.scale == 1 else f"{number} / {definition.scale}"
    bottom = _number(definition.denominator, names)
    if floored:
        bottom = f"max({bottom}, {definition.denominator.floor})"
    above, below = (1, 1) if definition.above == definition.below else (definition.above, definition.below)
    top = _number(definition.numerator, names)
    return f"{_times(above, top)} / {_times(below, bottom)} if {bottom} else None"


def _times(factor: int, number: str) -> str:
    return number if factor == 1 else f"({factor} * {number})"


def _number(definition: Primitive | Difference, names: dict[str, str]) -> str:
    if isinstance(definition, Difference):
        return f"({names[definition.plus.column]} - {names[definition.minus.column]})"
    return names[definition.column]
