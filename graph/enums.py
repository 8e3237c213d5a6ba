"""The enums of the schema: those of the layers below, described."""

from enum import Enum, EnumMeta

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from db.entity_list import Field
from db.importers.records import Dating
from db.level import Level, Platform
from resolvers import cell
from resolvers.blended import BlendedMetric
from resolvers.calendar import Against, Granularity, Weekday
from resolvers.comparison import Verdict
from resolvers.conversion_event import Cause, TouchOutcome
from resolvers.conversion_group import ConversionMetric, Dimension, EventSource, OrderBy
from resolvers.definition import Additivity, Direction, Unit
from resolvers.gap import GapReason
from resolvers.metric import METRICS, Metric, Reason
from resolvers.options import AttributionWindow, ConversionSource, CountBy, UndefinedRatios
from resolvers.recording import EventKind, EventOutcome, TouchKind
from resolvers.series import Fill
from resolvers.window import Preset


class EntityStatus(Enum):
    """Whether an entity may deliver, as its platform last said."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ARCHIVED = "ARCHIVED"
    DELETED = "DELETED"
    UNKNOWN = "UNKNOWN"


class BudgetPeriod(Enum):
    """What a budget is for."""

    DAILY = "DAILY"
    LIFETIME = "LIFETIME"


def _describe(enum: EnumMeta, name: str, description: str, **values: str) -> None:
    strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # just set
    for value in definition.values:
        value.description = values.pop(value.name, None)
    assert not values, f"{name} has no {sorted(values)}"


_describe(
    Platform,
    "Platform",
    "An advertising platform.",
    META="Meta: Facebook, Instagram, Messenger and the Audience Network.",
    TIKTOK="TikTok. Its advertisers are ad accounts, its ad groups ad sets.",
    APPLE="Apple Search Ads. Its orgs are ad accounts, its ad groups ad sets.",
)
_describe(
    Level,
    "Level",
    "A level of the tree at which platforms report.",
    AD_ACCOUNT="Ad accounts.",
    CAMPAIGN="Campaigns.",
    AD_SET="Ad sets.",
    AD="Ads.",
)
_describe(
    Dating,
    "ConversionDating",
    "The day that a platform files a conversion under.",
    IMPRESSION="That on which the ad was seen.",
    CLICK="That of the click or tap.",
    CONVERSION="That of the conversion itself.",
    UNKNOWN="The source does not say.",
)
_describe(
    EntityStatus,
    "EntityStatus",
    "Whether an entity is meant to deliver, as its platform last said; its parents' status is not taken into account.",
    ACTIVE="Switched on.",
    PAUSED="Switched off for now.",
    ARCHIVED="Put away; it cannot be switched on again.",
    DELETED="Deleted on the platform; its numbers remain.",
    UNKNOWN="No source has said.",
)
_describe(
    BudgetPeriod,
    "BudgetPeriod",
    "What a budget is for.",
    DAILY="The amount is for each day.",
    LIFETIME="The amount is for the whole run.",
)
_describe(
    Field,
    "EntityField",
    "What entities are ordered by, beside metrics.",
    FIRST_SEEN="When they were first seen.",
    NAME="Their names, by the code points of the characters.",
    STATUS="The names of their statuses.",
)
_describe(
    Reason,
    "UnavailableReason",
    "Why a metric is null, or not the whole of what it says.",
    ZERO_DENOMINATOR="The ratio's denominator is 0.",
    NOT_REPORTED="No row of these days reports it, or an input of it.",
    PARTLY_REPORTED="Some rows of these days report it, or an input of it, and some do not: a sum is given of what was "
    "reported, a ratio is null.",
    NOT_IMPORTED="No import covers any of these days.",
    NOT_ADDITIVE="Reach is never summed, and no platform reported it for exactly this entity and these days. Of a "
    "residual, which is of sums alone, every ratio as well.",
    MIXED_CURRENCY="The money is in several currencies (one that no source has told counts as its own). Of a change: "
    "in another one than before.",
    NO_RATE="An amount cannot be converted: no exchange rate of its day or any day before was imported, or no "
    "source has told its currency.",
    NO_BASELINE="Of a change: there is no value on one of the sides, whose `unavailable` says why.",
    ZERO_BASELINE="Of a percentage: the value was 0 before, and is not any more.",
)
_describe(
    ConversionSource,
    "ConversionSource",
    "Whose conversions the plain metrics are about.",
    REPORTED="The platforms', each attributed its own way.",
    TRACKED="The project's own events, deduplicated across sources and attributed the same way on every platform.",
)
_describe(
    BlendedMetric,
    "BlendedMetric",
    "A metric of all conversions over all spend.",
    CONVERSIONS="How many there are.",
    CONVERSION_VALUE="What they are worth.",
    CPA="Spend / conversions.",
    MER="Value / spend.",
)
_describe(
    GapReason,
    "GapReason",
    "Why tracked and reported conversions cannot be compared: the first of these that holds.",
    NOT_WHOLE="Either is null, or is not the whole of what it says: days that no import covers, rows that lack it.",
    ATTRIBUTION_UNKNOWN="No import told what windows of attribution the platform's conversions are of.",
    ATTRIBUTION_DIFFERS="They are of other windows of attribution than the tracked ones.",
    DATING_UNKNOWN="No import told which day the platform files a conversion under.",
    DATING_DIFFERS="They count on different days: that of the conversion, and that of the ad.",
)
_describe(
    AttributionWindow,
    "AttributionWindow",
    "How long after a touch a conversion may still be due to it, to the second.",
    NONE="Never: such touches do not count.",
    DAYS_1="24 hours.",
    DAYS_7="7 × 24 hours.",
    DAYS_28="28 × 24 hours.",
)
_describe(
    CountBy,
    "CountBy",
    "On which day a tracked conversion counts.",
    CONVERSION_TIME="That of the conversion.",
    TOUCH_TIME="That of the touch that it is due to.",
)
_describe(
    UndefinedRatios,
    "UndefinedRatios",
    "What a ratio is whose denominator is 0.",
    NULL="Null, with the reason.",
    FLOORED="Every denominator counts as at least 1, or 0.01 of a currency: Layers' rule. What was not reported, or is "
    "of several currencies, stays null.",
)
_describe(Weekday, "Weekday", "A day of the week.", **{day.name: f"{day.name.capitalize()}." for day in Weekday})
_describe(
    Unit,
    "MetricUnit",
    "What one of a metric is.",
    COUNT="A number of things.",
    CURRENCY="Money, in the `currency` that stands beside it.",
    FRACTION="A rate, as a part of 1; fields of it take `as: PERCENT`.",
    RATIO="So many of one for each of another.",
)
_describe(
    Direction,
    "MetricDirection",
    "Which way a metric gets better.",
    UP_IS_BETTER="More is better.",
    DOWN_IS_BETTER="Less is better.",
    NEUTRAL="Neither: it depends on the rest.",
)
_describe(
    Additivity,
    "Additivity",
    "How a metric of a whole follows from its parts: from days, or from what lies below an entity.",
    ADDITIVE="It is the sum of the parts.",
    QUOTIENT="The sides of its formula are summed, then divided, once.",
    UNIQUE="It counts people, who may be in several parts: it is known only where it was reported of the whole.",
)
_describe(
    Verdict,
    "Verdict",
    "Whether a change is one for the better.",
    BETTER="It is.",
    WORSE="It is not.",
    NEUTRAL="Nothing changed, or neither way is better in itself: spend, impressions, frequency.",
    UNKNOWN="There is nothing to compare.",
)
_describe(
    Dimension,
    "ConversionDimension",
    "What conversions may be grouped by.",
    PLATFORM="The app's platform, as it was sent: `ios`, `android`, `web` …",
    AD_PLATFORM="The advertising platform of the ad that brought them.",
    APP="The app.",
    EVENT_NAME="The event's name.",
    SOURCE="Who sent the event; of several, the first of SDK, CONVERSION_API and PLATFORM.",
    CURRENCY="What the value is in.",
    HOUR="The hour of the window's timezone. A day whose clocks change has 23 of them, or 25.",
    DAY="The day of the window's timezone.",
    WEEK="The week of the window's timezone, from the day on which the project's weeks start.",
    MONTH="The month of the window's timezone.",
    AD_ACCOUNT="The ad account of the ad that brought them.",
    CAMPAIGN="The campaign of the ad that brought them.",
    AD_SET="The ad set of the ad that brought them.",
    AD="The ad that brought them.",
)
_describe(
    OrderBy,
    "ConversionOrderBy",
    "What groups of conversions may be ordered by.",
    KEY="Their keys, in the order in which `by` names the dimensions.",
    COUNT="`count`.",
    UNIQUE_USERS="`uniqueUsers`.",
    VALUE="`value`, which must be in one currency.",
)
_describe(
    ConversionMetric,
    "ConversionMetric",
    "A metric of a group of conversions.",
    VALUE="`value`.",
    REFUND_VALUE="The value of `refunds`.",
    SHARE="`share`.",
    AOV="`aov`.",
    SPEND="`spend`.",
    CPA="`cpa`.",
    ROAS="`roas`.",
)
_describe(
    EventSource,
    "EventSource",
    "Who sent an event, from the one whose word counts most.",
    SDK="The app or site itself.",
    CONVERSION_API="A server of the advertiser's.",
    PLATFORM="An advertising platform.",
)
_describe(
    EventKind,
    "EventKind",
    "What an event tells.",
    CONVERSION="A purchase, a subscription, a trial, an install or whatever else its name says.",
    REFUND="That what a conversion brought was given back, all or a part. It lowers the value, never the count.",
)
_describe(
    TouchKind,
    "TouchKind",
    "What somebody did with an ad.",
    CLICK="Clicked or tapped it.",
    VIEW="Saw it.",
)
_describe(
    EventOutcome,
    "EventOutcome",
    "What became of an event that was sent.",
    ACCEPTED="It is kept, and counts.",
    DUPLICATE="It belongs to a conversion that was known: it counts no more, and whatever it adds to that is kept.",
    REJECTED="It cannot be taken.",
)
_describe(
    TouchOutcome,
    "TouchOutcome",
    "What became of a touch.",
    COUNTS="The conversion is due to its ad.",
    NOT_THE_LAST="Another touch of its kind came later; at one time, the smaller platform and id is the last.",
    AFTER_A_CLICK="A click counts: then no view does.",
    TOO_LONG_AGO="It is longer ago than the attribution's window.",
    AFTER_CONVERSION="It came after the conversion, as that was merged.",
    UNKNOWN_AD="The project has no such ad: it takes no part until one is imported.",
)
_describe(
    Cause,
    "ConversionCause",
    "Why a conversion is due to an ad, or to none.",
    LAST_CLICK="To the last click, which lies within the click window.",
    LAST_VIEW="To the last view, which lies within the view window; no click does.",
    NO_TOUCH="To none: no touch before it was told of.",
    TOO_LONG_AGO="To none: its touches are longer ago than the attribution's windows.",
    UNKNOWN_AD="To none: the project has none of the ads that were touched.",
)
_describe(Metric, "Metric", "A metric.", **{metric.name: METRICS[metric].plain_description for metric in METRICS})
_describe(
    Preset,
    "WindowPreset",
    "A window by its place relative to today, in the project's timezone. LAST_… are the full days, weeks, "
    "months, quarters or years before the current one; THIS_… and TODAY include today. Weeks start on the project's "
    "`weekStartsOn`.",
    LIFETIME="All days that the project's imports know of: from the first of them through today. Reach is what a "
    "platform last reported of the node's whole life, unless the node was shown since.",
)
_describe(
    cell.Dimension,
    "BreakdownDimension",
    "What numbers are broken down by.",
    PLATFORM="By platform.",
    AD_ACCOUNT="By ad account.",
    CAMPAIGN="By campaign.",
    AD_SET="By ad set.",
    AD="By ad.",
    DAY="By day.",
    WEEK="By week, from the day on which the project's weeks start.",
    MONTH="By month.",
    WEEKDAY="By day of the week: all Mondays, all Tuesdays …",
)
_describe(
    Granularity,
    "Granularity",
    "The size of a series' buckets.",
    WEEK="Seven days, from the day on which the project's weeks start.",
    QUARTER="Three months, from January, April, July or October.",
)
_describe(
    Fill,
    "Fill",
    "What a series has of buckets in which nothing was delivered.",
    ZERO="Every bucket of the window. One without a row has 0 of whatever the imports report that cover its days; "
    "where no import covers any of them it has nulls, NOT_IMPORTED.",
    NONE="Only buckets with a row, of the entity or of anything below it, or with the tracked conversions that are "
    "asked for.",
)
_describe(
    Against,
    "ComparedTo",
    "Which days a window is compared with.",
    PREVIOUS_PERIOD="As many days, directly before.",
    PREVIOUS_CALENDAR="The unit of the calendar before: …_WEEK, …_MONTH, …_QUARTER and …_YEAR move back by one such "
    "unit, other windows by the fewest whole months that leave no day in both.",
    PREVIOUS_YEAR="The same dates a year before. In this and in PREVIOUS_CALENDAR whole months meet whole months; of "
    "other windows the first and the last day move, a day that its month lacks to the month's last.",
    PREVIOUS_YEAR_SAME_WEEKDAYS="364 days before: the same weekdays.",
)
