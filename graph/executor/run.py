"""Running a plan, level by level: one call per field for all objects of a level, siblings at the same time."""

from __future__ import annotations

from inspect import isawaitable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from graphql import GraphQLNonNull
from graphql.execution.values import get_argument_values

from graph.ahead import read_ahead
from graph.executor.columns import ALIKE, FOUND, Values, attributes, awaited, one_each
from graph.executor.completing import NULLED, Completing, linked
from graph.executor.later import Found, Together
from graph.executor.places import Places, Root, Under
from graph.executor.plan import FieldPlan, SelectionPlan
from resolvers.alike import Rows
from resolvers.context import Request

if TYPE_CHECKING:
    from graph.executor.context import BreadthFirst


class Run(Completing):
    """One execution of a plan: gives the data and collects the errors."""

    def __init__(self, context: BreadthFirst) -> None:
        self._request = context.context_value if isinstance(context.context_value, Request) else None
        super().__init__(context, Together(self._request))
        self._converter = context.schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]  # noqa: SLF001  # the way back
        self._arguments = context.arguments

    async def execute(self, plan: SelectionPlan, root: object) -> dict[str, Any] | None:
        """The data of a query; None where an error reaches the top."""
        if self._request:
            self._request.branches = 0
        try:
            found = self._objects(plan, [root], Root())
            (data,) = found if isinstance(found, list) else await found
        finally:
            if self._request:
                self._request.ahead.stop()
        return None if data is NULLED else data

    def _objects(self, plan: SelectionPlan, objects: Values, places: Places, *, nulls: bool = False) -> Found:
        objects = plan.gather(objects) if plan.gather and not isinstance(objects, ALIKE) else objects
        if plan.at_once and (built := plan.at_once(objects)) is not None:
            return built
        count = len(objects)
        columns: list[Any] = [self._column(field, objects, places, count) for field in plan.fields]
        if all(map(isinstance, columns, repeat(list))):
            return self._built(plan, columns, count, nulls)
        return self._together.then(columns, lambda columns: self._built(plan, columns, count, nulls))

    def _built(self, plan: SelectionPlan, columns: list[Values], count: int, nulls: bool) -> Values:  # noqa: FBT001
        built = plan.build(count, *columns)
        if not self.errors:
            return built
        for column, field in zip(columns, plan.fields, strict=True):
            # Only a position that may not be null lets NULLED through.
            if isinstance(field.definition.type, GraphQLNonNull) and NULLED in column:
                built = [NULLED if value is NULLED else whole for value, whole in zip(column, built, strict=True)]
        return self._nulls(built) if nulls else built

    def _column(self, field: FieldPlan, objects: Values, above: Places, count: int) -> Found:
        """The answers of one field for all objects of its level."""
        if field.name == "__typename":
            return [field.parent_type.name] * count
        # Rows may be those of many answers, and what is made of nothing else is made for the first of them.
        made = objects.made if field.of_rows and isinstance(objects, Rows) else None
        if made is not None and (known := made.get(field.of_rows)) is not None:
            found: Found = known
            return found
        places, errors = Under(above, field.key), len(self.errors)
        values = self._values(field, objects, places, count)
        if not isinstance(values, FOUND):
            return self._later(field, values, places, count)
        found = self.completed(field, values, places)
        if made is not None and len(self.errors) == errors:
            made[field.of_rows] = found
        return found

    async def _later(self, field: FieldPlan, values: Any, places: Places, count: int) -> Values:
        try:
            values = one_each(await values, count)
        except Exception as error:  # noqa: BLE001  # whatever a batch raises is each of its parents' error
            values = [error] * count
        found = self.completed(field, values, places)
        return found if isinstance(found, list) else await found

    def _values(self, field: FieldPlan, objects: Values, places: Places, count: int) -> Any:
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
            return found if field.waits else one_each(found, count)
        except Exception as error:  # noqa: BLE001  # as above
            return [error] * count

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
        info = self._context.build_resolve_info(definition, field.nodes, field.parent_type, linked(path))
        try:
            arguments = get_argument_values(definition, field.nodes[0], self._context.variable_values)
            return (definition.resolve or self._context.field_resolver)(source, info, **arguments)
        except Exception as error:  # noqa: BLE001  # the error of this one value
            return error
