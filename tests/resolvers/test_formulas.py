"""The metric definitions: sums divided once, or null with a reason."""

from dataclasses import replace
from fractions import Fraction
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.level import Missing
from resolvers.definition import Additivity, Difference, Unit
from resolvers.formulas import sort_values, told, values
from resolvers.metric import ADDITIVE, METRICS, PROFIT, RATIOS, Metric, Reason, columns_of
from resolvers.sums import PLAIN_TERMS, WHOLE, Sums, Terms, combined

numbers = st.integers(0, 2**62)
FLOORED = Terms(floored=True)


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

floored = st.builds(lambda sums: replace(sums, terms=FLOORED), any_sums | reported)


def number(sums, definition):
    """The exact sum of a stored metric, or the difference of two."""
    if isinstance(definition, Difference):
        return number(sums, definition.plus) - number(sums, definition.minus)
    return Fraction(sums.sum(definition.column), definition.scale)


@given(reported)
def test_a_ratio_is_the_exact_quotient_of_the_sums_rounded_once(sums):
    for ratio in RATIOS:
        if ratio.name is Metric.FREQUENCY:
            continue
        top, bottom = number(sums, ratio.numerator), number(sums, ratio.denominator)
        quotient = None if bottom == 0 else ratio.factor * top / bottom
        assert sums.value(ratio.name) == (None if quotient is None else float(quotient))
        assert sums.reason(ratio.name) is (Reason.ZERO_DENOMINATOR if bottom == 0 else None)
        if ratio.unit is Unit.FRACTION:
            percent = None if quotient is None else float(100 * quotient)
            assert values(ratio.name, [sums], percent=True) == [percent]


@given(reported)
def test_profit_is_exact_however_close_the_two_sides_are(sums):
    assert sums.value(Metric.PROFIT) == float(number(sums, PROFIT))


def sums_of(spend=0, conversions=0, value=0, clicks=0, impressions=0, *, missing=WHOLE, terms=PLAIN_TERMS):
    """Sums in units, money in dollars."""
    columns = {
        "spend_micros": round(spend * 10**6), "conversions_millionths": round(conversions * 10**6),
        "conversion_value_micros": round(value * 10**6), "clicks": clicks, "impressions": impressions,
    }  # fmt: skip
    numbers = {column: [number] for column, number in columns.items()}
    return Sums(numbers, 0, missing, days=1, currencies=frozenset({"USD"}), terms=terms)


@pytest.mark.parametrize(
    ("sums", "metric", "expected"),
    [
        # Layers' metrics: spend / max(conversions, 1), and so on.
        (sums_of(12.34, 0, terms=FLOORED), Metric.CPA, 12.34),
        (sums_of(12.34, 0.5, terms=FLOORED), Metric.CPA, 12.34),
        (sums_of(12.34, 2, terms=FLOORED), Metric.CPA, 6.17),
        (sums_of(12.34, clicks=0, terms=FLOORED), Metric.CPC, 12.34),
        (sums_of(0.05, impressions=0, terms=FLOORED), Metric.CPM, 50),
        (sums_of(clicks=3, impressions=0, terms=FLOORED), Metric.CTR, 3),
        (sums_of(0, value=2.5, terms=FLOORED), Metric.ROAS, 250),
        (sums_of(0.004, value=2.5, terms=FLOORED), Metric.ROAS, 250),
        (sums_of(0, value=0, terms=FLOORED), Metric.ROAS, 0),
        (sums_of(5, 0), Metric.CPA, None),
    ],
)
def test_floored_quotients_are_those_of_document_000(sums, metric, expected):
    assert sums.value(metric) == expected
    assert values(metric, [sums]) == [expected]
    assert sums.reason(metric) is (Reason.ZERO_DENOMINATOR if expected is None else None)


def test_what_no_source_reports_stays_null_on_the_floor():
    lacking = sums_of(5, 1, missing=frozenset({int(Missing.CONVERSION_VALUE)}), terms=FLOORED)

    assert lacking.told(Metric.ROAS) == (None, Reason.NOT_REPORTED)
    assert lacking.told(Metric.PROFIT) == (None, Reason.NOT_REPORTED)


def test_a_difference_of_what_other_rows_report_is_null_and_of_the_same_rows_incomplete():
    some = frozenset({0, int(Missing.CONVERSION_VALUE)})
    same = frozenset({0, int(Missing.CONVERSION_VALUE | Missing.SPEND)})

    assert sums_of(5, 1, 7, missing=some).told(Metric.PROFIT) == (None, Reason.PARTLY_REPORTED)
    assert sums_of(5, 1, 7, missing=some).told(Metric.ROI) == (None, Reason.PARTLY_REPORTED)
    assert sums_of(5, 1, 7, missing=same).told(Metric.PROFIT) == (2, Reason.PARTLY_REPORTED)
    assert sums_of(5, 1, 7, missing=same).told(Metric.ROI) == (0.4, None)


def test_what_was_spent_on_and_got_nothing_may_count_as_infinitely_dear():
    nothing, idle, some = sums_of(5, 0), sums_of(0, 0), sums_of(5, 2)

    assert sort_values(Metric.CPA, [nothing, idle, some], worst=True) == [inf, None, 2.5]
    assert sort_values(Metric.CPA, [nothing, idle, some], worst=False) == [None, None, 2.5]
    # No return is a return of 0; a return on nothing is none that could be the worst.
    assert sort_values(Metric.ROAS, [nothing, idle, some], worst=True) == [0, None, 0]
    assert sort_values(Metric.CVR, [nothing], worst=True) == [None]


@given(any_sums)
def test_what_is_null_has_a_reason_and_what_has_none_is_whole(sums):
    unavailable = dict(sums.unavailable())

    for metric, definition in METRICS.items():
        if sums.value(metric) is None:
            assert metric in unavailable
        elif metric in unavailable:
            # A sum of what was reported; nothing else is given and incomplete at once.
            assert definition.additivity is Additivity.ADDITIVE
            assert unavailable[metric] is Reason.PARTLY_REPORTED


@given(any_sums)
def test_money_of_several_currencies_is_never_given(sums):
    if len(sums.currencies) > 1:
        for metric in (name for name, definition in METRICS.items() if any(part.money for part in definition.parts)):
            assert sums.value(metric) is None


@given(st.lists(reported, min_size=1, max_size=5))
def test_the_whole_is_the_sum_of_its_parts(parts):
    whole = combined(parts)

    for column in ADDITIVE:
        assert whole.sum(column) == sum(part.sum(column) for part in parts)


@given(st.lists(any_sums | reported | floored, max_size=5) | st.lists(floored, max_size=5))
def test_many_values_are_each_ones_value(blocks):
    for metric in METRICS:
        for percent in (False, True):
            told_each = [sums.told(metric, percent=percent) for sums in blocks]
            assert values(metric, blocks, percent=percent) == [value for value, _ in told_each]
            assert told(metric, blocks, percent=percent) == told_each


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
