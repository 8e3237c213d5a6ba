"""What the database has of conversions: reading it back as events and states, and numbering names and users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from db.conversions.event import Event, Touch
from db.conversions.preparing import Batch, key_in
from db.conversions.rollups import State
from db.database import Row, Transaction

# Texts whose numbers are remembered, at most: else a long import would fill the memory.
_MOST_KNOWN = 1_000_000
# Places for marks of ids. However many there are, a mark that another id left costs no more than a look.
_MARKS = 2**24


class _NumberRow(Row):
    name: str
    id: int


class _IdRow(Row):
    id: int


class _PlaceRow(Row):
    place: int
    conversion_id: int


class _AdRow(Row):
    platform: str
    external_id: str
    id: int


class _PurchaseRow(Row):
    key: str
    type: int
    event_name: str
    conversion_id: int


class _RefundRow(Row):
    id: int
    conversion_id: int | None
    event_name_id: int
    refund_of: str
    value: Decimal | None
    currency: str
    event_name: str


class _FoundRow(Row):
    found: bool


class _MessageRow(Row):
    conversion_id: int
    kind: int
    source: int
    event_name: str
    event_id: str
    transaction_id: str | None
    refund_of: str | None
    occurred_at: datetime
    app: str | None
    platform: str | None
    user_id: str | None
    value: Decimal | None
    currency: str
    currency_assumed: bool
    touch_platforms: list[str] | None
    touch_ads: list[str] | None
    touch_kinds: list[int] | None
    touch_times: list[datetime] | None
    properties: str | None


class Refund(NamedTuple):
    """A refund as its table has it; `event_name` is the name behind the number."""

    id: int
    conversion_id: int | None
    event_name_id: int
    refund_of: str
    value: Decimal | None
    currency: str
    event_name: str


class Stored:
    """The conversions of one project, read under its lock."""

    def __init__(self, transaction: Transaction, org_id: int, project_id: int) -> None:
        self._transaction = transaction
        self._key = (org_id, project_id)
        self.names: dict[str, int] = {}
        self.users: dict[str, int] = {}
        # Ads that are in the project, and those that are not.
        self.ads: dict[tuple[str, str], int] = {}
        self._strange: set[tuple[str, str]] = set()
        self._refunds: bool | None = None
        # Where nothing was there before: marks of the ids that came since, and whether `users` has all users.
        self._marks: bytearray | None = None
        self._has_all_users = False

    async def expect_many(self) -> None:
        """Much is to come: asks once whether anything is there; where nothing is, nobody looks for what is new."""
        if not (await self._transaction.fetch("has_conversions", *self._key, row=_FoundRow))[0].found:
            self._marks = bytearray(_MARKS)
            self._has_all_users = True

    async def number_names(self, wanted: Iterable[str | None]) -> None:
        """Makes sure that `names` has all of these."""
        await self._number("conversion_names", self.names, wanted)

    async def number_users(self, wanted: Iterable[str | None]) -> None:
        """Makes sure that `users` has all of these."""
        if len(self.users) > _MOST_KNOWN:
            self.users.clear()
            self._has_all_users = False
        await self._number("conversion_users", self.users, wanted, all_known=self._has_all_users)

    async def _number(
        self, what: str, known: dict[str, int], wanted: Iterable[str | None], *, all_known: bool = False
    ) -> None:
        missing = sorted({name for name in wanted if name is not None and name not in known})
        if missing and not all_known:
            rows = await self._transaction.fetch(f"{what}_known", *self._key, missing, row=_NumberRow)
            known.update(rows)  # type: ignore[arg-type]  # rows of two
            missing = [name for name in missing if name not in known]
        if missing:
            added = await self._transaction.fetch(f"add_{what}", *self._key, missing, row=_NumberRow)
            known.update(added)  # type: ignore[arg-type]  # rows of two

    async def find_ads(self, touched: Iterable[tuple[str, str]]) -> None:
        """Makes sure that `ads` has those of the touched ads that are in the project."""
        wanted = sorted(key for key in set(touched) if key not in self.ads and key not in self._strange)
        if wanted:
            for row in await self._transaction.fetch("ads_of_project", *self._key, *_columns(wanted), row=_AdRow):
                self.ads[row.platform, row.external_id] = row.id
            self._strange.update(key for key in wanted if key not in self.ads)

    async def by_keys(self, batch: Batch) -> dict[int, int]:
        """Those of the batch's ids that some conversion or refund goes by: their places, from 0 on, and who does.

        The others are to be written before it is asked again.
        """
        names = [self.names[name] if name else 0 for name in batch.names]
        of_keys = list(chain.from_iterable([names[each.name]] * each.keys for each in batch.groups))
        places: Sequence[int] = range(len(of_keys))
        if self._marks is not None:
            places = self._marked(self._marks, zip(batch.key_rows, of_keys, strict=True))
        if not places:
            return {}
        keys = [batch.key_rows[place] for place in places]
        rows = await self._transaction.fetch(
            "conversions_by_keys", *self._key, list(map(key_in, keys)), [key[-1] for key in keys],
            [of_keys[place] for place in places], row=_PlaceRow,
        )  # fmt: skip
        return {places[row.place]: row.conversion_id for row in rows}

    @staticmethod
    def _marked(marks: bytearray, wanted: Iterable[tuple[bytes, int]]) -> list[int]:
        """The places of the ids that may have come before. From now on all of them have."""
        found = []
        for place, key in enumerate(wanted):
            mark = hash(key) % _MARKS
            if marks[mark]:
                found.append(place)
            else:
                marks[mark] = 1
        return found

    async def messages(self, ids: Collection[int]) -> dict[int, list[Event]]:
        """The events of conversions and refunds."""
        found: dict[int, list[Event]] = defaultdict(list)
        if ids:
            rows = await self._transaction.fetch("conversion_messages_of", *self._key, sorted(ids), row=_MessageRow)
            for row in rows:
                found[row.conversion_id].append(_event(row))
        return found

    async def states(self, ids: Collection[int]) -> dict[int, State]:
        """Those conversions that are there."""
        if not ids:
            return {}
        rows = await self._transaction.fetch("conversions_as_stored", *self._key, sorted(ids), row=Row)
        return {row["id"]: State(*row) for row in rows}

    async def has_refunds(self) -> bool:
        """Whether there is any refund, so that nobody looks for some where there is none."""
        if self._refunds is None:
            self._refunds = (await self._transaction.fetch("has_refunds", *self._key, row=_FoundRow))[0].found
        return self._refunds

    async def refunds(self, of: Collection[int], naming: Collection[str], ids: Collection[int]) -> dict[int, Refund]:
        """Refunds of the conversions `of`, those that are `naming` one of these ids as their purchase's, and `ids`."""
        rows = await self._transaction.fetch(
            "refunds_concerned", *self._key, sorted(of), sorted(naming), sorted(ids), row=_RefundRow
        )
        return {row.id: Refund(*row) for row in rows}

    def refund_added(self) -> None:
        """From now on there are refunds."""
        self._refunds = True

    async def purchases(self, refunds: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The purchase that each refund means: refunds by what they call it and by their own event name.

        Of several that go by that id: one of the same event name, else one whose event id it is, else the first.
        """
        if not refunds:
            return {}
        named: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
        ids = sorted({refund_of for refund_of, _ in refunds})
        for row in await self._transaction.fetch("purchases_by_ids", *self._key, ids, row=_PurchaseRow):
            named[row.key].append((row.event_name, row.type, row.conversion_id))
        return {
            (refund_of, name): min(named[refund_of], key=lambda found: (found[0] != name, found[1], found[0]))[2]
            for refund_of, name in refunds
            if named[refund_of]
        }

    async def next_ids(self, count: int) -> list[int]:
        """New numbers for conversions and refunds."""
        return [row.id for row in await self._transaction.fetch("next_conversion_ids", count, row=_IdRow)]


def _event(row: _MessageRow) -> Event:
    touches = () if row.touch_platforms is None else tuple(
        Touch(*touch)
        for touch in zip(row.touch_platforms, row.touch_ads, row.touch_kinds, row.touch_times, strict=True)  # type: ignore[arg-type]  # all four or none
    )  # fmt: skip
    return Event._make((*tuple(row)[1:14], touches, row.properties))


def _columns(rows: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [row[0] for row in rows], [row[1] for row in rows]
