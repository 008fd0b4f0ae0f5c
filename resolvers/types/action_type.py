"""Action types, as clients read them."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.scalars import JSON

from app.domain import action_parts as words
from app.domain.action_type import ActionTypeDefinition
from resolvers.enums import BaseType, Operator, ParameterKind, ParameterVisibility, RuleType, Source
from resolvers.types.entity import Entity, kind, one
from resolvers.types.reading import Read, base_type, leaf, listed, part
from resolvers.types.refs import InterfaceRef, LinkTypeRef, ObjectTypeRef, PropertyRef
from resolvers.types.typed import DataType

JsonValues = list[JSON]  # inside a class `list` is a field


@part(words.Parameter, description="What the person who submits an action is asked for.")
class ActionParameter(Read):
    key: str = leaf("What rules and criteria name it by, and what stays when it is renamed.")
    api_name: str = leaf("A camelCase name, unique in the action.")
    display_name: str = leaf("What people read; empty where nobody said.")
    description: str = leaf("What it is for; empty where nobody said.")
    kind: ParameterKind = leaf("What it takes.")
    base_type: BaseType | None = base_type("VALUE: the base type, without its parameters.")
    type: DataType | None = leaf("VALUE: the base type with its parameters.")
    allowed_values: JsonValues = leaf("The values that are allowed; without any every value is.")
    list: bool = leaf("Whether it takes many.")
    required: bool = leaf("Whether it must be given.")
    visibility: ParameterVisibility = leaf("Whether it is seen and may be changed.")
    default: JSON | None = leaf("The value that it has where none is given.")

    @strawberry.field(description="OBJECT_REFERENCE, OBJECT_SET: of which object type.")
    def object_type(self, info: strawberry.Info[Any]) -> ObjectTypeRef | None:
        return one(info, self._at, self._json.get("objectType"))

    @strawberry.field(description="INTERFACE_REFERENCE: of which interface.")
    def interface(self, info: strawberry.Info[Any]) -> InterfaceRef | None:
        return one(info, self._at, self._json.get("interface"))


@part(words.Operand, description="A value by where it comes from; which fields say something depends on the source.")
class Operand(Read):
    source: Source = leaf("Where it comes from.")
    parameter: str | None = leaf("PARAMETER, OBJECT_PROPERTY: the key of a parameter.")
    constant: JSON | None = leaf("CONSTANT: the value.")

    @strawberry.field(description="OBJECT_PROPERTY: a property of the object that the parameter holds.")
    def property(self, info: strawberry.Info[Any]) -> PropertyRef | None:
        return one(info, self._at, self._json.get("property"))


@part(words.Assignment, description="A property that a rule writes, and the value that it gets.")
class Assignment(Read):
    key: str = leaf("What identifies it among its siblings.")
    interface_property: str | None = leaf("The key of a property of the interface's own; null where `property` says which.")
    value: Operand = leaf("What it is set to.")

    @strawberry.field(description="A property of the object type, or a shared property of the interface.")
    def property(self, info: strawberry.Info[Any]) -> Entity | None:
        return one(info, self._at, self._json.get("property"))


@part(None, description="A named input of a function.")
class FunctionArgument(Read):
    name: str = leaf("The name of the function's input.")
    value: Operand = leaf("What it is given.")


@part(words.Function, description="Code outside the ontology that does what rules cannot say.", name="ActionFunction")
class Function(Read):
    name: str = leaf("The name of the function.")
    version: str = leaf("Its version; empty where nobody said.")
    inputs: list[FunctionArgument] = leaf("What it is called with.", lambda found: listed(found, "name", "value"))


@part(words.ActionRule, description="One step of an action; which fields say something depends on its type.")
class ActionRule(Read):
    key: str = leaf("What identifies it among its siblings and stays when it changes.")
    type: RuleType = leaf("What it does.")
    parameter: str | None = leaf("The rules that modify or delete: the key of the parameter that holds the object.")
    a: str | None = leaf("Link rules: the key of the parameter at side A.")
    b: str | None = leaf("Link rules: the key of the parameter at side B.")
    assignments: list[Assignment] = leaf("The properties that it writes.")
    function: Function | None = leaf("FUNCTION: what is called.")

    @strawberry.field(description="CREATE_OBJECT, CREATE_OR_MODIFY_OBJECT: of which object type.")
    def object_type(self, info: strawberry.Info[Any]) -> ObjectTypeRef | None:
        return one(info, self._at, self._json.get("objectType"))

    @strawberry.field(description="CREATE_INTERFACE_OBJECT: of which interface.")
    def interface(self, info: strawberry.Info[Any]) -> InterfaceRef | None:
        return one(info, self._at, self._json.get("interface"))

    @strawberry.field(description="CREATE_LINK, DELETE_LINK: of which link type.")
    def link_type(self, info: strawberry.Info[Any]) -> LinkTypeRef | None:
        return one(info, self._at, self._json.get("linkType"))


@part(words.Condition, description="A node of a tree: AND, OR and NOT over comparisons.")
class Condition(Read):
    key: str = leaf("What identifies it among its siblings and stays when it changes.")
    operator: Operator = leaf("How it combines or compares.")
    conditions: list[Condition] = leaf("What AND, OR and NOT combine; empty for a comparison.")
    left: Operand | None = leaf("Comparisons: the left side.")
    right: Operand | None = leaf("Comparisons: the right side.")


@part(words.Criterion, description="A condition that must hold for an action to be submitted.", name="SubmissionCriterion")
class Criterion(Read):
    key: str = leaf("What identifies it among its siblings and stays when it changes.")
    condition: Condition = leaf("The root of the tree.")
    condition_json: JSON = leaf("The whole tree at once, in the form in which it is written.", key="condition")
    message: str = leaf("What is said where it does not hold.")


@kind(ActionTypeDefinition, description="What users may do to objects: what they are asked, what then happens, and when it is allowed.")
class ActionType(Entity):
    parameters: list[ActionParameter] = leaf("What the person who submits is asked for, in order.")
    rules: list[ActionRule] = leaf("What happens, in order.")
    criteria: list[Criterion] = leaf("What must hold for it to be submitted.")
