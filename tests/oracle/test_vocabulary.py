"""The vocabulary: what adgraph answers is what DuckDB works out from the rows as they were imported."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from math import isclose
from random import Random
from typing import Any

import pytest

from db import delivery
from db.database import Database
from resolvers import global_id
from tests.oracle.importing_vocabulary import bring
from tests.oracle.vocabulary import Answer, Block, Comparison, Oracle, Told
from tests.oracle.vocabulary_world import METRICS, Entity, Question, make_question, make_world

Ask = Callable[..., Awaitable[dict[str, Any]]]
AT_ONCE = 10
TOLERANCE = 1e-12
OF_EACH_WORLD = 100
FRACTIONS = ("ctr", "cvr", "linkCtr", "linkCvr", "roi")
PERCENT = " ".join(f"{metric}Percent: {metric}(as: PERCENT)" for metric in FRACTIONS)
NUMBERS = f"fragment Numbers on Metrics {{ {' '.join(METRICS)} {PERCENT} unavailable {{ metric reason }} }}"
# Of what buckets are compared with: a query may select so many fields.
FEW_METRICS = ("spend", "clicks", "cpa", "profit")
CHANGES = " ".join(f"{metric} {{ absolute percent reason verdict }}" for metric in METRICS)
FIELD = """{alias}: node(id: "{id}") {{ ... on {type} {{ performance({arguments}) {{
  window {{ since until }} currency freshness {{ missingDays }}
  exchange {{ currency earlierRateDays noRateDays lastRateDay }}
  totals {{ ...Numbers }}
  comparison(to: {to}) {{ window {{ since until }} partial previous {{ ...Numbers }} changes {{ ...Changes }} }}
  series(granularity: {granularity}) {{ columns {{ {few} }} points {{
    bucket since until metrics {{ ...Numbers }}
    comparison(to: {to}) {{ window {{ since until }} previous {{ {few} unavailable {{ metric reason }} }} }}
  }} }}
}} }} }}"""


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
async def test_every_answer_is_that_of_the_oracle(
    database: Database, org_id: int, ask: Ask, questions: int, questions_seed: int, monkeypatch: pytest.MonkeyPatch,
    half: int,
):  # fmt: skip
    print(f"--questions-seed {questions_seed}")  # noqa: T201  # shown with a failure, or by -s
    few = delivery.FEW
    for number in range(half, -(-questions // OF_EACH_WORLD), 2):
        random = Random(questions_seed + number)
        world = make_world(random)
        ids = await bring(database, org_id, world, f"w{number}")
        oracle = Oracle(world)
        # Small worlds have few rows: half of them are read as large ones are.
        monkeypatch.setattr(delivery, "FEW", random.choice([few, 0]))
        for _ in range(OF_EACH_WORLD // AT_ONCE):
            those = [make_question(random, world) for _ in range(AT_ONCE)]
            text = "\n".join(field(f"q{place}", one, ids) for place, one in enumerate(those))
            found = await ask(
                f"{{ {text} }} {NUMBERS} fragment Changes on MetricChanges {{ {CHANGES} }}", now=world.now
            )
            for place, (question, answer) in enumerate(zip(those, oracle.answers(those), strict=True)):
                said = list(differences(found[f"q{place}"]["performance"], answer))
                where = f"--questions-seed {questions_seed + number} (of one world): {question}"
                assert not said, "\n".join([where, field("q", question, ids), *said[:20]])
        oracle.close()


def field(alias: str, question: Question, ids: Mapping[Entity, int]) -> str:
    """One question as GraphQL."""
    options = [f'currency: "{question.currency}"'] if question.currency else []
    options += ["undefinedRatios: FLOORED"] if question.floored else []
    arguments = [f"window: {literal(question.window)}", f"options: {{{', '.join(options)}}}"]
    arguments += [f"platforms: [{' '.join(question.platforms)}]"] if question.platforms else []
    return FIELD.format(
        alias=alias, id=global_id.encode(question.entity[0], ids[question.entity]), type=question.entity[0],
        arguments=", ".join(arguments), to=compared_with(question), granularity=question.cut[0],
        few=" ".join(FEW_METRICS),
    )  # fmt: skip


def compared_with(question: Question) -> str:
    """The days to compare with, as GraphQL."""
    if isinstance(question.against, str):
        return f"{{against: {question.against}}}"
    since, until = map(str, question.against)
    return f"{{window: {literal({'range': {'since': since, 'until': until}})}}}"


def literal(window: dict[str, Any] | None) -> str:
    if window is None:
        return "null"
    if "range" in window:
        days = ", ".join(f"{name}: {json.dumps(day)}" for name, day in window["range"].items())
        return f"{{range: {{{days}}}}}"
    return f"{{{', '.join(f'{name}: {value}' for name, value in window.items())}}}"


def differences(found: dict[str, Any], expected: Answer) -> Iterator[str]:
    """Where an answer is not what it must be."""
    told = {
        "since": str(expected.since), "until": str(expected.until), "currency": expected.currency,
        "missingDays": expected.missing_days,
    }  # fmt: skip
    said = {**found["window"], "currency": found["currency"], **found["freshness"]}
    if said != told:
        yield f"{said} where the rules say {told}"
    exchange = [
        {"currency": currency, "earlierRateDays": earlier, "noRateDays": none, "lastRateDay": last and str(last)}
        for currency, earlier, none, last in expected.exchange
    ]
    if found["exchange"] != exchange:
        yield f"{found['exchange']} where the rules say {exchange}"
    yield from of_block(found["totals"], expected.totals, "totals")
    yield from _of_comparison(found["comparison"], expected.comparison)
    points = found["series"]["points"]
    if len(points) != len(expected.series):
        yield f"{len(points)} buckets where the rules say {len(expected.series)}"
    for point, block in zip(points, expected.series, strict=False):
        days = (point["bucket"], point["since"], point["until"])
        if days != (*(block.bucket or ()), str(block.since), str(block.until)):
            yield f"the bucket {days} where the rules say {block[:3]}"
        yield from of_block(point["metrics"], block, f"{block.bucket}")
    for metric in FEW_METRICS:
        if (column := found["series"]["columns"][metric]) != [point["metrics"][metric] for point in points]:
            yield f"the column of {metric} has {column}"
    for point, earlier in zip_longest(points, expected.comparison.series[: len(points)]):
        yield from of_point(point["comparison"], earlier, point["bucket"])


def of_block(found: dict[str, Any], block: Block, where: str, metrics: Sequence[str] = METRICS) -> Iterator[str]:
    """Where the metrics of a block are not what they must be."""
    reasons = {one["metric"]: one["reason"] for one in found["unavailable"]}
    for metric in metrics:
        told = block.metrics[metric]
        reason = reasons.get(enum(metric))
        if reason != told.reason or not _same(found[metric], told):
            yield f"{where} {metric}: {found[metric]!r}, {reason} where the rules say {told}"
        if f"{metric}Percent" in found:
            hundredfold = None if told.value is None else 100 * told.value
            if not _close(found[f"{metric}Percent"], hundredfold, 100 * (told.size or 0)):
                yield f"{where} {metric}: {found[f'{metric}Percent']!r} % where the rules say {told}"


def _of_comparison(found: dict[str, Any], expected: Comparison) -> Iterator[str]:
    said = (found["window"]["since"], found["window"]["until"], found["partial"])
    if said != (str(expected.since), str(expected.until), expected.partial):
        yield f"compared with {said} where the rules say {expected[:3]}"
    yield from of_block(found["previous"], expected.previous, "previous")
    for metric, change in expected.changes.items():
        told = found["changes"][metric]
        wrong = told["reason"] != change.reason
        wrong |= not _close(told["absolute"], change.absolute, change.size)
        wrong |= not _close(told["percent"], change.percent, change.percent_size or 0)
        # What rounding alone keeps apart may be equal.
        tiny = change.absolute is not None and abs(change.absolute) <= TOLERANCE * change.size
        if wrong or (told["verdict"] != change.verdict and not tiny):
            yield f"change of {metric}: {told} where the rules say {change}"


def of_point(found: dict[str, Any] | None, earlier: Block | None, bucket: str) -> Iterator[str]:
    """The bucket at the same place in the days compared with, if those have as many."""
    if found is None or earlier is None:
        if found is not None or earlier is not None:
            yield f"{bucket} is compared with {found} where the rules say {earlier}"
        return
    if found["window"] != {"since": str(earlier.since), "until": str(earlier.until)}:
        yield f"{bucket} is compared with {found['window']} where the rules say {earlier[:3]}"
    yield from of_block(found["previous"], earlier, f"what {bucket} is compared with", FEW_METRICS)


def _close(found: float | None, told: float | None, size: float) -> bool:
    if found is None or told is None:
        return found is told
    return isclose(found, told, rel_tol=TOLERANCE, abs_tol=TOLERANCE * size)


def _same(found: float | None, told: Told) -> bool:
    if found is None or told.value is None:
        return found is told.value
    if not told.rounded:
        return found == told.value
    return _close(found, told.value, told.size or 0)


def enum(metric: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in metric).upper()
