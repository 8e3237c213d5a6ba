"""The metric definitions: every formula, unit and reason in one place, as data.

Primitives are added up first and divided once, at the end, in exact integers: a ratio is never averaged and never
rounded before the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import gcd

from db.level import Missing
from resolvers.alike import Alike


class Reason(Enum):
    """Why a metric is null, or not the whole of what it says."""

    ZERO_DENOMINATOR = "ZERO_DENOMINATOR"
    NOT_REPORTED = "NOT_REPORTED"
    PARTLY_REPORTED = "PARTLY_REPORTED"
    NOT_IMPORTED = "NOT_IMPORTED"
    NOT_ADDITIVE = "NOT_ADDITIVE"
    MIXED_CURRENCY = "MIXED_CURRENCY"


class Metric(Enum):
    """The metrics, each with the name of its field."""

    SPEND = "spend"
    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    LINK_CLICKS = "linkClicks"
    CONVERSIONS = "conversions"
    CONVERSION_VALUE = "conversionValue"
    REACH = "reach"
    CPA = "cpa"
    CPC = "cpc"
    CPM = "cpm"
    CTR = "ctr"
    CVR = "cvr"
    ROAS = "roas"
    FREQUENCY = "frequency"


@dataclass(frozen=True, slots=True)
class Primitive:
    """A number that platforms report. It is stored as an integer: `scale` of them make one."""

    name: Metric
    column: str
    description: str
    scale: int = 1
    bit: int = 0
    money: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """`factor` × `numerator` / `denominator`, both sums over the same days."""

    name: Metric
    numerator: Primitive
    denominator: Primitive
    description: str
    factor: int = 1

    @property
    def above(self) -> int:
        """What the numerator's integer is multiplied by."""
        return self.factor * self.denominator.scale // self._common

    @property
    def below(self) -> int:
        """What the denominator's integer is multiplied by, so that the scales cancel."""
        return self.numerator.scale // self._common

    @property
    def _common(self) -> int:
        return gcd(self.factor * self.denominator.scale, self.numerator.scale)


MILLION = 1_000_000
SPEND = Primitive(
    Metric.SPEND,
    "spend_micros",
    "What the delivery cost, in `currency`. Additive.",
    MILLION,
    int(Missing.SPEND),
    money=True,
)
IMPRESSIONS = Primitive(
    Metric.IMPRESSIONS, "impressions", "How often an ad was shown. Additive.", bit=int(Missing.IMPRESSIONS)
)
CLICKS = Primitive(
    Metric.CLICKS,
    "clicks",
    "Clicks as the platform counts them: all clicks on Meta, clicks on TikTok, taps on Apple. Null where a source has "
    "link clicks only. Additive.",
    bit=int(Missing.CLICKS),
)
LINK_CLICKS = Primitive(
    Metric.LINK_CLICKS,
    "link_clicks",
    "Clicks that compare across platforms: inline link clicks on Meta, clicks to the destination on TikTok, taps on "
    "Apple. Additive.",
    bit=int(Missing.LINK_CLICKS),
)
CONVERSIONS = Primitive(
    Metric.CONVERSIONS,
    "conversions_millionths",
    "Conversions as the platform reports them, with its own attribution; may be fractional. Additive.",
    MILLION,
    int(Missing.CONVERSIONS),
)
CONVERSION_VALUE = Primitive(
    Metric.CONVERSION_VALUE,
    "conversion_value_micros",
    "What the conversions are worth as the platform reports it, in `currency`. Additive.",
    MILLION,
    int(Missing.CONVERSION_VALUE),
    money=True,
)
REACH = Primitive(
    Metric.REACH,
    "reach",
    "How many people saw an ad at least once. Never summed, since people overlap: given only where the platform "
    "reported it for exactly this entity and these days.",
)
PRIMITIVES = (SPEND, IMPRESSIONS, CLICKS, LINK_CLICKS, CONVERSIONS, CONVERSION_VALUE)
ADDITIVE = tuple(primitive.column for primitive in PRIMITIVES)
RATIOS = (
    Ratio(Metric.CPA, SPEND, CONVERSIONS, "Cost per acquisition: spend / conversions, in `currency`."),
    Ratio(Metric.CPC, SPEND, CLICKS, "Cost per click: spend / clicks, in `currency`."),
    Ratio(
        Metric.CPM,
        SPEND,
        IMPRESSIONS,
        "Cost per thousand impressions: 1000 × spend / impressions, in `currency`.",
        1_000,
    ),
    Ratio(Metric.CTR, CLICKS, IMPRESSIONS, "Click-through rate: clicks / impressions, a fraction."),
    Ratio(Metric.CVR, CONVERSIONS, CLICKS, "Conversion rate: conversions / clicks, a fraction."),
    Ratio(Metric.ROAS, CONVERSION_VALUE, SPEND, "Return on ad spend: conversionValue / spend."),
    Ratio(
        Metric.FREQUENCY,
        IMPRESSIONS,
        REACH,
        "Average impressions per person reached: impressions / reach. Given wherever reach is.",
    ),
)
METRICS: dict[Metric, Primitive | Ratio] = {metric.name: metric for metric in (*PRIMITIVES, REACH, *RATIOS)}


def columns_of(names: Iterable[Metric]) -> tuple[str, ...]:
    """The columns that the named metrics are computed from, in one order, so that equal needs share a statement."""
    needed: set[str] = set()
    for name in names:
        metric = METRICS[name]
        parts = (metric.numerator, metric.denominator) if isinstance(metric, Ratio) else (metric,)
        needed.update(part.column for part in parts)
    return tuple(part.column for part in (*PRIMITIVES, REACH) if part.column in needed)


# Numbers by column, many sums side by side.
Columns = Mapping[str, Sequence[int]]

# Rows that lack no metric.
WHOLE = frozenset({0})


@dataclass(slots=True, repr=False)
class Sums:
    """What stands for one entity over some days, added up; every metric follows from it.

    `columns` holds sums by column, those that were asked for, of many entities at once: its own are at the place `at`.
    A column that is not there is 0. `missing` holds, for every kind of row that was added up (days without a row on
    covered days count as rows of zeros), which metrics those rows lack. Empty: no day was covered. `reach` is set only
    where it was reported for exactly these days, by one own row or of a whole window; `reach_seen` where some row at or
    below reported any, `reach_of_more` where it is of days that the sums lack. `currencies` are those of the ad
    accounts with rows (of all, where none has any); an account of unknown currency counts as a currency of its own.
    """

    columns: Columns = field(default_factory=dict[str, Sequence[int]])
    at: int = 0
    missing: frozenset[int] = frozenset()
    reach: int | None = None
    reach_seen: bool = False
    days: int = 0
    currencies: frozenset[str] = frozenset()
    reach_of_more: bool = False

    def __repr__(self) -> str:
        own = {column: numbers[self.at] for column, numbers in self.columns.items()}
        told = (self.missing, self.reach, self.reach_seen, self.days, self.currencies)
        return f"Sums({own}, {', '.join(map(repr, told))})"

    def sum(self, column: str) -> int:
        """The sum of one column."""
        numbers = self.columns.get(column)
        return numbers[self.at] if numbers else 0

    def value(self, name: Metric) -> float | int | None:
        """The metric's value, or None where `reason` says why."""
        return self._told(name)[0]

    def reason(self, name: Metric) -> Reason | None:
        """Why the metric is null or incomplete; None where it is neither."""
        return self._told(name)[1]

    def unavailable(self) -> list[tuple[Metric, Reason]]:
        """Every metric that is null or incomplete, and why."""
        told = ((name, self.reason(name)) for name in METRICS)
        return [(name, reason) for name, reason in told if reason is not None]

    @property
    def currency(self) -> str | None:
        """The one currency of the money here, or None where there are several."""
        return next(iter(self.currencies))[:3] if len(self.currencies) == 1 else None

    @property
    def plain(self) -> bool:
        """Whether every row reports everything, in one currency: no sum of it can be null or incomplete."""
        return self.missing == WHOLE and len(self.currencies) == 1

    def _told(self, name: Metric) -> tuple[float | int | None, Reason | None]:
        metric = METRICS[name]
        return self._ratio(metric) if isinstance(metric, Ratio) else self._shown(metric)

    def _shown(self, primitive: Primitive) -> tuple[float | int | None, Reason | None]:
        number, reason = self._number(primitive)
        return (number if number is None or primitive.scale == 1 else number / primitive.scale), reason

    def _number(self, primitive: Primitive) -> tuple[int | None, Reason | None]:
        if primitive is REACH and self.reach is not None:
            return self.reach, None
        if not self.missing:
            return None, Reason.NOT_IMPORTED
        if primitive is REACH:
            return None, self._why_no_reach()
        lacking = [bool(missing & primitive.bit) for missing in self.missing]
        if all(lacking):
            return None, Reason.NOT_REPORTED
        if primitive.money and len(self.currencies) > 1:
            return None, Reason.MIXED_CURRENCY
        return self.sum(primitive.column), Reason.PARTLY_REPORTED if any(lacking) else None

    def _why_no_reach(self) -> Reason:
        return Reason.NOT_ADDITIVE if self.reach_seen else Reason.NOT_REPORTED

    def _ratio(self, ratio: Ratio) -> tuple[float | None, Reason | None]:
        top, top_reason = self._number(ratio.numerator)
        bottom, bottom_reason = self._number(ratio.denominator)
        if top is None or bottom is None:
            return None, top_reason if top is None else bottom_reason
        if ratio.denominator is REACH and self.reach_of_more:
            return None, Reason.NOT_IMPORTED
        if self._parted(ratio.numerator, ratio.denominator):
            return None, Reason.PARTLY_REPORTED
        if bottom == 0:
            return None, Reason.ZERO_DENOMINATOR
        return ratio.above * top / (ratio.below * bottom), None

    def _parted(self, one: Primitive, other: Primitive) -> bool:
        """Whether some rows report one of the two and not the other."""
        return any(bool(missing & one.bit) != bool(missing & other.bit) for missing in self.missing)


# The currencies of many sums: of all, or of each.
Shared = frozenset[str] | Sequence[frozenset[str]]


class PlainBlocks(Alike[Sums]):
    """Many sums that are all plain. One that somebody changes stays as it was for the next who looks at it."""

    unclear: Sequence[int] = ()

    def __init__(self, columns: Columns, places: Sequence[int], currencies: Shared) -> None:
        self._shared = columns
        self._places = places
        self._currencies = currencies
        self._columns: dict[str, Sequence[int]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def at(self, number: int) -> Sums:
        """One of them."""
        known = self._currencies
        currencies = known if isinstance(known, frozenset) else known[number]
        place = self._places[number]
        days = self._shared.get("days")
        return Sums(self._shared, place, WHOLE, days=days[place] if days else 0, currencies=currencies)

    def column(self, column: str) -> Sequence[int]:
        """One column's sums."""
        found = self._columns.get(column)
        if found is None:
            numbers = self._shared.get(column)
            found = [0] * len(self) if numbers is None else list(map(numbers.__getitem__, self._places))
            self._columns[column] = found
        return found


class Blocks(list[Sums]):
    """Many sums, and their numbers side by side: what one metric of all of them is computed from."""

    def __init__(self, blocks: Iterable[Sums]) -> None:
        super().__init__(blocks)
        self._columns: dict[str, Sequence[int]] = {}
        shared = self[0].columns if self else {}
        self._shared = shared if all(sums.columns is shared for sums in self) else {}
        self._places = [sums.at for sums in self] if self._shared else []
        # Those that answer for themselves: something of them may be null or incomplete.
        self.unclear = [number for number, sums in enumerate(self) if not sums.plain]

    def column(self, column: str) -> Sequence[int]:
        """One column's sums."""
        found = self._columns.get(column)
        if found is None:
            found = self._columns[column] = self._side_by_side(column)
        return found

    def _side_by_side(self, column: str) -> Sequence[int]:
        if column in self._shared:
            return list(map(self._shared[column].__getitem__, self._places))
        return [sums.sum(column) for sums in self]


def values(name: Metric, blocks: Sequence[Sums]) -> list[float | int | None]:
    """One metric of many sums: what `Sums.value` gives for each, without its questions where they are plain."""
    together = blocks if isinstance(blocks, Blocks | PlainBlocks) else Blocks(blocks)
    if not together:
        return []
    metric = METRICS[name]
    if metric is REACH or (isinstance(metric, Ratio) and metric.denominator is REACH):
        return [sums.value(name) for sums in together]
    found = _plain_ratios(metric, together) if isinstance(metric, Ratio) else _plain_sums(metric, together)
    for number in together.unclear:
        found[number] = together[number].value(name)
    return found


def _plain_sums(primitive: Primitive, blocks: Blocks | PlainBlocks) -> list[float | int | None]:
    scale, numbers = primitive.scale, blocks.column(primitive.column)
    return list(numbers) if scale == 1 else [number / scale for number in numbers]


def _plain_ratios(ratio: Ratio, blocks: Blocks | PlainBlocks) -> list[float | int | None]:
    above, below = ratio.above, ratio.below
    pairs = zip(blocks.column(ratio.numerator.column), blocks.column(ratio.denominator.column), strict=True)
    if above == below:
        return [top / bottom if bottom else None for top, bottom in pairs]
    return [above * top / (below * bottom) if bottom else None for top, bottom in pairs]


def shared(parts: Iterable[tuple[int, frozenset[str]]]) -> frozenset[str]:
    """The currencies of those parts that have any days with rows; of all, where none has any."""
    parts = list(parts)
    having = [currencies for days, currencies in parts if days] or [currencies for _, currencies in parts]
    return frozenset().union(*having)


def combined(parts: Sequence[Sums], currencies: frozenset[str] | None = None) -> Sums:
    """The sum of several entities', in the parts' currencies or those given. Reach stays with each of them."""
    columns = {column for part in parts for column in ADDITIVE if column in part.columns}
    return Sums(
        {column: [sum(part.sum(column) for part in parts)] for column in columns},
        0,
        frozenset().union(*(part.missing for part in parts)),
        None,
        any(part.reach_seen for part in parts),
        max((part.days for part in parts), default=0),
        shared((part.days, part.currencies) for part in parts) if currencies is None else currencies,
    )
