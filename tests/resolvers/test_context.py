"""What one request can reach: values found for many parents at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from resolvers.context import Request


class Parent:
    """One that nobody keeps, as the executor keeps none once it has their values."""

    def __init__(self, number):
        self.number = number


async def test_a_value_is_its_own_parents_even_where_that_takes_the_place_of_one_that_is_gone(database, org_id):
    request = Request(database, org_id, datetime(2025, 6, 18, tzinfo=UTC))

    async def numbers(request, selection, parents):
        return [parent.number for parent in parents]

    # In CPython a new object soon has the address, and so the `id`, of one that is gone.
    found = [await request.gather(numbers, "selection", (), Parent(number), {}) for number in range(1_000)]

    assert found == list(range(1_000))


@pytest.fixture
def request_(now):
    nowhere: Any = None
    return Request(nowhere, 1, now)


async def test_who_asks_in_the_same_turn_shares_one_call(request_):
    asked = []

    async def doubled(_request, keys, _more):
        asked.append(list(keys))
        return [key * 2 for key in keys]

    found = await asyncio.gather(*(request_.load(doubled, key, "one") for key in (1, 2, 1)))

    assert found == [2, 4, 2] and asked == [[1, 2]]
    assert await request_.load_all(doubled, [2, 3], "one") == {1: 2, 2: 4, 3: 6} and asked == [[1, 2], [3]]
    assert await request_.load(doubled, 1, "other") == 2 and asked[2:] == [[1]]


async def test_a_call_that_fails_fails_for_all_who_ask_then_and_later(request_):
    calls = []

    async def broken(_request, keys):
        calls.append(keys)
        raise LookupError("gone")

    found = await asyncio.gather(*(request_.load(broken, 1) for _ in range(2)), return_exceptions=True)
    found += await asyncio.gather(request_.load(broken, 1), return_exceptions=True)

    assert [str(error) for error in found] == ["gone"] * 3 and len(calls) == 1


async def test_who_gives_up_does_so_alone(request_):
    started, going_on = asyncio.Event(), asyncio.Event()

    async def slow(_request, keys):
        started.set()
        await going_on.wait()
        return keys

    first, second = (asyncio.create_task(request_.load(slow, 7)) for _ in range(2))
    await started.wait()
    first.cancel()
    await asyncio.wait([first])
    going_on.set()

    assert await second == 7 and first.cancelled()


async def test_nothing_is_loaded_for_a_request_that_has_stopped(request_):
    started = asyncio.Event()

    async def endless(_request, _keys):
        started.set()
        await asyncio.Event().wait()

    waiting = [asyncio.create_task(request_.load(endless, 7)) for _ in range(2)]
    await started.wait()
    request_.stop()

    async with asyncio.timeout(5):
        await asyncio.wait(waiting)
    assert all(task.cancelled() for task in waiting)
