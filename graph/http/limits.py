"""How large a query may be: checked on its text and shape, before the costly work of validating and running it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from graphql import GraphQLError, GraphQLSyntaxError, parse
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from db.errors import QueryTooComplex

# One field under many aliases is one statement per alias.
MAX_ALIASES = 100
# Validation compares each pair of fields that share a place in the answer: a hundred of one name are 4,950 pairs.
MAX_PAIRS = 5_000
MAX_OPERATIONS = 100
# Counting with it costs a twentieth of what the lexer takes. A string that is never closed is one token to its end, so
# that no text is scanned twice; the parser refuses it.
TOKEN = re.compile(
    r'''"""(?:[^"\\]|\\(?:""")?|"(?!""))*(?:""")?|"(?:[^"\\\n\r]|\\.)*"?|\#[^\n\r]*|\.\.\.|[A-Za-z0-9_.+-]+|[^\s,\ufeff]'''
)


@dataclass(frozen=True, eq=False)  # there are one or two, and part of a key that is looked up with each request
class Limits:
    """What one query may cost to read. `depth` counts levels of the answer, `tokens` words and signs of the text."""

    tokens: int = 5_000
    depth: int = 30

    @property
    def fields(self) -> int:
        """How many fields may be selected, counted as if every fragment were written out where it is spread."""
        return max(self.tokens // 2, 1)

    def parse(self, text: str) -> DocumentNode:
        """The document, within all limits. Raises QueryTooComplex, or GraphQLError for what is wrong."""
        document = self._parsed(text)
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        _refuse_cycles(fragments)
        self._measure(document, fragments)
        return document

    def _parsed(self, text: str) -> DocumentNode:
        if next(islice(TOKEN.finditer(text), self.tokens, None), None):
            raise QueryTooComplex(
                f"The query has more than {self.tokens:,} tokens (names, values, brackets). "
                "Ask for less at once, or pass long lists as variables."
            )
        try:
            return parse(text)
        except GraphQLSyntaxError as error:
            # The parser stops before it exhausts the stack, with these words, for which it has no class.
            if "nested too deeply" in error.message:
                raise self._too_deep() from error
            raise

    def _too_deep(self) -> QueryTooComplex:
        return QueryTooComplex(
            f"The query is nested more than {self.depth} levels deep. "
            "Start nearer to what you need (any entity can be asked for by id), or split the query."
        )

    def _measure(self, document: DocumentNode, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        """Walks every operation as the answer will be shaped, and every fragment as it is written."""
        fields = pairs = operations = 0
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                operations += 1
                spread = fragments
            elif isinstance(definition, FragmentDefinitionNode):
                spread = {}
            else:
                continue
            places: list[tuple[list[SelectionSetNode], int]] = [([definition.selection_set], 1)]
            while places:
                sets, depth = places.pop()
                if depth > self.depth:
                    raise self._too_deep()
                place = _place(sets, spread)
                fields += place.size
                pairs += place.pairs
                # A fragment that spreads another twice, which does so again … is short to write and endless to answer.
                if fields > self.fields:
                    raise QueryTooComplex(
                        f"With its fragments written out, the query selects more than {self.fields:,} fields. "
                        "Ask for less at once."
                    )
                if pairs > MAX_PAIRS:
                    raise QueryTooComplex(
                        "The query repeats the same fields or fragments too often. Write each field of an object once."
                    )
                if place.most_aliased is not None:
                    raise QueryTooComplex(
                        f"The query asks for {place.most_aliased[:60]!r} under more than {MAX_ALIASES} aliases in one "
                        "place. Use a field that takes a list (nodes, or a connection), or split the query."
                    )
                places.extend((below, depth + 1) for below in place.below)
        if operations > MAX_OPERATIONS:
            raise QueryTooComplex(f"The document has more than {MAX_OPERATIONS} operations. Send only the one to run.")


# Those of whoever names no others.
DEFAULT = Limits()


@dataclass(frozen=True)
class _Place:
    """One object of the answer: what is selected on it, and the selections on each of its fields."""

    size: int
    pairs: int
    most_aliased: str | None
    below: list[list[SelectionSetNode]]


def _place(sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> _Place:
    by_key: dict[str, list[FieldNode]] = {}
    entered: set[str] = set()
    spreads = 0
    pending = list(sets)
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                by_key.setdefault((selection.alias or selection.name).value, []).append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                spreads += 1
                name = selection.name.value
                if name in fragments and name not in entered:
                    entered.add(name)
                    pending.append(fragments[name].selection_set)
            else:
                pending.append(selection.selection_set)  # type: ignore[attr-defined]  # the third kind: inline
    keys_of_field: dict[str, int] = {}
    for nodes in by_key.values():
        name = nodes[0].name.value
        keys_of_field[name] = keys_of_field.get(name, 0) + 1
    counts = [spreads, *map(len, by_key.values())]
    below = ([node.selection_set for node in nodes if node.selection_set] for nodes in by_key.values())
    return _Place(
        size=sum(map(len, by_key.values())),
        pairs=sum(count * (count - 1) // 2 for count in counts),
        most_aliased=next((name for name, keys in keys_of_field.items() if keys > MAX_ALIASES), None),
        below=[nested for nested in below if nested],
    )


def _refuse_cycles(fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    """Fragments that lead back to themselves have no end to walk to."""
    spreads = {name: list(_spreads(fragment.selection_set)) for name, fragment in fragments.items()}
    finished: set[str] = set()
    for root, first in spreads.items():
        path = {} if root in finished else {root: iter(first)}
        while path:
            name = next(reversed(path))
            for spread in path[name]:
                target = spread.name.value
                if target in path:
                    raise GraphQLError(f"The fragment {target[:60]!r} contains itself. Break the circle.", spread)
                if target in spreads and target not in finished:
                    path[target] = iter(spreads[target])
                    break
            else:
                del path[name]
                finished.add(name)


def _spreads(selections: SelectionSetNode) -> Iterator[FragmentSpreadNode]:
    pending = [selections]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection
            elif nested := getattr(selection, "selection_set", None):
                pending.append(nested)
