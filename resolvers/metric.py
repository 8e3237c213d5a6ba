"""The vocabulary: what every metric is, as data; computation, catalogue, descriptions and documents follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum

from db.level import Level, Missing, Platform
from resolvers.definition import Additivity, Definition, Difference, Direction, Primitive, Ratio, Unit


class Reason(Enum):
    """Why a metric is null, or not the whole of what it says."""

    ZERO_DENOMINATOR = "ZERO_DENOMINATOR"
    NOT_REPORTED = "NOT_REPORTED"
    PARTLY_REPORTED = "PARTLY_REPORTED"
    NOT_IMPORTED = "NOT_IMPORTED"
    NOT_ADDITIVE = "NOT_ADDITIVE"
    MIXED_CURRENCY = "MIXED_CURRENCY"
    NO_RATE = "NO_RATE"
    NO_BASELINE = "NO_BASELINE"
    ZERO_BASELINE = "ZERO_BASELINE"


class Metric(Enum):
    """The metrics, each with the name of its field."""

    SPEND = "spend"
    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    LINK_CLICKS = "linkClicks"
    REACH = "reach"
    FREQUENCY = "frequency"
    CONVERSIONS = "conversions"
    CONVERSION_VALUE = "conversionValue"
    CPA = "cpa"
    CPC = "cpc"
    CPM = "cpm"
    CTR = "ctr"
    CVR = "cvr"
    LINK_CTR = "linkCtr"
    LINK_CPC = "linkCpc"
    LINK_CVR = "linkCvr"
    AOV = "aov"
    ROAS = "roas"
    ROI = "roi"
    PROFIT = "profit"

    # What is computed is looked up by metric again and again, and an enum's own hash is a function in Python.
    __hash__ = object.__hash__


MILLION = 1_000_000
# A cent, in micros.
CENT = 10_000


UP, DOWN, NEUTRAL = Direction.UP_IS_BETTER, Direction.DOWN_IS_BETTER, Direction.NEUTRAL

SPEND = Primitive(
    Metric.SPEND, "spend_micros", "What the delivery cost, in `currency`.", NEUTRAL, MILLION, int(Missing.SPEND),
    money=True, floor=CENT,
)  # fmt: skip
IMPRESSIONS = Primitive(
    Metric.IMPRESSIONS, "impressions", "How often an ad was shown.", NEUTRAL, bit=int(Missing.IMPRESSIONS)
)
CLICKS = Primitive(
    Metric.CLICKS, "clicks",
    "Clicks as the platform counts them: all clicks on Meta, clicks on TikTok, taps on Apple. Null where a source has "
    "link clicks only.",
    UP, bit=int(Missing.CLICKS),
)  # fmt: skip
LINK_CLICKS = Primitive(
    Metric.LINK_CLICKS, "link_clicks",
    "Clicks that compare across platforms: inline link clicks on Meta, clicks to the destination on TikTok, taps on "
    "Apple.",
    UP, bit=int(Missing.LINK_CLICKS),
)  # fmt: skip
REACH = Primitive(
    Metric.REACH, "reach",
    "How many people saw an ad at least once. Never summed, since people overlap: given only where the platform "
    "reported it for exactly this entity and these days.",
    UP, additivity=Additivity.UNIQUE, platforms=(Platform.META, Platform.TIKTOK),
)  # fmt: skip
CONVERSIONS = Primitive(
    Metric.CONVERSIONS, "conversions_millionths",
    "Conversions as the platform reports them, with its own attribution; may be fractional.",
    UP, MILLION, int(Missing.CONVERSIONS), floor=MILLION,
    instead="Under TRACKED, those due to ads by the project's own events.",
)  # fmt: skip
CONVERSION_VALUE = Primitive(
    Metric.CONVERSION_VALUE, "conversion_value_micros",
    "What the conversions are worth as the platform reports it, in `currency`.",
    UP, MILLION, int(Missing.CONVERSION_VALUE), money=True, floor=CENT, platforms=(Platform.META, Platform.TIKTOK),
    instead="Under TRACKED, what those due to ads by the project's own events are worth.",
)  # fmt: skip
PRIMITIVES = (SPEND, IMPRESSIONS, CLICKS, LINK_CLICKS, CONVERSIONS, CONVERSION_VALUE)
# Platforms report these; what is stored of them adds up.
ADDITIVE = tuple(primitive.column for primitive in PRIMITIVES)
PROFIT = Difference(Metric.PROFIT, "What the conversions are worth beyond what the delivery cost", CONVERSION_VALUE,
                    SPEND, UP)  # fmt: skip
RATIOS = (
    Ratio(Metric.FREQUENCY, "Average impressions per person reached, wherever reach is given", IMPRESSIONS, REACH,
          NEUTRAL, Unit.RATIO),
    Ratio(Metric.CPA, "Cost per acquisition", SPEND, CONVERSIONS, DOWN, Unit.CURRENCY),
    Ratio(Metric.CPC, "Cost per click", SPEND, CLICKS, DOWN, Unit.CURRENCY),
    Ratio(Metric.CPM, "Cost per thousand impressions", SPEND, IMPRESSIONS, DOWN, Unit.CURRENCY, 1_000),
    Ratio(Metric.CTR, "Click-through rate", CLICKS, IMPRESSIONS, UP, Unit.FRACTION),
    Ratio(Metric.CVR, "Conversion rate", CONVERSIONS, CLICKS, UP, Unit.FRACTION),
    Ratio(Metric.LINK_CTR, "Click-through rate of link clicks", LINK_CLICKS, IMPRESSIONS, UP, Unit.FRACTION),
    Ratio(Metric.LINK_CPC, "Cost per link click", SPEND, LINK_CLICKS, DOWN, Unit.CURRENCY),
    Ratio(Metric.LINK_CVR, "Conversion rate of link clicks", CONVERSIONS, LINK_CLICKS, UP, Unit.FRACTION),
    Ratio(Metric.AOV, "Average order value", CONVERSION_VALUE, CONVERSIONS, UP, Unit.CURRENCY),
    Ratio(Metric.ROAS, "Return on ad spend", CONVERSION_VALUE, SPEND, UP, Unit.RATIO),
    Ratio(Metric.ROI, "Return on investment", PROFIT, SPEND, UP, Unit.FRACTION),
)  # fmt: skip
_DEFINED: dict[Metric, Definition] = {one.name: one for one in (*PRIMITIVES, REACH, *RATIOS, PROFIT)}
METRICS: Mapping[Metric, Definition] = {name: _DEFINED[name] for name in Metric}

# What we attribute ourselves, from events of our own: no platform reports it.
TRACKED_CONVERSIONS = Primitive(
    Metric.CONVERSIONS, "tracked_millionths", "Conversions that we attribute to ads, from events.", UP, MILLION,
    floor=MILLION, tracked=True,
)  # fmt: skip
TRACKED_VALUE = Primitive(
    Metric.CONVERSION_VALUE, "tracked_value_micros", "What those conversions are worth, in `currency`.", UP, MILLION,
    money=True, floor=CENT, tracked=True,
)  # fmt: skip
TRACKED = (TRACKED_CONVERSIONS, TRACKED_VALUE)
REFUNDS, REFUND_VALUE = "tracked_refunds", "tracked_refund_micros"
# How many of the conversions and refunds have a value in the ad account's currency, and how many in another one.
OWN_MONEY, OTHER_MONEY = "tracked_own_money", "tracked_other_money"
TRACKED_COLUMNS = (*(primitive.column for primitive in TRACKED), REFUNDS, REFUND_VALUE, OWN_MONEY, OTHER_MONEY)
# Of money that was converted: how many amounts have no rate of their day.
UNRATED = {
    column: f"{column}_unrated"
    for column in (*(one.column for one in (*PRIMITIVES, *TRACKED) if one.money), REFUND_VALUE)
}
# The columns that the numbers of a whole are the sums of.
ADDED_UP = (*ADDITIVE, *TRACKED_COLUMNS, *UNRATED.values())
# No column: asks what the conversions are that platforms reported.
REPORTING = "reporting"


def _by_tracked(definition: Definition) -> Definition:
    """The same metric, of the conversions that we attribute."""
    instead: dict[Primitive, Primitive] = {CONVERSIONS: TRACKED_CONVERSIONS, CONVERSION_VALUE: TRACKED_VALUE}
    match definition:
        case Primitive():
            return instead.get(definition, definition)
        case Difference():
            return replace(definition, plus=instead.get(definition.plus, definition.plus),
                           minus=instead.get(definition.minus, definition.minus))  # fmt: skip
        case Ratio():
            numerator = _by_tracked(definition.numerator)
            assert not isinstance(numerator, Ratio)
            return replace(definition, numerator=numerator,
                           denominator=instead.get(definition.denominator, definition.denominator))  # fmt: skip


TRACKED_METRICS: Mapping[Metric, Definition] = {name: _by_tracked(one) for name, one in METRICS.items()}

_OF_ENTITIES = (Metric.SPEND, Metric.IMPRESSIONS, Metric.CLICKS, Metric.CONVERSIONS, Metric.CPA, Metric.ROAS)
_OF_MANY = (Metric.SPEND, Metric.CONVERSIONS, Metric.CPA, Metric.ROAS)
# What is shown of each level where nothing was chosen, as Layers has it; None: a project.
BUNDLES: Mapping[Level | None, tuple[Metric, ...]] = {
    None: _OF_MANY,
    Level.AD_ACCOUNT: _OF_MANY,
    Level.CAMPAIGN: _OF_ENTITIES,
    Level.AD_SET: _OF_ENTITIES,
    Level.AD: _OF_ENTITIES,
}


def definitions(*, tracked: bool) -> Mapping[Metric, Definition]:
    """Every metric, of the conversions that we attribute, or of those that platforms report."""
    return TRACKED_METRICS if tracked else METRICS


def columns_of(names: Iterable[Metric], *, tracked: bool = False) -> tuple[str, ...]:
    """The columns that the named metrics are computed from, in one order, so that equal needs share a statement."""
    meant = definitions(tracked=tracked)
    return in_order(part.column for name in names for part in meant[name].parts)


def in_order(columns: Iterable[str]) -> tuple[str, ...]:
    """The same columns, each once and in one order."""
    needed = set(columns)
    return tuple(column for column in (*ADDITIVE, REACH.column, *TRACKED_COLUMNS, REPORTING) if column in needed)


def stored(columns: Iterable[str]) -> tuple[str, ...]:
    """Those of the columns that the facts have."""
    return tuple(column for column in columns if column in _STORED)


_STORED = frozenset({*ADDITIVE, REACH.column})
