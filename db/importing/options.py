"""What whoever imports may choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from db.errors import Invalid
from db.importers.cells import FIRST_DAY, LAST_DAY
from db.importing.accounts import checked_currency, checked_timezone


@dataclass(frozen=True)
class Options:
    """The choices of one import.

    `currency` (ISO 4217) and `timezone` (IANA) stand in where the files give none. `since` and `until` (half-open) are
    the days that the files cover; None: from the first, to the last that they name. `replace_days` removes what the
    covered days no longer name, `skip_bad_rows` takes what is right beside rows that are not, and `dry_run` does
    everything but keep it.
    """

    project: str
    currency: str | None = None
    timezone: str | None = None
    since: date | None = None
    until: date | None = None
    replace_days: bool = False
    skip_bad_rows: bool = False
    dry_run: bool = False

    def checked(self) -> Self:
        """The same, tidied; raises `Invalid` with an example of what would be right."""
        project = self.project.strip()
        if not project or len(project) > 200 or not project.isprintable():
            raise Invalid("--project needs a name of 1 to 200 characters, such as --project 'Spring sale'.")
        for option, day in (("--since", self.since), ("--until", self.until)):
            if day and not FIRST_DAY <= day <= LAST_DAY:
                raise Invalid(f"{option} {day} is not between {FIRST_DAY} and {LAST_DAY}.")
        if self.since and self.until and self.since >= self.until:
            raise Invalid(
                f"--since {self.since} --until {self.until} hold no day: --until is the day after the last one."
            )
        if self.replace_days and self.skip_bad_rows:
            raise Invalid(
                "--replace-days and --skip-bad-rows exclude each other: what a bad row is about would be removed."
            )
        currency, timezone = checked_currency(self.currency), checked_timezone(self.timezone)
        return replace(self, project=project, currency=currency, timezone=timezone)

    def names(self, day: date) -> bool:
        """Whether `day` is among those to import."""
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)
