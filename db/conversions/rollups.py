"""What conversions add up to, kept in step: what they stood for is taken out, what they stand for now is put in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Context, Decimal
from typing import NamedTuple

from db import tracked
from db.conversions.event import CONVERSION, REFUND
from db.database import Transaction

NOTHING = Decimal(0)
# More conversions than a call may bring: those of imports.
MANY = 2_000
# Sums are exact, however long.
_EXACT = Context(prec=1_000)
_plus, _minus = _EXACT.add, _EXACT.subtract


class State(NamedTuple):
    """A conversion as its table has it; `event_name` is the name behind the number."""

    id: int
    event_name_id: int
    occurred_at: datetime
    app_id: int
    platform_id: int
    source: int
    user_key: int | None
    value: Decimal | None
    currency: str
    click_ad_id: int | None
    clicked_at: datetime | None
    view_ad_id: int | None
    viewed_at: datetime | None
    event_name: str


class Refunded(NamedTuple):
    """A refund of the conversion `purchase`, as rollups see it."""

    purchase: State
    value: Decimal | None
    currency: str


class Rollups:
    """The differences that batches make to the rollups of a project.

    Conversions that are new are added by the database, as they stand in the end, so that nobody sends them twice.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets all differences."""
        # The number from which on conversions are new, and how many are.
        self._first_new: int | None = None
        self._new = 0
        # By quarter of an hour since 1970, event name, app, platform, source and currency: conversions, refunds.
        self._counts: dict[tuple[int, int, int, int, int, str], int] = defaultdict(int)
        self._values: dict[tuple[int, int, int, int, int, str], Decimal] = {}
        self._refund_counts: dict[tuple[int, int, int, int, int, str], int] = {}
        self._refund_values: dict[tuple[int, int, int, int, int, str], Decimal] = {}
        # What is due to ads.
        self.tracked: list[tracked.Change] = []

    def expect(self, ids: Sequence[int]) -> None:
        """New conversions may have these numbers, which are beyond all before."""
        if self._first_new is None and ids:
            self._first_new = ids[0]
        self._new += len(ids)

    def conversions(self, sign: int, states: Iterable[State]) -> None:
        """These conversions are there from now on (`sign` 1), or no longer (-1), as far as they are not new."""
        first_new = self._first_new
        counts, values, change = self._counts, self._values, self.tracked.append
        for state in states:
            (
                id_, name, occurred_at, app, platform, source, _, value, currency, click_ad, clicked_at, view_ad,
                viewed_at, event_name,
            ) = state  # fmt: skip
            if first_new is not None and id_ >= first_new:
                continue
            key = (int(occurred_at.timestamp()) // 900, name, app, platform, source, currency)
            counts[key] += sign
            if value:
                values[key] = (_plus if sign > 0 else _minus)(values.get(key, NOTHING), value)
            if click_ad is not None or view_ad is not None:
                change(tracked.Change(
                    sign, event_name, currency, NOTHING if value is None else value, CONVERSION, occurred_at, click_ad,
                    clicked_at, view_ad, viewed_at,
                ))  # fmt: skip

    def refunds(self, sign: int, refunds: Iterable[Refunded]) -> None:
        """The same of refunds that have found their purchase."""
        for state, value, currency in refunds:
            key = (
                int(state.occurred_at.timestamp()) // 900, state.event_name_id, state.app_id, state.platform_id,
                state.source, currency,
            )  # fmt: skip
            self._counts[key] += 0
            self._refund_counts[key] = self._refund_counts.get(key, 0) + sign
            if value:
                self._refund_values[key] = (_plus if sign > 0 else _minus)(self._refund_values.get(key, NOTHING), value)
            if state.click_ad_id is not None or state.view_ad_id is not None:
                self.tracked.append(tracked.Change(
                    sign, state.event_name, currency, value or NOTHING, REFUND, state.occurred_at, state.click_ad_id,
                    state.clicked_at, state.view_ad_id, state.viewed_at,
                ))  # fmt: skip

    async def write(self, transaction: Transaction, org_id: int, project_id: int) -> None:
        """Adds the differences to what is stored, and forgets them."""
        quarters = []
        hours: dict[tuple[int, int, str], list[Decimal]] = {}
        for key in sorted(self._counts):
            sums: tuple[int | Decimal, ...] = (
                self._counts[key], self._values.get(key, NOTHING), self._refund_counts.get(key, 0),
                self._refund_values.get(key, NOTHING),
            )  # fmt: skip
            if any(sums):
                quarters.append((*key, *sums))
                hour = hours.setdefault((key[0] // 4, key[1], key[5]), [NOTHING] * 4)
                for place, number in enumerate(sums):
                    hour[place] = _plus(hour[place], number)
        if quarters:
            await transaction.execute("add_to_conversion_quarters", org_id, project_id, *_columns(quarters))
            rows = [(*key, int(s[0]), s[1], int(s[2]), s[3]) for key, s in sorted(hours.items()) if any(s)]
            if rows:
                await transaction.execute("add_to_conversion_hours", org_id, project_id, *_columns(rows))
        await tracked.add(transaction, org_id, self.tracked)
        if self._first_new is not None:
            new = (org_id, project_id, self._first_new)
            await transaction.execute("add_new_conversions", *new)
            await tracked.add_new(transaction, *new, many=self._new > MANY)
        self.clear()


def _columns(rows: Iterable[tuple[object, ...]]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))
