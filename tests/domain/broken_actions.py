"""Counter-examples of the rules of action types."""

from __future__ import annotations

from typing import Any

from app.domain.kind import Kind
from tests import given
from tests.domain.counter_example import CounterExample

STRING, LONG = {"base": "STRING"}, {"base": "LONG"}
WORLD = [
    given.interface("Named", properties=[{"key": "label", "apiName": "label", "type": STRING}]),
    *given.object_type("Person", properties={"name": "STRING", "age": "LONG", "tags": {"type": {"base": "ARRAY", "of": STRING}}}),
    *given.object_type("Car", properties={"owner": "STRING"}),
    given.link_type("ref:Person", "ref:Car", "drives"),
    given.link_type(
        "ref:Person", "ref:Car", "owns", cardinality="ONE_TO_MANY", backing={"type": "FOREIGN_KEY", "property": "ref:Car.owner"}
    ),
]
TEXT = {"key": "text", "apiName": "text", "type": STRING}
NUMBER = {"key": "number", "apiName": "number", "type": LONG}
WHO = {"key": "who", "apiName": "who", "kind": "OBJECT_REFERENCE", "objectType": "ref:Person"}
WHAT = {"key": "what", "apiName": "what", "kind": "OBJECT_REFERENCE", "objectType": "ref:Car"}
ANY = {"key": "any", "apiName": "any", "kind": "INTERFACE_REFERENCE", "interface": "ref:Named"}
CREATE = {"key": "r", "type": "CREATE_OBJECT", "objectType": "ref:Person"}
MODIFY = {"key": "r", "type": "MODIFY_OBJECT", "parameter": "who"}
DRIVE = {"key": "r", "type": "CREATE_LINK", "linkType": "ref:drives", "a": "who", "b": "what"}
RUN = {"key": "r", "type": "FUNCTION", "function": {"name": "run"}}
USER, NOW, UNIQUE = {"source": "CURRENT_USER"}, {"source": "CURRENT_TIME"}, {"source": "UNIQUE_ID"}


def constant(value: Any) -> dict[str, Any]:
    return {"source": "CONSTANT", "constant": value}


def parameter(key: str) -> dict[str, Any]:
    return {"source": "PARAMETER", "parameter": key}


def of(key: str, name: str) -> dict[str, Any]:
    return {"source": "OBJECT_PROPERTY", "parameter": key, "property": f"ref:{name}"}


def action(rule: str, path: str, wrong: dict[str, Any], right: dict[str, Any]) -> CounterExample:
    """An action type with wrong and with right words."""
    return CounterExample(rule, path, [given.action_type("act", **wrong)], WORLD, [given.action_type("act", **right)])


def parameters(rule: str, path: str, wrong: list[dict[str, Any]], right: list[dict[str, Any]]) -> CounterExample:
    return action(rule, path, {"parameters": wrong}, {"parameters": right})


def rules(rule: str, path: str, wrong: list[dict[str, Any]], right: list[dict[str, Any]]) -> CounterExample:
    held = [WHO, WHAT, ANY, TEXT, NUMBER]
    return action(rule, path, {"parameters": held, "rules": wrong}, {"parameters": held, "rules": right})


def assigned(rule: str, path: str, wrong: list[dict[str, Any]], right: list[dict[str, Any]]) -> CounterExample:
    wrong, right = (
        [{"key": f"s{place}", "property": "ref:Person.name"} | each for place, each in enumerate(side)] for side in (wrong, right)
    )
    return rules(
        rule, f"rules[r].assignments[s{len(wrong) - 1}]{path}", [CREATE | {"assignments": wrong}], [CREATE | {"assignments": right}]
    )


def condition(rule: str, path: str, wrong: dict[str, Any], right: dict[str, Any]) -> CounterExample:
    held = [WHO, TEXT, NUMBER, {"key": "list", "apiName": "list", "type": STRING, "list": True}]
    wrong, right = (
        {"parameters": held, "criteria": [{"key": "c", "message": "No.", "condition": {"key": "o", **side}}]} for side in (wrong, right)
    )
    return action(rule, f"criteria[c].condition{path}", wrong, right)


def nested(depth: int) -> dict[str, Any]:
    made = compare("EQUAL", constant(1), constant(1))
    for _ in range(depth - 1):
        made = {"operator": "NOT", "conditions": [{"key": "o", **made}]}
    return made


def compare(operator: str, left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {"operator": operator, "left": left, "right": right}


TRUE = compare("EQUAL", constant(1), constant(1))
CRITERIA = [{"key": f"c{n}", "message": "No.", "condition": TRUE} for n in range(1_001)]
MANY = [{"key": f"p{n}", "apiName": f"p{n}", "type": STRING} for n in range(1_001)]

PARAMETERS = [
    action("action-type.criteria", "criteria", {"criteria": []}, {}),
    action("action-type.criterion-message", "criteria[c].message", {"criteria": [{"key": "c", "message": " ", "condition": TRUE}]}, {"criteria": [{"key": "c", "message": "No.", "condition": TRUE}]}),
    action("action-type.criterion-message", "criteria[c].message", {"criteria": [{"key": "c", "message": "x" * 10_001, "condition": TRUE}]}, {"criteria": [{"key": "c", "message": "x" * 10_000, "condition": TRUE}]}),
    action("action-type.size", "criteria", {"criteria": CRITERIA}, {"criteria": CRITERIA[1:]}),
    parameters("action-type.size", "parameters", MANY, MANY[1:]),
    rules("action-type.size", "rules", [CREATE | {"key": f"r{n}"} for n in range(1_001)], [CREATE | {"key": f"r{n}"} for n in range(1_000)]),
    parameters("definition.keys", "parameters", [TEXT, NUMBER | {"key": "text"}], [TEXT, NUMBER]),
    parameters("action-type.parameter-unique", "parameters[number].apiName", [TEXT, NUMBER | {"apiName": "tEXT"}], [TEXT, NUMBER]),
    parameters("api-name.form", "parameters[text].apiName", [TEXT | {"apiName": "a text"}], [TEXT]),
    parameters("action-type.parameter-type", "parameters[text]", [TEXT | {"type": None}], [TEXT]),
    parameters("action-type.parameter-type", "parameters[who]", [WHO | {"type": STRING}], [WHO]),
    parameters("action-type.parameter-type", "parameters[any]", [ANY | {"kind": "OBJECT_SET"}], [WHO | {"kind": "OBJECT_SET"}]),
    parameters("type.decimal.precision", "parameters[text].type.precision", [TEXT | {"type": {"base": "DECIMAL"}}], [TEXT]),
    parameters("action-type.parameter-values", "parameters[number].default", [NUMBER | {"default": "one"}], [NUMBER | {"default": 1}]),
    parameters("action-type.parameter-values", "parameters[number].allowedValues", [NUMBER | {"allowedValues": [1, 1.5]}], [NUMBER | {"allowedValues": [1, 2]}]),
    parameters("action-type.parameter-values", "parameters[text].default", [TEXT | {"list": True, "default": "one"}], [TEXT | {"list": True, "default": ["one"]}]),
    parameters("action-type.parameter-values", "parameters[text].default", [TEXT | {"list": True, "default": ["one", 2]}], [TEXT | {"list": True, "default": []}]),
    parameters(
        "action-type.parameter-values", "parameters[both].default",
        [{"key": "both", "apiName": "both", "type": {"base": "STRUCT", "fields": [{"key": "k", "apiName": "part", "type": LONG}]}, "default": {"part": "x"}}],
        [{"key": "both", "apiName": "both", "type": {"base": "STRUCT", "fields": [{"key": "k", "apiName": "part", "type": LONG}]}, "default": {"part": 1}}],
    ),
    parameters(
        "action-type.parameter-values", "parameters[at].default",
        [{"key": "at", "apiName": "at", "type": {"base": "VECTOR", "dimension": 2, "similarity": "COSINE"}, "default": [1]}],
        [{"key": "at", "apiName": "at", "type": {"base": "VECTOR", "dimension": 2, "similarity": "COSINE"}, "default": [1, 0.5]}],
    ),
]  # fmt: skip

RULES = [
    rules("action-type.rule-fields", "rules[r].objectType", [{"key": "r", "type": "CREATE_OBJECT"}], [CREATE]),
    rules("action-type.rule-fields", "rules[r].linkType", [MODIFY | {"linkType": "ref:drives"}], [MODIFY]),
    rules("action-type.rule-fields", "rules[r].parameter", [{"key": "r", "type": "DELETE_INTERFACE_OBJECT"}], [{"key": "r", "type": "DELETE_INTERFACE_OBJECT", "parameter": "any"}]),
    rules("action-type.rule-fields", "rules[r].a", [{"key": "r", "type": "DELETE_LINK", "linkType": "ref:drives", "b": "what"}], [DRIVE | {"type": "DELETE_LINK"}]),
    rules("action-type.rule-fields", "rules[r].objectType", [{"key": "r", "type": "CREATE_OR_MODIFY_OBJECT", "parameter": "what", "assignments": [{"key": "s", "property": "ref:Car.owner", "value": USER}]}], [CREATE]),
    rules("action-type.rule-parameter", "rules[r].parameter", [MODIFY | {"parameter": "nobody"}], [MODIFY]),
    rules("action-type.rule-parameter", "rules[r].parameter", [MODIFY | {"parameter": "text"}], [MODIFY]),
    rules("action-type.rule-parameter", "rules[r].parameter", [MODIFY | {"type": "MODIFY_INTERFACE_OBJECT"}], [MODIFY | {"type": "MODIFY_INTERFACE_OBJECT", "parameter": "any"}]),
    rules("action-type.rule-parameter", "rules[r].parameter", [CREATE | {"type": "CREATE_OR_MODIFY_OBJECT", "parameter": "what"}], [CREATE | {"type": "CREATE_OR_MODIFY_OBJECT", "parameter": "who"}]),
    rules("action-type.rule-parameter", "rules[r].b", [DRIVE | {"b": "who"}], [DRIVE]),
    rules("action-type.rule-parameter", "rules[r].a", [DRIVE | {"a": "nobody"}], [DRIVE | {"type": "DELETE_LINK"}]),
    rules("action-type.link-rule", "rules[r].linkType", [DRIVE | {"linkType": "ref:owns"}], [DRIVE]),
    rules("action-type.function-alone", "rules", [RUN, DRIVE | {"key": "s"}], [RUN]),
    rules("display-name.length", "rules[r].function.name", [RUN | {"function": {"name": ""}}], [RUN]),
    rules("action-type.operand", "rules[r].function.inputs.a", [RUN | {"function": {"name": "run", "inputs": {"a": {"source": "PARAMETER"}}}}], [RUN | {"function": {"name": "run", "inputs": {"a": parameter("who")}}}]),
    rules("reference.exists", "rules[r].linkType", [DRIVE | {"linkType": "ri.ontology.main.link-type.gone"}], [DRIVE]),
    rules("reference.kind", "rules[r].objectType", [CREATE | {"objectType": "ref:Named"}], [CREATE]),
    assigned("action-type.assignment", "", [{"value": USER}, {"value": UNIQUE}], [{"value": USER}]),
    assigned("action-type.assignment", "", [{"property": None, "value": USER}], [{"value": USER}]),
    assigned("action-type.assignment", "", [{"property": "ref:Car.owner", "value": USER}], [{"value": USER}]),
    assigned("action-type.value", ".value", [{"value": NOW}], [{"value": USER}]),
    assigned("action-type.value", ".value", [{"value": constant(1)}], [{"value": constant("one")}]),
    assigned("action-type.value", ".value", [{"property": "ref:Person.tags", "value": constant([1])}], [{"property": "ref:Person.tags", "value": constant(["one"])}]),
    assigned("action-type.value", ".value", [{"value": parameter("number")}], [{"property": "ref:Person.age", "value": parameter("number")}]),
    assigned("action-type.value", ".value", [{"value": of("who", "Person.age")}], [{"value": of("what", "Car.owner")}]),
    assigned("action-type.operand", ".value.property", [{"value": of("who", "Car.owner")}], [{"value": of("who", "Person.name")}]),
    assigned("action-type.operand", ".value.constant", [{"value": USER | {"constant": "x"}}], [{"value": USER}]),
    rules(
        "action-type.assignment", "rules[r].assignments[s]",
        [{"key": "r", "type": "CREATE_INTERFACE_OBJECT", "interface": "ref:Named", "assignments": [{"key": "s", "interfaceProperty": "none", "value": USER}]}],
        [{"key": "r", "type": "CREATE_INTERFACE_OBJECT", "interface": "ref:Named", "assignments": [{"key": "s", "interfaceProperty": "label", "value": USER}]}],
    ),
    rules(
        "action-type.value", "rules[r].assignments[s].value",
        [{"key": "r", "type": "MODIFY_INTERFACE_OBJECT", "parameter": "any", "assignments": [{"key": "s", "interfaceProperty": "label", "value": NOW}]}],
        [{"key": "r", "type": "MODIFY_INTERFACE_OBJECT", "parameter": "any", "assignments": [{"key": "s", "interfaceProperty": "label", "value": parameter("text")}]}],
    ),
    rules("definition.keys", "rules[r].assignments", [CREATE | {"assignments": [{"key": "s", "property": "ref:Person.name", "value": USER}, {"key": "s", "property": "ref:Person.age", "value": constant(1)}]}], [CREATE]),
    CounterExample(
        "action-type.link-rule", "rules[r].linkType", [given.update(Kind.LINK_TYPE, "ref:drives", 1, cardinality="ONE_TO_MANY", backing={"type": "FOREIGN_KEY", "property": "ref:Car.owner"})],
        [*WORLD, given.action_type("act", parameters=[WHO, WHAT], rules=[DRIVE])],
    ),
    CounterExample("delete.referenced", "", [given.deletion(Kind.LINK_TYPE, "ref:drives", 1)], [*WORLD, given.action_type("act", parameters=[WHO, WHAT], rules=[DRIVE])]),
    CounterExample("action-type.value", "rules[r].assignments[s].value", [given.update(Kind.PROPERTY, "ref:Person.name", 1, type={"base": "DATE"})], [
        *WORLD, given.action_type("act", rules=[CREATE | {"assignments": [{"key": "s", "property": "ref:Person.name", "value": USER}]}]),
    ]),
]  # fmt: skip

CONDITIONS = [
    condition("action-type.condition", "", {"operator": "AND", "conditions": [{"key": "i", **TRUE}]}, {"operator": "NOT", "conditions": [{"key": "i", **TRUE}]}),
    condition("action-type.condition", "", {"operator": "NOT", "conditions": []}, TRUE),
    condition("action-type.condition", "", {"operator": "EQUAL", "left": constant(1)}, TRUE),
    condition("action-type.condition", "", {"operator": "OR", "conditions": [{"key": "i", **TRUE}, {"key": "j", **TRUE}], "left": USER}, {"operator": "OR", "conditions": [{"key": "i", **TRUE}, {"key": "j", **TRUE}]}),
    condition("action-type.condition", "", TRUE | {"conditions": [{"key": "i", **TRUE}]}, TRUE),
    condition("action-type.condition-depth", ".conditions[o]" * 20, nested(21), nested(20)),
    condition("definition.keys", ".conditions", {"operator": "AND", "conditions": [{"key": "i", **TRUE}, {"key": "i", **TRUE}]}, TRUE),
    condition("action-type.operand", ".left.parameter", compare("EQUAL", parameter("nobody"), constant(1)), compare("EQUAL", parameter("number"), constant(1))),
    condition("action-type.comparison", "", compare("EQUAL", parameter("number"), constant("x")), compare("NOT_EQUAL", parameter("number"), constant(1))),
    condition("action-type.comparison", "", compare("LESS", parameter("text"), parameter("number")), compare("GREATER", parameter("number"), of("who", "Person.age"))),
    condition("action-type.comparison", "", compare("LESS", parameter("list"), parameter("list")), compare("LESS", parameter("number"), parameter("number"))),
    condition("action-type.comparison", "", compare("EQUAL", NOW, USER), compare("EQUAL", parameter("text"), USER)),
    condition("action-type.comparison", "", compare("IN", parameter("text"), constant("x")), compare("IN", parameter("text"), constant(["x"]))),
    condition("action-type.comparison", "", compare("IN", parameter("text"), constant([1])), compare("IN", parameter("text"), parameter("list"))),
    condition("action-type.comparison", "", compare("IN", parameter("number"), parameter("list")), compare("IN", USER, of("who", "Person.tags"))),
    condition("action-type.comparison", "", compare("INTERSECTS", parameter("list"), parameter("text")), compare("INTERSECTS", parameter("list"), of("who", "Person.tags"))),
    condition("action-type.comparison", "", compare("INTERSECTS", parameter("text"), parameter("list")), compare("INTERSECTS", parameter("list"), constant(["x"]))),
    condition("action-type.comparison", "", compare("MATCHES", parameter("text"), constant("(")), compare("MATCHES", parameter("text"), constant("a+"))),
    condition("action-type.comparison", "", compare("MATCHES", parameter("number"), constant("a")), compare("MATCHES", of("who", "Person.name"), constant("a"))),
    condition("action-type.comparison", "", compare("MATCHES", parameter("text"), parameter("text")), compare("MATCHES", USER, constant("a"))),
]  # fmt: skip
