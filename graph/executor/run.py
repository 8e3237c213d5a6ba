"""Running a plan, level by level: one call per field for all objects of a level, siblings at the same time.

A value that cannot be given is `NULLED` on its way up: its error is noted where it arose; a position that may be null
stops it, one that may not passes it on. That is GraphQL's null propagation, for whole levels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
    located_error,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, UndefinedType, inspect, is_iterable

from graph.ahead import read_ahead
from graph.executor.columns import ALIKE, FOUND, Values, attributes, awaited, one_each, only_class, spread
from graph.executor.leaves import as_is, coerced, of_few
from graph.executor.places import Items, Picked, Places, Root, Under
from graph.executor.plan import FieldPlan, SelectionPlan
from resolvers.alike import Nested
from resolvers.context import Request

if TYPE_CHECKING:
    from graph.executor.context import BreadthFirst


class _Nulled:
    __slots__ = ()


NULLED = _Nulled()
# Types of what has no fields: graphql-core's rule, too, is that Undefined counts as null.
NOTHING = (type(None), UndefinedType, Exception)


class Run:
    """One execution of a plan: gives the data and collects the errors."""

    def __init__(self, context: BreadthFirst) -> None:
        self._context = context
        self._converter = context.schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]  # noqa: SLF001  # the way back
        self._request = context.context_value if isinstance(context.context_value, Request) else None
        self._arguments = context.arguments
        self.errors: list[GraphQLError] = []

    async def execute(self, plan: SelectionPlan, root: object) -> dict[str, Any] | None:
        """The data of a query; None where an error reaches the top."""
        if self._request:
            self._request.branches = 0
        try:
            (data,) = await self._objects(plan, [root], Root())
        finally:
            if self._request:
                self._request.ahead.stop()
        return None if data is NULLED else data

    async def _objects(self, plan: SelectionPlan, objects: Values, places: Places) -> Values:
        """The answer's objects for `objects`, all of one type."""
        objects = plan.gather(objects) if plan.gather and not isinstance(objects, ALIKE) else objects
        if plan.at_once and (built := plan.at_once(objects)) is not None:
            return built
        columns: list[Any] = [self._column(field, objects, Under(places, field.key)) for field in plan.fields]
        waiting = [number for number, column in enumerate(columns) if not isinstance(column, list)]
        if len(waiting) == 1:
            columns[waiting[0]] = await columns[waiting[0]]
        elif waiting:
            spread(columns, waiting, await self._together([columns[number] for number in waiting]))
        built = plan.build(len(objects), *columns)
        if not self.errors:
            return built
        for column, field in zip(columns, plan.fields, strict=True):
            # Only a position that may not be null lets NULLED through.
            if isinstance(field.definition.type, GraphQLNonNull) and NULLED in column:
                built = [NULLED if value is NULLED else whole for value, whole in zip(column, built, strict=True)]
        return built

    def _column(self, field: FieldPlan, objects: Values, places: Places) -> Values | Coroutine[Any, Any, Values]:
        """The answers of one field for all objects of its level; a coroutine where there is something to wait for."""
        if field.name == "__typename":
            return [field.parent_type.name] * len(objects)
        values = self._values(field, objects, places)
        if field.is_leaf and isinstance(values, FOUND):
            return self._leaves(field, field.definition.type, values, places)
        return self._finished(field, values, places, len(objects))

    async def _finished(self, field: FieldPlan, values: Any, places: Places, count: int) -> Values:
        if not isinstance(values, FOUND):
            try:
                values = one_each(await values, count)
            except Exception as error:  # noqa: BLE001  # whatever a batch raises is each of its parents' error
                values = [error] * count
        type_ = field.object_type
        if type_ is None or not _all_of(type_, values):
            return await self._completed(field, field.definition.type, values, places)
        # Most fields are so: objects of one type, and all of them there.
        completed = await self._known(field, type_, values, places)
        return completed if isinstance(field.definition.type, GraphQLNonNull) else self._nulls(completed)

    async def _together(self, coroutines: Sequence[Coroutine[Any, Any, Values]]) -> list[Values]:
        """What each of them gives, at the same time."""
        if len(coroutines) < 2:
            return [await coroutine for coroutine in coroutines]
        if self._request is None:
            return await asyncio.gather(*coroutines)
        self._request.branches += 1
        try:
            return await asyncio.gather(*coroutines)
        finally:
            self._request.branches -= 1

    # Finding values ---------------------------------------------------------------------------------------------

    def _values(self, field: FieldPlan, objects: Values, places: Places) -> Any:
        """The field's values, one for each object (an exception is one that failed), or an awaitable of them."""
        if field.attribute is not None:
            return attributes(field.attribute, objects)
        if field.many is None:
            return self._one_by_one(field, objects, places)
        if self._request and (field.root or field.step):
            read_ahead(self._request, field, objects, self._arguments_of)
        try:
            arguments = self._arguments_of(field)
            found = field.many(self._context.context_value, field.selection, objects, **arguments)
            at_hand = isinstance(found, FOUND) or not isawaitable(found)
            return one_each(found, len(objects)) if at_hand else found
        except Exception as error:  # noqa: BLE001  # as above
            return [error] * len(objects)

    def _arguments_of(self, field: FieldPlan) -> dict[str, Any]:
        found = self._arguments.get(field)
        if found is None:
            found = self._arguments[field] = field.arguments(self._context.variable_values, self._converter)
        return found

    def _one_by_one(self, field: FieldPlan, objects: Values, places: Places) -> Any:
        """For a field that knows no batch: its resolver, once per object."""
        found = [self._resolved(field, one, places.path(number)) for number, one in enumerate(objects)]
        if not any(map(isawaitable, found)):
            return found
        if self._request:
            self._request.branches += 1
        return awaited(found)

    def _resolved(self, field: FieldPlan, source: object, path: list[str | int]) -> Any:
        definition = field.definition
        info = self._context.build_resolve_info(definition, field.nodes, field.parent_type, _linked(path))
        try:
            arguments = get_argument_values(definition, field.nodes[0], self._context.variable_values)
            return (definition.resolve or self._context.field_resolver)(source, info, **arguments)
        except Exception as error:  # noqa: BLE001  # the error of this one value
            return error

    # Completing values ------------------------------------------------------------------------------------------

    async def _completed(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Values:
        """What goes into the answer for each value: completed, None, or NULLED where the type lets it through."""
        if isinstance(type_, GraphQLNonNull):
            completed = await self._inner(field, type_.of_type, values, places)
            sound = not self.errors and isinstance(values, ALIKE)
            return completed if sound else self._no_nulls(field, completed, places)
        return self._nulls(await self._inner(field, type_, values, places))

    async def _inner(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Values:
        if is_leaf_type(type_):
            return self._coerced(field, type_, values, places)
        if isinstance(values, (*ALIKE, Nested)) or not any(
            issubclass(kind, NOTHING) for kind in set(map(type, values))
        ):
            return await self._present(field, type_, values, places)
        numbers = [number for number, value in enumerate(values) if not isinstance(value, NOTHING)]
        picked = [values[number] for number in numbers]
        answers = [self._absent(field, value, places, number) for number, value in enumerate(values)]
        return spread(answers, numbers, await self._present(field, type_, picked, Picked(places, numbers)))

    async def _present(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Values:
        if isinstance(type_, GraphQLList):
            return await self._lists(field, type_, values, places)
        if isinstance(type_, GraphQLObjectType):
            return await self._of_type(field, type_, values, places)
        assert isinstance(type_, GraphQLAbstractType)
        return await self._abstract(field, type_, values, places)

    def _absent(self, field: FieldPlan, value: object, places: Places, number: int) -> Any:
        return self._failed(field, value, places, number) if isinstance(value, Exception) else None

    def _leaves(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Values:
        if isinstance(type_, GraphQLNonNull):
            return self._no_nulls(field, self._coerced(field, type_.of_type, values, places), places)
        return self._nulls(self._coerced(field, type_, values, places))

    def _nulls(self, completed: Values) -> Values:
        """Stops what failed at a position that may be null. Without an error nothing has failed."""
        if self.errors and NULLED in completed:
            return [None if value is NULLED else value for value in completed]
        return completed

    def _coerced(self, field: FieldPlan, type_: Any, values: Any, places: Places) -> Values:
        if as_is(type_, values):
            as_they_are: Values = values
            return as_they_are
        if (few := of_few(type_, values)) is not None:
            return few
        answers: Values = []
        for number, value in enumerate(values):
            try:
                absent = isinstance(value, NOTHING)
                answers.append(self._absent(field, value, places, number) if absent else coerced(type_, value))
            except Exception as error:  # noqa: BLE001  # the error of this one value
                answers.append(self._failed(field, error, places, number))
        return answers

    def _no_nulls(self, field: FieldPlan, completed: Values, places: Places) -> Values:
        if None not in completed:
            return completed
        answers = list(completed)
        for number, value in enumerate(completed):
            if value is None:
                name = f"{field.parent_type}.{field.name}"
                error = TypeError(f"Cannot return null for non-nullable field {name}.")
                answers[number] = self._failed(field, error, places, number)
        return answers

    async def _lists(self, field: FieldPlan, type_: GraphQLList[Any], values: Any, places: Places) -> Values:
        if isinstance(values, Nested):
            completed = await self._completed(field, type_.of_type, values.flat, Items(places, values.lengths))
            answers = values.cut(completed)
            return [NULLED if NULLED in own else own for own in answers] if self.errors else answers
        lists = [self._items(field, value, places, number) for number, value in enumerate(values)]
        lengths = [len(items) if items is not None else 0 for items in lists]
        flat = [item for items in lists if items for item in items]
        if any(map(isawaitable, {type(item): item for item in flat}.values())):
            flat = await awaited(flat)
        completed = await self._completed(field, type_.of_type, flat, Items(places, lengths))
        cut = Nested(completed, lengths)
        if not self.errors:
            return [*cut]
        return [NULLED if items is None or NULLED in own else own for items, own in zip(lists, cut, strict=True)]

    def _items(self, field: FieldPlan, value: object, places: Places, number: int) -> Values | None:
        if isinstance(value, list):
            return value
        try:
            if is_iterable(value):
                return list(value)
            name = f"{field.parent_type}.{field.name}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{name}'.")
        except Exception as error:  # noqa: BLE001  # the error of this one value
            self._failed(field, error, places, number)
            return None

    async def _of_type(self, field: FieldPlan, type_: GraphQLObjectType, values: Values, places: Places) -> Values:
        """Objects of one type, which they must confess to where the type asks."""
        confess = type_.is_type_of
        if confess is None or ((of := getattr(confess, "row", None)) and of is only_class(values)):
            return await self._known(field, type_, values, places)
        info = self._context.build_resolve_info(field.definition, field.nodes, field.parent_type, Path(None, "", None))
        if _all_are(confess, values, info):
            return await self._known(field, type_, values, places)
        reasons = [_stranger(type_, confess, value, info, field.nodes) for value in values]
        numbers = [number for number, reason in enumerate(reasons) if reason is None]
        known = [values[number] for number in numbers]
        answers = [self._absent(field, reason, places, number) for number, reason in enumerate(reasons)]
        return spread(answers, numbers, await self._known(field, type_, known, Picked(places, numbers)))

    async def _known(self, field: FieldPlan, type_: GraphQLObjectType, values: Values, places: Places) -> Values:
        if not values:
            return []
        try:
            plan = field.below(type_)
        except GraphQLError as error:  # a variable that steers @skip or @include is null
            return [self._failed(field, error, places, number) for number in range(len(values))]
        return await self._objects(plan, values, places)

    async def _abstract(self, field: FieldPlan, type_: GraphQLAbstractType, values: Values, places: Places) -> Values:
        """Values of an interface or a union: each kind of them is a level of its own."""
        kinds: dict[str, tuple[GraphQLObjectType, list[int]]] = {}
        types = field.types_of_rows(type_)
        for number, value in enumerate(values):
            if (concrete := types.get(type(value))) is not None:
                kinds.setdefault(concrete.name, (concrete, []))[1].append(number)
                continue
            path = _linked(places.path(number))
            info = self._context.build_resolve_info(field.definition, field.nodes, field.parent_type, path)
            try:
                name = (type_.resolve_type or self._context.type_resolver)(value, info, type_)
                concrete = self._context.ensure_valid_runtime_type(name, type_, field.details, info, value)
            except Exception as error:  # noqa: BLE001  # the error of this one value
                self._failed(field, error, places, number)
            else:
                kinds.setdefault(concrete.name, (concrete, []))[1].append(number)
        answers: Values = [NULLED] * len(values)
        found = await self._together(
            [
                self._of_type(field, concrete, [values[number] for number in numbers], Picked(places, numbers))
                for concrete, numbers in kinds.values()
            ]
        )
        for (_, numbers), completed in zip(kinds.values(), found, strict=True):
            spread(answers, numbers, completed)
        return answers

    def _failed(self, field: FieldPlan, error: Exception, places: Places, number: int) -> Any:
        self.errors.append(located_error(error, field.nodes, places.path(number)))
        return NULLED


def _all_of(type_: GraphQLObjectType, values: Any) -> bool:
    """Whether the values are known to be objects of that type without asking each of them."""
    kind = only_class(values)
    if kind is None or issubclass(kind, NOTHING):
        return False
    return type_.is_type_of is None or getattr(type_.is_type_of, "row", None) is kind


def _all_are(is_type_of: Callable[..., Any], values: Values, info: Any) -> bool:
    try:
        return all(is_type_of(value, info) for value in values)
    except Exception:  # noqa: BLE001  # one by one tells which
        return False


def _stranger(
    type_: GraphQLObjectType, is_type_of: Callable[..., Any], value: object, info: Any, nodes: list[FieldNode]
) -> Exception | None:
    """Why the value is none of that type; None where it is one."""
    try:
        known = is_type_of(value, info)
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error
    return None if known else GraphQLError(f"Expected value of type '{type_}' but got: {inspect(value)}.", nodes)


def _linked(path: list[str | int]) -> Path:
    linked: Path | None = None
    for step in path:
        linked = Path(linked, step, None)
    assert linked is not None
    return linked
