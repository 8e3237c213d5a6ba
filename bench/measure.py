"""Measuring: subject and baseline in turns, after both have given the same answer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import orjson

from bench.world import World

Answer = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class Subject:
    """Something that can answer a workload."""

    name: str
    ready: Callable[[World], AbstractAsyncContextManager[Answer]]


@dataclass(frozen=True)
class Workload:
    """What is asked, who answers it, and against whom they are measured."""

    name: str
    baseline: Subject
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class Result:
    """Medians in milliseconds, and how many times the baseline's the subject's is."""

    workload: str
    subject: str
    baseline: str
    subject_ms: float
    baseline_ms: float
    ratio: float


class AnswersDiffer(Exception):
    """A subject does not give the baseline's answer, so its time means nothing."""


async def measure(workload: Workload, subject: Subject, world: World, rounds: int) -> Result:
    """Checks that both give one JSON value, then times them in turns, A B A B."""
    async with workload.baseline.ready(world) as baseline_answer, subject.ready(world) as subject_answer:
        check(workload.name, subject.name, await subject_answer(), await baseline_answer())
        # The database keeps no plan for a statement before its sixth run; five is what it compares them on.
        for _ in range(6):
            await subject_answer()
            await baseline_answer()
        subject_times, baseline_times = [], []
        for _ in range(rounds):
            subject_times.append(await _timed(subject_answer))
            baseline_times.append(await _timed(baseline_answer))
    subject_ms, baseline_ms = statistics.median(subject_times), statistics.median(baseline_times)
    return Result(
        workload.name, subject.name, workload.baseline.name, round(subject_ms, 2), round(baseline_ms, 2),
        round(subject_ms / baseline_ms, 2),
    )  # fmt: skip


def check(workload: str, subject: str, answer: bytes, expected: bytes) -> None:
    """Raises unless both are the same JSON value."""
    if orjson.loads(answer) != orjson.loads(expected):
        start = next((at for at, (a, b) in enumerate(zip(answer, expected, strict=False)) if a != b), 0)
        raise AnswersDiffer(
            f"{workload}: {subject} and the baseline differ, first at byte {start}: "
            f"{answer[max(0, start - 60) : start + 60]!r} against {expected[max(0, start - 60) : start + 60]!r}"
        )


async def _timed(answer: Answer) -> float:
    started = time.perf_counter()
    await answer()
    return (time.perf_counter() - started) * 1_000
