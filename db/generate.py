"""Synthetic data of a given size for benchmarks: set-based SQL, the same numbers for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from db.database import Database, Row, statement
from db.errors import Invalid
from db.rollup import roll_up

MAX_FACTS = 100_000_000
_MAX_ACCOUNTS = 999
_MAX_DAYS = 3_660


class _IdRow(Row):
    """The identity of what was made."""

    id: int


class _FoundRow(Row):
    """Whether something is there."""

    found: bool


@dataclass(frozen=True)
class GenerateReport:
    """What was written: entities and ad-day facts, over the days `[since, until)`."""

    project_id: int
    ad_accounts: int
    campaigns: int
    ad_sets: int
    ads: int
    facts: int
    since: date
    until: date


async def generate(
    database: Database, org_id: int, *, project: str,
    accounts: int = 10, campaigns: int = 50, ad_sets: int = 500, ads: int = 2_500, days: int = 120,
    seed: int = 1, until: date, progress: Callable[[int], None] | None = None,
) -> GenerateReport:  # fmt: skip
    """Writes `accounts` META accounts (USD, UTC) into `project`, each with as many campaigns, ad sets and ads as given.

    The numbers are per account; children are spread evenly over their parents. Every ad has a fact on each of the
    `days` days before `until`. One transaction per account; `progress` hears how many facts stand after each.
    The defaults make 3,000,000 facts. The same seed, sizes and days give the same numbers in any database.
    """
    _check(project, accounts, campaigns, ad_sets, ads, days, seed, until)
    project_id = (await database.fetch("generate_project", org_id, project, row=_IdRow))[0].id
    if (await database.fetch("project_has_ad_accounts", org_id, project_id, row=_FoundRow))[0].found:
        raise Invalid(f"The project {project!r} has ad accounts already: generate into a new one.")
    all_days = [until - timedelta(days=back) for back in range(days, 0, -1)]
    for number in range(1, accounts + 1):
        external_id = f"generated-{project_id}-{number}"
        async with database.transaction() as transaction:
            made = await transaction.fetch(
                "generate_ad_account", org_id, project_id, external_id, f"Account {number}", row=_IdRow
            )
            account_id = made[0].id
            tree = (org_id, account_id, external_id)
            await transaction.execute("generate_campaigns", *tree, campaigns)
            await transaction.execute("generate_ad_sets", *tree, campaigns, ad_sets)
            await transaction.execute("generate_ads", *tree, ad_sets, ads)
            await transaction.execute(
                "generate_facts", ads, until, days, seed, number, *tree, numbers=statement("generated_numbers")
            )
            if number == 1:
                await transaction.execute("analyze_generated")
            await roll_up(transaction, org_id, account_id, all_days)
            now = datetime.now(UTC)
            await transaction.execute("generate_coverage", org_id, account_id, until, days, now)
            await transaction.execute("generate_data_import", org_id, project_id, ads * days, now)
        if progress is not None:
            progress(number * ads * days)
    await database.execute("vacuum_after_generate")
    return GenerateReport(
        project_id, accounts, accounts * campaigns, accounts * ad_sets, accounts * ads, accounts * ads * days,
        all_days[0], until,
    )  # fmt: skip


async def generate_file(
    database: Database, path: Path, *, accounts: int, campaigns: int, ad_sets: int, ads: int, days: int, seed: int,
    until: date, progress: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Writes the same facts as rows of a CSV or Parquet, as its name says, that the source `table` imports."""
    _check("a file", accounts, campaigns, ad_sets, ads, days, seed, until)
    if path.suffix not in (".csv", ".parquet"):
        raise Invalid(f"{path.name} should end in .csv or .parquet.")

    async def write(to: Path) -> None:
        with to.open("wb") as out:
            async with database.transaction() as transaction:
                await transaction.execute("lift_statement_timeout")
                for number in range(1, accounts + 1):
                    await transaction.copy_out(
                        "generated_rows", ads, until, days, seed, number, campaigns, ad_sets, f"generated-{number}",
                        output=out, header=number == 1, numbers=statement("generated_numbers"),
                    )  # fmt: skip
                    if progress is not None:
                        progress(number * ads * days)

    try:
        if path.suffix == ".csv":
            await write(path)
        else:
            with TemporaryDirectory() as directory:
                await write(written := Path(directory) / "facts.csv")
                _as_parquet(written, path)
    except OSError as error:
        raise Invalid(f"Cannot write {path}: {error.strerror or error}.") from error


def _as_parquet(written: Path, path: Path) -> None:
    from pyarrow import csv, parquet  # type: ignore[import-untyped]  # it has no types

    with csv.open_csv(written) as batches, parquet.ParquetWriter(path, batches.schema) as out:
        for batch in batches:
            out.write_batch(batch)


def _check(
    project: str, accounts: int, campaigns: int, ad_sets: int, ads: int, days: int, seed: int, until: date
) -> None:
    """Refuses sizes that make no sense, saying which would."""
    if not project.strip():
        raise Invalid("The project needs a name.")
    sizes = {"accounts": accounts, "campaigns": campaigns, "ad sets": ad_sets, "ads": ads, "days": days}
    for name, size in sizes.items():
        if size < 1:
            raise Invalid(f"The number of {name} is {size}: ask for at least 1.")
    if not campaigns <= ad_sets <= ads:
        raise Invalid(
            f"{campaigns} campaigns, {ad_sets} ad sets and {ads} ads do not fit: every campaign needs an ad set and "
            "every ad set an ad."
        )
    if accounts > _MAX_ACCOUNTS:
        raise Invalid(f"{accounts} accounts are too many: ask for at most {_MAX_ACCOUNTS}.")
    if days > _MAX_DAYS:
        raise Invalid(f"{days} days are too many: ask for at most {_MAX_DAYS:,}.")
    if (facts := accounts * ads * days) > MAX_FACTS:
        raise Invalid(
            f"{accounts} accounts of {ads:,} ads over {days} days are {facts:,} facts: ask for at most {MAX_FACTS:,}."
        )
    if (until - date(2000, 1, 1)).days <= days:
        raise Invalid(f"{days} days before {until} reach too far back: end after 2000-01-01 by more than that.")
    if not -(2**63) <= seed < 2**63:
        raise Invalid(f"The seed {seed} is too large: take one of 64 bits.")
