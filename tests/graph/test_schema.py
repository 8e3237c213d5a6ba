"""The schema: printed, described, and as promised."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLFieldMap,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    print_schema,
)

from graph.schema import schema
from resolvers.metric import METRICS

PRINTED = Path(__file__).parents[2] / "schema.graphql"
OBVIOUS_ENUMS = {"WindowPreset", "Granularity"}


def own_types():
    return [type_ for name, type_ in schema._schema.type_map.items() if not name.startswith("__")]


def test_the_printed_schema_is_the_schema():
    assert PRINTED.read_text() == schema.as_str() + "\n", "run `make schema`"


@pytest.mark.parametrize("type_", own_types(), ids=str)
def test_every_type_field_argument_and_value_is_described(type_):
    assert type_.description
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in type_.fields.items():
            assert field.description, f"{type_}.{name}"
            for argument, definition in getattr(field, "args", {}).items():
                assert definition.description, f"{type_}.{name}({argument}:)"
    if hasattr(type_, "values") and type_.name not in OBVIOUS_ENUMS:
        for name, value in type_.values.items():
            assert value.description, f"{type_}.{name}"


def fields_of(name: str) -> GraphQLFieldMap:
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    fields: GraphQLFieldMap = type_.fields
    return fields


def test_every_metric_is_a_field_in_the_order_of_its_definition():
    fields = list(fields_of("Metrics"))

    assert sorted(fields) == sorted(
        [metric.value for metric in METRICS] + ["gap", "reported", "tracked", "unavailable", "values"]
    )


def test_what_can_fail_by_itself_is_nullable():
    # One failure never takes an entity, let alone a list of them, with it.
    for name in ("Project", "AdAccount", "Campaign", "AdSet", "Ad"):
        fields = fields_of(name)
        for field in ("performance", "adAccounts", "campaigns", "adSets", "ads", "budget", "adAccount", "campaign"):
            if field in fields:
                assert not str(fields[field].type).endswith("!"), f"{name}.{field}"


def test_it_is_valid_sdl_to_other_tools():
    assert print_schema(schema._schema)
