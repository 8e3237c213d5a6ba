"""The import: what every source's records go through on their way into the tables."""

from db.importing.refusals import AccountInAnotherProject, CurrencyChanged, ImportRefused
from db.importing.report import Covered, ImportReport, Orphans
from db.importing.run import checked_options, run_import

__all__ = [
    "AccountInAnotherProject",
    "Covered",
    "CurrencyChanged",
    "ImportRefused",
    "ImportReport",
    "Orphans",
    "checked_options",
    "run_import",
]
