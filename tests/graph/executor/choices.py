"""Random choices that hypothesis makes, and so can shrink: towards the first of the options, and towards no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices:
    """One example's choices."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def number(self, most: int) -> int:
        """From 0 to `most`."""
        return self._draw(_up_to(most)) if most else 0

    def one(self, options: Sequence[T]) -> T:
        return options[self.number(len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.number(99) >= 100 - percent


@cache
def _up_to(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)
