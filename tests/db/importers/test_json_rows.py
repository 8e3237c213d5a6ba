"""Reading rows from JSON, whole and broken, in pages of any size."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.importers import json_rows
from db.importers.records import BadRow
from db.importers.row import Fields

ROWS = [{"ad_id": str(number), "spend": "1.50"} for number in range(3)]


def make_file(directory: Path, content: str | bytes, name: str = "page.json") -> Path:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, at: str = "data") -> list[Fields | BadRow]:
    return list(json_rows.rows(path, at, complaint=lambda page: "is an error" if page.get("error") else None))


def ids(path: Path, at: str = "data") -> list[str]:
    return [row.text("ad_id") if isinstance(row, Fields) else row.reason for row in read(path, at)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"data": ROWS, "paging": {"next": "…"}}),
        json.dumps({"paging": {}, "data": ROWS}, indent=2),
        "".join(json.dumps({"data": [row]}) for row in ROWS),
        "\n".join(json.dumps({"data": [row]}, indent=1) for row in ROWS),
        "\n".join(map(json.dumps, ROWS)),
        json.dumps(ROWS),
        json.dumps([{"data": ROWS[:2]}, {"data": ROWS[2:]}]),
        "\ufeff" + json.dumps({"data": ROWS}),
    ],
)
def test_a_page_many_pages_or_rows_alone_are_read_alike(tmp_path: Path, content: str):
    assert ids(make_file(tmp_path, content)) == ["0", "1", "2"]


def test_a_list_may_lie_deeper(tmp_path: Path):
    path = make_file(tmp_path, json.dumps({"code": 0, "data": {"list": ROWS, "page_info": {}}}))

    assert ids(path, "data.list") == ["0", "1", "2"]


def test_a_page_without_rows_has_none(tmp_path: Path):
    assert read(make_file(tmp_path, '{"data": []}')) == []


@pytest.mark.parametrize("indent", [None, 1])
def test_a_page_larger_than_what_is_read_at_once_is_read_row_by_row(tmp_path: Path, indent: int | None):
    many = [{"ad_id": str(number), "text": "é" * 500} for number in range(6_000)]
    page = {"data": {"before": 1, "list": many}, "error": None}
    path = make_file(tmp_path, json.dumps(page, indent=indent, ensure_ascii=False) + json.dumps({"data": {"list": []}}))

    assert path.stat().st_size > 5 * json_rows._CHUNK
    assert ids(path, "data.list") == [str(number) for number in range(6_000)]


def test_a_large_page_that_is_an_error_is_told(tmp_path: Path):
    page = {"data": [{"ad_id": "1", "text": "x" * 3_000_000}], "error": {}, "more": "x" * 3_000_000} | {
        "error": {"a": 1}
    }

    assert ids(make_file(tmp_path, json.dumps(page))) == ["1", "is an error"]


def test_numbers_keep_every_digit(tmp_path: Path):
    (row,) = read(make_file(tmp_path, '{"ad_id": 900719925474099301, "spend": 0.10000000000000000001, "x": NaN}'))

    assert isinstance(row, Fields)
    assert [row.text(name) for name in ("ad_id", "spend", "x")] == [
        "900719925474099301",
        "0.10000000000000000001",
        "NaN",
    ]


def test_a_row_is_told_by_its_pages_line_and_its_number_there(tmp_path: Path):
    path = make_file(tmp_path, '{"data": []}\n\n{"data": [{}, {"actions": [{"value": -1}]}]}')
    rows = read(path)
    assert isinstance(rows[1], Fields)
    (action,) = rows[1].each("actions")

    assert (rows[1].place.line, rows[1].name("spend")) == (3, "data[1].spend")
    assert action.name("value") == "data[1].actions[0].value"


def test_a_broken_line_is_told_and_the_next_one_read(tmp_path: Path):
    path = make_file(tmp_path, '{"ad_id": "1"}\n{"ad_id": "2"\n{"ad_id": "3"}\n{"ad_id": "4"}}\n{"ad_id": "5"}\n')
    rows = read(path)

    assert ids(path) == [
        "1", "is not JSON: Expecting ',' delimiter at character 15", "3", "4",
        "is not JSON: Expecting value at character 1", "5",
    ]  # fmt: skip
    assert [(row.place.line, row.ends_file) for row in rows if isinstance(row, BadRow)] == [(2, False), (4, False)]


def test_bytes_that_are_no_utf_8_cost_their_row_alone(tmp_path: Path):
    path = make_file(tmp_path, b'{"ad_id": "1"}\n{"ad_id": "2", "name": "caf\xe9"}\n{"ad_id": "3"}\n')
    (broken,) = (row for row in read(path) if isinstance(row, BadRow))

    assert ids(path) == ["1", "is not UTF-8: export the file as UTF-8 text", "3"]
    assert (broken.place.line, "caf\ufffd" in broken.value) == (2, True)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('{"data": [{"ad_id": "1"},\n {"ad_id": ', 2, "the file ends in the middle of it"),
        ('{"data": [\n{"ad_id": "1"}\n {"ad_id": "2"}]}', 3, "Expecting ','"),
        ("{\n" + '"data": ' + "[" * 100_000, 1, "nested too deeply"),
        ("\x00\x01", 1, "is not JSON"),
        ("", 1, "the file is empty"),
        ("\n \n", 1, "the file is empty"),
        ("ad_id,spend\n1,2\n3,4\n", 1, "is not JSON"),
        (
            gzip.compress(b'{"data": [\n{"ad_id": "1"}\n', mtime=0)[:-9],
            2,
            "cannot be unpacked from here on, it is cut short",
        ),
        (b"\x1f\x8bgarbage garbage garbage", 1, "it is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_on_is_told_with_the_line(
    tmp_path: Path, content: str | bytes, line: int, reason: str
):
    *_, bad_row = read(make_file(tmp_path, content))

    assert isinstance(bad_row, BadRow)
    assert reason in bad_row.reason
    assert (bad_row.place.line, bad_row.ends_file) == (line, True)


@pytest.mark.parametrize(
    "content", ["[1]", '"a"', '{"data": ["\\ud800"]}', '{"data": [1]}', '{"data": [[]]}', "true", "[[{}]]"]
)
def test_what_is_no_object_is_told(tmp_path: Path, content: str):
    (bad_row,) = read(make_file(tmp_path, content))

    assert isinstance(bad_row, BadRow)
    assert bad_row.reason == "is no JSON object"
    assert bad_row.value.encode()


def test_a_packed_file_is_unpacked(tmp_path: Path):
    assert ids(make_file(tmp_path, gzip.compress(json.dumps({"data": ROWS}).encode()))) == ["0", "1", "2"]


@pytest.mark.parametrize("cell", [{}, [], [1], "x", 5])
def test_a_field_of_another_kind_is_told(tmp_path: Path, cell: Any):
    (row,) = read(make_file(tmp_path, json.dumps({"data": [{"actions": cell}]})))
    assert isinstance(row, Fields)

    if cell == []:
        assert list(row.each("actions")) == []
    else:
        with pytest.raises(Exception, match="no JSON"):
            list(row.each("actions"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=4).filter(lambda key: key != "data"), VALUES, max_size=4)
LAYOUTS = st.sampled_from([(None, None), (1, None), (None, (",", ":"))])


@pytest.mark.slow
@given(
    pages=st.lists(st.tuples(OBJECTS, st.lists(OBJECTS, max_size=4), OBJECTS, LAYOUTS), min_size=1, max_size=4),
    between=st.sampled_from(["", "\n", " \n\n"]),
    ascii_only=st.booleans(),
    chunk=st.integers(1, 64),
)
@settings(deadline=None)  # the machine may be busy
def test_pages_of_any_shape_are_read_in_pieces_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, pages: list[Any], between: str, ascii_only: bool, chunk: int
):
    written = [
        json.dumps(before | {"data": rows} | after, indent=indent, separators=separators, ensure_ascii=ascii_only)
        for before, rows, after, (indent, separators) in pages
    ]
    path = make_file(tmp_path_factory.mktemp("pages"), between.join(written).encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_rows, "_CHUNK", chunk)
        found = list(json_rows.rows(path, "data", complaint=lambda _: None))

    as_written = json.JSONDecoder(parse_int=str)
    expected = [row for _, rows, _, _ in pages for row in as_written.decode(json.dumps(rows))]
    assert [row.fields if isinstance(row, Fields) else row for row in found] == expected


def test_a_list_of_documents_that_ends_before_the_first_is_told(tmp_path: Path):
    (bad_row,) = read(make_file(tmp_path, "["))

    assert isinstance(bad_row, BadRow)
    assert "the file ends in the middle of it" in bad_row.reason
