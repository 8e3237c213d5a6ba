"""Left pages: lists of the tree that one request has read and leaves to others, as imports alone change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from db.entity import Step

if TYPE_CHECKING:
    from resolvers.context import Request

# A row is some hundred bytes.
MOST_ROWS = 20_000


class LeftPages:
    """The first pages below many parents, by the step that leads to them and the parents' ids."""

    def __init__(self) -> None:
        self._pages: dict[tuple[Step, tuple[int, ...]], Any] = {}
        self._rows = 0

    @classmethod
    def of(cls, request: Request) -> LeftPages:
        """Those that a request may use, and adds to."""
        found: LeftPages = request.kept.setdefault((cls,), cls())
        return found

    def has(self, step: Step, parent_ids: Sequence[int]) -> bool:
        """Whether pages of that step below just these have been left."""
        return (step, tuple(parent_ids)) in self._pages

    def take(self, request: Request, step: Step, parent_ids: Sequence[int]) -> Any:
        """The pages of that step below these; None where nobody has left them."""
        found = self._pages.get((step, tuple(parent_ids)))
        request.reused |= found is not None
        return found

    def leave(self, step: Step, parent_ids: Sequence[int], pages: Any, rows: int) -> None:
        """Leaves pages of so many rows. Where there are too many then, those before go."""
        if rows > MOST_ROWS or step.kind.level is None:
            return
        if self._rows + rows > MOST_ROWS:
            self._pages, self._rows = {}, 0
        self._pages[step, tuple(parent_ids)] = pages
        self._rows += rows
