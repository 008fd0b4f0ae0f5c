"""What mends the rules and conditions of action types."""

from __future__ import annotations

from typing import Any

from app.domain import action_rules
from app.domain.action_parts import ActionRule, Operator, Parameter, Source
from app.domain.action_rules import parameter_kind
from app.domain.action_type import ActionTypeDefinition
from app.domain.change_set import Operation
from app.domain.fixes.broken import Broken, Unfixed, except_for, fixes
from app.domain.fixes.placing import GONE, parent
from app.domain.link_type import LinkTypeDefinition
from app.domain.property import PropertyDefinition

_SIDES = ("a", "b")  # of a link, and the fields of a link rule that say which parameters hold its ends


@fixes(action_rules.RULE_FIELDS)
def _rule_fields(broken: Broken) -> list[Operation]:
    """Without what does not belong to it; of what is missing the only parameter that fits, and the type of what is written."""
    if broken.at(broken.path) is not None:
        return broken.edit(lambda _: GONE)
    rule, name = _rule(broken), broken.path.rpartition(".")[2]
    if name in {"parameter", *_SIDES}:
        return broken.put(_only(_fitting(broken, rule, name)))
    if name != "objectType":
        raise Unfixed
    parameters = broken.definition(ActionTypeDefinition).parameters
    written = (broken.world.definition(each.property, PropertyDefinition) for each in rule.assignments)
    owners = {each.object_type for each in written if each is not None}
    owners |= {each.object_type for each in parameters if each.key == rule.parameter and each.object_type}
    return broken.put(_only(owners))


@fixes(action_rules.RULE_PARAMETER)
def _rule_parameter(broken: Broken) -> list[Operation]:
    """The only parameter that holds what the rule works on."""
    return broken.put(_only(_fitting(broken, _rule(broken), broken.path.rpartition(".")[2])))


def _rule(broken: Broken) -> ActionRule:
    mark = broken.path.removeprefix("rules[")
    found = [each for each in broken.definition(ActionTypeDefinition).rules if mark.startswith(f"{each.key}].")]
    if len(found) != 1:
        raise Unfixed
    return found[0]


def _fitting(broken: Broken, rule: ActionRule, name: str) -> set[str]:
    """The keys of the parameters that may stand in this field of the rule."""
    link = broken.world.definition(rule.link_type, LinkTypeDefinition)
    wanted = {"a": link.a.object_type, "b": link.b.object_type}.get(name) if link is not None else rule.object_type
    if name in _SIDES and wanted is None:
        return set()

    def fits(parameter: Parameter) -> bool:
        holds = parameter.kind is parameter_kind(rule.type) or name in _SIDES
        return holds and (wanted is None or parameter.object_type == wanted)

    return {each.key for each in broken.definition(ActionTypeDefinition).parameters if fits(each)}


def _only(found: set[str]) -> str:
    if len(found) != 1:
        raise Unfixed
    return next(iter(found))


@fixes(action_rules.ASSIGNED)
def _assigned(broken: Broken) -> list[Operation]:
    return broken.edit(lambda _: GONE)


@fixes(action_rules.OPERAND)
def _operand(broken: Broken) -> list[Operation]:
    """Without a constant that does not belong to it; of a property the only parameter whose object has it."""
    if broken.path.endswith(".constant") and broken.violation.value != Source.CONSTANT:
        return broken.edit(lambda _: GONE)
    at = broken.path if not broken.path.endswith((".parameter", ".property")) else parent(broken.path)
    held = broken.at(at) or {}
    owned = broken.world.definition(held.get("property"), PropertyDefinition)
    if held.get("source") != Source.OBJECT_PROPERTY or owned is None:
        raise Unfixed
    holders = {each.key for each in broken.definition(ActionTypeDefinition).parameters if each.object_type == owned.object_type}
    return broken.put({**held, "parameter": _only(holders)}, at)


@fixes(action_rules.CONDITION_SHAPE)
def _condition(broken: Broken) -> list[Operation]:
    """AND and OR over one condition are that condition; operands beside conditions go, and conditions beside both operands."""

    def mended(node: dict[str, Any]) -> dict[str, Any]:
        below, operator = node.get("conditions", []), Operator(node["operator"])
        if not operator.logical:
            return _without(node, "conditions") if below and node.get("left") and node.get("right") else _raised()
        if not below or (operator is Operator.NOT and len(below) > 1):
            raise Unfixed
        if operator is not Operator.NOT and len(below) == 1:
            return {**below[0], "key": node["key"]}
        return _without(node, "left", "right")

    return broken.edit(mended)


def _without(node: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in names}


def _raised() -> Any:
    raise Unfixed


except_for(
    "None where more than one would fit, or nothing: which was meant only its author knows.",
    action_rules.RULE_FIELDS, action_rules.RULE_PARAMETER, action_rules.OPERAND,
)  # fmt: skip
except_for(
    "None where conditions or operands are missing, or NOT stands over several: what was meant only its author knows.",
    action_rules.CONDITION_SHAPE,
)
