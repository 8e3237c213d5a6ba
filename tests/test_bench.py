"""The benchmarks run, and what they compare gives equal answers. Times are not judged here."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bench.__main__ import WORKLOADS
from bench.export import EXPORT
from bench.measure import Absent, AnswersDiffer, check, measure, peak
from bench.world import Scale, Size, prepare

SMALL = Scale(
    Size(accounts=2, campaigns=3, ad_sets=6, ads=24, days=32),
    Size(accounts=1, campaigns=2, ad_sets=3, ads=4, days=365),
    Size(accounts=1, campaigns=1, ad_sets=1, ads=8, days=365),
    Size(accounts=1, campaigns=1, ad_sets=2, ads=60, days=90),
)


@pytest.mark.slow
async def test_every_subject_gives_the_answer_of_its_baseline(database_url):
    world = await prepare(database_url, SMALL, lambda _: None)

    for workload in WORKLOADS:
        for subject in workload.subjects:
            with suppress(Absent):
                result = await measure(workload, subject, world, rounds=1)
                assert result.ratio and result.ratio > 0


@pytest.mark.slow
async def test_memory_is_that_of_one_answer(database_url):
    world = await prepare(database_url, SMALL, lambda _: None)

    found = await peak(EXPORT, EXPORT.subjects[0], world)

    # Two campaigns of 365 days: more than their bytes, less than a process.
    assert 50_000 < found.peak_bytes < 5_000_000


@pytest.mark.slow
async def test_the_data_of_a_former_run_is_used_again(database_url):
    heard: list[int] = []
    first = await prepare(database_url, SMALL, heard.append)
    assert heard[-1] == SMALL.facts
    heard.clear()

    assert await prepare(database_url, SMALL, heard.append) == first
    assert heard == []


@pytest.mark.slow
async def test_the_data_of_an_interrupted_run_is_made_anew(database_url):
    tiny = Size(accounts=1, campaigns=1, ad_sets=1, ads=1, days=1)
    await prepare(database_url, Scale(tiny, tiny, tiny, tiny), lambda _: None)
    heard: list[int] = []

    await prepare(database_url, SMALL, heard.append)

    assert heard[-1] == SMALL.facts


def test_a_different_answer_is_refused():
    with pytest.raises(AnswersDiffer, match="first at byte 6"):
        check("tree", "adgraph", b'{"a": 1}', b'{"a": 2}')
    check("tree", "adgraph", b'{"a": 1}', b'{"a":1}')
