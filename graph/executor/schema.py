"""The schema as it is executed: each text read once, and what goes wrong told as clients may see it."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from graphql.execution import execute
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from graph.documents import DOCUMENT, Document, Documents, InvalidDocument, ReadOnce
from graph.errors import presented
from graph.executor.context import BreadthFirst
from graph.values import mark_one_of


class AdgraphSchema(strawberry.Schema):
    """Strawberry's, which keeps its documents and plans, and whose results carry presentable errors only."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.extensions:
            self.extensions = (ReadOnce, *self.extensions)
        mark_one_of(self._schema)
        self.documents = Documents(self._schema)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Executes a query's text, within the limits that hold where nobody set any."""
        try:
            document = self.documents.read(query or "")
        except InvalidDocument as invalid:
            return ExecutionResult(data=None, errors=invalid.errors)
        if allowed_operation_types is None and not operation_extensions:
            return await self.run(document, variable_values, context_value, root_value, operation_name)
        return await super().execute(
            query, variable_values, context_value, root_value, operation_name, allowed_operation_types,
            {**(operation_extensions or {}), DOCUMENT: document},
        )  # fmt: skip

    async def run(
        self,
        document: Document,
        variables: dict[str, Any] | None = None,
        context: Any = None,
        root: Any = None,
        operation_name: str | None = None,
        body: bytes | None = None,
    ) -> ExecutionResult:
        """Executes an operation of a document that `documents` gave; its errors are in the result.

        `body` stands for text, name and variables together, where the same may well be asked again.
        """
        extensions = {DOCUMENT: document}
        if self.extensions:
            return await super().execute(
                document.text, variables, context, root, operation_name, operation_extensions=extensions
            )
        # What Strawberry does where no extension wants to see it, without its hooks.
        try:
            if known := self._prepared(document, variables, operation_name, body):
                result = await known.again(root, context)
            else:
                found = execute(
                    self._schema, document.syntax, root, context, variables, operation_name,
                    executor_class=self.execution_context_class, operation_extensions=extensions,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a bool instead of a TypeGuard
                )  # fmt: skip
                result = await found if isawaitable(found) else found
        except Exception as error:  # noqa: BLE001  # whatever breaks is told in the result
            told = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
            result = CoreResult(None, [told])
        if result.errors:
            self.process_errors(result.errors)
        return ExecutionResult(data=result.data, errors=result.errors)

    def _prepared(
        self, document: Document, variables: dict[str, Any] | None, operation_name: str | None, body: bytes | None
    ) -> BreadthFirst | None:
        """What answers such a request, where one before it has read all but its variables."""
        known: BreadthFirst | None = document.bodies.get(body) if body else None
        if known is None and (executor := document.executor(operation_name)):
            known = executor.prepared(variables or {})
            if known and body:
                document.bodies.keep(body, known)
        return known if known and known.schema is self._schema else None

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002  # Strawberry's signature
    ) -> None:
        """Replaces the errors in their list; called only when there are some."""
        errors[:] = presented(errors)
