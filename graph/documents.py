"""A query's text, read once: parsed within limits, validated, and kept with its plans while it is asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    ValuesOfCorrectTypeRule,
    specified_rules,
    validate,
)
from graphql.language import DocumentNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from db.errors import Invalid, QueryTooComplex
from graph.errors import presented
from graph.executor.plans import Plans
from graph.http.limits import DEFAULT, Limits
from graph.values import PlacedValues

RULES = (
    *(PlacedValues if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
)
# Each error takes time to word (it looks for what may have been meant), and nobody reads them all.
MAX_ERRORS = 5
# A document takes about a hundred bytes of memory per character of its text, and as much again for each of its plans.
KEPT_CHARACTERS = 200_000
# A document is asked for with ever other variables.
MOST_BODIES = 1_000
# What the shortest text takes beside its characters, in characters.
LEAST_CHARACTERS = 60
# The same of a body.
LEAST_OF_BODY = 10
# The key under which a request's extensions hand its document to the execution.
DOCUMENT = "adgraph.document"


class InvalidDocument(Exception):
    """The text is no query of this schema, or too large a one; `errors` say why, as clients may see it."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Bodies:
    """What answers requests that were sent before, by their bodies."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Any] = OrderedDict()
        self.room = 0

    def get(self, body: bytes) -> Any:
        """What answers it, if it is known."""
        return self._known.get(body)

    def keep(self, body: bytes, executor: Any) -> None:
        """Remembers it; where there are many, the one that was remembered first is forgotten."""
        if body in self._known:
            return
        if len(self._known) >= MOST_BODIES:
            forgotten, _ = self._known.popitem(last=False)
            self.room -= _room(forgotten)
        self._known[body] = executor
        self.room += _room(body)


def _room(body: bytes) -> int:
    """It takes a thousand bytes, and with the values of its variables some 20 times its length."""
    return LEAST_OF_BODY + len(body) // 4


@dataclass(frozen=True)
class Document:
    """A valid document and its operations by name (the lone unnamed one has the name None)."""

    text: str
    syntax: DocumentNode
    operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)
    # What executes its operations, by name, ready to be used again; and with variables, by the body of the request.
    _executors: dict[str | None, Any] = field(default_factory=dict)
    bodies: Bodies = field(default_factory=Bodies)

    def remember(self, operation: OperationDefinitionNode, executor: Callable[[], Any]) -> None:
        """Keeps what executes an operation, unless something is kept already."""
        name = operation.name.value if operation.name else None
        if name not in self._executors:
            self._executors[name] = executor()

    def executor(self, name: str | None) -> Any:
        """What has executed the operation of that name, or the only one, if anything has."""
        if name is None and len(self.operations) == 1:
            name = next(iter(self.operations))
        return self._executors.get(name)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run: the one of that name, or the only one."""
        if not self.operations:
            raise Invalid("The query has fragments only. Add an operation, such as { projects { nodes { name } } }.")
        if name is None:
            if len(self.operations) > 1:
                raise Invalid(f"The query has several operations. Choose one by operationName: {self._names()}.")
            return next(iter(self.operations.values()))
        if name not in self.operations:
            raise Invalid(f"No operation of the query has the name that operationName gives. It has: {self._names()}.")
        return self.operations[name]

    def _names(self) -> str:
        names = [name[:60] if name else "one without a name" for name in self.operations]
        return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


@dataclass
class _Kept:
    """What a text was read into: a document, or the errors that refuse it; and how much of the room it takes."""

    found: Document | list[GraphQLError]
    room: int = 0

    def takes(self, text: str) -> int:
        """The room that it takes by now: executions add plans."""
        if not isinstance(self.found, Document):
            return len(text) + LEAST_CHARACTERS
        return (len(text) + LEAST_CHARACTERS) * (1 + self.found.plans.count) + self.found.bodies.room


class Documents:
    """The documents of one schema, and what is wrong with texts that are none; the latest used are kept."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[tuple[str, Limits], _Kept] = OrderedDict()
        self._room = 0

    def read(self, text: str, limits: Limits = DEFAULT) -> Document:
        """The document of that text. Raises InvalidDocument."""
        key = (text, limits)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(self._read(text, limits))
        else:
            self._kept.move_to_end(key)
        self._make_room(kept, text)
        if isinstance(kept.found, Document):
            return kept.found
        raise InvalidDocument([*kept.found])

    def _read(self, text: str, limits: Limits) -> Document | list[GraphQLError]:
        try:
            syntax = limits.parse(text)
        except QueryTooComplex as error:
            return presented([GraphQLError(str(error), original_error=error)])
        except GraphQLError as error:
            return presented([error])
        if errors := validate(self._schema, syntax, RULES, max_errors=MAX_ERRORS):
            # Presented they hold no syntax, which is then free.
            return presented(errors)
        operations = [each for each in syntax.definitions if isinstance(each, OperationDefinitionNode)]
        return Document(text, syntax, {each.name.value if each.name else None: each for each in operations})

    def _make_room(self, latest: _Kept, text: str) -> None:
        before, latest.room = latest.room, latest.takes(text)
        self._room += latest.room - before
        while self._room > KEPT_CHARACTERS:
            _, dropped = self._kept.popitem(last=False)
            self._room -= dropped.room


class ReadOnce(SchemaExtension):
    """Executes the document that a text was read into, where other extensions make Strawberry see to the execution."""

    def on_parse(self) -> Iterator[None]:
        """Runs before Strawberry's parser, which leaves a document that is there alone."""
        document = (self.execution_context.operation_extensions or {}).get(DOCUMENT)
        if isinstance(document, Document):
            self.execution_context.graphql_document = document.syntax
            self.execution_context.pre_execution_errors = []
        yield


def is_query(operation: OperationDefinitionNode) -> bool:
    """Whether the operation only reads, so that GET may carry it."""
    return operation.operation is OperationType.QUERY
