"""Action type: what users may do to objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import field_validator

from app.domain import action_rules
from app.domain.action_parts import ActionRule, Condition, Criterion, Operand, Parameter
from app.domain.closure import Closure
from app.domain.definition import Definition, Edge, Reference
from app.domain.kind import Kind
from app.domain.rules import Violation
from app.domain.searched import Searched, part
from app.domain.text import KEBAB
from app.domain.value import keyed


class ActionTypeDefinition(Definition):
    """Parameters, rules in order, and the criteria that must hold to submit."""

    kind = Kind.ACTION_TYPE
    api_name_pattern = KEBAB
    api_name_form = "a kebab-case name of up to 100 characters"

    parameters: tuple[Parameter, ...] = ()
    rules: tuple[ActionRule, ...] = ()
    criteria: tuple[Criterion, ...] = ()

    @field_validator("parameters", mode="before")
    @classmethod
    def _parameter_keys(cls, items: Any) -> Any:
        return keyed(items, "parameter")

    @field_validator("rules", mode="before")
    @classmethod
    def _rule_keys(cls, items: Any) -> Any:
        return keyed(items, "rule")

    @field_validator("criteria", mode="before")
    @classmethod
    def _criterion_keys(cls, items: Any) -> Any:
        return keyed(items, "criterion")

    def references(self) -> Iterator[Reference]:
        yield from super().references()
        for parameter in self.parameters:
            place = f"parameters[{parameter.key}]"
            yield from _to(f"{place}.objectType", parameter.object_type, Kind.OBJECT_TYPE)
            yield from _to(f"{place}.interface", parameter.interface, Kind.INTERFACE)
        for rule in self.rules:
            yield from _of_rule(rule)
        for criterion in self.criteria:
            yield from _of_condition(criterion.condition, f"criteria[{criterion.key}].condition")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from action_rules.violations(self.parameters, self.rules, self.criteria, closure)

    def search_text(self) -> Iterator[Searched]:
        yield from super().search_text()
        for parameter in self.parameters:
            yield from part(f"parameters[{parameter.key}]", parameter.api_name, parameter.display_name, parameter.description)


def _to(path: str, rid: str | None, *kinds: Kind) -> Iterator[Reference]:
    if rid is not None:
        yield Reference(path, rid, Edge.ACTION, kinds)


def _of_rule(rule: ActionRule) -> Iterator[Reference]:
    place = f"rules[{rule.key}]"
    yield from _to(f"{place}.objectType", rule.object_type, Kind.OBJECT_TYPE)
    yield from _to(f"{place}.interface", rule.interface, Kind.INTERFACE)
    yield from _to(f"{place}.linkType", rule.link_type, Kind.LINK_TYPE)
    for assignment in rule.assignments:
        at = f"{place}.assignments[{assignment.key}]"
        yield from _to(f"{at}.property", assignment.property, Kind.PROPERTY, Kind.SHARED_PROPERTY)
        yield from _of_operand(assignment.value, f"{at}.value")
    if rule.function is not None:
        for name, operand in rule.function.inputs.items():
            yield from _of_operand(operand, f"{place}.function.inputs.{name}")


def _of_operand(operand: Operand | None, path: str) -> Iterator[Reference]:
    if operand is not None:
        yield from _to(f"{path}.property", operand.property, Kind.PROPERTY)


def _of_condition(condition: Condition, path: str) -> Iterator[Reference]:
    yield from _of_operand(condition.left, f"{path}.left")
    yield from _of_operand(condition.right, f"{path}.right")
    for child in condition.conditions:
        yield from _of_condition(child, f"{path}.conditions[{child.key}]")
