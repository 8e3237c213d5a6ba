"""The import: what every source's records go through on their way into the tables."""

from db.importing.options import Options
from db.importing.refusals import AccountInAnotherProject, CurrencyChanged, ImportRefused
from db.importing.rejects import Rejects
from db.importing.report import Covered, ImportReport, Orphans
from db.importing.run import run_import

__all__ = [
    "AccountInAnotherProject",
    "Covered",
    "CurrencyChanged",
    "ImportRefused",
    "ImportReport",
    "Options",
    "Orphans",
    "Rejects",
    "run_import",
]
