"""Completing values: what goes into the answer for each value of a field, for all objects of a level.

A value that cannot be given is `NULLED` on its way up: its error is noted where it arose; a position that may be null
stops it, one that may not passes it on. That is GraphQL's null propagation, for whole levels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
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
from graphql.pyutils import Path, UndefinedType, inspect, is_iterable

from graph.executor.columns import ALIKE, Values, awaited, only_class, spread
from graph.executor.later import Found, Together, then
from graph.executor.leaves import as_is, coerced, of_few
from graph.executor.places import Items, Picked, Places
from graph.executor.plan import FieldPlan, SelectionPlan
from resolvers.alike import Nested

if TYPE_CHECKING:
    from graph.executor.context import BreadthFirst


class _Nulled:
    __slots__ = ()


NULLED = _Nulled()
# Types of what has no fields: graphql-core's rule, too, is that Undefined counts as null.
NOTHING = (type(None), UndefinedType, Exception)


class Completing(ABC):
    """The half of an execution that completes values, and collects its errors. The other half, which goes on with what
    is selected of objects, is of the same object: two that know each other would be left to the garbage collector,
    with all that they have read.
    """

    def __init__(self, context: BreadthFirst, together: Together) -> None:
        self._context = context
        self._together = together
        self.errors: list[GraphQLError] = []

    @abstractmethod
    def _objects(self, plan: SelectionPlan, objects: Values, places: Places, *, nulls: bool = False) -> Found:
        """The answer's objects for `objects`, all of one type; `nulls`: whether null stands for those that failed."""

    def completed(self, field: FieldPlan, values: Any, places: Places) -> Found:
        """What goes into the answer for each value: completed, None, or NULLED where the type lets it through."""
        if field.is_leaf:
            return self._leaves(field, field.definition.type, values, places)
        type_ = field.object_type
        if type_ is None or not _all_of(type_, values):
            return self._completed(field, field.definition.type, values, places)
        # Most fields with something below them are so: objects of one type, and all of them there.
        return self._known(field, type_, values, places, nulls=not isinstance(field.definition.type, GraphQLNonNull))

    def _completed(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Found:
        if not isinstance(type_, GraphQLNonNull):
            return then(self._inner(field, type_, values, places), self._nulls)
        found = self._inner(field, type_.of_type, values, places)
        if isinstance(values, ALIKE):
            return then(found, lambda completed: self._no_nulls(field, completed, places) if self.errors else completed)
        return then(found, lambda completed: self._no_nulls(field, completed, places))

    def _inner(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Found:
        if is_leaf_type(type_):
            return self._coerced(field, type_, values, places)
        if isinstance(values, (*ALIKE, Nested)) or not any(
            issubclass(kind, NOTHING) for kind in set(map(type, values))
        ):
            return self._present(field, type_, values, places)
        numbers = [number for number, value in enumerate(values) if not isinstance(value, NOTHING)]
        picked = [values[number] for number in numbers]
        answers = [self._absent(field, value, places, number) for number, value in enumerate(values)]
        found = self._present(field, type_, picked, Picked(places, numbers))
        return then(found, lambda completed: spread(answers, numbers, completed))

    def _present(self, field: FieldPlan, type_: GraphQLOutputType, values: Any, places: Places) -> Found:
        if isinstance(type_, GraphQLList):
            return self._lists(field, type_, values, places)
        if isinstance(type_, GraphQLObjectType):
            return self._of_type(field, type_, values, places)
        assert isinstance(type_, GraphQLAbstractType)
        return self._abstract(field, type_, values, places)

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

    def _lists(self, field: FieldPlan, type_: GraphQLList[Any], values: Any, places: Places) -> Found:
        if isinstance(values, Nested):
            found = self._completed(field, type_.of_type, values.flat, Items(places, values.lengths))
            return then(found, lambda completed: self._cut(values.cut(completed)))
        if len(values) == 1 and isinstance(values[0], ALIKE):
            return self._lists(field, type_, Nested(values[0], [len(values[0])]), places)
        lists = [self._items(field, value, places, number) for number, value in enumerate(values)]
        lengths = [len(items) if items is not None else 0 for items in lists]
        flat = [item for items in lists if items for item in items]
        items = Items(places, lengths)

        def cut(completed: Values) -> Values:
            found = self._cut([*Nested(completed, lengths)])
            return [NULLED if items is None else own for items, own in zip(lists, found, strict=True)]

        if any(map(isawaitable, {type(item): item for item in flat}.values())):
            return self._awaited(field, type_.of_type, flat, items, cut)
        return then(self._completed(field, type_.of_type, flat, items), cut)

    async def _awaited(
        self, field: FieldPlan, type_: GraphQLOutputType, values: Values, places: Places,
        go_on: Callable[[Values], Values],
    ) -> Values:  # fmt: skip
        found = then(self._completed(field, type_, await awaited(values), places), go_on)
        return found if isinstance(found, list) else await found

    def _cut(self, lists: Values) -> Values:
        return [NULLED if NULLED in own else own for own in lists] if self.errors else lists

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

    def _of_type(self, field: FieldPlan, type_: GraphQLObjectType, values: Values, places: Places) -> Found:
        """Objects of one type, which they must confess to where the type asks."""
        confess = type_.is_type_of
        if confess is None or ((of := getattr(confess, "row", None)) and of is only_class(values)):
            return self._known(field, type_, values, places)
        info = self._context.build_resolve_info(field.definition, field.nodes, field.parent_type, Path(None, "", None))
        if _all_are(confess, values, info):
            return self._known(field, type_, values, places)
        reasons = [_stranger(type_, confess, value, info, field.nodes) for value in values]
        numbers = [number for number, reason in enumerate(reasons) if reason is None]
        known = [values[number] for number in numbers]
        answers = [self._absent(field, reason, places, number) for number, reason in enumerate(reasons)]
        found = self._known(field, type_, known, Picked(places, numbers))
        return then(found, lambda completed: spread(answers, numbers, completed))

    def _known(
        self, field: FieldPlan, type_: GraphQLObjectType, values: Values, places: Places, *, nulls: bool = False
    ) -> Found:
        """Objects that are of one type for sure; `nulls`: whether null stands for those that have failed."""
        if not values:
            return []
        try:
            plan = field.below(type_)
        except GraphQLError as error:  # a variable that steers @skip or @include is null
            failed = [self._failed(field, error, places, number) for number in range(len(values))]
            return self._nulls(failed) if nulls else failed
        return self._objects(plan, values, places, nulls=nulls)

    def _abstract(self, field: FieldPlan, type_: GraphQLAbstractType, values: Values, places: Places) -> Found:
        """Values of an interface or a union: each kind of them is a level of its own."""
        kinds: dict[str, tuple[GraphQLObjectType, list[int]]] = {}
        types = field.types_of_rows(type_)
        for number, value in enumerate(values):
            if (concrete := types.get(type(value))) is not None:
                kinds.setdefault(concrete.name, (concrete, []))[1].append(number)
                continue
            path = linked(places.path(number))
            info = self._context.build_resolve_info(field.definition, field.nodes, field.parent_type, path)
            try:
                name = (type_.resolve_type or self._context.type_resolver)(value, info, type_)
                concrete = self._context.ensure_valid_runtime_type(name, type_, field.details, info, value)
            except Exception as error:  # noqa: BLE001  # the error of this one value
                self._failed(field, error, places, number)
            else:
                kinds.setdefault(concrete.name, (concrete, []))[1].append(number)
        answers: Values = [NULLED] * len(values)
        found = [
            self._of_type(field, concrete, [values[number] for number in numbers], Picked(places, numbers))
            for concrete, numbers in kinds.values()
        ]

        def put(each: list[Values]) -> Values:
            for (_, numbers), completed in zip(kinds.values(), each, strict=True):
                spread(answers, numbers, completed)
            return answers

        return self._together.then(found, put)

    def _failed(self, field: FieldPlan, error: Exception, places: Places, number: int) -> Any:
        self.errors.append(located_error(error, field.nodes, places.path(number)))
        return NULLED


def _all_of(type_: GraphQLObjectType, values: Any) -> bool:
    """Whether the values are known to be objects of that type without asking each of them."""
    confess = type_.is_type_of
    if confess is None and isinstance(values, ALIKE):
        return True
    kind = only_class(values)
    if kind is None or issubclass(kind, NOTHING):
        return False
    return confess is None or getattr(confess, "row", None) is kind


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


def linked(path: list[str | int]) -> Path:
    """A response path as graphql-core has it."""
    linked: Path | None = None
    for step in path:
        linked = Path(linked, step, None)
    assert linked is not None
    return linked
