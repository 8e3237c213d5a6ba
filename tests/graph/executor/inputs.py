"""Random values of arguments: literals, or variables of a type that suits their place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from tests.graph.executor.choices import Choices

# What a scalar may be: by its name, its argument's and its field's.
Values = Callable[[str, str, str], Sequence[Any]]
# An argument, or a member of an input, and its field.
At = tuple[str, str]


class _Omitted:
    pass


OMITTED = _Omitted()


@dataclass(frozen=True)
class _Variable:
    type: str
    default: str | None
    values: list[Any]


class Inputs:
    """The arguments of one document, and the variables that they made necessary, with a value for each run."""

    def __init__(self, values: Values, choices: Choices, runs: int) -> None:
        self._values = values
        self._choices = choices
        self._runs = runs
        self._variables: dict[str, _Variable] = {}

    def declared(self, name: str) -> str:
        """The declaration of a variable."""
        known = self._variables[name]
        return f"${name}: {known.type}{f' = {known.default}' if known.default else ''}"

    def given(self, run: int) -> dict[str, Any]:
        """The variables of one run."""
        values = ((name, known.values[run]) for name, known in self._variables.items())
        return {name: value for name, value in values if value is not OMITTED}

    def value(
        self, wanted: Any, at: At, *, has_default: bool = False, fixed: bool = False, one_of: bool = False
    ) -> str:
        """The text of a value; maybe a variable, unless it has to be `fixed`."""
        if not fixed and self._choices.chance(25):
            return self._variable(wanted, at, has_default=has_default, one_of=one_of)
        if not is_non_null_type(wanted) and not one_of and self._choices.chance(8):
            return "null"
        inner = get_nullable_type(wanted)
        if is_list_type(inner):
            items = [self.value(inner.of_type, at, fixed=fixed) for _ in range(self._choices.number(4))]
            return f"[{', '.join(items)}]"
        if isinstance(inner, GraphQLInputObjectType):
            only = _is_one_of(inner)
            parts = [
                f"{name}: {self.value(of, (name, at[1]), fixed=fixed, one_of=only)}"
                for name, of in self._members(inner)
            ]
            return f"{{{', '.join(parts)}}}"
        value = self._plain(inner, at)
        return value if isinstance(inner, GraphQLEnumType) else json.dumps(value)

    def _variable(self, wanted: Any, at: At, *, has_default: bool, one_of: bool) -> str:
        declared = f"{get_nullable_type(wanted)}!" if one_of else str(wanted)
        known = [name for name, one in self._variables.items() if one.type == declared and one.default is None]
        if known and self._choices.chance(40):
            return f"${self._choices.one(known)}"
        default = None
        if is_non_null_type(wanted) and self._choices.chance(50):
            # One that may be null suits a place that may not, where either has a default.
            declared = str(wanted.of_type)
            if not has_default or self._choices.chance(30):
                default = self.value(wanted, at, fixed=True)
        elif not one_of and self._choices.chance(30):
            default = self.value(wanted, at, fixed=True)
        name = f"v{len(self._variables)}"
        optional = not declared.endswith("!")
        values = [self._given(wanted, at, optional=optional, default=default) for _ in range(self._runs)]
        self._variables[name] = _Variable(declared, default, values)
        return f"${name}"

    def _given(self, wanted: Any, at: At, *, optional: bool, default: str | None) -> Any:
        if (optional or default) and self._choices.chance(20):
            return OMITTED
        if optional and self._choices.chance(15):
            return None
        if self._choices.chance(1):
            return {"no": "value that fits"}
        return self._plain(wanted, at)

    def _plain(self, wanted: Any, at: At) -> Any:
        """A value as JSON has it."""
        inner = get_nullable_type(wanted)
        if is_list_type(inner):
            return [self._plain(inner.of_type, at) for _ in range(self._choices.number(4))]
        if isinstance(inner, GraphQLInputObjectType):
            return {name: self._plain(of, (name, at[1])) for name, of in self._members(inner)}
        if isinstance(inner, GraphQLEnumType):
            return self._choices.one(list(inner.values))
        return self._choices.one(self._values(inner.name, *at))

    def _members(self, of: GraphQLInputObjectType) -> list[tuple[str, Any]]:
        members = list(of.fields.items())
        if _is_one_of(of):
            chosen = [self._choices.one(members)]
        else:
            chosen = [(name, one) for name, one in members if is_required_input_field(one) or self._choices.chance(50)]
        return [(name, one.type) for name, one in chosen]


def _is_one_of(of: GraphQLInputObjectType) -> bool:
    # Strawberry has its own way to say so.
    return of.is_one_of or bool(of.extensions["strawberry-definition"].is_one_of)
