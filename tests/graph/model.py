"""The rules of numbers once more, in the plainest Python: what every block of numbers in a world must say.

It shares nothing with the product: facts are looked at one by one, days are tried one by one, and quotients are exact
fractions until they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from tests.graph.worlds import COLUMNS, KINDS, Covered, Entity, Window, World

MONEY = ("spend", "conversionValue")
MILLIONTHS = (*MONEY, "conversions")
RATIOS = {
    "cpa": (1, "spend", "conversions"), "cpc": (1, "spend", "clicks"), "cpm": (1000, "spend", "impressions"),
    "ctr": (1, "clicks", "impressions"), "cvr": (1, "conversions", "clicks"),
    "linkCtr": (1, "linkClicks", "impressions"), "linkCpc": (1, "spend", "linkClicks"),
    "linkCvr": (1, "conversions", "linkClicks"), "aov": (1, "conversionValue", "conversions"),
    "roas": (1, "conversionValue", "spend"), "roi": (1, "profit", "spend"), "frequency": (1, "impressions", "reach"),
}  # fmt: skip
IN_CURRENCY = ("spend", "conversionValue", "profit", "cpa", "cpc", "cpm", "linkCpc", "aov")
DOWN_IS_BETTER = ("cpa", "cpc", "cpm", "linkCpc")
NEUTRAL = ("spend", "impressions", "frequency")
# As the schema names and orders them.
METRICS = ("spend", "impressions", "clicks", "linkClicks", "reach", "frequency", "conversions", "conversionValue",
           "cpa", "cpc", "cpm", "ctr", "cvr", "linkCtr", "linkCpc", "linkCvr", "aov", "roas", "roi",
           "profit")  # fmt: skip
ENUM = {metric: re.sub("[A-Z]", lambda capital: f"_{capital[0]}", metric).upper() for metric in METRICS}
DAY = timedelta(days=1)

# What one row says of a metric: which row, and its number or None.
Told = tuple[object, int | None]
# A value, the reason why it is null or not whole, and the rows that lack it.
Answer = tuple[Fraction | None, str | None, frozenset[object]]


class Model:
    """What must be answered about each entity of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.children: dict[Entity, list[Entity]] = {entity: [] for entity in world.entities}
        for child, parent in world.parents.items():
            self.children[parent].append(child)
        # Asked again for every bucket and window: each answer is found once.
        self.told = cache(self._told)
        self.named = cache(self._named)
        self.covered = cache(self._covered)

    # Windows

    def performance(
        self, entity: Entity, window: Window | None, series: Sequence[str], *, compared: bool = False
    ) -> dict[str, Any]:
        """The whole answer about an entity, with the series of the granularities `series`."""
        timezone = self._timezone(self._project(entity))
        today = self.world.now.astimezone(ZoneInfo(timezone)).date()
        week_start = self.world.week_start(self._project(entity)[1])
        since, until = _resolved(window, today, self._known_days(self._project(entity)), week_start)
        days = [since + n * DAY for n in range((until - since).days)]
        currencies = self._currencies(entity, days)
        answer = {
            "window": {
                "since": str(since), "until": str(until), "lastDay": str(days[-1]), "days": len(days),
                "timezone": timezone,
            },
            "currency": currencies.pop().split()[0] if len(currencies) == 1 else None,
            "freshness": self._freshness(entity, days),
        }  # fmt: skip
        mixed = answer["currency"] is None
        answer |= self._compared(entity, days, mixed) if compared else {}
        answer["totals"] = self._metrics(entity, days, mixed)
        for granularity in series:
            answer[granularity.lower()] = {
                "granularity": granularity,
                "points": [
                    {
                        "bucket": str(start), "since": str(part[0]), "until": str(part[-1] + DAY), "partial": partial,
                        "metrics": self._metrics(entity, part, mixed),
                    }
                    for start, part, partial in _buckets(days, granularity, week_start)
                ],
            }  # fmt: skip
        return answer

    def _compared(self, entity: Entity, days: Sequence[date], mixed: bool) -> dict[str, Any]:
        """Beside as many days directly before."""
        before = [day - len(days) * DAY for day in days]
        currencies = self._currencies(entity, before)
        now, then = self._answers(entity, days, mixed), self._answers(entity, before, len(currencies) > 1)
        elsewhere = currencies != self._currencies(entity, days)
        changes = {metric: _change(metric, now[metric], then[metric], elsewhere) for metric in METRICS}
        return {
            "comparison": {
                "window": {"since": str(before[0]), "until": str(before[-1] + DAY)},
                "partial": any(self._open(entity, day) for day in (*before, *days)),
                "previous": _shown(then),
                "changes": changes,
            }
        }

    def _open(self, entity: Entity, day: date) -> bool:
        """Whether the day is not over, or not covered, in some ad account."""
        accounts = self._accounts(entity)
        asked = accounts if entity[0] == "Project" else [entity]
        zones = [ZoneInfo(self.world.accounts[number].timezone) for _, number in accounts]
        return not accounts or any(
            day >= self.world.now.astimezone(zone).date() for zone in zones
        ) or any(self.covered(one, day) is None for one in asked)  # fmt: skip

    def _project(self, entity: Entity) -> Entity:
        return entity if entity[0] == "Project" else self._project(self.world.parents[entity])

    def _timezone(self, project: Entity) -> str:
        own = {self.world.accounts[account].timezone for _, account in self.children[project]}
        return self.world.projects[project[1]] or (own.pop() if len(own) == 1 else "UTC")

    def _known_days(self, project: Entity) -> list[date]:
        own = {number for _, number in self.children[project]}
        return [day for account, _, day in self.world.coverage if account in own]

    def _accounts(self, entity: Entity) -> list[Entity]:
        return self.children[entity] if entity[0] == "Project" else [("AdAccount", self.world.account_of(entity))]

    def _currencies(self, entity: Entity, days: Sequence[date]) -> set[str]:
        accounts = self._accounts(entity)
        delivering = [account for account in accounts if any(self._counts(account, day) for day in days)]
        known = [(number, self.world.accounts[number].currency) for _, number in delivering or accounts]
        return {f"XXX {number}" if currency == "XXX" else currency for number, currency in known}

    def _freshness(self, entity: Entity, days: Sequence[date]) -> dict[str, Any]:
        asked = self._accounts(entity) if entity[0] == "Project" else [entity]
        covered = [[self.covered(one, day) for one in asked] for day in days]
        whole = [day for day in covered if day and all(day)]
        latest = max((one.imported_at for day in covered for one in day if one), default=None)
        return {"lastImportedAt": latest.isoformat() if latest else None, "missingDays": len(days) - len(whole)}

    # Days

    def _covered(self, entity: Entity, day: date) -> Covered | None:
        """What covers the day at the entity's level or below; nothing where the day has not begun where it is."""
        account = self.world.account_of(entity)
        if day > self.world.now.astimezone(ZoneInfo(self.world.accounts[account].timezone)).date():
            return None
        found = None
        for kind in KINDS[KINDS.index(entity[0]) :]:
            here = self.world.coverage.get((account, kind, day))
            found = (here & found if found else here) if here else found
        return found

    def _named(self, entity: Entity, day: date) -> bool:
        """Whether a row of the entity or of anything below it speaks of the day."""
        return (entity, day) in self.world.facts or any(self.named(child, day) for child in self.children[entity])

    def _counts(self, entity: Entity, day: date) -> bool:
        return self.covered(entity, day) is not None and self.named(entity, day)

    def _standing(self, entity: Entity, day: date, metric: str) -> list[Told]:
        """Rule 7: the entity's own row, else the rows of its children; a row that lacks it where no child has it."""
        own = self.world.facts.get((entity, day))
        if own and own[metric] is not None:
            return [((entity, day), own[metric])]
        below = [told for child in self.children[entity] for told in self._standing(child, day, metric)]
        return below if any(value is not None for _, value in below) or not own else [((entity, day), None)]

    def _told(self, entity: Entity, day: date, metric: str) -> list[Told]:
        """What is told of the metric on the day, silence included; nothing where the day is not covered."""
        if entity[0] == "Project":
            return [told for account in self.children[entity] for told in self.told(account, day, metric)]
        covered = self.covered(entity, day)
        if covered is None:
            return []
        if self.named(entity, day):
            return self._standing(entity, day, metric)
        return [((entity, day), None if metric in covered.lacking else 0)]

    # Metrics

    def _metrics(self, entity: Entity, days: Sequence[date], mixed: bool) -> dict[str, Any]:
        return _shown(self._answers(entity, days, mixed))

    def _answers(self, entity: Entity, days: Sequence[date], mixed: bool) -> dict[str, Answer]:
        answers: dict[str, Answer] = {metric: self._additive(entity, days, metric, mixed) for metric in COLUMNS}
        answers["reach"] = self._reach(entity, days)
        answers["profit"] = _difference(answers["conversionValue"], answers["spend"])
        for ratio, (factor, top, bottom) in RATIOS.items():
            answers[ratio] = _ratio(factor, answers[top], answers[bottom])
        return answers

    def _additive(self, entity: Entity, days: Sequence[date], metric: str, mixed: bool) -> Answer:
        told = [one for day in days for one in self.told(entity, day, metric)]
        lacking = frozenset(row for row, value in told if value is None)
        if not told:
            return None, "NOT_IMPORTED", lacking
        if len(lacking) == len(told):
            return None, "NOT_REPORTED", lacking
        if mixed and metric in MONEY:
            return None, "MIXED_CURRENCY", lacking
        total = Fraction(sum(value or 0 for _, value in told), 10**6 if metric in MILLIONTHS else 1)
        return total, "PARTLY_REPORTED" if lacking else None, lacking

    def _reach(self, entity: Entity, days: Sequence[date]) -> Answer:
        if not any(self.told(entity, day, "spend") for day in days):
            return None, "NOT_IMPORTED", frozenset()
        own = self.world.facts.get((entity, days[0])) if len(days) == 1 else None
        if own and own["reach"] is not None:
            return Fraction(own["reach"]), None, frozenset()
        seen = any(self._reach_seen(entity, day) for day in days)
        return None, "NOT_ADDITIVE" if seen else "NOT_REPORTED", frozenset()

    def _reach_seen(self, entity: Entity, day: date) -> bool:
        if entity[0] != "Project" and self.covered(entity, day) is None:
            return False
        own = self.world.facts.get((entity, day))
        return bool(own and own["reach"] is not None) or any(
            self._reach_seen(child, day) for child in self.children[entity]
        )


def _shown(answers: dict[str, Answer]) -> dict[str, Any]:
    shown = {metric: None if value is None else float(value) for metric, (value, _, _) in answers.items()}
    return shown | {
        "unavailable": [
            {"metric": ENUM[metric], "reason": answers[metric][1]} for metric in METRICS if answers[metric][1]
        ]
    }


def _change(metric: str, now: Answer, then: Answer, elsewhere: bool) -> dict[str, Any]:
    if now[0] is None or then[0] is None:
        return {"absolute": None, "percent": None, "reason": "NO_BASELINE", "verdict": "UNKNOWN"}
    if elsewhere and metric in IN_CURRENCY:
        return {"absolute": None, "percent": None, "reason": "MIXED_CURRENCY", "verdict": "UNKNOWN"}
    moved = now[0] - then[0]
    percent = 0 if not moved else moved / abs(then[0]) * 100 if then[0] else None
    better = moved < 0 if metric in DOWN_IS_BETTER else moved > 0
    return {
        "absolute": float(moved),
        "percent": None if percent is None else float(percent),
        "reason": "ZERO_BASELINE" if percent is None else now[1] or then[1],
        "verdict": "NEUTRAL" if not moved or metric in NEUTRAL else "BETTER" if better else "WORSE",
    }


def _difference(one: Answer, other: Answer) -> Answer:
    lacking = one[2] | other[2]
    if one[0] is None or other[0] is None:
        return None, one[1] if one[0] is None else other[1], lacking
    if one[2] != other[2]:
        return None, "PARTLY_REPORTED", lacking
    return one[0] - other[0], one[1], lacking


def _ratio(factor: int, top: Answer, bottom: Answer) -> Answer:
    lacking = top[2] | bottom[2]
    if top[0] is None or bottom[0] is None:
        return None, top[1] if top[0] is None else bottom[1], lacking
    if top[2] != bottom[2]:
        return None, "PARTLY_REPORTED", lacking
    if not bottom[0]:
        return None, "ZERO_DENOMINATOR", lacking
    return factor * top[0] / bottom[0], None, lacking


def _buckets(days: Sequence[date], granularity: str, week_start: int) -> Iterator[tuple[date, list[date], bool]]:
    for start, part in groupby(days, key=lambda day: _begin(day, granularity, week_start)):
        inside = list(part)
        after = inside[-1] + DAY
        yield start, inside, start < inside[0] or not _begins(after, granularity, week_start)


def _resolved(window: Window | None, today: date, known: Sequence[date], week_start: int) -> tuple[date, date]:
    """The first day of a window and the day after its last one, found on the calendar day by day."""
    window = window or {"preset": "LAST_30_DAYS"}
    if "range" in window:
        return date.fromisoformat(window["range"]["since"]), date.fromisoformat(window["range"]["until"])
    if "lastDays" in window:
        return today - window["lastDays"] * DAY, today
    preset: str = window["preset"]
    if preset.endswith("_DAYS"):
        return today - int(preset.split("_")[1]) * DAY, today
    if preset == "LIFETIME":
        return min([today, *known]), today + DAY
    when, unit = {"TODAY": "THIS_DAY", "YESTERDAY": "LAST_DAY"}.get(preset, preset).split("_")
    begin = _begin(today, unit, week_start)
    return (begin, today + DAY) if when == "THIS" else (_begin(begin - DAY, unit, week_start), begin)


def _begin(day: date, unit: str, week_start: int) -> date:
    while not _begins(day, unit, week_start):
        day -= DAY
    return day


def _begins(day: date, unit: str, week_start: int) -> bool:
    first = day.day == 1
    return {
        "DAY": True, "WEEK": day.weekday() == week_start, "MONTH": first,
        "QUARTER": first and day.month in {1, 4, 7, 10}, "YEAR": first and day.month == 1,
    }[unit]  # fmt: skip
