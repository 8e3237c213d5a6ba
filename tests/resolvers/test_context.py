"""What one request can reach: values found for many parents at once."""

from datetime import UTC, datetime

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
    found = [await request.gather(numbers, "selection", Parent(number), {}) for number in range(1_000)]

    assert found == list(range(1_000))
