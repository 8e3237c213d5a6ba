"""Plans: what to execute below each selection, worked out once per operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from graph.selection import Selection

# A document whose plans are all different would else keep one for each of 2^n choices.
MOST_PLANS = 32
# To convert arguments takes long, and few come again and again; those with long texts and lists are not kept.
MOST_ARGUMENTS = 8
LONGEST_KEPT = 100
# The argument of fields that compute the metrics that it names.
METRICS = "metrics"
# Builds so many objects from their columns of values.
Build = Callable[..., list[dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation with all that collecting its fields takes; `variables` are those that steer @skip and @include."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    definition: OperationDefinitionNode
    variables: VariableValues

    @cached_property
    def details(self) -> dict[str, FragmentDetails]:
        """The fragments as graphql-core collects them."""
        return {name: FragmentDetails(definition) for name, definition in self.fragments.items()}


@dataclass(eq=False)
class FieldPlan:
    """One field of a selection: how its values are found, and what is selected of them."""

    operation: Operation
    parent_type: GraphQLObjectType
    key: str
    definition: GraphQLField
    details: list[FieldDetails]
    _below: dict[str, SelectionPlan] = field(default_factory=dict)
    _types: dict[str, dict[type, GraphQLObjectType]] = field(default_factory=dict)
    _converted: dict[object, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> list[FieldNode]:
        """The places in the query that ask for it."""
        return [one.node for one in self.details]

    @cached_property
    def name(self) -> str:
        """Its name in the schema."""
        return self.nodes[0].name.value

    @cached_property
    def strawberry(self) -> StrawberryField | None:
        """Its definition, unless it is one of GraphQL's own."""
        found: StrawberryField | None = self.definition.extensions.get("strawberry-definition")
        return found

    @cached_property
    def many(self) -> Callable[..., Any] | None:
        """The function that finds its values for many parents, if it has one, and nothing wants to see each parent."""
        own = self.strawberry
        found: Callable[..., Any] | None = own.metadata.get("many") if own and not own.extensions else None
        return found

    @cached_property
    def root(self) -> Callable[..., Any] | None:
        """What tells from its arguments which node it looks up, as kind and id."""
        found: Callable[..., Any] | None = (
            self.strawberry.metadata.get("root") if self.many and self.strawberry else None
        )
        return found

    @cached_property
    def step(self) -> Callable[..., Any] | None:
        """What tells from its arguments which step down the tree it is, where it is one."""
        found: Callable[..., Any] | None = (
            self.strawberry.metadata.get("step") if self.many and self.strawberry else None
        )
        return found

    @cached_property
    def steps(self) -> list[FieldPlan]:
        """The steps further down from all the nodes that it finds."""
        named = get_named_type(self.definition.type)
        return self.below(named).steps if isinstance(named, GraphQLObjectType) else []

    @cached_property
    def is_leaf(self) -> bool:
        """Whether its values are scalars or enums."""
        return is_leaf_type(get_nullable_type(self.definition.type))

    @cached_property
    def object_type(self) -> GraphQLObjectType | None:
        """What all of its values are, if that is one type of objects."""
        found = get_nullable_type(self.definition.type)
        return found if isinstance(found, GraphQLObjectType) else None

    @cached_property
    def attribute(self) -> str | None:
        """The attribute that its values are, if they are no more than that."""
        plain = self.strawberry is not None and self.strawberry.is_basic_field
        return self.strawberry.python_name if plain and self.strawberry else None

    @cached_property
    def selection(self) -> Selection:
        """What is selected below it, for its batch function."""
        operation = self.operation
        return Selection(
            operation.schema,
            operation.fragments,
            operation.definition,
            operation.variables.coerced,
            self.definition.type,
            self.nodes,
        )

    def arguments(self, variables: VariableValues, converter: GraphQLCoreConverter) -> dict[str, Any]:
        """Its arguments, as its function takes them. They are values: whoever gets them leaves them as they are."""
        if not self.definition.args or self.strawberry is None:
            return {}
        # All that differs from one execution to the next is the variables.
        key = _key({name: variables.coerced[name] for name in self._variables if name in variables.coerced})
        found = self._converted.get(key)
        if found is None:
            values = get_argument_values(self.definition, self.nodes[0], variables)
            registry, config = converter.scalar_registry, converter.config
            found = convert_arguments(values, self.strawberry.arguments, registry, config)
            if key is not None:
                if len(self._converted) >= MOST_ARGUMENTS:
                    self._converted.clear()
                self._converted[key] = found
        return found

    @cached_property
    def _variables(self) -> tuple[str, ...]:
        """The names of those that its arguments are made of."""
        visitor = _Used()
        for argument in self.nodes[0].arguments or ():
            visit(argument, visitor)
        return tuple(visitor.names)

    def below(self, concrete: GraphQLObjectType) -> SelectionPlan:
        """What is selected of its values of one type."""
        found = self._below.get(concrete.name)
        if found is None:
            operation = self.operation
            collected = collect_subfields(
                operation.schema, operation.details, operation.variables, operation.definition, concrete, self.details
            )
            found = self._below[concrete.name] = SelectionPlan(operation, concrete, collected.grouped_field_set)
        return found

    def types_of_rows(self, abstract: GraphQLAbstractType) -> dict[type, GraphQLObjectType]:
        """The types among those of an interface whose values are all the rows of one class, by that class."""
        found = self._types.get(abstract.name)
        if found is None:
            definition = abstract.extensions.get("strawberry-definition")
            # A type's own way to tell goes first.
            plain = isinstance(abstract, GraphQLInterfaceType) and definition and definition.resolve_type is None
            possible = self.operation.schema.get_possible_types(abstract) if plain else ()
            found = self._types[abstract.name] = {
                row: one for one in possible if (row := getattr(one.is_type_of, "row", None))
            }
        return found


def _frozen(value: object) -> object:
    """What stands for equal values of the same types; None for what is too long to be kept, or cannot be."""
    if isinstance(value, dict):
        parts = [_frozen(one) for one in value.values()]
        return None if None in parts else (*value, *parts)
    if isinstance(value, list) or (isinstance(value, str) and len(value) > LONGEST_KEPT):
        return None
    try:
        hash(value)
    except TypeError:
        return None
    # True and 1 are equal, but not the same value; neither are 0.0 and -0.0.
    return type(value), repr(value) if isinstance(value, float) else value


def _key(values: Mapping[str, Any]) -> object:
    """What stands for values by name; None where one of them is too long to be kept."""
    found = [(name, _frozen(value)) for name, value in values.items()]
    return None if any(value is None for _, value in found) else tuple(found)


class _Used(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names[node.name.value] = None


@dataclass(eq=False)
class SelectionPlan:
    """The fields selected of objects of one type, merged, in order."""

    operation: Operation
    object_type: GraphQLObjectType
    groups: Mapping[str, list[FieldDetails]]

    @cached_property
    def fields(self) -> list[FieldPlan]:
        """Those that exist (validation has refused others)."""
        get = self.operation.schema.get_field
        found = ((key, get(self.object_type, group[0].node.name.value), group) for key, group in self.groups.items())
        return [
            FieldPlan(self.operation, self.object_type, key, definition, group)
            for key, definition, group in found
            if definition
        ]

    @cached_property
    def steps(self) -> list[FieldPlan]:
        """Those that lead further down the tree from all of these objects, or from what is an attribute of theirs."""
        found: list[FieldPlan] = []
        for one in self.fields:
            if one.step:
                found.append(one)
            elif one.attribute is not None and not one.is_leaf:
                found += one.steps
        return found

    @cached_property
    def at_once(self) -> Callable[[Any], list[dict[str, Any]] | None] | None:
        """What makes the answer's objects without going field by field, where the type has such a way for these fields;
        it says None where it has to be gone.
        """
        builder: Callable[[list[FieldPlan]], Callable[[Any], list[dict[str, Any]] | None] | None] | None
        builder = self._own("builder")
        return builder(self.fields) if builder else None

    @cached_property
    def gather(self) -> Callable[[list[Any]], list[Any]] | None:
        """What brings many of its objects side by side, once for all their fields, where the type has such a way."""
        found: Callable[[list[Any]], list[Any]] | None = self._own("gather")
        return found

    def _own(self, name: str) -> Any:
        definition = self.object_type.extensions.get("strawberry-definition")
        return definition and getattr(definition.origin, name, None)

    @cached_property
    def build(self) -> Build:
        """Makes each object a dict display: the fastest way there is, and the keys are constants."""
        return _compiled(tuple(one.key for one in self.fields))


@lru_cache(maxsize=256)  # compiling is most of what planning takes, and queries of many texts select the same keys
def _compiled(keys: tuple[str, ...]) -> Build:
    names = [f"v{number}" for number in range(len(keys))]
    columns = [f"c{number}" for number in range(len(keys))]
    display = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    loop = f"for {', '.join(names)} in zip({', '.join(columns)}, strict=True)" if keys else "for _ in range(count)"
    if len(keys) == 1:
        loop = "for v0 in c0"
    # Keys enter as constants, names are ours: nothing that a client wrote is run.
    source = f"lambda {', '.join(['count', *columns])}: [{{{display}}} {loop}]"
    build: Build = eval(source, {"zip": zip, "range": range, "__builtins__": {}})  # noqa: S307  # see above
    return build


def root_plan(operation: Operation) -> SelectionPlan | None:
    """The plan of a query, or None for what runs on graphql-core: anything else, and introspection.

    Raises GraphQLError where a variable that steers @skip or @include is null.
    """
    if operation.definition.operation is not OperationType.QUERY:
        return None
    root = operation.schema.query_type
    assert root is not None
    collected = collect_fields(
        operation.schema, operation.details, operation.variables, root, operation.definition
    ).grouped_field_set
    if any(group[0].node.name.value in {"__schema", "__type"} for group in collected.values()):
        return None
    return SelectionPlan(operation, root, collected)


class Plans:
    """The plans of one document: by operation, and by the values of the variables that steer @skip and @include."""

    def __init__(self) -> None:
        self._steering: dict[str | None, tuple[str, ...]] = {}
        self._plans: dict[tuple[object, ...], SelectionPlan | None] = {}

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._plans)

    def of(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        definition: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> SelectionPlan | None:
        """The plan of an operation of the document; None for what runs on graphql-core."""
        name = definition.name.value if definition.name else None
        steering = self._steering.get(name)
        if steering is None:
            steering = self._steering[name] = steering_variables(definition, fragments)
        values = {variable: variables[variable] for variable in steering if variable in variables}
        key = (name, *((variable, _hashable(value)) for variable, value in values.items()))
        if key not in self._plans:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            operation = Operation(schema, fragments, definition, VariableValues({}, values))
            self._plans[key] = root_plan(operation)
        return self._plans[key]


class _Steering(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        for argument in node.arguments or ():
            self._note(argument.value)

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        # Those that choose metrics decide what is fetched above them.
        if node.name.value == METRICS:
            for value in node.value.values if isinstance(node.value, ListValueNode) else (node.value,):
                self._note(value)

    def _note(self, value: ValueNode) -> None:
        if isinstance(value, VariableNode):
            self.names.add(value.name.value)


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def steering_variables(
    definition: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The names of the variables that decide which fields are there at all, and which metrics are needed."""
    visitor = _Steering()
    for node in (definition, *fragments.values()):
        visit(node, visitor)
    return tuple(sorted(visitor.names))
