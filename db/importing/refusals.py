"""Why an import takes nothing at all."""

from __future__ import annotations

from collections.abc import Sequence

from db.errors import Invalid
from db.importers.records import BadRow


class ImportRefused(Invalid):
    """Rows cannot be taken, so nothing was; `bad_rows` are the first of them, `count` is how many there are."""

    def __init__(self, bad_rows: Sequence[BadRow], count: int) -> None:
        self.bad_rows = tuple(bad_rows)
        self.count = count
        more = f" and {count - 1:,} more" if count > 1 else ""
        super().__init__(f"Nothing was imported: {describe(bad_rows[0])}{more}.")


class AccountInAnotherProject(Invalid):
    """An ad account belongs to one project, and it is not this one."""

    def __init__(self, ad_account: str, project: str, other: str) -> None:
        super().__init__(
            f"Nothing was imported: the ad account {ad_account} belongs to the project {other!r}, an account is in one "
            f"project only. Import into that one (--project {other!r}) instead of {project!r}."
        )


class CurrencyChanged(Invalid):
    """Numbers are stored in one currency and would now count in another."""


def describe(bad_row: BadRow) -> str:
    """A bad row in one line: where, which column, what it holds and what is wrong with it."""
    where = f"{bad_row.place.file}:{bad_row.place.line}"
    value = bad_row.value if len(bad_row.value) <= 60 else f"{bad_row.value[:59]}…"
    if not value:
        return ": ".join(part for part in (where, bad_row.column, bad_row.reason) if part)
    return f"{where}: {bad_row.column} {value!r} {bad_row.reason}".replace(":  ", ": ")
