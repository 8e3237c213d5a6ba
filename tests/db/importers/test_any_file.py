"""Whatever a file holds, each source reads it to its end or says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.errors import Invalid
from db.importers import SOURCES
from db.importers.choices import Choices

OF_FILES = [source for source in SOURCES.values() if not source.tables]
META = {
    "account_id": "1", "ad_id": "2", "date_start": "2025-03-10", "date_stop": "2025-03-10", "spend": "1.5",
    "actions": [{"action_type": "purchase", "value": "1"}], "ctr": "2.5",
}  # fmt: skip
TIKTOK = {
    "dimensions": {"ad_id": "1", "stat_time_day": "2025-03-10 00:00:00"},
    "metrics": {"spend": "1", "reach": "2", "ctr": "1.0", "campaign_id": "3"},
}  # fmt: skip
APPLE = {
    "metadata": {"orgId": 1, "campaignId": 2, "campaignName": "a"},
    "granularity": [{"date": "2025-03-10", "taps": 1, "localSpend": {"amount": "1", "currency": "USD"}}],
}  # fmt: skip
VALID = [
    json.dumps({"data": [META, META]}),
    json.dumps({"code": 0, "data": {"list": [TIKTOK, TIKTOK]}}),
    json.dumps({"data": {"reportingDataResponse": {"row": [APPLE]}}}),
    "\n".join(json.dumps({"stream": "ads_insights", "data": META, "emitted_at": 1}) for _ in range(2)),
    "\n".join(json.dumps({"stream": "ads_reports_daily", "data": TIKTOK, "emitted_at": 1}) for _ in range(2)),
    "date,ad_id,account_id,spend,hour\n2025-03-10,1,2,3.5,4\n2025-03-11,1,2,3.5,\n",
]
EVERYTHING = Choices(computed=True)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A right file with a few bytes replaced, put in or taken out."""
    content = bytearray(draw(st.sampled_from(VALID)).encode())
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(
            st.binary(max_size=3) | st.sampled_from([b"null", b"{", b"]", b"-1", b"1e999999", b'"', b"\\ud800", b"\n"])
        )
    return bytes(content)


@pytest.mark.parametrize("source", OF_FILES, ids=lambda source: source.name)
@given(content=damaged() | st.binary(max_size=40))
@settings(deadline=None)  # the machine may be busy
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, source: object, content: bytes):
    path: Path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(content)
    reader = next(each for each in OF_FILES if each is source)
    choices = EVERYTHING if "computed" in reader.heeds else Choices()
    try:
        records = list(reader.read([path], choices))
    except Invalid:
        return
    # What is told can be printed and written to a file.
    "\n".join(map(repr, records)).encode()
    for record in records:
        str(getattr(record, "value", "")).encode()
        str(getattr(record, "name", "")).encode()
