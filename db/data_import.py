"""Imports: what was taken from which files, when."""

from datetime import date, datetime

from db.database import Row


class ImportRow(Row):
    """One import. Files, covered days and reported conversions are lists side by side; see the migration."""

    id: int
    project_id: int
    source: str
    imported_at: datetime
    fact_count: int
    added_count: int
    replaced_count: int
    removed_count: int
    rejected_count: int
    orphan_count: int
    milliseconds: int
    file_names: list[str]
    file_hashes: list[str]
    covered_ad_account_ids: list[int]
    covered_levels: list[int]
    covered_since: list[date]
    covered_until: list[date]
    reported_conversions: list[str]
    reported_attributions: list[str]
    reported_datings: list[str]
