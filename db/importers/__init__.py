"""The sources of facts: each module turns one kind of export into records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.importers import airbyte_tiktok, fivetran_facebook, fivetran_tiktok
from db.importers.records import Record


@dataclass(frozen=True)
class Source:
    """One kind of export: its name on the command line, what to export and how, and what reads it."""

    name: str
    help: str
    read: Callable[[Sequence[Path]], Iterator[Record]]


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("fivetran-facebook", fivetran_facebook.HELP, fivetran_facebook.read),
        Source("fivetran-tiktok", fivetran_tiktok.HELP, fivetran_tiktok.read),
        Source("airbyte-tiktok", airbyte_tiktok.HELP, airbyte_tiktok.read),
    )
}
