"""Two executors, one operation: the data has to be the same to the last key, and so do the errors."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from graphql import GraphQLError, OperationDefinitionNode, parse, print_ast, validate
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from strawberry.types import ExecutionResult

from graph.documents import Document
from graph.executor.context import EXECUTIONS
from graph.executor.schema import AdgraphSchema
from tests.graph.executor.operations import Operation

Place = tuple[str | int, ...]
# Operations are made to be valid. Checking that takes longer than all else, so it is done for one in so many.
VALIDATED = 20


@dataclass(frozen=True)
class Told:
    """What of an error has to be equal."""

    message: str
    path: Place | None
    locations: tuple[tuple[int, int], ...]
    code: str | None


class Unmasked(AdgraphSchema):
    """A schema whose errors keep their first words, beside those that clients may see."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Notes them before they are masked."""
        words = [error.message for error in errors]
        super().process_errors(errors, execution_context)
        for error, message in zip(errors, words, strict=True):
            error.extensions = {**(error.extensions or {}), "words": message}


@dataclass(frozen=True)
class Oracle:
    """Both executors, over the same schema and the same data."""

    runner: asyncio.Runner
    ours: Unmasked
    theirs: Unmasked
    request: Callable[[], Any]

    def ask(self, asked: Operation, root: object = None, kept: dict[Hashable, Any] | None = None) -> None:
        """Executes the operation by both; a difference is an error. Every set of variables finds the same plans, and
        what is known of a request from before answers the last one, which is asked again.

        `kept` is what other requests have left to ours, and gets what they leave.
        """
        document = _read(asked.text)
        if crc32(asked.text.encode()) % VALIDATED == 0:
            self._validate(document)
        for variables in asked.variables:
            theirs = self.runner.run(self._answer(self.theirs, document, asked, variables, root))
            for _ in range(3 if variables is asked.variables[-1] else 1):
                ours = self.runner.run(self._answer(self.ours, document, asked, variables, root, kept))
                if found := difference(ours, theirs):
                    self._validate(document)
                    raise AssertionError(f"{found}\n{asked.text}\n{variables}")

    async def _answer(
        self, schema: Unmasked, document: Document, asked: Operation, variables: dict[str, Any], root: object,
        kept: dict[Hashable, Any] | None = None,
    ) -> ExecutionResult:  # fmt: skip
        body = repr((asked.name, variables)).encode()
        request = self.request()
        if kept is not None:
            request.kept = kept
        result = await schema.run(document, variables, request, root, asked.name, body)
        if kept is not None:
            kept.update(request.leaves)
        # What nobody waits for any more still runs: graphql-core goes on below what has become null.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        return result

    def _validate(self, document: Document) -> None:
        errors = validate(self.theirs._schema, document.syntax)
        assert not errors, f"{errors}\n{print_ast(document.syntax)}"


def executions() -> Counter[str]:
    """How many operations each executor has run in this process."""
    (metric,) = EXECUTIONS.collect()
    return Counter({one.labels["executor"]: int(one.value) for one in metric.samples if one.name.endswith("_total")})


def _read(text: str) -> Document:
    syntax = parse(text)
    operations = [one for one in syntax.definitions if isinstance(one, OperationDefinitionNode)]
    return Document(text, syntax, {one.name.value if one.name else None: one for one in operations})


def try_out(examples: st.SearchStrategy[Any], check: Callable[[Any], None], count: int, start: int) -> None:
    """Checks so many random examples. A failure is shrunk, and says with which seed it comes again."""

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(examples)
    def each(example: Any) -> None:
        note(f"the seed is {start}")
        check(example)

    before = executions()
    each()
    gc.collect()  # here, where the test knows what graphql-core leaves behind, rather than amid another one
    executed = executions() - before
    assert executed["breadth_first"] >= 0.99 * executed.total() > 0, executed


def difference(ours: ExecutionResult, theirs: ExecutionResult) -> str | None:
    """What the results disagree about, if they do."""
    data = [json.dumps(result.data, default=repr) for result in (ours, theirs)]
    if data[0] != data[1]:
        return f"data\nours:   {data[0]}\ntheirs: {data[1]}\n{_listed(ours)}\n{_listed(theirs)}"
    our_groups, their_groups = _by_null(ours), _by_null(theirs)
    for place in {**our_groups, **their_groups}:
        mine, others = our_groups.get(place, Counter()), their_groups.get(place, Counter())
        if not _equal(place, mine, others):
            return f"errors of {place}\nours:   {_lines(mine)}\ntheirs: {_lines(others)}"
    return None


def _equal(place: Place | None, ours: Counter[Told], theirs: Counter[Told]) -> bool:
    """Whether both tell enough of what went wrong at, or below, one place that is null.

    The error of the place itself is the only one. Where a null came up from below, what was there is gone, and an
    executor need not go on there: one error is enough, as long as it is one of those that there are.
    """
    if place is None or any(told.path == place for told in (*ours, *theirs)):
        return ours == theirs
    return bool(ours) and bool(theirs) and theirs <= ours


def _by_null(result: ExecutionResult) -> dict[Place | None, Counter[Told]]:
    groups: dict[Place | None, Counter[Told]] = {}
    for error in result.errors or ():
        told = _told(error)
        place = None if told.path is None else _first_null(result.data, told.path)
        groups.setdefault(place, Counter())[told] += 1
    return groups


def _first_null(data: Any, path: Place) -> Place:
    """Where on the way to an error the data ends."""
    for depth, step in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[step]
    assert data is None, f"an error at {path}, where there is data"
    return path


def _told(error: GraphQLError) -> Told:
    extensions = error.extensions or {}
    return Told(
        _without_addresses(str(extensions.get("words", error.message))),
        None if error.path is None else tuple(error.path),
        tuple((location.line, location.column) for location in error.locations or ()),
        extensions.get("code"),
    )


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _lines(errors: Iterable[Told]) -> str:
    return "".join(f"\n  {told}" for told in errors) or "none"


def _listed(result: ExecutionResult) -> str:
    return _lines([_told(error) for error in result.errors or ()])
