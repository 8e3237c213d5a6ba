"""Questions about numbers that cannot be answered: what is wrong with them is said by its name."""

import json
from string import ascii_letters

import pytest
from graphql import parse_value, value_from_ast_untyped

from resolvers import global_id
from tests.trees import make_tree

ASKED = "query ($id: ID!) { ad(id: $id) { performance PLACE } }"


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("{ totals { values(metrics: [SPENT]) { value } } }", "SPENT"),
        ("{ totals { values(metrics: [SPEND, CPA, SPEND]) { value } } }", "`metrics`"),
        ("{ totals { ctr(as: PERMILLE) } }", "PERMILLE"),
        ("{ totals { profits } }", "profits"),
        ("{ series(granularity: HOUR) { columns { spend } } }", "HOUR"),
        ("{ series(fill: ONE) { columns { spend } } }", "ONE"),
        ("{ comparison(to: {against: PREVIOUS_LIFE}) { partial } }", "PREVIOUS_LIFE"),
        ("{ comparison(to: {against: PREVIOUS_YEAR, window: {lastDays: 7}}) { partial } }", "`to`"),
        ("{ comparison(to: {window: {lastDays: -1}}) { partial } }", "`lastDays`"),
        ('{ comparison(to: {window: {range: {since: "2025-02-30", until: "2025-03-01"}}}) { partial } }', "2025-02-30"),
        ("(window: {preset: TODAY, lastDays: 7}) { totals { spend } }", "`window`"),
        ("(window: {}) { totals { spend } }", "`window`"),
        ("(window: {preset: LAST_5_DAYS}) { totals { spend } }", "LAST_5_DAYS"),
        ("(window: {lastDays: 36501}) { totals { spend } }", "`lastDays`"),
        ('(window: {range: {since: "2025-03-01", until: "2025-03-01"}}) { totals { spend } }', "`range`"),
        ('(window: {range: {since: "1999-12-31", until: "2025-03-01"}}) { totals { spend } }', "`range`"),
        ('(window: {range: {since: "2025-03-01", until: "2100-01-02"}}) { totals { spend } }', "`range`"),
        ("(options: {undefinedRatios: ROOFED}) { totals { cpa } }", "ROOFED"),
    ],
)
async def test_it_is_refused_and_says_what_is_wrong(database, org_id, execute, place, named):
    tree = await make_tree(database, org_id)

    result = await execute(ASKED.replace("PLACE", place), {"id": global_id.encode("Ad", tree.ad)})

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert named in error.message


@pytest.mark.parametrize("since_until", [("2000-01-01", "2100-01-01"), ("2000-01-01", "2000-01-02")])
async def test_totals_take_any_range_of_the_century(database, org_id, execute, since_until):
    tree = await make_tree(database, org_id)
    since, until = since_until
    place = (
        f'(window: {{range: {{since: "{since}", until: "{until}"}}}}) {{ totals {{ spend }} comparison {{ partial }} }}'
    )

    result = await execute(ASKED.replace("PLACE", place), {"id": global_id.encode("Ad", tree.ad)})

    assert not result.errors
    assert result.data["ad"]["performance"] == {"totals": {"spend": None}, "comparison": {"partial": True}}


BREAKDOWN = "{ breakdown(by: DAY, GIVEN) { totalCount } }"
WINDOW = "(GIVEN) { currency }"


@pytest.mark.parametrize(
    ("place", "argument", "given", "at", "why"),
    [
        ("{ totals { values(GIVEN) { value } } }", "metrics: [Metric!]", "[CPA, SPENT]", "metrics[1]", "'SPENT'"),
        ("{ breakdown(GIVEN) { totalCount } }", "by: [BreakdownDimension!]!", "[COUNTRY]", "by[0]", "'COUNTRY'"),
        (BREAKDOWN, "orderBy: MetricOrder", "{metric: SPENT}", "orderBy.metric", "'SPENT'"),
        (BREAKDOWN, "having: [MetricCondition!]", "[{metric: CPA, gt: NaN}]", "having[0].gt", "NaN"),
        (BREAKDOWN, "having: [MetricCondition!]", '[{metric: CPA, lte: "7"}]', "having[0].lte", "7"),
        (BREAKDOWN, "first: Int!", "10000000000", "first", "32-bit"),
        (WINDOW, "window: WindowInput", "{preset: TODAY, lastDays: 7}", "window", "exactly one field"),
        (WINDOW, "window: WindowInput", "{}", "window", "exactly one field"),
        (WINDOW, "window: WindowInput", "{lastDays: null}", "window.lastDays", "non-null"),
        (WINDOW, "window: WindowInput", "{preset: LAST_5_DAYS}", "window.preset", "'LAST_7_DAYS'"),
        (
            "{ comparison(GIVEN) { partial } }", "to: ComparisonInput",
            "{against: PREVIOUS_YEAR, window: {lastDays: 7}}", "to", "exactly one field",
        ),
        ("(GIVEN) { currency }", "options: PerformanceOptions", "{currency: 5}", "options.currency", '"USD"'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by_variable", [False, True], ids=["inline", "by variable"])
async def test_what_graphql_refuses_by_itself_names_the_argument_and_the_place_in_it(
    database, org_id, execute, place, argument, given, at, why, by_variable
):
    tree = await make_tree(database, org_id)
    name, kind = argument.split(": ")
    text = ASKED.replace("PLACE", place.replace("GIVEN", f"{name}: {'$given' if by_variable else given}"))
    variables = {"id": global_id.encode("Ad", tree.ad)}
    if by_variable:
        text = text.replace("$id: ID!", f"$id: ID!, $given: {kind}")
        variables |= {"given": value_from_ast_untyped(parse_value(given))}

    result = await execute(text, variables)

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert error.locations
    assert why in error.message
    within = at.lstrip(ascii_letters)
    place = f"Variable '$given' has invalid value{within and f' at {within}'}: " if by_variable else f"`{at}`: "
    assert error.message.startswith(place)


@pytest.mark.parametrize(
    "day", ["2025-02-30", "2025-02-29", "2025-2-1", "20250201", "2025-W05-6", "2025-02-01T00:00:00Z", "", 20250201]
)
@pytest.mark.parametrize("by_variable", [False, True], ids=["inline", "by variable"])
async def test_what_is_no_day_is_named_with_its_place_and_shown_how_to_write(
    database, org_id, execute, day, by_variable
):
    tree = await make_tree(database, org_id)
    given = f'window: {{range: {{since: {json.dumps(day)}, until: "2026-01-01"}}}}'
    text = ASKED.replace("PLACE", WINDOW.replace("GIVEN", given))
    variables: dict[str, object] = {"id": global_id.encode("Ad", tree.ad)}
    if by_variable:
        text = "query ($id: ID!, $window: WindowInput) { ad(id: $id) { performance(window: $window) { currency } } }"
        variables["window"] = {"range": {"since": day, "until": "2026-01-01"}}

    result = await execute(text, variables)

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    where = "Variable '$window' has invalid value at .range.since: " if by_variable else "`window.range.since`: "
    assert error.message == f'{where}{day!r} is no day of the calendar. Write one like "2026-04-11".'


async def test_a_variable_for_one_of_several_fields_must_not_be_null(database, org_id, execute):
    tree = await make_tree(database, org_id)
    text = ASKED.replace("$id: ID!", "$id: ID!, $days: Int").replace(
        "PLACE", "(window: {lastDays: $days}) { currency }"
    )

    result = await execute(text, {"id": global_id.encode("Ad", tree.ad), "days": 7})

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert "'$days'" in error.message
    assert "non-nullable" in error.message


@pytest.mark.parametrize("bound", ["1e400", "-1e400"])
async def test_a_bound_past_all_numbers_is_refused(database, org_id, execute, bound):
    tree = await make_tree(database, org_id)
    place = f"{{ breakdown(by: DAY, having: {{metric: SPEND, gt: {bound}}}) {{ totalCount }} }}"

    result = await execute(ASKED.replace("PLACE", place), {"id": global_id.encode("Ad", tree.ad)})

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert error.message == "`having`: `gt` of SPEND must be a finite number."


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "utc", "", "../etc/passwd", "+02:00", "localtime", "Factory"])
async def test_what_is_no_timezone_is_named(database, org_id, execute, timezone):
    tree = await make_tree(database, org_id)
    text = """query ($id: ID!, $timezone: String) { project(id: $id) {
      conversions(window: {since: "2025-06-01T00:00:00Z", until: "2025-06-02T00:00:00Z"}, timezone: $timezone) {
        totals { count }
      }
    } }"""

    result = await execute(text, {"id": global_id.encode("Project", tree.project), "timezone": timezone})

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert error.message == f"`timezone` {timezone!r} is no IANA timezone. Give one like Europe/Berlin."


@pytest.mark.parametrize(
    ("inside", "argument"),
    [
        ('node(id: "nonsense") { id }', "id"),
        ('ad(id: "UHJvamVjdDox") { id }', "id"),
        ('project(id: PROJECT) { ads(filter: {ids: ["nonsense"]}) { totalCount } }', "filter.ids"),
        ("project(id: PROJECT) { ads(filter: {ids: [PROJECT]}) { totalCount } }", "filter.ids"),
    ],
)
async def test_an_id_of_something_else_is_named_by_its_argument(database, org_id, execute, inside, argument):
    tree = await make_tree(database, org_id)
    project = json.dumps(global_id.encode("Project", tree.project))

    result = await execute(f"{{ {inside.replace('PROJECT', project)} }}")

    (error,) = result.errors
    assert error.extensions == {"code": "VALIDATION"}
    assert error.message.startswith(f"`{argument}`: ")
