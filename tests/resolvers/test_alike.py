"""What stands side by side is what each object by itself would be."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.delivery import Lines
from resolvers.alike import Alike, Nested, distinct
from resolvers.calendar import Bucket, Granularity
from resolvers.context import Request, found_by
from resolvers.displays import displays
from resolvers.formulas import PlainBlocks, values
from resolvers.metric import ADDITIVE, METRICS, REACH, Metric
from resolvers.points import plain_series
from resolvers.sums import PLAIN_TERMS, Terms

USD = frozenset({"USD"})
LARGEST = 2**53 - 1
PLAIN = [name for name, definition in METRICS.items() if REACH not in definition.parts]


class Squares(Alike[int]):
    """The first square numbers."""

    def __len__(self):
        return 5

    def at(self, number):
        return number**2


def test_objects_side_by_side_are_a_sequence():
    squares = Squares()

    assert list(squares) == [0, 1, 4, 9, 16] and squares[2] == 4 and squares[-1] == 16 and squares[1:3] == [1, 4]
    assert squares.every("real") == [0, 1, 4, 9, 16] and distinct(squares)
    with pytest.raises(IndexError):
        squares[5]


def test_nested_lists_are_cut_where_each_ends():
    nested = Nested("abcdef", [2, 0, 1, 3])

    assert list(nested) == ["ab", "", "c", "def"] and nested.cut([*range(6)]) == [[0, 1], [], [2], [3, 4, 5]]


numbers = st.lists(st.integers(0, LARGEST) | st.sampled_from([0, 1]), min_size=len(ADDITIVE), max_size=len(ADDITIVE))


@given(
    st.lists(numbers, min_size=1, max_size=4),
    st.lists(st.sampled_from(PLAIN), min_size=1, max_size=8),
    st.sampled_from([PLAIN_TERMS, Terms(floored=True)]),
)
def test_metrics_computed_at_once_are_those_computed_one_by_one(rows, metrics, terms):
    columns = dict(zip(ADDITIVE, map(list, zip(*rows, strict=True)), strict=True))
    blocks = PlainBlocks(columns, [*range(len(rows))][::-1], USD, terms)
    selected = tuple((f"alias{number}", metric.value) for number, metric in enumerate(metrics))

    found = displays(selected, blocks, LARGEST)

    one_by_one = [values(metric, list(blocks)) for metric in metrics]
    assert found == [dict(zip([key for key, _ in selected], each)) for each in zip(*one_by_one)]  # noqa: B905
    assert found and list(found[0]) == [key for key, _ in selected]


@pytest.mark.parametrize(
    ("metric", "columns", "absent"),
    [
        (Metric.REACH, {"reach": [1]}, ()),
        (Metric.IMPRESSIONS, {"impressions": [LARGEST + 1]}, ()),
        (Metric.IMPRESSIONS, {"impressions": [1]}, (0,)),
        (Metric.IMPRESSIONS, {}, ()),
        (Metric.SPEND, {"spend_micros": [1.5]}, ()),
    ],
)
def test_what_needs_a_closer_look_is_not_computed_at_once(metric, columns, absent):
    assert displays((("it", metric.value),), PlainBlocks(columns, [0], USD, PLAIN_TERMS, absent), LARGEST) is None


DAY = date(2025, 6, 10)
CUT = [
    Bucket(DAY + timedelta(number), DAY + timedelta(number), DAY + timedelta(number + 1), False) for number in range(3)
]


def lines(*told):
    """Lines of an entity, the number of a bucket and impressions each."""
    ids, days, impressions = zip(*told, strict=True)
    columns = {"impressions": list(impressions), "missing": [0] * len(told), "days": [1] * len(told)}
    return Lines(list(ids), columns, [CUT[number].start for number in days])


def test_the_points_of_plain_series_are_lines_zeros_or_unknown():
    found = plain_series(Granularity.DAY, CUT, [2], [7, 5], lines((5, 1, 50), (7, 0, 70), (7, 2, 72)), USD, PLAIN_TERMS)

    assert found is not None
    told = [[point.metrics.value(Metric.IMPRESSIONS) for point in series.points] for series in found]
    assert told == [[70, 0, 72], [0, 50, None]] and [point.bucket for point in found[1].points] == [
        bucket.start for bucket in CUT
    ]
    nested = found.every("points")
    assert values(Metric.IMPRESSIONS, nested.flat.every("metrics")) == [70, 0, 72, 0, 50, None]
    assert nested.cut(nested.flat.every("since")) == [[bucket.since for bucket in CUT]] * 2


def test_several_lines_of_one_bucket_have_to_be_added_up():
    twice = lines((7, 0, 1), (7, 0, 2))

    assert plain_series(Granularity.DAY, CUT, [], [7], twice, USD, PLAIN_TERMS) is None


@pytest.fixture
def request_(now):
    nowhere: Any = None
    return Request(nowhere, 1, now)


async def test_a_column_comes_as_its_batch_gave_it_until_somebody_else_asks(request_):
    asked = []

    async def squares(_request, keys, _more):
        asked.append(list(keys))
        return Squares()[: len(keys)] if asked[1:] else Squares()

    alone = await request_.load_column(squares, [0, 1, 2, 3, 4], "one")

    assert isinstance(alone, Squares)
    assert await request_.load_all(squares, [1, 3], "one") == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}
    assert await request_.load_column(squares, [4, 4, 0], "one") == [16, 16, 0] and asked == [[0, 1, 2, 3, 4]]


async def test_columns_that_are_asked_for_in_one_turn_share_a_call(request_):
    asked = []

    async def doubled(_request, keys):
        asked.append(list(keys))
        return [key * 2 for key in keys]

    found = await asyncio.gather(request_.load_column(doubled, [1, 2]), request_.load_column(doubled, [2, 3]))

    assert [*found] == [[2, 4], [4, 6]] and asked == [[1, 2, 3]]


async def test_what_is_at_hand_is_not_waited_for(request_):
    async def read(_request, keys):
        return [key * 2 for key in keys]

    @found_by(lambda request, keys: request.had(read, keys))
    async def doubled(request, keys):
        return await request.keep(read, keys)

    assert request_.at_once(doubled, [1]) is None
    assert await request_.load_all(doubled, [1, 2]) == {1: 2, 2: 4}
    assert request_.at_once(doubled, [2, 1]) == {2: 4, 1: 2} and not request_.reused
    other = replace(request_, kept=request_.leaves, leaves={})
    assert other.at_once(doubled, [1, 2]) == {1: 2, 2: 4} and other.reused and not other.leaves
