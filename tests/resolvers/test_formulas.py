"""The metric definitions: sums divided once, or null with a reason."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.level import Missing
from resolvers.formulas import (
    ADDITIVE,
    METRICS,
    RATIOS,
    WHOLE,
    Metric,
    Primitive,
    Reason,
    Sums,
    columns_of,
    combined,
    values,
)

numbers = st.integers(0, 2**62)


def side_by_side(values):
    """Columns in which the values are those of the second of three sums."""
    return {column: [7, value, 9] for column, value in zip(ADDITIVE, values, strict=True)}


reported = st.builds(
    lambda values: Sums(side_by_side(values), 1, WHOLE, days=1, currencies=frozenset({"USD"})),
    st.tuples(*[numbers] * len(ADDITIVE)),
)
any_sums = st.builds(
    lambda values, missing, currencies: Sums(
        side_by_side(values), 1, missing, days=len(missing), currencies=currencies
    ),
    st.tuples(*[numbers] * len(ADDITIVE)),
    st.frozensets(st.integers(0, int(Missing.ALL)), max_size=4),
    st.frozensets(st.sampled_from(["USD", "EUR", "XXX of 1", "XXX of 2"]), min_size=1),
)


@given(reported)
def test_a_ratio_is_the_exact_quotient_of_the_sums_rounded_once(sums):
    for ratio in RATIOS:
        if ratio.name is Metric.FREQUENCY:
            continue
        top = Fraction(sums.sum(ratio.numerator.column), ratio.numerator.scale)
        bottom = Fraction(sums.sum(ratio.denominator.column), ratio.denominator.scale)
        expected = None if bottom == 0 else float(ratio.factor * top / bottom)
        assert sums.value(ratio.name) == expected
        assert sums.reason(ratio.name) is (Reason.ZERO_DENOMINATOR if bottom == 0 else None)


@given(any_sums)
def test_what_is_null_has_a_reason_and_what_has_none_is_whole(sums):
    unavailable = dict(sums.unavailable())

    for metric, definition in METRICS.items():
        if sums.value(metric) is None:
            assert metric in unavailable
        elif metric in unavailable:
            # A sum of what was reported; nothing else is given and incomplete at once.
            assert isinstance(definition, Primitive)
            assert unavailable[metric] is Reason.PARTLY_REPORTED


@given(any_sums)
def test_money_of_several_currencies_is_never_given(sums):
    if len(sums.currencies) > 1:
        for metric in (Metric.SPEND, Metric.CONVERSION_VALUE, Metric.CPA, Metric.CPC, Metric.CPM, Metric.ROAS):
            assert sums.value(metric) is None


@given(st.lists(reported, min_size=1, max_size=5))
def test_the_whole_is_the_sum_of_its_parts(parts):
    whole = combined(parts)

    for column in ADDITIVE:
        assert whole.sum(column) == sum(part.sum(column) for part in parts)


@given(st.lists(any_sums | reported, max_size=5))
def test_many_values_are_each_ones_value(blocks):
    for metric in METRICS:
        assert values(metric, blocks) == [sums.value(metric) for sums in blocks]


def test_nothing_covered_is_not_imported():
    assert {reason for _, reason in Sums().unavailable()} == {Reason.NOT_IMPORTED}


def test_the_reach_of_parts_is_not_the_whole_ones():
    part = Sums(side_by_side([1] * 6), 1, WHOLE, reach=10, reach_seen=True, days=1, currencies=frozenset({"USD"}))

    assert part.value(Metric.FREQUENCY) == 0.1
    assert combined([part]).value(Metric.REACH) is None
    assert combined([part]).reason(Metric.REACH) is Reason.NOT_ADDITIVE


def test_zero_reach_gives_no_frequency():
    none = Sums(side_by_side([0] * 6), 1, WHOLE, reach=0, reach_seen=True, days=1, currencies=frozenset({"USD"}))

    assert none.value(Metric.REACH) == 0
    assert none.reason(Metric.FREQUENCY) is Reason.ZERO_DENOMINATOR


@pytest.mark.parametrize(
    ("metrics", "columns"),
    [
        ([], ()),
        ([Metric.CPA, Metric.SPEND], ("spend_micros", "conversions_millionths")),
        ([Metric.FREQUENCY], ("impressions", "reach")),
        (METRICS, (*ADDITIVE, "reach")),
    ],
)
def test_metrics_need_the_columns_of_their_inputs(metrics, columns):
    assert columns_of(metrics) == columns
