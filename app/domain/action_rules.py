"""The rules that action types obey: every reference resolves and every type fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from app.domain.action_parts import (
    ActionRule,
    Assignment,
    Condition,
    Criterion,
    Operand,
    Operator,
    Parameter,
    ParameterKind,
    RuleType,
    Source,
)  # fmt: skip
from app.domain.closure import Closure
from app.domain.common import api_name, text
from app.domain.constraints import holds, linear
from app.domain.datatype import NUMBERS, BaseType, DataType
from app.domain.link_type import Cardinality, LinkTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.rules import Violation, state
from app.domain.text import CAMEL, DESCRIPTION, DISPLAY_NAME
from app.domain.typed import TypedDefinition

PARAMETERS = RULES = CRITERIA = 1_000
DEPTH = 20  # of a condition's tree
FEWEST = 2  # conditions that AND and OR combine

COUNT = state("action-type.size", "An action type has at most 1,000 parameters, 1,000 rules and 1,000 criteria.")
PARAMETER_NAMES = state("action-type.parameter-unique", "The parameters of an action have different names, whatever the case.")
PARAMETER_TYPE = state("action-type.parameter-type", "A parameter is a value of a base type, or refers to an object type or an interface.")
PARAMETER_VALUES = state("action-type.parameter-values", "The default and the allowed values of a parameter are of its type.")
RULE_FIELDS = state("action-type.rule-fields", "A rule has the fields of its type and no others.")
RULE_PARAMETER = state("action-type.rule-parameter", "A rule names a parameter that holds an object of the type that it works on.")
LINK_MANY = state("action-type.link-rule", "Link rules are only for many-to-many links; others change with the foreign key.")
FUNCTION_ALONE = state("action-type.function-alone", "A FUNCTION rule stands alone.")
ASSIGNED = state("action-type.assignment", "A rule assigns each property once, and only properties of what it writes.")
VALUE_FITS = state("action-type.value", "A value has the type of what it is assigned to.")
OPERAND = state("action-type.operand", "A value names what its source needs: a parameter, a property of its object, a constant.")
CRITERIA_NEEDED = state("action-type.criteria", "An action type has at least one submission criterion.")
CRITERION_MESSAGE = state("action-type.criterion-message", "A criterion has a failure message of 1 to 10,000 characters.")
CONDITION_SHAPE = state("action-type.condition", "AND and OR combine two or more conditions, NOT one; a comparison has two operands.")
CONDITION_DEPTH = state("action-type.condition-depth", "Conditions are nested at most 20 deep.")
COMPARABLE = state("action-type.comparison", "The two sides of a comparison are of types that it can compare.")

_OF_OBJECT = frozenset({"object_type", "assignments"})
_FIELDS: dict[RuleType, frozenset[str]] = {  # needed, apart from assignments, which may be empty
    RuleType.CREATE_OBJECT: _OF_OBJECT,
    RuleType.MODIFY_OBJECT: frozenset({"parameter", "assignments"}),
    RuleType.CREATE_OR_MODIFY_OBJECT: _OF_OBJECT | {"parameter"},
    RuleType.DELETE_OBJECT: frozenset({"parameter"}),
    RuleType.CREATE_LINK: frozenset({"link_type", "a", "b"}),
    RuleType.DELETE_LINK: frozenset({"link_type", "a", "b"}),
    RuleType.CREATE_INTERFACE_OBJECT: frozenset({"interface", "assignments"}),
    RuleType.MODIFY_INTERFACE_OBJECT: frozenset({"parameter", "assignments"}),
    RuleType.DELETE_INTERFACE_OBJECT: frozenset({"parameter"}),
    RuleType.FUNCTION: frozenset({"function"}),
}
_INTERFACE_RULES = frozenset({RuleType.CREATE_INTERFACE_OBJECT, RuleType.MODIFY_INTERFACE_OBJECT, RuleType.DELETE_INTERFACE_OBJECT})
_ALL_FIELDS = ("object_type", "interface", "link_type", "parameter", "a", "b", "assignments", "function")


@dataclass(frozen=True)
class _Scope:
    """What the parts of one action type may name."""

    parameters: Mapping[str, Parameter]
    closure: Closure


def violations(
    parameters: tuple[Parameter, ...], rules: tuple[ActionRule, ...], criteria: tuple[Criterion, ...], closure: Closure
) -> Iterator[Violation]:
    """What is wrong with the three lists of an action type."""
    for name, items, bound in (("parameters", parameters, PARAMETERS), ("rules", rules, RULES), ("criteria", criteria, CRITERIA)):
        if len(items) > bound:
            yield COUNT.broken(name, value=len(items), bound=bound)
    scope = _Scope({parameter.key: parameter for parameter in parameters}, closure)
    yield from _parameters(parameters)
    if len(rules) > 1 and any(rule.type is RuleType.FUNCTION for rule in rules):
        yield FUNCTION_ALONE.broken("rules")
    for rule in rules:
        yield from _rule(rule, f"rules[{rule.key}]", scope)
    if not criteria:
        yield CRITERIA_NEEDED.broken("criteria", value=0, bound=1)
    for criterion in criteria:
        yield from _criterion(criterion, scope)


def _parameters(parameters: tuple[Parameter, ...]) -> Iterator[Violation]:
    seen: set[str] = set()
    for parameter in parameters:
        place = f"parameters[{parameter.key}]"
        yield from api_name(parameter.api_name, f"{place}.apiName", CAMEL, "a camelCase name of up to 100 letters and digits")
        yield from text(parameter.display_name, f"{place}.displayName", longest=DISPLAY_NAME)
        yield from text(parameter.description, f"{place}.description", longest=DESCRIPTION)
        if parameter.api_name.lower() in seen:
            yield PARAMETER_NAMES.broken(f"{place}.apiName", f"Two parameters are named {parameter.api_name}.", value=parameter.api_name)
        seen.add(parameter.api_name.lower())
        needed = {
            ParameterKind.VALUE: (True, False, False),
            ParameterKind.OBJECT_REFERENCE: (False, True, False),
            ParameterKind.OBJECT_SET: (False, True, False),
            ParameterKind.INTERFACE_REFERENCE: (False, False, True),
        }[parameter.kind]
        if needed != (parameter.type is not None, parameter.object_type is not None, parameter.interface is not None):
            yield PARAMETER_TYPE.broken(place, value=parameter.kind)
        elif parameter.type is not None:
            yield from parameter.type.violations(f"{place}.type")
            yield from _values(parameter, place)


def _values(parameter: Parameter, place: str) -> Iterator[Violation]:
    if parameter.type is None:
        return
    whole = DataType(base=BaseType.ARRAY, of=parameter.type) if parameter.list else parameter.type
    given = [("default", parameter.default, whole)] if parameter.default is not None else []
    given += [("allowedValues", value, parameter.type) for value in parameter.allowed_values]
    for name, value, data in given:
        if not holds(data, value):
            sentence = f"{str(value)[:100]!r} is not a {data.base}."
            yield PARAMETER_VALUES.broken(f"{place}.{name}", sentence, value=str(value)[:100], bound=data.base)


def _rule(rule: ActionRule, place: str, scope: _Scope) -> Iterator[Violation]:
    wanted = _FIELDS[rule.type]
    for name in _ALL_FIELDS:
        present = getattr(rule, name) not in (None, ())
        shown = to_camel(name)
        if present and name not in wanted:
            yield RULE_FIELDS.broken(f"{place}.{shown}", f"{rule.type} has no {shown}.", value=rule.type)
        if not present and name in wanted and name != "assignments":
            yield RULE_FIELDS.broken(f"{place}.{shown}", f"{rule.type} needs {shown}.", value=rule.type)
    if rule.link_type is not None:
        yield from _link(rule, place, scope)
    target = rule.object_type or rule.interface
    if rule.parameter is not None:
        held = scope.parameters.get(rule.parameter)
        fitting = held is not None and held.kind is parameter_kind(rule.type)
        if held is None or not fitting or (rule.object_type is not None and held.object_type != rule.object_type):
            yield RULE_PARAMETER.broken(f"{place}.parameter", value=rule.parameter)
        else:
            target = held.object_type or held.interface
    yield from _assignments(rule, target, place, scope)
    if rule.function is not None:
        yield from text(rule.function.name, f"{place}.function.name", longest=DISPLAY_NAME, shortest=1)
        for name, operand in rule.function.inputs.items():
            yield from _operand(operand, f"{place}.function.inputs.{name}", scope)


def parameter_kind(rule: RuleType) -> ParameterKind:
    """What the parameter of a rule of this type holds."""
    return ParameterKind.INTERFACE_REFERENCE if rule in _INTERFACE_RULES else ParameterKind.OBJECT_REFERENCE


def _link(rule: ActionRule, place: str, scope: _Scope) -> Iterator[Violation]:
    link = scope.closure.definition(rule.link_type, LinkTypeDefinition)
    if link is None:
        return  # reference.exists says so
    if link.cardinality is not Cardinality.MANY_TO_MANY:
        yield LINK_MANY.broken(f"{place}.linkType", f"{link.api_name} is {link.cardinality}.", value=link.cardinality)
    for name, side in (("a", link.a), ("b", link.b)):
        held = scope.parameters.get(getattr(rule, name) or "")
        if getattr(rule, name) is not None and (held is None or held.object_type != side.object_type):
            yield RULE_PARAMETER.broken(f"{place}.{name}", value=getattr(rule, name), bound=side.object_type)


def _assignments(rule: ActionRule, target: str | None, place: str, scope: _Scope) -> Iterator[Violation]:
    seen: set[str] = set()
    for assignment in rule.assignments:
        at = f"{place}.assignments[{assignment.key}]"
        mark = assignment.property or assignment.interface_property or ""
        if (assignment.property is None) == (assignment.interface_property is None) or mark in seen:
            yield ASSIGNED.broken(at, value=mark)
            continue
        seen.add(mark)
        assigned, belongs = _assigned(assignment, target, scope, interface=rule.type in _INTERFACE_RULES)
        if not belongs:
            yield ASSIGNED.broken(at, "That is not a property of what the rule writes.", value=mark)
        yield from _operand(assignment.value, f"{at}.value", scope)
        held = _type_of(assignment.value, scope)
        if assigned is not None and not _assignable(assignment.value, held, assigned):
            yield VALUE_FITS.broken(f"{at}.value", f"The value is not a {assigned.base}.", value=held and held.base, bound=assigned.base)


def _assigned(assignment: Assignment, target: str | None, scope: _Scope, *, interface: bool) -> tuple[DataType | None, bool]:
    """The type that is written, and whether it belongs to what the rule writes."""
    if interface:
        from app.domain.interface import members

        for member in members(target or "", scope.closure):
            if assignment.interface_property == member.item.key or (
                assignment.property and assignment.property == member.item.shared_property
            ):
                return member.type, True
        return None, False
    definition = scope.closure.definition(assignment.property, TypedDefinition)
    if definition is None:
        return None, assignment.interface_property is None  # reference.exists says the rest
    belongs = isinstance(definition, PropertyDefinition) and definition.object_type == target
    return definition.type, belongs


def _operand(operand: Operand, path: str, scope: _Scope) -> Iterator[Violation]:
    needs_parameter = operand.source in {Source.PARAMETER, Source.OBJECT_PROPERTY}
    if needs_parameter != (operand.parameter is not None) or (operand.source is Source.OBJECT_PROPERTY) != (operand.property is not None):
        yield OPERAND.broken(path, value=operand.source)
        return
    if (operand.source is Source.CONSTANT) != (operand.constant is not None):
        yield OPERAND.broken(f"{path}.constant", value=operand.source)
    if operand.parameter is not None:
        held = scope.parameters.get(operand.parameter)
        if held is None:
            yield OPERAND.broken(f"{path}.parameter", f"There is no parameter {operand.parameter[:100]!r}.", value=operand.parameter[:100])
        elif operand.property is not None:
            owned = scope.closure.definition(operand.property, PropertyDefinition)
            if owned is not None and owned.object_type != held.object_type:
                yield OPERAND.broken(f"{path}.property", f"{owned.api_name} is not a property of {held.api_name}.", value=operand.property)


_TEXT = DataType(base=BaseType.STRING)
_TIME = DataType(base=BaseType.TIMESTAMP)


def _type_of(operand: Operand, scope: _Scope) -> DataType | None:
    """The type of the value, None where it is an object, a constant or unknown."""
    if operand.source is Source.PARAMETER:
        held = scope.parameters.get(operand.parameter or "")
        if held is None or held.type is None:
            return None
        return DataType(base=BaseType.ARRAY, of=held.type) if held.list else held.type
    if operand.source is Source.OBJECT_PROPERTY:
        owned = scope.closure.definition(operand.property, PropertyDefinition)
        return owned.type if owned else None
    return {Source.CURRENT_USER: _TEXT, Source.UNIQUE_ID: _TEXT, Source.CURRENT_TIME: _TIME}.get(operand.source)


def _assignable(operand: Operand, held: DataType | None, wanted: DataType) -> bool:
    if operand.source is Source.CONSTANT:
        return holds(wanted, operand.constant)
    if held is None:
        return operand.source is not Source.PARAMETER
    return held.same_as(wanted)


def _criterion(criterion: Criterion, scope: _Scope) -> Iterator[Violation]:
    place = f"criteria[{criterion.key}]"
    yield from text(criterion.message, f"{place}.message", longest=DESCRIPTION, shortest=1, rule=CRITERION_MESSAGE)
    yield from _condition(criterion.condition, f"{place}.condition", scope, 1)


def _condition(condition: Condition, path: str, scope: _Scope, depth: int) -> Iterator[Violation]:
    if depth > DEPTH:
        yield CONDITION_DEPTH.broken(path, value=depth, bound=DEPTH)
        return
    count = len(condition.conditions)
    if condition.operator.logical:
        fitting = count == 1 if condition.operator is Operator.NOT else count >= FEWEST
        if not fitting or condition.left is not None or condition.right is not None:
            yield CONDITION_SHAPE.broken(path, value=condition.operator)
        for child in condition.conditions:
            yield from _condition(child, f"{path}.conditions[{child.key}]", scope, depth + 1)
        return
    if count or condition.left is None or condition.right is None:
        yield CONDITION_SHAPE.broken(path, value=condition.operator)
        return
    yield from _operand(condition.left, f"{path}.left", scope)
    yield from _operand(condition.right, f"{path}.right", scope)
    if not _COMPARES[condition.operator](condition.left, condition.right, scope):
        yield COMPARABLE.broken(path, f"{condition.operator} cannot compare these two.", value=condition.operator)


def _base(operand: Operand, scope: _Scope) -> BaseType | None:
    data = _type_of(operand, scope)
    return data.base if data else None


def _comparable(one: DataType | None, other: DataType | None) -> bool:
    return one is None or other is None or one.base is other.base or {one.base, other.base} <= NUMBERS


def _like(left: Operand, right: Operand, scope: _Scope) -> bool:
    one, other = _type_of(left, scope), _type_of(right, scope)
    if one is not None and right.source is Source.CONSTANT:
        return holds(one, right.constant)
    if other is not None and left.source is Source.CONSTANT:
        return holds(other, left.constant)
    return _comparable(one, other)


def _ordered(left: Operand, right: Operand, scope: _Scope) -> bool:
    orderable = NUMBERS | {BaseType.STRING, BaseType.DATE, BaseType.TIMESTAMP, None}
    return {_base(left, scope), _base(right, scope)} <= orderable and _like(left, right, scope)


def _listed(left: Operand, right: Operand, scope: _Scope) -> bool:
    item, among = _type_of(left, scope), _type_of(right, scope)
    if right.source is Source.CONSTANT:
        return isinstance(right.constant, list) and all(item is None or holds(item, each) for each in right.constant)
    return among is None or (among.base is BaseType.ARRAY and _comparable(item, among.of))


def _shared(left: Operand, right: Operand, scope: _Scope) -> bool:
    for side in (left, right):
        if not isinstance(side.constant, list) if side.source is Source.CONSTANT else _base(side, scope) not in {BaseType.ARRAY, None}:
            return False
    one, other = _type_of(left, scope), _type_of(right, scope)
    return _like(left, right, scope) and _comparable(one and one.of, other and other.of)


def _matched(left: Operand, right: Operand, scope: _Scope) -> bool:
    if _base(left, scope) not in {BaseType.STRING, None} or right.source is not Source.CONSTANT:
        return False
    return isinstance(right.constant, str) and linear(right.constant)


_ORDER = (Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER_OR_EQUAL, Operator.GREATER)
_COMPARES: dict[Operator, Callable[[Operand, Operand, _Scope], bool]] = {
    **dict.fromkeys(_ORDER, _ordered),
    Operator.EQUAL: _like,
    Operator.NOT_EQUAL: _like,
    Operator.IN: _listed,
    Operator.INTERSECTS: _shared,
    Operator.MATCHES: _matched,
}
