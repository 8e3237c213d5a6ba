"""How many operations the differential tests try, and which."""

from __future__ import annotations

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--operations", type=int, default=2_000, help="random operations that both executors run")
    parser.addoption("--operations-seed", type=int, help="repeats the random operations of an earlier run")


@pytest.fixture(scope="session")
def operations(request: pytest.FixtureRequest) -> int:
    """How many operations to try."""
    count: int = request.config.getoption("--operations", 2_000)
    return count


@pytest.fixture(scope="session")
def operations_seed(request: pytest.FixtureRequest) -> int:
    """What chance starts from; a failure names it."""
    given: int | None = request.config.getoption("--operations-seed", None)
    return random.SystemRandom().randrange(2**32) if given is None else given
