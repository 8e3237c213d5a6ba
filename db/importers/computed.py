"""What platforms computed themselves, beside the numbers that are imported: rates of a day, sums of a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple, TypeVar

from db.importers import cells
from db.importers.records import BadRow, Computed, Fact, WindowReach
from db.importers.row import Row, parsed

R = TypeVar("R", bound=Row)


class Theirs(NamedTuple):
    """Where a platform writes what is our metric, and how many of its units one of ours is: 100 for percent."""

    column: str
    unit: int = 1


def computed(row: Row, record: Fact | WindowReach, names: Mapping[str, Theirs]) -> Computed | None:
    """What the row that `record` was read from has of the metrics `names`; None where that is nothing."""
    if isinstance(record, Fact):
        # The rates of an hour are not the day's.
        if record.part is not None:
            return None
        since, until = record.day, record.day + timedelta(days=1)
    elif record.since is None or record.until is None:
        return None
    else:
        since, until = record.since, record.until
    told = ((metric, row.text(theirs.column), theirs.unit) for metric, theirs in names.items())
    numbers = tuple((metric, text, unit) for metric, text, unit in told if not cells.absent(text))
    if not numbers:
        return None
    return Computed(record.place, record.platform, record.level, record.external_id, since, until, numbers)


def beside(
    rows: Iterable[R | BadRow], parse: Callable[[R], Fact], names: Mapping[str, Theirs], *, wanted: bool
) -> Iterator[Fact | BadRow | Computed]:
    """What `parse` makes of each row and, where it is `wanted`, what the row has of the metrics `names`."""
    if not wanted:
        yield from parsed(rows, parse)
        return
    for row in rows:
        for record in parsed([row], parse):
            yield record
            if isinstance(record, Fact) and not isinstance(row, BadRow) and (theirs := computed(row, record, names)):
                yield theirs
