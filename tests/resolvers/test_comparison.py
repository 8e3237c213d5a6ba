"""How metrics move: exactly, whether many blocks are side by side or each is looked at by itself."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from resolvers.comparison import Change, Changes, Moves, Pairs, Verdict
from resolvers.definition import Direction, Unit
from resolvers.formulas import PlainBlocks
from resolvers.metric import ADDITIVE, METRICS, Reason
from resolvers.sums import PLAIN_TERMS, Terms

USD = frozenset({"USD"})
numbers = st.integers(0, 3) | st.integers(0, 2**60)


@st.composite
def many(draw: st.DrawFn, count: int, terms: Terms) -> PlainBlocks:
    columns = {column: draw(st.lists(numbers, min_size=count, max_size=count)) for column in ADDITIVE}
    absent = draw(st.sets(st.integers(0, count - 1), max_size=1))
    return PlainBlocks(columns, range(count), USD, terms, sorted(absent))


@st.composite
def both(draw: st.DrawFn) -> Pairs:
    count = draw(st.integers(1, 4))
    terms = draw(st.sampled_from([PLAIN_TERMS, Terms(floored=True)]))
    return Pairs(draw(many(count, terms)), draw(many(count, terms)))


@given(both(), st.booleans())
def test_side_by_side_each_moves_as_by_itself(pairs, percent):
    for metric in METRICS:
        together = Moves(metric, pairs, percent=percent)
        alone = Moves(metric, [Changes(*pair) for pair in pairs], percent=percent)

        assert [*together] == [*alone]
        assert [Change(*told) for told in zip(*map(together.every, Change.__slots__), strict=True)] == [*alone]


@given(both())
def test_a_change_is_exact_and_judged_by_the_direction_of_the_metric(pairs):
    for metric, definition in METRICS.items():
        for (current, previous), moved in zip(pairs, Moves(metric, pairs), strict=True):
            now, before = current.exact(definition)[0], previous.exact(definition)[0]
            if now is None or before is None:
                assert moved == Change(None, None, Reason.NO_BASELINE, Verdict.UNKNOWN)
                continue
            by = Fraction(*now) - Fraction(*before)
            of = abs(Fraction(*before))
            assert moved.absolute == float(by)
            assert moved.percent == (float(100 * by / of) if of else None if by else 0)
            assert moved.reason is (Reason.ZERO_BASELINE if by and not of else None)
            better = by > 0 if definition.direction is Direction.UP_IS_BETTER else by < 0
            still = definition.direction is Direction.NEUTRAL or not by
            assert moved.verdict is (Verdict.NEUTRAL if still else Verdict.BETTER if better else Verdict.WORSE)


@given(both())
def test_only_rates_move_by_a_hundred_times_as_many_percent(pairs):
    for metric, definition in METRICS.items():
        plain, percent = Moves(metric, pairs).every("absolute"), Moves(metric, pairs, percent=True).every("absolute")
        if definition.unit is not Unit.FRACTION:
            assert plain == percent
