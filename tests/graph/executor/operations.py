"""Random operations over any schema, all of them valid, all in the size of something that a person may ask."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLSkipDirective,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
)

from tests.graph.executor.choices import Choices
from tests.graph.executor.inputs import Inputs, Values


@dataclass(frozen=True)
class Operation:
    """A document, the operation of it to execute, and its variables: several sets of them, one after the other."""

    text: str
    name: str | None
    variables: list[dict[str, Any]]


@dataclass
class _Entry:
    """What a response key stands for. Whoever uses it again, in whichever fragment, has to mean the same."""

    field: str
    type: str
    # The names of the arguments that the field takes: those of one name may differ from type to type.
    takes: tuple[str, ...]
    arguments: str
    below: _Scope


_Scope = dict[str, _Entry]


@dataclass(frozen=True)
class _Fragment:
    name: str
    on: GraphQLNamedType
    text: str
    scope: _Scope


def operation(schema: GraphQLSchema, values: Values, choices: Choices) -> Operation:
    """Any valid query of the schema, at random."""
    return _Writer(schema, values, choices).operation()


class _Writer:
    def __init__(self, schema: GraphQLSchema, values: Values, choices: Choices) -> None:
        self._schema = schema
        self._choices = choices
        self._runs = 1 + choices.chance(20)
        self._inputs = Inputs(values, choices, self._runs)
        self._budget = 8 + choices.number(50)
        self._fragments: dict[str, _Fragment] = {}
        self._open = 0
        self._fresh = 0

    def operation(self) -> Operation:
        root = self._schema.query_type
        assert root is not None
        names = ["One", "Two"] if self._choices.chance(8) else ["One"] if self._choices.chance(30) else [None]
        bodies = [self._selection(root, {}, 0) for _ in names]
        used: dict[str, _Fragment] = {}
        parts = []
        for name, body in zip(names, bodies, strict=True):
            reached = self._reached(body)
            used |= reached
            parts.append(f"query {name or ''}{self._declared([body, *(one.text for one in reached.values())])} {body}")
        parts += [f"fragment {one.name} on {one.on} {one.text}" for one in used.values()]
        return Operation("\n".join(parts), names[-1], [self._inputs.given(run) for run in range(self._runs)])

    def _reached(self, text: str) -> dict[str, _Fragment]:
        found: dict[str, _Fragment] = {}
        for name in re.findall(r"\.\.\.(F\d+)", text):
            found |= {name: self._fragments[name]} | self._reached(self._fragments[name].text)
        return found

    def _declared(self, texts: Sequence[str]) -> str:
        names = dict.fromkeys(name for text in texts for name in re.findall(r"\$(v\d+)", text))
        parts = [self._inputs.declared(name) for name in names]
        return f"({', '.join(parts)})" if parts else ""

    # Selections -------------------------------------------------------------------------------------------------

    def _selection(self, on: GraphQLNamedType, scope: _Scope, depth: int) -> str:
        count = 1 + self._choices.number(4 if self._budget > 0 else 1)
        return "{ " + " ".join(self._selected(on, scope, depth) for _ in range(count)) + " }"

    def _selected(self, on: GraphQLNamedType, scope: _Scope, depth: int) -> str:
        self._budget -= 1
        kind = self._choices.number(99)
        if kind >= 88 and self._budget > 0:
            to = self._choices.one([None, *self._overlapping(on)])
            body = self._selection(to or on, scope, depth + 1)
            return f"...{f' on {to}' if to else ''}{self._directives()} {body}"
        if kind >= 76 and (spread := self._spread(on, scope, depth)):
            return spread
        return self._field(on, scope, depth)

    def _spread(self, on: GraphQLNamedType, scope: _Scope, depth: int) -> str | None:
        overlapping = self._overlapping(on)
        known = [one for one in self._fragments.values() if one.on in overlapping]
        if known and self._choices.chance(60):
            fragment = self._choices.one(known)
        elif self._open < 3 and self._budget > 0:
            self._open += 1
            to, own = self._choices.one(overlapping), _Scope()
            text = self._selection(to, own, depth + 1)
            fragment = _Fragment(f"F{len(self._fragments)}", to, text, own)
            self._fragments[fragment.name] = fragment
            self._open -= 1
        else:
            return None
        if not _compatible(scope, fragment.scope):
            return None
        _absorb(scope, fragment.scope)
        return f"...{fragment.name}{self._directives()}"

    def _field(self, on: GraphQLNamedType, scope: _Scope, depth: int) -> str:
        fields: Mapping[str, GraphQLField] = getattr(on, "fields", {})
        again = [key for key, entry in scope.items() if entry.field in fields]
        if again and self._choices.chance(15):
            key = self._choices.one(again)
            name = scope[key].field
        else:
            name = self._choices.one(self._candidates(fields, depth))
            key = self._choices.one(["a", "b", *list(fields)[:2]]) if self._choices.chance(20) else name
        if name == "__typename":
            return self._typename(key, scope)
        field = fields[name]
        meant = (name, str(field.type), tuple(field.args))
        if key in scope and (scope[key].field, scope[key].type, scope[key].takes) != meant:
            self._fresh += 1
            key = f"x{self._fresh}"
        if key not in scope:
            scope[key] = _Entry(*meant, self._arguments(name, field), {})
        entry = scope[key]
        named = get_named_type(field.type)
        below = f" {self._selection(named, entry.below, depth + 1)}" if is_composite_type(named) else ""
        return f"{'' if key == name else f'{key}: '}{name}{entry.arguments}{self._directives()}{below}"

    def _candidates(self, fields: Mapping[str, GraphQLField], depth: int) -> list[str]:
        leaves = [name for name, field in fields.items() if is_leaf_type(get_named_type(field.type))]
        if depth > 11 or self._budget <= 0:
            return [*leaves, "__typename"]
        deep = [name for name in fields if name not in leaves]
        # Some way down is what most selections have.
        return [*leaves[: self._choices.number(12)], *deep, *deep, "__typename"]

    def _typename(self, key: str, scope: _Scope) -> str:
        if key in scope and scope[key].field != "__typename":
            key = "__typename"
        scope.setdefault(key, _Entry("__typename", "String!", (), "", {}))
        return f"{'' if key == '__typename' else f'{key}: '}__typename{self._directives()}"

    def _directives(self) -> str:
        roll = self._choices.number(99)
        names = [name for name, asked in (("skip", roll >= 93), ("include", 88 <= roll < 94)) if asked]
        condition = GraphQLSkipDirective.args["if"].type
        return "".join(f" @{name}(if: {self._inputs.value(condition, ('if', name))})" for name in names)

    def _overlapping(self, on: GraphQLNamedType) -> list[GraphQLNamedType]:
        own = self._possible(on)
        every = (one for one in self._schema.type_map.values() if is_composite_type(one) and one.name[:2] != "__")
        return [one for one in every if own & self._possible(one)]

    def _possible(self, on: GraphQLNamedType) -> set[str]:
        return {one.name for one in self._schema.get_possible_types(on)} if is_abstract_type(on) else {on.name}

    def _arguments(self, of: str, field: GraphQLField) -> str:
        # Some fields want to know exactly one thing.
        only = self._choices.one(list(field.args)) if "external" in field.args and self._choices.chance(85) else None
        parts = []
        for name, argument in field.args.items():
            required = is_required_argument(argument)
            if name == only if only else required or self._choices.chance(45):
                has_default = is_non_null_type(argument.type) and not required
                parts.append(f"{name}: {self._inputs.value(argument.type, (name, of), has_default=has_default)}")
        return f"({', '.join(parts)})" if parts else ""


def _compatible(mine: _Scope, theirs: _Scope) -> bool:
    return all(
        (one.field, one.type, one.arguments) == (other.field, other.type, other.arguments)
        and _compatible(one.below, other.below)
        for one, other in ((mine[key], theirs[key]) for key in theirs if key in mine)
    )


def _absorb(mine: _Scope, theirs: _Scope) -> None:
    for key, other in theirs.items():
        one = mine.setdefault(key, _Entry(other.field, other.type, other.takes, other.arguments, {}))
        _absorb(one.below, other.below)
