"""The ground that numbers stand on: which days of each ad account are meant, what covers them, and what was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from db import delivery
from db.ad_account import AdAccountScopeRow
from db.level import Level
from resolvers import coverage, tracked
from resolvers.context import Request
from resolvers.coverage import Coverage
from resolvers.entity import Entities
from resolvers.formulas import Shared
from resolvers.metric import UNRATED
from resolvers.options import Choice, ConversionSource, Options, UndefinedRatios, chosen
from resolvers.sums import WHOLE, Terms
from resolvers.window import (
    LIFETIME,
    Today,
    Window,
    WindowSpec,
    ad_account_scopes,
    begun,
    begun_at_once,
    first_days,
    quarter_of,
    resolve,
    told_by_itself,
)

# Of so many ad accounts at a time it is left to other requests; beyond, to read the numbers takes longer.
FEW = 10
# What a window is resolved by that does not depend on it.
_NO_DAY = Today(date.min)


@dataclass(frozen=True, slots=True)
class Account:
    """What the numbers of all entities of one ad account share."""

    window: Window
    coverage: Coverage
    currencies: frozenset[str]
    timezone: str
    choice: Choice

    def covered(self, level: Level, since: date, until: date) -> Covered:
        """The covered days in `[since, until)` and what their sources lack."""
        by_missing = self.coverage.by_missing(level, since, until)
        return Covered(sum(by_missing.values()), frozenset(by_missing))

    def plain(self, level: Level, *, whole: bool = False) -> bool:
        """Whether silent days are days of zeros, as whatever covers days of the window lacks no metric; `whole`:
        whether something covers each of them, too.
        """
        covered = self.covered(level, self.window.since, self.window.until)
        return covered.missing == WHOLE and not (whole and covered.days < self.window.days)


class Covered(NamedTuple):
    """How many days are covered, and each set of metrics that their sources lack."""

    days: int
    missing: frozenset[int]


class Ground(NamedTuple):
    """All that sums of some ad accounts' entities stand on but the rows. Nothing is converted, nothing tracked.

    `terms` are those of all where they have the same and `plain` sums are possible, else None.
    """

    windows: dict[int, Window]
    days: delivery.Windows
    accounts: dict[int, Account]
    terms: Terms | None


def at_hand(
    request: Request, ids: Iterable[int], level: Level, spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> Ground | None:
    """The ground of sums of `columns`, where nothing has to be waited for and rows are all that they are made of.

    It changes with imports, and with the day.
    """
    own = tuple(ids)
    if len(own) > FEW:
        return None
    key = (at_hand, own, level, spec, options, columns, quarter_of(request))
    found: Ground | None = request.left(key)
    if found is None and (found := _worked_out(request, own, level, spec, options, columns)):
        request.put(key, found)
    return found


def _worked_out(
    request: Request, ids: Sequence[int], level: Level, spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> Ground | None:
    scopes = request.at_once(ad_account_scopes, ids)
    if scopes is None or LIFETIME in {spec, getattr(spec, "spec", None)}:
        return None
    windows = {id_: _resolved(request, spec, scopes[id_]) for id_ in ids}
    keys = list(windows.items())
    days, covered = begun_at_once(request, keys), request.at_once(coverage.of_windows, keys)
    if days is None or covered is None or _conversion(options, scopes, columns):
        return None
    accounts = accounts_of(windows, options, scopes, covered)
    if tracked.asked(columns, (account.choice for account in accounts.values())):
        return None
    alike = {terms_of(level, account.choice) for account in accounts.values()}
    plain = len(alike) == 1 and all(account.plain(level) for account in accounts.values())
    return Ground(windows, dict(zip(ids, days, strict=True)), accounts, alike.pop() if plain else None)


def _resolved(request: Request, spec: WindowSpec, scope: AdAccountScopeRow) -> Window:
    return spec.resolve(_NO_DAY) if told_by_itself(spec) else resolve(request, spec, scope, None)


def accounts_of(
    windows: Mapping[int, Window], options: Options, scopes: Mapping[int, AdAccountScopeRow],
    covered: Mapping[tuple[int, Window], Coverage],
) -> dict[int, Account]:  # fmt: skip
    """What the numbers of each ad account share."""
    accounts: dict[int, Account] = {}
    for id_, window in windows.items():
        scope = scopes[id_]
        currencies = frozenset({options.currency or currency_of(scope)})
        accounts[id_] = Account(window, covered[id_, window], currencies, scope.timezone, chosen(options, scope))
    return accounts


def currencies_of(entities: Entities, accounts: Mapping[int, Account]) -> Shared:
    """Those of each entity, or of all."""
    first, *others = [account.currencies for account in accounts.values()]
    if all(one == first for one in others):
        return first
    return [accounts[id_].currencies for id_ in entities.ad_account_ids]


def terms_of(level: Level | None, choice: Choice) -> Terms:
    """What sums of that level are asked for on."""
    tracked = choice.conversion_source is ConversionSource.TRACKED
    return _terms(level, tracked, choice.undefined_ratios is UndefinedRatios.FLOORED, choice.attribution)


# Sums that share their terms are computed side by side.
_terms = cache(Terms)


def currency_of(scope: AdAccountScopeRow) -> str:
    """The currency of an ad account."""
    # Unknown currencies mix with nothing, not even with each other.
    return f"XXX of {scope.id}" if scope.currency == "XXX" else scope.currency


async def windows_of(request: Request, ids: Iterable[int], spec: WindowSpec) -> dict[int, Window]:
    """The window of each ad account. Only one that depends on today waits for the project's timezone."""
    if told_by_itself(spec):
        return dict.fromkeys(ids, spec.resolve(_NO_DAY))
    scopes = await request.load_all(ad_account_scopes, ids)
    first = await first_days(request, ((spec, scopes[id_].project_id) for id_ in ids))
    return {
        id_: resolve(request, spec, scope, first.get(scope.project_id))
        for id_, scope in ((id_, scopes[id_]) for id_ in ids)
    }


async def days_meant(
    request: Request, ids: Iterable[int], level: Level, spec: WindowSpec, options: Options, columns: tuple[str, ...]
) -> delivery.Windows:
    """The days of each ad account's window that have begun."""
    found = at_hand(request, ids, level, spec, options, columns)
    return found.days if found else await days_of(request, await windows_of(request, ids, spec))


async def days_of(request: Request, windows: Mapping[int, Window]) -> delivery.Windows:
    """The same of windows that are known."""
    return dict(zip(windows, await begun(request, list(windows.items())), strict=True))


async def conversion_of(
    request: Request, ids: Iterable[int], options: Options, columns: Iterable[str]
) -> delivery.Conversion | None:
    """What has to be converted of the ad accounts: nothing where no money is asked for, or all of it is as asked."""
    if not options.currency or not UNRATED.keys() & columns:
        return None
    scopes = await request.load_all(ad_account_scopes, ids)
    return _conversion(options, {id_: scopes[id_] for id_ in ids}, columns)


def _conversion(
    options: Options, scopes: Mapping[int, AdAccountScopeRow], columns: Iterable[str]
) -> delivery.Conversion | None:
    if not options.currency or not UNRATED.keys() & columns:
        return None
    others = {id_: scope.currency for id_, scope in scopes.items() if scope.currency != options.currency}
    return delivery.Conversion(options.currency, others) if others else None
