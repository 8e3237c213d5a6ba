"""The time that a request may take: what `asyncio.timeout` does, with one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Late(Exception):
    """It took longer than it may, and was ended."""


class TimeLimit:
    """Ends what takes longer than so many seconds. All have the same time, so who began first is late first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # When each task is late, and those that were ended for that.
        self._ends: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def within(self, work: Awaitable[T]) -> T:
        """What it gives. Raises Late where it had to be ended."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        self._ends[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError as cancelled:
            # Where others have cancelled the task, too, it ends for them.
            if task in self._late and task.cancelling() == 1:
                raise Late from cancelled
            raise
        finally:
            del self._ends[task]
            if task in self._late:
                self._late.remove(task)
                task.uncancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancels those that are late; the next look is when the first of the others would be."""
        self._timer = None
        now = loop.time()
        for task, end in self._ends.items():
            if end > now:
                self._timer = loop.call_at(end, self._look, loop)
                return
            if task not in self._late:
                self._late.add(task)
                task.cancel()
