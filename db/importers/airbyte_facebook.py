"""Facebook Marketing as Airbyte emits it: insights and what they are about, in one JSONL file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from db.importers import cells, meta_terms
from db.importers.airbyte import Message, messages
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.files import each
from db.importers.meta_insights import Insights, Rows, is_broken_down
from db.importers.records import BadRow, Entity, Note, Record
from db.importers.row import Fields, RowError
from db.level import Level, Platform

HELP = (
    "FILE…: Airbyte's Facebook Marketing records as JSONL, one {stream, data, emitted_at} a line. Export the streams "
    "ad_account, campaigns, ad_sets, ads and ads_insights; custom insights (custom…) count too, with a time increment "
    "of 1 and without breakdowns. Other streams are left out. Of rows that were synced more than once the latest "
    "counts. Conversions are the first present of --action-types."
)
CHOICES = ("action_types", "computed", "dating")

_LEVELS = {
    "ad_account": Level.AD_ACCOUNT, "campaigns": Level.CAMPAIGN, "ad_sets": Level.AD_SET, "ads": Level.AD,
}  # fmt: skip
_PARENT_COLUMNS = {Level.AD_ACCOUNT: "account_id", Level.CAMPAIGN: "campaign_id", Level.AD_SET: "adset_id"}


def read(paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
    """The records of the files; what describes entities comes last, for budgets need the account's currency."""
    insights = Insights(choices)
    export = _Export()
    for path in each(paths, "the JSONL file with Airbyte's Facebook records"):
        yield from insights.records(export.insights(path))
    yield from insights.told()
    yield from export.entities()
    for stream, count in sorted(export.left_out.items()):
        yield Note(
            f"{count:,} records of the stream {stream} were left out: they are no insights of accounts, campaigns, ad "
            "sets or ads by the day."
        )


class _Export:
    """Sorts the records of an export by what they are."""

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()
        self._described: list[Message] = []

    def insights(self, path: Path) -> Rows:
        for message in messages(path):
            if isinstance(message, BadRow):
                yield message
            elif message.stream in _LEVELS:
                self._described.append(message)
            elif message.stream == "ads_insights" or (
                message.stream.startswith("custom") and "date_stop" in message.data and not is_broken_down(message.data)
            ):
                yield Fields(message.place, message.data), message.version
            else:
                self.left_out[message.stream] += 1

    def entities(self) -> Iterator[Entity | BadRow]:
        """What the other streams describe, accounts first."""
        currency_of: dict[str, str] = {}
        for message in sorted(self._described, key=lambda message: _LEVELS[message.stream]):
            try:
                entity = _entity(message, currency_of)
            except RowError as error:
                yield error.of(Fields(message.place, message.whole))
                continue
            if entity.currency:
                currency_of[entity.external_id] = entity.currency.upper()
            yield entity


def _entity(message: Message, currency_of: dict[str, str]) -> Entity:
    row, level = Fields(message.place, message.data), _LEVELS[message.stream]
    account = level == Level.AD_ACCOUNT
    named = ((above, row.read(_PARENT_COLUMNS[above], cells.optional_identity)) for above in Level if above < level)
    parents = tuple((above, external_id) for above, external_id in named if external_id)
    micros, period = (
        meta_terms.budget(row, currency_of.get(dict(parents).get(Level.AD_ACCOUNT, "")))
        if level in (Level.CAMPAIGN, Level.AD_SET)
        else (None, None)
    )
    return Entity(
        place=message.place,
        platform=Platform.META,
        level=level,
        external_id=row.read("id", cells.identity).removeprefix("act_"),
        name=row.read("name", cells.words),
        status=meta_terms.status(row, level),
        currency=row.read("currency", cells.words) if account else None,
        timezone=row.read("timezone_name", cells.words) if account else None,
        objective=row.read("objective", cells.words) if level == Level.CAMPAIGN else None,
        budget_micros=micros,
        budget_period=period,
        # Counts before what insights say of it by the way, whose version is a day.
        version=f"described {message.version:020}",
        parents=parents,
    )
