"""Global ids and cursors: what comes back is what was given out, or it is refused."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import entity
from db.errors import Invalid
from resolvers import global_id

numbers = st.integers(0, 2**63 - 1)
kinds = st.sampled_from(entity.KINDS)


@given(kinds, numbers)
def test_an_id_comes_back_as_its_kind_and_number(kind, number):
    text = global_id.encode(global_id.TYPE_NAMES[kind], number)

    assert global_id.parse(text) == (kind, number)
    assert global_id.parse_as(kind, text) == number


@given(kinds, numbers)
def test_a_cursor_comes_back_in_its_own_list_only(kind, number):
    cursor, of_all = global_id.cursor(kind, number, 7), global_id.cursor(kind, number, None)

    assert global_id.parse_cursor(kind, cursor, 7) == global_id.parse_cursor(kind, of_all, None) == number
    others = [(other, cursor, 7) for other in set(entity.KINDS) - {kind}]
    for other, text, parent in [*others, (kind, cursor, 8), (kind, cursor, None), (kind, of_all, 7)]:
        with pytest.raises(Invalid, match="`after`"):
            global_id.parse_cursor(other, text, parent)


@given(st.text())
def test_no_other_text_is_an_id_or_a_cursor(text):
    for parse in (global_id.parse, lambda text: global_id.parse_cursor(entity.AD, text, 7)):
        with pytest.raises(Invalid):
            parse(text)


@pytest.mark.parametrize(
    "inside",
    ["Ad:-1", "Ad:01", "Ad:1 ", "Ad:", "Ad", ":1", "Ad:1:2", "Ad:٣", f"Ad:{2**63}", f"Ad:{10**30}", "Author:1"],
)
def test_an_id_has_one_form_only(inside):
    with pytest.raises(Invalid):
        global_id.parse(urlsafe_b64encode(inside.encode()).decode())


def test_the_id_of_another_kind_says_of_which():
    with pytest.raises(Invalid, match="is the id of an Ad, not of a Campaign"):
        global_id.parse_as(entity.CAMPAIGN, global_id.encode("Ad", 1))
