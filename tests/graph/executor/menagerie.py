"""A small schema of what the product's lacks: unions, lists of lists, strangers, values that fail in every way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, NewType
from zlib import crc32

import strawberry
from graphql import GraphQLError, Undefined
from strawberry.schema.config import StrawberryConfig

from db.errors import Invalid
from graph.executor.context import BreadthFirst
from graph.field import batched
from tests.graph.executor.oracle import Unmasked

Make = Callable[["Beast", str], Any]

BAD: list[Any] = [
    None,
    ValueError("a value that failed"),
    GraphQLError("a value that was refused"),
    Invalid("a value that a client may know of"),
    17,
    "a stranger",
    (["unhashable"],),
    float("inf"),
    {"a": "mapping"},
    Undefined,
]


@dataclass(frozen=True)
class Beast:
    """What stands behind every object here: all of its values follow from a seed and its number."""

    seed: int
    number: int
    kind: str

    def roll(self, name: str, sides: int) -> int:
        return crc32(f"{self.seed}:{self.number}:{name}".encode()) % sides

    def __getattr__(self, name: str) -> Any:
        if name not in PLAIN:
            raise AttributeError(name)
        return _sure(PLAIN[name](self, name))


def _sure(value: Any) -> Any:
    if isinstance(value, ValueError):
        raise value
    return value


def _spoiled(beast: Beast, name: str, value: Any) -> Any:
    """The value, most of the time."""
    which = beast.roll(name, 12 * len(BAD))
    return BAD[which] if which < len(BAD) else value


def of(*values: Any) -> Make:
    """One of the values."""
    return lambda beast, name: _spoiled(beast, name, values[beast.roll(f"{name} value", len(values))])


def a(*kinds: str) -> Make:
    """A beast of one of the kinds."""

    def make(beast: Beast, name: str) -> Any:
        kind = kinds[beast.roll(f"{name} kind", len(kinds))]
        return _spoiled(beast, name, Beast(beast.seed, beast.roll(f"{name} number", 1_000), kind))

    return make


def several(item: Make, *, later: bool = False) -> Make:
    """A list of them, or what else can be gone through; with `later`, some items have to be waited for."""

    def make(beast: Beast, name: str) -> Any:
        items = [item(beast, f"{name} {number}") for number in range(beast.roll(f"{name} length", 4))]
        if later:
            items = [Later(one) if beast.roll(f"{name} later {n}", 3) == 0 else one for n, one in enumerate(items)]
        shape = beast.roll(f"{name} shape", 8)
        whole = tuple(items) if shape == 0 else _read_on(items) if shape == 1 else items
        return _spoiled(beast, name, whole)

    return make


def _read_on(items: list[Any]) -> Iterator[Any]:
    if len(items) == 3:
        raise ValueError("broken off")
    yield from items


@dataclass(frozen=True, eq=False)  # graphql-core gathers what nobody waits for any more, by its hash
class Later:
    """Something to wait for that nobody has to wait for."""

    value: Any

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return _sure(self.value)


# What attributes are, by their names.
PLAIN: dict[str, Make] = {
    "name": of("Ann", "Bob", "", 3),
    "nickname": of("Annie", None),
    "tags": several(of("one", "two")),
    "grid": several(several(of(1, 2, 3))),
    "size": of("S", "L"),
    "born": of(date(2025, 6, 1)),
    "weight": of(1.5, 2, -0.0),
    "inner": a("Box"),
    "content": a("Cat", "Dog", "Stone"),
}


class Size(Enum):
    SMALL = "S"
    LARGE = "L"


def _even(value: Any) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return int(value)


Even = NewType("Even", int)


@strawberry.input
class Wish:
    size: Size = Size.SMALL
    names: list[str | None] | None = strawberry.UNSET
    inner: Wish | None = strawberry.UNSET
    count: Even | None = None


def at_once(make: Make, graphql_type: Any) -> Any:
    """A field with a plain resolver."""

    def resolver(root: Any, info: strawberry.Info) -> Any:
        return _sure(make(root, info.field_name))

    return strawberry.field(resolver=resolver, graphql_type=graphql_type)


def awaited(make: Make, graphql_type: Any) -> Any:
    """A field with an asynchronous resolver."""

    async def resolver(root: Any, info: strawberry.Info) -> Any:
        return await Later(make(root, info.field_name))

    return strawberry.field(resolver=resolver, graphql_type=graphql_type)


def together(make: Make, graphql_type: Any, name: str, *, later: bool = False) -> Any:
    """A field that is found for many parents at once."""

    def at_once(_request: Any, _selection: Any, beasts: Sequence[Any]) -> list[Any]:
        return [make(beast, name) if isinstance(beast, Beast) else KeyError(name) for beast in beasts]

    async def in_time(request: Any, selection: Any, beasts: Sequence[Any]) -> list[Any]:
        await asyncio.sleep(0)
        return at_once(request, selection, beasts)

    return batched(in_time if later else at_once, graphql_type, "Found together.")


def _echo(_request: Any, _selection: Any, beasts: Sequence[Any], wish: Wish | None = None, times: int = 2) -> list[str]:
    return [repr((wish, times))] * len(beasts)


def _is(kind: str) -> Any:
    def is_type_of(value: object, _info: object) -> bool:
        if isinstance(value, Beast) and value.number % 50 == 7:
            raise ValueError("nobody knows what this is")
        return isinstance(value, Beast) and value.kind == kind

    return staticmethod(is_type_of)


_HERE = strawberry.lazy("tests.graph.executor.menagerie")
AnAnimal = Annotated["Animal", _HERE]
ACat = Annotated["Cat", _HERE]
ADog = Annotated["Dog", _HERE]
ABox = Annotated["Box", _HERE]
AThing = Annotated["Cat | Dog | Stone", strawberry.union("Thing")]
ANIMAL, THING = a("Cat", "Dog"), a("Cat", "Dog", "Stone")


@strawberry.interface
class Animal:
    name: str
    nickname: str | None
    friends = together(several(ANIMAL), list[AnAnimal] | None, "friends", later=True)
    parent = at_once(ANIMAL, AnAnimal | None)

    @strawberry.field
    def echo(self, wish: Wish | None = None, times: int = 2, ids: list[strawberry.ID] | None = None) -> str:
        return repr((wish, times, ids))


@strawberry.type
class Cat(Animal):
    size: Size
    born: date | None
    grid: list[list[int] | None]
    lives = awaited(of(9, 7), int)
    even = at_once(of(2, 4, 5), Even | None)
    boxes = at_once(several(several(a("Box"), later=True)), list[list[ABox | None]] | None)
    rival = together(ANIMAL, ADog | None, "rival")
    is_type_of = _is("Cat")


@strawberry.type
class Dog(Animal):
    tags: list[str]
    found = awaited(several(THING), list[AThing | None])
    best = at_once(THING, AThing)
    walks = together(several(several(of(0.5, 1.0))), list[list[float | None]], "walks")
    owned = batched(_echo, str, "What was asked.")
    is_type_of = _is("Dog")


@strawberry.type
class Stone:
    weight: float
    on_top_of = together(a("Stone", "Stone", "Stone", "Cat"), Annotated["Stone", _HERE], "on_top_of")
    is_type_of = _is("Stone")


@strawberry.type
class Box:
    weight: float | None
    content: AThing | None
    inner: Box


@strawberry.type
class Query:
    cat = awaited(ANIMAL, Cat | None)
    sure_cat = at_once(a("Cat"), Cat)
    animals = at_once(several(ANIMAL, later=True), list[Animal])
    things = together(several(several(THING)), list[list[AThing] | None] | None, "things", later=True)
    box = at_once(a("Box"), Box | None)
    dogs = awaited(several(a("Dog")), list[Dog | None])


SCALARS: Any = {Even: strawberry.scalar(name="Even", serialize=_even, parse_value=_even)}
_SHARED: dict[str, Any] = {"config": StrawberryConfig(scalar_map=SCALARS)}
ours = Unmasked(Query, execution_context_class=BreadthFirst, **_SHARED)
theirs = Unmasked(Query, **_SHARED)
VALUES: dict[str, Sequence[Any]] = {
    "Int": [1, 2, -3],
    "Even": [2, 4],
    "String": ["one", "two", ""],
    "ID": ["a", "b"],
    "Boolean": [True, False],
}
