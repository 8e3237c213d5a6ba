"""The Import type: what clients see of db.data_import.ImportRow."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import strawberry

from db import entity
from db.data_import import ImportRow
from db.database import Row
from db.importers.records import Dating
from db.level import Level
from graph.ad_account import AdAccount
from graph.field import batched
from graph.node import Node, is_row_of
from graph.scalars import BigInt
from graph.selection import Selection
from resolvers import tree
from resolvers.context import Request


class _File(NamedTuple):
    name: str
    sha256: str | None


class _Days(NamedTuple):
    ad_account_id: int
    level: Level
    since: date
    until: date


class _Reported(NamedTuple):
    conversion: str
    attribution: str
    dating: Dating


@strawberry.type(description="A file that was imported.")
class ImportedFile:
    name: str = strawberry.field(description="Its name, without the directory.")
    sha256: str | None = strawberry.field(
        description="The SHA-256 of its bytes, in hexadecimal; of standard input those that were read."
    )


async def _ad_accounts(request: Request, selection: Selection, days: Sequence[_Days]) -> list[Row | None]:
    found = await request.load_all(
        tree.by_id, (one.ad_account_id for one in days), entity.AD_ACCOUNT, selection.columns(entity.AD_ACCOUNT)
    )
    return [found[one.ad_account_id] for one in days]


@strawberry.type(description="Days that an import covers, of one ad account and level.")
class CoveredDays:
    ad_account = batched(_ad_accounts, AdAccount | None, "The ad account.")
    level: Level = strawberry.field(description="The level at which the import had rows.")
    since: date = strawberry.field(description="The first day.")
    until: date = strawberry.field(description="The day after the last one.")


@strawberry.type(description="What the platform-reported conversions are that an import brought.")
class ReportedConversions:
    conversion: str = strawberry.field(description="The platform's own name; of several, the first present counts.")
    attribution: str = strawberry.field(description="The attribution behind them, in the platform's words.")
    dating: Dating = strawberry.field(description="The day that a conversion is filed under.")


def _files(_request: Request, _selection: Selection, rows: Sequence[ImportRow]) -> list[list[_File]]:
    return [
        [_File(name, hash_ or None) for name, hash_ in zip(row.file_names, row.file_hashes, strict=True)]
        for row in rows
    ]


def _covered(_request: Request, _selection: Selection, rows: Sequence[ImportRow]) -> list[list[_Days]]:
    return [
        [
            _Days(ad_account, Level(level), since, until)
            for ad_account, level, since, until in zip(
                row.covered_ad_account_ids, row.covered_levels, row.covered_since, row.covered_until, strict=True
            )
        ]
        for row in rows
    ]


def _reported(_request: Request, _selection: Selection, rows: Sequence[ImportRow]) -> list[list[_Reported]]:
    return [
        [
            _Reported(conversion, attribution, Dating(dating))
            for conversion, attribution, dating in zip(
                row.reported_conversions, row.reported_attributions, row.reported_datings, strict=True
            )
        ]
        for row in rows
    ]


def _seconds(_request: Request, _selection: Selection, rows: Sequence[ImportRow]) -> list[float]:
    return [row.milliseconds / 1000 for row in rows]


@strawberry.type(description="One import: what was taken from which files, when.")
class Import(Node):
    source: str = strawberry.field(description="What wrote the files, as the command `adgraph import` names it.")
    imported_at: datetime = strawberry.field(description="When it took effect.")
    fact_count: BigInt = strawberry.field(description="How many entity-days the files had.")
    added_count: BigInt = strawberry.field(description="How many of these were new.")
    replaced_count: BigInt = strawberry.field(description="How many of these had other numbers before.")
    removed_count: BigInt = strawberry.field(
        description="How many entity-days were there before, and removed because the files no longer had them."
    )
    rejected_count: BigInt = strawberry.field(description="How many rows were left out because they are wrong.")
    orphan_count: BigInt = strawberry.field(description="How many entity-days belong to no ad account that is known.")
    seconds = batched(_seconds, float, "How long it took.", needs=("milliseconds",))
    files = batched(_files, list[ImportedFile], "The files, by name.", needs=("file_names", "file_hashes"))
    covered = batched(
        _covered,
        list[CoveredDays],
        "The days that it accounts for: where an entity has no row on them, it had 0.",
        needs=("covered_ad_account_ids", "covered_levels", "covered_since", "covered_until"),
    )
    reported = batched(
        _reported,
        list[ReportedConversions],
        "What its conversions are, for each choice that its source made.",
        needs=("reported_conversions", "reported_attributions", "reported_datings"),
    )
    is_type_of = is_row_of(entity.IMPORT)
