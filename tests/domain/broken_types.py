"""Counter-examples of the rules of data types and constraints, each on a value type."""

from __future__ import annotations

from typing import Any

from tests import given
from tests.domain.counter_example import CounterExample

STRING, LONG, DATE = {"base": "STRING"}, {"base": "LONG"}, {"base": "DATE"}
COSINE = {"base": "VECTOR", "dimension": 3, "similarity": "COSINE"}


def struct(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"base": "STRUCT", "fields": [{"key": "k", "apiName": "one", "type": STRING} | field for field in fields]}


def of_type(rule: str, path: str, wrong: dict[str, Any], right: dict[str, Any]) -> CounterExample:
    return CounterExample(rule, path, [given.value_type(type=wrong)], mended=[given.value_type(type=right)])


def restricted(rule: str, path: str, data: dict[str, Any], wrong: list[dict[str, Any]], right: list[dict[str, Any]]) -> CounterExample:
    wrong, right = ([{"key": f"c{place}"} | each for place, each in enumerate(side)] for side in (wrong, right))
    return CounterExample(
        rule, path, [given.value_type(type=data, constraints=wrong)], mended=[given.value_type(type=data, constraints=right)]
    )


TYPES = [
    of_type("type.decimal.precision", "type.precision", {"base": "DECIMAL", "precision": 39, "scale": 0}, {"base": "DECIMAL", "precision": 38, "scale": 0}),
    of_type("type.decimal.precision", "type.precision", {"base": "DECIMAL", "scale": 0}, {"base": "DECIMAL", "precision": 1, "scale": 0}),
    of_type("type.decimal.scale", "type.scale", {"base": "DECIMAL", "precision": 4, "scale": 5}, {"base": "DECIMAL", "precision": 4, "scale": 4}),
    of_type("type.vector.dimension", "type.dimension", COSINE | {"dimension": 2_049}, COSINE | {"dimension": 2_048}),
    of_type("type.vector.dimension", "type.dimension", COSINE | {"dimension": 0}, COSINE | {"dimension": 1}),
    of_type("type.vector.similarity", "type.similarity", {"base": "VECTOR", "dimension": 3}, COSINE),
    of_type("type.time-series.of", "type.of", {"base": "TIME_SERIES", "of": {"base": "BOOLEAN"}}, {"base": "TIME_SERIES", "of": LONG}),
    of_type("type.time-series.of", "type.of", {"base": "TIME_SERIES"}, {"base": "TIME_SERIES", "of": STRING}),
    of_type("type.array.of", "type.of", {"base": "ARRAY"}, {"base": "ARRAY", "of": STRING}),
    of_type("type.array.of", "type.of", {"base": "ARRAY", "of": {"base": "ARRAY", "of": STRING}}, {"base": "ARRAY", "of": struct({})}),
    of_type("type.array.of", "type.of", {"base": "ARRAY", "of": COSINE}, {"base": "ARRAY", "of": {"base": "GEOPOINT"}}),
    of_type("type.array.of", "type.of", {"base": "ARRAY", "of": {"base": "GEOTIME_SERIES"}}, {"base": "ARRAY", "of": LONG}),
    of_type("type.struct.size", "type.fields", struct(), struct({})),
    of_type(
        "type.struct.size", "type.fields",
        struct(*({"key": f"k{n}", "apiName": f"n{n}"} for n in range(101))), struct(*({"key": f"k{n}", "apiName": f"n{n}"} for n in range(100))),
    ),
    of_type("type.struct.field-type", "type.fields[k].type", struct({"type": struct({})}), struct({"type": {"base": "ARRAY", "of": STRING}})),
    of_type("type.struct.field-type", "type.fields[k].type", struct({"type": {"base": "ARRAY", "of": struct({})}}), struct({})),
    of_type("type.struct.field-name", "type.fields[k].apiName", struct({"apiName": "One"}), struct({"apiName": "one"})),
    of_type("type.struct.field-name", "type.fields[k].apiName", struct({"apiName": "primaryKey"}), struct({"apiName": "primary"})),
    of_type("type.struct.field-unique", "type.fields[m].apiName", struct({}, {"key": "m", "apiName": "oNE"}), struct({}, {"key": "m", "apiName": "two"})),
    of_type("type.struct.field-display-name", "type.fields[k].displayName", struct({"displayName": "x" * 201}), struct({"displayName": "x" * 200})),
    of_type("type.parameter", "type.precision", STRING | {"precision": 3}, STRING),
    of_type("type.parameter", "type.of", {"base": "GEOTIME_SERIES", "of": LONG}, {"base": "GEOTIME_SERIES"}),
    of_type("definition.keys", "type.fields", struct({}, {"apiName": "two"}), struct({}, {"key": "m", "apiName": "two"})),
]  # fmt: skip

CONSTRAINTS = [
    restricted("constraint.applies", "constraints[c0]", LONG, [{"type": "REGEX", "pattern": "a"}], [{"type": "RANGE", "min": 1}]),
    restricted("constraint.applies", "constraints[c0]", STRING, [{"type": "RANGE", "min": 1}], [{"type": "LENGTH", "min": 1}]),
    restricted("constraint.regex", "constraints[c0].pattern", STRING, [{"type": "REGEX", "pattern": "(?=a)"}], [{"type": "REGEX", "pattern": "a"}]),
    restricted("constraint.regex", "constraints[c0].pattern", STRING, [{"type": "REGEX", "pattern": r"(a)\1"}], [{"type": "REGEX", "pattern": r"(a)\d"}]),
    restricted("constraint.regex", "constraints[c0].pattern", STRING, [{"type": "REGEX", "pattern": "a" * 1_001}], [{"type": "REGEX", "pattern": "a" * 1_000}]),
    restricted("constraint.regex", "constraints[c0].pattern", STRING, [{"type": "REGEX"}], [{"type": "UUID"}]),
    restricted("constraint.bounds", "constraints[c0]", LONG, [{"type": "RANGE"}], [{"type": "RANGE", "max": 1}]),
    restricted("constraint.bounds", "constraints[c0].min", LONG, [{"type": "RANGE", "min": 2, "max": 1}], [{"type": "RANGE", "min": 1, "max": 1}]),
    restricted("constraint.bounds", "constraints[c0].min", LONG, [{"type": "RANGE", "min": "2020-01-01"}], [{"type": "RANGE", "min": -5}]),
    restricted("constraint.bounds", "constraints[c0].min", STRING, [{"type": "LENGTH", "min": -1}], [{"type": "LENGTH", "min": 0}]),
    restricted("constraint.bounds", "constraints[c0].min", DATE, [{"type": "RANGE", "min": "2020-01-02", "max": "2020-01-01"}], [{"type": "RANGE", "min": "2020-01-01"}]),
    restricted(
        "constraint.bounds", "constraints[c0].min", {"base": "TIMESTAMP"},
        [{"type": "RANGE", "min": "2020-01-01T00:00:00Z", "max": "2020-01-01T08:00:00+09:00"}],
        [{"type": "RANGE", "min": "2020-01-01T00:00:00+09:00", "max": "2019-12-31T16:00:00Z"}],
    ),
    restricted("constraint.values", "constraints[c0].values", STRING, [{"type": "ONE_OF"}], [{"type": "ONE_OF", "values": ["a"]}]),
    restricted("constraint.values", "constraints[c0].values", LONG, [{"type": "ONE_OF", "values": [1, "x"]}], [{"type": "ONE_OF", "values": [1]}]),
    restricted(
        "constraint.values", "constraints[c0].values", LONG,
        [{"type": "ONE_OF", "values": list(range(1_001))}], [{"type": "ONE_OF", "values": list(range(1_000))}],
    ),
    restricted(
        "constraint.field", "constraints[c0].field", struct({}),
        [{"type": "STRUCT_FIELD", "field": "none", "constraint": {"key": "i", "type": "UUID"}}],
        [{"type": "STRUCT_FIELD", "field": "k", "constraint": {"key": "i", "type": "UUID"}}],
    ),
    restricted("constraint.unique", "constraints[c1]", STRING, [{"type": "UUID"}, {"type": "UUID"}], [{"type": "UUID"}]),
    restricted("constraint.parameter", "constraints[c0].pattern", STRING, [{"type": "UUID", "pattern": "a"}], [{"type": "UUID"}]),
    restricted(
        "constraint.count", "constraints", struct(*({"key": f"k{n}", "apiName": f"n{n}"} for n in range(100))),
        [
            {"type": "STRUCT_FIELD", "field": f"k{n % 100}", "constraint": {"key": "i", **inner}}
            for n, inner in enumerate([{"type": "UUID"}] * 100 + [{"type": "REGEX", "pattern": "a"}])
        ],
        [{"type": "STRUCT_FIELD", "field": f"k{n}", "constraint": {"key": "i", "type": "UUID"}} for n in range(100)],
    ),
    restricted("definition.keys", "constraints", STRING, [{"key": "c", "type": "UUID"}, {"key": "c", "type": "LENGTH", "min": 1}], [{"type": "UUID"}]),
]  # fmt: skip
