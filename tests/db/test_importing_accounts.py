"""The ad accounts of an import: their project, currency and timezone."""

from __future__ import annotations

import pytest

from db.database import Database
from db.importing import AccountInAnotherProject, CurrencyChanged, ImportRefused
from db.level import Level
from tests.records import (
    contents,
    make_entity,
    make_record,
    make_tree,
    named,
    rows,
    take,
)


async def test_an_account_in_another_project_is_an_error_that_names_it(database: Database, org_id: int):
    await take(database, org_id, make_tree())
    before = await contents(database)

    with pytest.raises(AccountInAnotherProject, match="account 1 belongs to the project 'Shop'"):
        await take(database, org_id, [make_record(Level.AD, "1000")], project="Other")

    assert await contents(database) == before


async def test_two_organizations_may_have_the_same_account(database: Database, org_id: int):
    from db.organization import organization_id

    other = await organization_id(database, "other")
    for organization in (org_id, other):
        await take(database, organization, [*make_tree(), make_record(Level.AD, "1000", spend_micros=5)])

    assert await rows(database, "select org_id, count(*) as facts from daily_fact group by org_id order by 1") == [
        {"org_id": org_id, "facts": 1}, {"org_id": other, "facts": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("in_file", "given", "kept", "note"),
    [
        ("EUR", None, "EUR", None),
        ("eur", None, "EUR", None),
        ("EUR", "USD", "EUR", "--currency USD does not count for the ad account 1: the files say EUR."),
        (None, "USD", "USD", None),
        (None, None, "XXX", "No currency is known for the ad account 1"),
        ("CAN", "CAD", "CAD", "The currency 'CAN' of the ad account 1 is no ISO 4217 code: CAD stands in for it."),
    ],
)
async def test_a_currency_comes_from_the_file_or_else_from_the_option(
    database: Database, org_id: int, in_file: str | None, given: str | None, kept: str, note: str | None
):
    account = make_entity(Level.AD_ACCOUNT, "1", currency=in_file, timezone="UTC")
    report = await take(database, org_id, [account], currency=given)

    assert (await named(database, "ad_account", "1"))["currency"] == kept
    assert [note in said for said in report.notes] == [True] if note else report.notes == ()


async def test_a_currency_that_is_no_code_is_a_bad_row(database: Database, org_id: int):
    account = make_entity(Level.AD_ACCOUNT, "1", currency="CAN")
    with pytest.raises(ImportRefused) as refused:
        await take(database, org_id, [account])

    (bad_row,) = refused.value.bad_rows
    assert (bad_row.place, bad_row.column, bad_row.value) == (account.place, "currency", "CAN")
    assert "--currency" in bad_row.reason


@pytest.mark.parametrize(("first", "then"), [("USD", "EUR"), (None, "USD")])
async def test_a_currency_never_changes_once_there_are_facts(
    database: Database, org_id: int, first: str | None, then: str
):
    tree = [make_entity(Level.AD_ACCOUNT, "1"), *make_tree()[1:]]
    await take(database, org_id, [*tree, make_record(Level.AD, "1000")], currency=first)
    before = await contents(database)

    with pytest.raises(CurrencyChanged, match=f"has facts in {first or 'XXX'}.* would now be in {then}"):
        await take(database, org_id, tree, currency=then)

    assert await contents(database) == before
    await take(database, org_id, tree)
    assert await contents(database) == before


async def test_an_account_without_facts_may_get_its_currency(database: Database, org_id: int):
    await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1")])
    await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1")], currency="USD")

    assert (await named(database, "ad_account", "1"))["currency"] == "USD"


@pytest.mark.parametrize(
    ("in_file", "given", "kept"),
    [("Etc/GMT+5", None, "Etc/GMT+5"), (None, "Asia/Tokyo", "Asia/Tokyo"), (None, None, "UTC"), ("Mars", "UTC", "UTC")],
)
async def test_a_timezone_comes_from_the_file_or_else_from_the_option(
    database: Database, org_id: int, in_file: str | None, given: str | None, kept: str
):
    account = make_entity(Level.AD_ACCOUNT, "1", currency="USD", timezone=in_file)
    await take(database, org_id, [account], timezone=given)

    assert (await named(database, "ad_account", "1"))["timezone"] == kept


async def test_a_timezone_that_is_none_is_a_bad_row(database: Database, org_id: int):
    with pytest.raises(ImportRefused, match="timezone 'Mars/Base' is no IANA timezone"):
        await take(database, org_id, [make_entity(Level.AD_ACCOUNT, "1", timezone="Mars/Base")])
