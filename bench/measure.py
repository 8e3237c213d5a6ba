"""Measuring: subject and baseline in turns, after both have given the same answer."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import orjson

from bench.world import World

Answer = Callable[[], Awaitable[bytes]]
# The database keeps no plan for a statement before its sixth run; five is what it compares them on.
WARM_UP = 6
# A pair that is slow takes fewer turns, so that the whole run ends in minutes.
SECONDS = 20.0
FEWEST = 5


@dataclass(frozen=True)
class Subject:
    """Something that can answer a workload. `as_baseline` brings an answer of another shape into the baseline's."""

    name: str
    ready: Callable[[World], AbstractAsyncContextManager[Answer]]
    as_baseline: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True)
class Workload:
    """What is asked, who answers it, and against whom they are measured.

    One call of a subject answers `requests` requests; times are of one. `memory`: whether it is worth knowing how much
    an answer takes.
    """

    name: str
    baseline: Subject
    subjects: tuple[Subject, ...]
    requests: int = 1
    memory: bool = False


@dataclass(frozen=True)
class Result:
    """Medians in milliseconds, and how many times the baseline's the subject's is; None where one of them is absent."""

    workload: str
    subject: str
    baseline: str
    subject_ms: float | None
    baseline_ms: float | None
    ratio: float | None


@dataclass(frozen=True)
class Peak:
    """The most memory that Python held at a time for one answer, in bytes."""

    workload: str
    subject: str
    peak_bytes: int


class AnswersDiffer(Exception):
    """A subject does not give the baseline's answer, so its time means nothing."""


class Absent(Exception):
    """A subject cannot run on this machine; the message says what it lacks."""


async def measure(workload: Workload, subject: Subject, world: World, rounds: int) -> Result:
    """Checks that both give one JSON value, then times them in turns, A B A B. Raises Absent."""
    async with workload.baseline.ready(world) as baseline_answer, subject.ready(world) as subject_answer:
        expected = workload.baseline.as_baseline(await baseline_answer())
        check(workload.name, subject.name, subject.as_baseline(await subject_answer()), expected)
        end = time.perf_counter() + SECONDS
        for _ in range(min(WARM_UP, rounds)):
            await baseline_answer()
            if time.perf_counter() < end:
                await subject_answer()
        subject_times: list[float] = []
        baseline_times: list[float] = []
        end = time.perf_counter() + SECONDS
        while len(subject_times) < rounds and (len(subject_times) < FEWEST or time.perf_counter() < end):
            subject_times.append(await _timed(subject_answer) / workload.requests)
            baseline_times.append(await _timed(baseline_answer) / workload.requests)
    subject_ms, baseline_ms = statistics.median(subject_times), statistics.median(baseline_times)
    return Result(
        workload.name, subject.name, workload.baseline.name, round(subject_ms, 3), round(baseline_ms, 3),
        round(subject_ms / baseline_ms, 3),
    )  # fmt: skip


async def peak(workload: Workload, subject: Subject, world: World) -> Peak:
    """The memory of one answer by tracemalloc, which sees all that Python allocates, asyncpg's records and orjson's
    bytes among it. What was there before, modules and caches, does not count.
    """
    async with subject.ready(world) as answer:
        await answer()
        gc.collect()
        tracemalloc.start()
        try:
            await answer()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return Peak(workload.name, subject.name, most)


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
