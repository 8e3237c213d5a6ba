"""The sources of facts: each module turns one kind of export into records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.importers import (
    airbyte_facebook,
    airbyte_tiktok,
    apple,
    fivetran_apple,
    fivetran_facebook,
    fivetran_tiktok,
    meta,
    table,
    tiktok,
)
from db.importers.choices import AS_THE_SOURCE_DOES, Choices
from db.importers.records import Record


@dataclass(frozen=True)
class Source:
    """One kind of export: its name on the command line, what to export and how, and what reads it.

    `heeds` are the choices that mean something to it; `tables` those that it reads, if it can from a database as well.
    """

    name: str
    help: str
    reader: Callable[[Sequence[Path], Choices], Iterator[Record]]
    heeds: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    def read(self, paths: Sequence[Path], choices: Choices = AS_THE_SOURCE_DOES) -> Iterator[Record]:
        """The records of what `paths` hold; raises `Invalid` where they are no such export."""
        choices.check(self.name, self.heeds)
        return self.reader(paths, choices)


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("meta", meta.HELP, meta.read, meta.CHOICES),
        Source("tiktok", tiktok.HELP, tiktok.read, tiktok.CHOICES),
        Source("apple", apple.HELP, apple.read, apple.CHOICES),
        Source(
            "fivetran-facebook",
            fivetran_facebook.HELP,
            fivetran_facebook.read,
            fivetran_facebook.CHOICES,
            fivetran_facebook.TABLES,
        ),
        Source(
            "fivetran-tiktok",
            fivetran_tiktok.HELP,
            fivetran_tiktok.read,
            fivetran_tiktok.CHOICES,
            fivetran_tiktok.TABLES,
        ),
        Source(
            "fivetran-apple", fivetran_apple.HELP, fivetran_apple.read, fivetran_apple.CHOICES, fivetran_apple.TABLES
        ),
        Source("airbyte-facebook", airbyte_facebook.HELP, airbyte_facebook.read, airbyte_facebook.CHOICES),
        Source("airbyte-tiktok", airbyte_tiktok.HELP, airbyte_tiktok.read, airbyte_tiktok.CHOICES),
        Source("table", table.HELP, table.read, table.CHOICES),
    )
}
