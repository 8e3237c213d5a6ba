"""How many random questions the oracles are asked, and which."""

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--questions", type=int, default=1_000, help="How many random questions adgraph and the oracle answer."
    )
    parser.addoption("--questions-seed", type=int, help="Repeats the random questions of an earlier run.")


@pytest.fixture
def questions(request: pytest.FixtureRequest) -> int:
    """How many questions to ask."""
    count: int = request.config.getoption("--questions", 1_000)
    return count


@pytest.fixture
def questions_seed(request: pytest.FixtureRequest) -> int:
    """What chance starts from; it is printed, and a failure names it."""
    given: int | None = request.config.getoption("--questions-seed", None)
    return random.SystemRandom().randrange(2**32) if given is None else given
