"""What whoever imports may choose about a source: which conversions count, which column holds what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from db.errors import Invalid
from db.importers.records import Dating
from db.level import Level, Platform


@dataclass(frozen=True)
class Choices:
    """The choices of one import; None or empty: the source's own way.

    `action_types` are Meta's, the first present counts; `conversion` is the platform's count that conversions are.
    `columns` names the column of each of our fields, `date_format` is strptime's; `level` and `platform` are what the
    rows are about. `account` is the ad account of rows that name none, `lifetime` says that rows without a day, or
    over several, are about the whole life of their entity. `computed` asks for what platforms computed themselves
    too. `dating` is the day that conversions are filed under, where the export does not say.
    """

    action_types: tuple[str, ...] = ()
    conversion: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    level: Level | None = None
    platform: Platform | None = None
    account: str | None = None
    lifetime: bool = False
    computed: bool = False
    dating: Dating = Dating.UNKNOWN

    def check(self, source: str, heeded: tuple[str, ...]) -> None:
        """Raises `Invalid` where something is chosen that the source does not heed."""
        for each in fields(self):
            chosen = getattr(self, each.name)
            if chosen and chosen is not Dating.UNKNOWN and each.name not in heeded:
                option = _OPTIONS.get(each.name, each.name.replace("_", "-"))
                raise Invalid(f"--{option} means nothing to {source}: leave it out.")

    def counted(self, known: tuple[str, ...]) -> str:
        """The conversion that counts: the one chosen of those `known`, else the first of them."""
        if self.conversion is None:
            return known[0]
        if self.conversion not in known:
            raise Invalid(f"--conversion {self.conversion!r} is not known here: choose one of {', '.join(known)}.")
        return self.conversion


_OPTIONS = {"columns": "map", "computed": "verify"}
AS_THE_SOURCE_DOES = Choices()
