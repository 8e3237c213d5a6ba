"""Options: what a query chooses that its numbers shall mean; what it leaves open is the project's setting."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from db.errors import Invalid
from db.project import ProjectRow, SettingsRow
from db.standards import currencies, timezones

MAX_EVENTS = 100
LONGEST_EVENT = 200
_LONGEST_SHOWN = 60


class ConversionSource(Enum):
    """Whose conversions the plain metrics are about."""

    REPORTED = "REPORTED"
    TRACKED = "TRACKED"


class AttributionWindow(Enum):
    """How long after a touch a conversion may still be due to it."""

    NONE = "NONE"
    DAYS_1 = "DAYS_1"
    DAYS_7 = "DAYS_7"
    DAYS_28 = "DAYS_28"

    @property
    def days(self) -> int:
        """Its length, of 24 hours each."""
        return 0 if self is AttributionWindow.NONE else int(self.value.removeprefix("DAYS_"))


class CountBy(Enum):
    """On which day a tracked conversion counts."""

    CONVERSION_TIME = "CONVERSION_TIME"
    TOUCH_TIME = "TOUCH_TIME"


class UndefinedRatios(Enum):
    """What a ratio is whose denominator is 0."""

    NULL = "NULL"
    FLOORED = "FLOORED"


class Attribution(NamedTuple):
    """Which touch a tracked conversion is due to, and on which day it counts."""

    click: AttributionWindow
    view: AttributionWindow
    count_by: CountBy


class Options(NamedTuple):
    """What a query chose; None: what the project has set. Events are in order, each once."""

    conversion_source: ConversionSource | None = None
    conversion_events: tuple[str, ...] | None = None
    click: AttributionWindow | None = None
    view: AttributionWindow | None = None
    count_by: CountBy | None = None
    currency: str | None = None
    undefined_ratios: UndefinedRatios | None = None


# Whatever each project has set.
AS_SET = Options()


class Choice(NamedTuple):
    """What holds for the nodes of one project. `currency` is what the query asks for; None: it does not."""

    conversion_source: ConversionSource
    conversion_events: tuple[str, ...]
    attribution: Attribution
    currency: str | None
    reporting_currency: str | None
    undefined_ratios: UndefinedRatios


def attribution(settings: SettingsRow | ProjectRow) -> Attribution:
    """What a project has set."""
    return Attribution(
        AttributionWindow(settings.attribution_click),
        AttributionWindow(settings.attribution_view),
        CountBy(settings.count_by),
    )


def chosen(options: Options, settings: SettingsRow) -> Choice:
    """What the options choose, and what the project of the settings has set for the rest."""
    own = attribution(settings)
    return Choice(
        options.conversion_source or ConversionSource(settings.conversion_source),
        options.conversion_events or tuple(sorted(settings.conversion_events)),
        Attribution(options.click or own.click, options.view or own.view, options.count_by or own.count_by),
        options.currency,
        settings.reporting_currency,
        options.undefined_ratios or UndefinedRatios.NULL,
    )


def checked_currency(name: str, code: str) -> str:
    """A currency that a client gave as `name`; `Invalid` unless it is an ISO 4217 code."""
    if code == "XXX":
        raise Invalid(f"`{name}` 'XXX' stands for a currency that nobody has told. Give one like USD or EUR.")
    if code in currencies():
        return code
    hint = f" Write {code.upper()!r}." if code.upper() in currencies() else " Give one like USD or EUR."
    raise Invalid(f"`{name}` {_shown(code)} is no ISO 4217 currency code.{hint}")


def checked_events(name: str, events: list[str]) -> tuple[str, ...]:
    """Names of events that a client gave as `name`, in order, each once."""
    if not 1 <= len(events) <= MAX_EVENTS:
        raise Invalid(f"`{name}` must hold 1 to {MAX_EVENTS} names of events; got {len(events)}.")
    for event in events:
        if not recordable(event, LONGEST_EVENT):
            raise Invalid(
                f"`{name}` may hold names of 1 to {LONGEST_EVENT} characters without NUL; {_shown(event)} is none."
            )
    return tuple(sorted(set(events)))


def recordable(text: str, longest: int) -> bool:
    """Whether an event may have been recorded with such a text."""
    if not 1 <= len(text) <= longest or "\0" in text:
        return False
    # Without halves of characters, which no database holds.
    return text.isprintable() or text == text.encode(errors="ignore").decode()


def checked_timezone(name: str, timezone: str) -> str:
    """A timezone that a client gave as `name`; `Invalid` unless it is an IANA name."""
    if timezone in timezones():
        return timezone
    raise Invalid(f"`{name}` {_shown(timezone)} is no IANA timezone. Give one like Europe/Berlin or UTC.")


def checked_margin(name: str, margin: float) -> float:
    """A margin that a client gave as `name`; `Invalid` unless it is a fraction above 0."""
    if 0 < margin <= 1:
        return margin
    raise Invalid(f"`{name}` must be above 0 and at most 1, a fraction of the value; got {margin}.")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
