"""A query's text, read once: parsed within limits, validated, and kept while it is asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

import strawberry
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, specified_rules, validate
from graphql.language import DocumentNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from db.errors import Invalid
from graph.executor.plan import Plans
from graph.http.limits import Limits

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
# Each error takes time to word (it looks for what may have been meant), and nobody reads them all.
MAX_ERRORS = 5
# A document takes about a hundred bytes of memory per character of its text.
KEPT_CHARACTERS = 200_000
# The key under which a request's extensions hand its document to the execution.
DOCUMENT = "adgraph.document"


class InvalidDocument(Exception):
    """The text is no query of this schema; `errors` say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Document:
    """A valid document and its operations by name (the lone unnamed one has the name None)."""

    syntax: DocumentNode
    operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)

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


class Documents:
    """The documents of one schema, the latest used kept by their text."""

    def __init__(self, schema: strawberry.Schema, limits: Limits) -> None:
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001  # Strawberry gives its schema no public name
        self._limits = limits
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Document:
        """The document of that text. Raises InvalidDocument or QueryTooComplex."""
        if kept := self._kept.get(text):
            self._kept.move_to_end(text)
            return kept
        document = self._read(text)
        self._keep(text, document)
        return document

    def _read(self, text: str) -> Document:
        try:
            syntax = self._limits.parse(text)
        except GraphQLError as error:
            raise InvalidDocument([error]) from None
        if errors := validate(self._schema, syntax, RULES, max_errors=MAX_ERRORS):
            raise InvalidDocument(errors)
        operations = [each for each in syntax.definitions if isinstance(each, OperationDefinitionNode)]
        return Document(syntax, {each.name.value if each.name else None: each for each in operations})

    def _keep(self, text: str, document: Document) -> None:
        self._kept[text] = document
        self._characters += len(text)
        while self._characters > KEPT_CHARACTERS:
            dropped, _ = self._kept.popitem(last=False)
            self._characters -= len(dropped)


class ReadOnce(SchemaExtension):
    """Executes the document that the request was read into, instead of parsing and validating its text again."""

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
