"""Running a plan, level by level: one call per field for all objects of a level, siblings at the same time.

A value that cannot be given is `NULLED` on its way up: its error is noted where it arose; a position that may be null
stops it, one that may not passes it on. That is GraphQL's null propagation, for whole levels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from inspect import isawaitable
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from graphql import (
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
from graphql.pyutils import Path, inspect, is_iterable
from strawberry.types.arguments import convert_arguments

from db.database import Row
from graph.executor.leaves import as_is, coercer
from graph.executor.places import Items, Picked, Places, Root, Under
from graph.executor.plan import FieldPlan, SelectionPlan

if TYPE_CHECKING:
    from graph.executor.context import BreadthFirst


class _Nulled:
    __slots__ = ()


NULLED = _Nulled()
Values = list[Any]


class Run:
    """One execution of a plan: gives the data and collects the errors."""

    def __init__(self, context: BreadthFirst) -> None:
        self._context = context
        self._converter = context.schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]  # noqa: SLF001  # the way back
        self.errors: list[GraphQLError] = []

    async def execute(self, plan: SelectionPlan, root: object) -> dict[str, Any] | None:
        """The data of a query; None where an error reaches the top."""
        (data,) = await self._objects(plan, [root], Root())
        return None if data is NULLED else data

    async def _objects(self, plan: SelectionPlan, objects: Values, places: Places) -> Values:
        """The answer's objects for `objects`, all of one type."""
        found = [self._column(field, objects, Under(places, field.key)) for field in plan.fields]
        answers = iter(await _together([column for column in found if not isinstance(column, list)]))
        columns = [column if isinstance(column, list) else next(answers) for column in found]
        built = plan.build(len(objects), *columns)
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
        if isinstance(values, list) and field.is_leaf:
            return self._leaves(field, field.definition.type, values, places)
        return self._finished(field, values, places, len(objects))

    async def _finished(self, field: FieldPlan, values: Any, places: Places, count: int) -> Values:
        if not isinstance(values, list):
            try:
                values = list(await values)
            except Exception as error:  # noqa: BLE001  # whatever a batch raises is each of its parents' error
                values = [error] * count
        return await self._completed(field, field.definition.type, values, places)

    # Finding values ---------------------------------------------------------------------------------------------

    def _values(self, field: FieldPlan, objects: Values, places: Places) -> Any:
        """The field's values, one for each object (an exception is one that failed), or an awaitable of them."""
        if field.attribute is not None:
            return _attributes(field.attribute, objects)
        if field.many is None:
            return self._one_by_one(field, objects, places)
        try:
            arguments = self._arguments(field)
            found = field.many(self._context.context_value, field.selection, objects, **arguments)
        except Exception as error:  # noqa: BLE001  # as above
            return [error] * len(objects)
        return found if isawaitable(found) else list(found)

    def _arguments(self, field: FieldPlan) -> dict[str, Any]:
        if not field.definition.args or field.strawberry is None:
            return {}
        values = get_argument_values(field.definition, field.nodes[0], self._context.variable_values)
        converter = self._converter
        return convert_arguments(values, field.strawberry.arguments, converter.scalar_registry, converter.config)

    def _one_by_one(self, field: FieldPlan, objects: Values, places: Places) -> Any:
        """For a field that knows no batch: its resolver, once per object."""
        found = [self._resolved(field, one, places.path(number)) for number, one in enumerate(objects)]
        return _awaited(found) if any(map(isawaitable, found)) else found

    def _resolved(self, field: FieldPlan, source: object, path: list[str | int]) -> Any:
        definition = field.definition
        info = self._context.build_resolve_info(definition, field.nodes, field.parent_type, _linked(path))
        try:
            arguments = get_argument_values(definition, field.nodes[0], self._context.variable_values)
            return (definition.resolve or self._context.field_resolver)(source, info, **arguments)
        except Exception as error:  # noqa: BLE001  # the error of this one value
            return error

    # Completing values ------------------------------------------------------------------------------------------

    async def _completed(self, field: FieldPlan, type_: GraphQLOutputType, values: Values, places: Places) -> Values:
        """What goes into the answer for each value: completed, None, or NULLED where the type lets it through."""
        if isinstance(type_, GraphQLNonNull):
            completed = await self._inner(field, type_.of_type, values, places)
            return self._no_nulls(field, completed, places)
        completed = await self._inner(field, type_, values, places)
        return [None if value is NULLED else value for value in completed] if NULLED in completed else completed

    async def _inner(self, field: FieldPlan, type_: GraphQLOutputType, values: Values, places: Places) -> Values:
        if is_leaf_type(type_):
            return self._coerced(field, type_, values, places)
        numbers = [
            number
            for number, value in enumerate(values)
            if value is not None and not (isinstance(value, Exception) and self._failed(field, value, places, number))
        ]
        whole = len(numbers) == len(values)
        picked, where = (values, places) if whole else ([values[number] for number in numbers], Picked(places, numbers))
        if isinstance(type_, GraphQLList):
            completed = await self._lists(field, type_, picked, where)
        elif isinstance(type_, GraphQLObjectType):
            completed = await self._of_type(field, type_, picked, where)
        else:
            assert isinstance(type_, GraphQLAbstractType)
            completed = await self._abstract(field, type_, picked, where)
        if whole:
            return completed
        answers: Values = [NULLED if isinstance(value, Exception) else None for value in values]
        for number, value in zip(numbers, completed, strict=True):
            answers[number] = value
        return answers

    def _leaves(self, field: FieldPlan, type_: GraphQLOutputType, values: Values, places: Places) -> Values:
        if isinstance(type_, GraphQLNonNull):
            return self._no_nulls(field, self._coerced(field, type_.of_type, values, places), places)
        completed = self._coerced(field, type_, values, places)
        return [None if value is NULLED else value for value in completed] if NULLED in completed else completed

    def _coerced(self, field: FieldPlan, type_: Any, values: Values, places: Places) -> Values:
        if as_is(type_, values):
            return values
        coerce = coercer(type_)
        answers: Values = []
        for number, value in enumerate(values):
            try:
                if isinstance(value, Exception):
                    raise value  # a value that failed is an error like one that cannot be coerced
                answers.append(None if value is None else coerce(value))
            except Exception as error:  # noqa: BLE001  # as above
                self._failed(field, error, places, number)
                answers.append(NULLED)
        return answers

    def _no_nulls(self, field: FieldPlan, completed: Values, places: Places) -> Values:
        if None not in completed:
            return completed
        answers = list(completed)
        for number, value in enumerate(completed):
            if value is None:
                name = f"{field.parent_type}.{field.name}"
                self._failed(field, TypeError(f"Cannot return null for non-nullable field {name}."), places, number)
                answers[number] = NULLED
        return answers

    async def _lists(self, field: FieldPlan, type_: GraphQLList[Any], values: Values, places: Places) -> Values:
        lists = [self._items(field, value, places, number) for number, value in enumerate(values)]
        lengths = [len(items) if items is not None else 0 for items in lists]
        flat = [item for items in lists if items for item in items]
        if any(map(isawaitable, flat)):
            flat = await _awaited(flat)
        completed = await self._completed(field, type_.of_type, flat, Items(places, lengths))
        answers: Values = []
        start = 0
        for items, length in zip(lists, lengths, strict=True):
            own = completed[start : start + length]
            start += length
            answers.append(NULLED if items is None or NULLED in own else own)
        return answers

    def _items(self, field: FieldPlan, value: object, places: Places, number: int) -> Values | None:
        if isinstance(value, list):
            return value
        if is_iterable(value):
            return list(value)
        name = f"{field.parent_type}.{field.name}"
        error = GraphQLError(f"Expected Iterable, but did not find one for field '{name}'.")
        self._failed(field, error, places, number)
        return None

    async def _of_type(self, field: FieldPlan, type_: GraphQLObjectType, values: Values, places: Places) -> Values:
        """Objects of one type, which they must confess to where the type asks."""
        if not values:
            return []
        if type_.is_type_of is None:
            return await self._objects(field.below(type_), values, places)
        info = self._context.build_resolve_info(field.definition, field.nodes, field.parent_type, Path(None, "", None))
        strangers = {number for number, value in enumerate(values) if not type_.is_type_of(value, info)}
        if not strangers:
            return await self._objects(field.below(type_), values, places)
        for number in strangers:
            words = f"Expected value of type '{type_}' but got: {inspect(values[number])}."
            self._failed(field, GraphQLError(words, field.nodes), places, number)
        numbers = [number for number in range(len(values)) if number not in strangers]
        known = await self._of_type(field, type_, [values[number] for number in numbers], Picked(places, numbers))
        answers: Values = [NULLED] * len(values)
        for number, value in zip(numbers, known, strict=True):
            answers[number] = value
        return answers

    async def _abstract(self, field: FieldPlan, type_: GraphQLAbstractType, values: Values, places: Places) -> Values:
        """Values of an interface or a union: each kind of them is a level of its own."""
        kinds: dict[str, tuple[GraphQLObjectType, list[int]]] = {}
        for number, value in enumerate(values):
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
        found = await _together(
            [
                self._of_type(field, concrete, [values[number] for number in numbers], Picked(places, numbers))
                for concrete, numbers in kinds.values()
            ]
        )
        for (_, numbers), completed in zip(kinds.values(), found, strict=True):
            for number, value in zip(numbers, completed, strict=True):
                answers[number] = value
        return answers

    def _failed(self, field: FieldPlan, error: Exception, places: Places, number: int) -> bool:
        self.errors.append(located_error(error, field.nodes, places.path(number)))
        return True


async def _together(coroutines: Sequence[Coroutine[Any, Any, Values]]) -> list[Values]:
    if len(coroutines) > 1:
        return await asyncio.gather(*coroutines)
    return [await coroutine for coroutine in coroutines]


async def _awaited(values: Values) -> Values:
    """The values with what can be awaited awaited, all at the same time; one that fails is its exception."""
    return await asyncio.gather(*(_one(value) for value in values))


async def _one(value: Any) -> Any:
    try:
        return await value if isawaitable(value) else value
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error


def _attributes(name: str, objects: Values) -> Values:
    try:
        return list(map(itemgetter(name) if isinstance(objects[0], Row) else attrgetter(name), objects))
    except Exception:  # noqa: BLE001  # one by one tells which
        return [_attribute(name, one) for one in objects]


def _attribute(name: str, one: object) -> Any:
    try:
        return getattr(one, name)
    except Exception as error:  # noqa: BLE001  # the error of this one value
        return error


def _linked(path: list[str | int]) -> Path:
    linked: Path | None = None
    for step in path:
        linked = Path(linked, step, None)
    assert linked is not None
    return linked
