"""The record that every import leaves: which files, which days, how many rows, how long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from db.database import Transaction
from db.importers.files import STANDARD_INPUT, sha256
from db.importers.records import Reported
from db.importing.covered import Coverage
from db.importing.report import ImportReport


async def record(
    transaction: Transaction, org_id: int, project_id: int, report: ImportReport, coverage: Sequence[Coverage],
    files: Iterable[Path], reported: Collection[Reported], imported_at: datetime,
) -> None:  # fmt: skip
    """Writes what the import did, and from which files."""
    # Records that no file holds, as invented ones, have places all the same.
    read = sorted(path for path in files if path == STANDARD_INPUT or path.is_file())
    await transaction.execute(
        "record_import", org_id, report.import_id, project_id, report.source, imported_at, report.facts,
        sum(orphans.facts for orphans in report.orphans),
        [path.name for path in read], [sha256(path) for path in read],
        [days.ad_account_id for days in coverage], [days.level for days in coverage],
        [days.first for days in coverage], [days.last + timedelta(1) for days in coverage],
        report.added, report.replaced, report.removed, report.rejected, round(report.seconds * 1000),
        [choice.conversion for choice in reported], [choice.attribution for choice in reported],
        [choice.dating.value for choice in reported],
    )  # fmt: skip
