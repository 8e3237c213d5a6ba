"""The ad accounts of an import: their project, and the currency and timezone that every number below them is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from db.database import Row, Transaction
from db.errors import Invalid
from db.importers.records import BadRow, Entity
from db.importing.entities import NO_CURRENCY, Node, Stored, merged
from db.importing.refusals import AccountInAnotherProject, CurrencyChanged
from db.importing.tree import Key
from db.standards import currencies, timezones


class _IdRow(Row):
    id: int


@dataclass
class Accounts:
    """The ad accounts as they are to stand, and what to say about them; `refused` are those of which nothing counts."""

    nodes: list[Node] = field(default_factory=list)
    refused: set[Key] = field(default_factory=set)
    bad_rows: list[BadRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def checked_currency(text: str | None) -> str | None:
    """The option --currency, if it is an ISO 4217 code."""
    if text is None or (code := text.strip().upper()) in currencies():
        return None if text is None else code
    raise Invalid(f"--currency {text!r} is no ISO 4217 code: give one like USD or EUR.")


def checked_timezone(text: str | None) -> str | None:
    """The option --timezone, if it is an IANA timezone."""
    if text is None or text.strip() in timezones():
        return None if text is None else text.strip()
    raise Invalid(f"--timezone {text!r} is no IANA timezone: give one like Europe/Berlin or UTC.")


async def settle(
    transaction: Transaction, org_id: int, project: tuple[int, str], keys: Collection[Key],
    own: Mapping[Key, Entity], stored: Mapping[Key, Stored], currency: str | None, timezone: str | None,
) -> Accounts:  # fmt: skip
    """Decides what each of the ad accounts `keys` is to be; raises where one may not be taken at all."""
    known = [stored[key] for key in keys if key in stored]
    for account in known:
        if account.project_id != project[0]:
            other = account.project_name or ""
            raise AccountInAnotherProject(account.node.key.external_id, project[1], other)
    ids = [account.id for account in known]
    with_facts = {row.id for row in await transaction.fetch("ad_accounts_with_facts", org_id, ids, row=_IdRow)}

    accounts = Accounts()
    said: dict[str, list[str]] = defaultdict(list)
    for key in sorted(keys):
        row, before = own.get(key), stored.get(key)
        node = merged(key, None, row, before)
        in_currency = _currency(key, row, before, currency, accounts, said)
        if before and before.id in with_facts and before.node.currency != in_currency:
            if not (row and row.currency):
                raise _changed(key, before.node.currency, in_currency)
            accounts.refused.add(key)
            accounts.bad_rows.append(_other_currency(row, row.currency, before.node.currency))
            continue
        in_timezone = _timezone(key, row, before, timezone, accounts, said)
        accounts.nodes.append(replace(node, currency=in_currency, timezone=in_timezone))
    for note, names in said.items():
        accounts.notes.append(note.format(_listed(names)))
    return accounts


def _currency(
    key: Key, row: Entity | None, before: Stored | None, given: str | None, accounts: Accounts,
    said: dict[str, list[str]],
) -> str:  # fmt: skip
    text = (row.currency or "").strip() if row else ""
    code = text.upper()
    if row and text and code not in currencies():
        if given:
            note = f"The currency {text!r} of {{}} is no ISO 4217 code: {given} stands in for it."
            said[note].append(key.external_id)
            return given
        accounts.bad_rows.append(BadRow(
            row.place, "currency", text,
            "is no ISO 4217 code like USD: correct it, or say the right one with --currency",
        ))  # fmt: skip
    elif row and code and code != NO_CURRENCY:
        if given and given != code:
            said[f"--currency {given} does not count for {{}}: the files say {code}."].append(key.external_id)
        return code
    wanted = given or (before.node.currency if before else NO_CURRENCY)
    if wanted == NO_CURRENCY:
        said[_NO_CURRENCY].append(key.external_id)
    return wanted


_NO_CURRENCY = (
    "No currency is known for {}: XXX (none) stands for it, and such money is never added to any other. "
    "Say it with --currency at the first import; it cannot change once there are facts."
)
_NO_TIMEZONE = "No timezone is known for {}: UTC is taken. Say it with --timezone."


def _timezone(
    key: Key, row: Entity | None, before: Stored | None, given: str | None, accounts: Accounts,
    said: dict[str, list[str]],
) -> str:  # fmt: skip
    text = (row.timezone or "").strip() if row else ""
    if row and text and text not in timezones():
        if not given:
            accounts.bad_rows.append(BadRow(
                row.place, "timezone", text,
                "is no IANA timezone like Europe/Berlin: correct it, or say the right one with --timezone",
            ))  # fmt: skip
        else:
            note = f"The timezone {text!r} of {{}} is no IANA timezone: {given} stands in for it."
            said[note].append(key.external_id)
    elif row and text:
        if given and given != text:
            said[f"--timezone {given} does not count for {{}}: the files say {text}."].append(key.external_id)
        return text
    if given is None and before is None:
        said[_NO_TIMEZONE].append(key.external_id)
    return given or (before.node.timezone if before else "UTC")


def _other_currency(row: Entity, now: str, before: str) -> BadRow:
    known = f"{before} (none was known)" if before == NO_CURRENCY else before
    reason = (
        f"is another currency than {known}, in which the ad account {row.external_id} has facts: an account's currency "
        "never changes once it has facts. If it is right, import all its files into a new organization "
        "(--organization NAME)"
    )
    return BadRow(row.place, "currency", now, reason)


def _changed(key: Key, before: str, now: str) -> CurrencyChanged:
    known = f"{before} (none was known)" if before == NO_CURRENCY else before
    return CurrencyChanged(
        f"Nothing was imported: the {key} has facts in {known} and would now be in {now}. An account's currency never "
        f"changes once it has facts. Import again without changing it, or import all its files in {now} into a new "
        "organization (--organization NAME)."
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    return f"the ad account{'s' if len(names) > 1 else ''} {shown}"
