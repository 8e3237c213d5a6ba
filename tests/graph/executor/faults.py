"""Faults on demand in the product's own schema: below batches, in statements, and in the rows that they return."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import pytest
import strawberry
from graphql import GraphQLError, get_nullable_type, is_leaf_type, is_list_type
from strawberry.types.field import StrawberryField

from db.connections import Planning
from db.database import Database, R, Row
from db.errors import TimedOut

# What a broken statement may say instead of a column: nothing, for every other row; or something else altogether.
SPOILED = {
    "name": ["case when {table}.id % 2 = 0 then null else {table}.name end", "17", "null::text"],
    "external_id": ["case when {table}.id % 2 = 1 then null else {table}.external_id end", "array[1, 2]"],
    "status": ["case when {table}.id % 3 = 0 then 'LOST' else {table}.status end", "1", "null::text"],
    "platform": ["'MARS'", "array['META']"],
    "objective": ["1.5::float8", "'NaN'::float8", "true"],
    "timezone": ["null::text", "2::bigint"],
    "currency": ["null::text", "0"],
}
# Statements, by the name of their text or of what they ask just there.
STATEMENTS = [
    "entities_page", "entities_by_ids", "children_by_parent_ids", "ads_by_ad_set_ids", "entity_count",
    "child_counts_by_parent_ids", "project_scopes_by_ids", "ad_account_scopes_by_ids", "coverage_by_ad_account_ids",
    "delivery_totals", "delivery_totals_of_one_window", "campaign_delivery_totals", "delivery_buckets", "delivery_days",
]  # fmt: skip
FAILURES: list[Callable[[], Exception]] = [
    lambda: RuntimeError("broken inside"),
    lambda: TimedOut("The database took longer than allowed."),
    lambda: GraphQLError("refused by hand"),
]


@dataclass(frozen=True)
class Fault:
    """What befalls one in `every` parents of a field: a value, or, where it raises, the whole batch."""

    value: Any
    every: int = 1
    raised: bool = False


@dataclass
class Faults:
    """What is broken just now."""

    fields: dict[str, Fault] = field(default_factory=dict)
    statements: dict[str, Callable[[], Exception]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)

    def become(self, others: Faults) -> None:
        """From now on what is broken in the others is broken here."""
        self.fields, self.statements, self.columns = others.fields, others.statements, others.columns

    def befall(self, name: str, parents: Sequence[Any], values: Sequence[Any]) -> Sequence[Any]:
        """The values that a batch gives, once its fault is in them."""
        fault = self.fields.get(name)
        if fault is None:
            # As they are: columns stay columns.
            return values
        return [
            fault.value if _stamp(parent) % fault.every == 0 else value
            for parent, value in zip(parents, values, strict=True)
        ]

    def check(self, name: str) -> None:
        fault = self.fields.get(name)
        if fault and fault.raised:
            raise fault.value


def _stamp(parent: object) -> int:
    """A number that tells a parent from others, and is the same whoever asks and in whichever order."""
    if isinstance(parent, Row):
        return crc32(f"{type(parent).__name__}:{parent['id']}".encode())
    # Sets have no order to rely on.
    return crc32("".join(sorted(re.sub(r" at 0x\w+", "", repr(parent)))).encode())


def wrong_values(of: StrawberryField, graphql_type: Any) -> list[Any]:
    """What a field of that type must not give: most are of another type, and each breaks in a way of its own."""
    inner = get_nullable_type(graphql_type)
    common = [None, ValueError("a value that failed"), GraphQLError("a value that was refused")]
    if is_list_type(inner):
        return [*common, 17, "text", [None], [ValueError("an item that failed")], {"a": 1}]
    if is_leaf_type(inner):
        return [*common, float("nan"), 2**60, True, "text", "", [1], object, {"a": 1}, (["unhashable"],), 1.5, -3]
    if getattr(inner, "is_type_of", None) or not hasattr(inner, "fields"):
        return [*common, 17, "a stranger", object()]
    return common


class Remembering(Database):
    """The database, asked each question once: its answers do not change, since nobody writes."""

    faults: Faults
    answers: dict[Any, list[Any]]

    async def fetch(
        self, name: str, *arguments: object, row: type[R], label: str | None = None,
        planning: str = Planning.EACH_TIME, **slots: str,
    ) -> list[R]:  # fmt: skip
        """As the database's own, but for the faults."""
        await asyncio.sleep(0)
        broken = self.faults.statements
        if failure := broken.get(name) or broken.get(label or name):
            raise failure()
        if "columns" in slots and "table" in slots:
            for column, instead in self.faults.columns.items():
                told = instead.format(table=slots["table"])
                slots["columns"] = re.sub(rf"\w+\.{column}\b", f"{told} as {column}", slots["columns"])
        key = (name, label, row, repr(arguments), *sorted(slots.items()))
        if key not in self.answers:
            self.answers[key] = await super().fetch(name, *arguments, row=row, label=label, planning=planning, **slots)
        return list(self.answers[key])


@contextmanager
def installed(schema: strawberry.Schema, faults: Faults) -> Iterator[dict[str, list[Any]]]:
    """Puts the faults below every batch of the schema, whoever calls it; gives the wrong values of each, by name."""
    known: dict[Callable[..., Any], Callable[..., Any]] = {}
    wrong: dict[str, list[Any]] = {}
    with pytest.MonkeyPatch.context() as patch:
        for graphql_type in schema._schema.type_map.values():
            for name, one in getattr(graphql_type, "fields", {}).items():
                own = one.extensions.get("strawberry-definition")
                many = own.metadata.get("many") if isinstance(own, StrawberryField) else None
                if many is None or many in known.values():
                    continue
                wrong[name] = wrong_values(own, one.type)
                if many not in known:
                    known[many] = _breakable(name, many, faults)
                patch.setattr(own, "metadata", {**own.metadata, "many": known[many]})
                resolver = own.base_resolver.wrapped_func
                cell = resolver.__closure__[resolver.__code__.co_freevars.index("many")]
                patch.setattr(cell, "cell_contents", known[many])
        yield wrong


def _breakable(name: str, many: Callable[..., Any], faults: Faults) -> Callable[..., Any]:
    async def awaited(request: Any, selection: Any, parents: Any, **arguments: Any) -> Sequence[Any]:
        faults.check(name)
        return faults.befall(name, parents, await many(request, selection, parents, **arguments))

    return awaited if inspect.iscoroutinefunction(many) else _AtOnce(name, many, faults)


class _AtOnce:
    """A batch that need not be waited for. As long as it is whole it says of itself what the batch says."""

    def __init__(self, name: str, many: Callable[..., Any], faults: Faults) -> None:
        self._name, self._many, self._faults = name, many, faults

    def __call__(self, request: Any, selection: Any, parents: Any, **arguments: Any) -> Sequence[Any]:
        self._faults.check(self._name)
        values = self._many(request, selection, parents, **arguments)
        return self._faults.befall(self._name, parents, values)

    def __getattr__(self, attribute: str) -> Any:
        if self._name in self._faults.fields:
            raise AttributeError(attribute)
        return getattr(self._many, attribute)
