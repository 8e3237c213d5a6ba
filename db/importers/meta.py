"""Meta's Marketing API itself: what its insights answer, as it came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from db.importers import json_rows
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.files import each
from db.importers.meta_insights import Insights, Rows, complaint
from db.importers.records import BadRow, Record

HELP = (
    "FILE…: what GET act_…/insights of the Marketing API answers: one response, several one after another, or its rows "
    "one a line. Ask with time_increment=1, without breakdowns, for level=ad (or adset, campaign, account) and the "
    "fields account_id, account_name, account_currency, campaign_id, campaign_name, adset_id, adset_name, ad_id, "
    "ad_name, impressions, clicks, inline_link_clicks, spend, reach, actions, action_values, attribution_setting. "
    "Conversions are the first present of --action-types. A row over several days brings its reach alone; asked with "
    "date_preset=maximum, that of a whole life with --lifetime."
)
CHOICES = ("action_types", "computed", "dating", "lifetime")


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files, in their order."""
    insights = Insights(choices)
    for path in each(paths, "the JSON file"):
        yield from insights.records(_rows(path))
    yield from insights.told()


def _rows(path: Path) -> Rows:
    for row in json_rows.rows(path, "data", complaint=complaint):
        yield row if isinstance(row, BadRow) else (row, 0)
