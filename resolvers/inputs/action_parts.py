"""What authors write of an action type's parts: parameters, rules, criteria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import strawberry
from strawberry.scalars import JSON

from resolvers.enums import Operator, ParameterKind, ParameterVisibility, RuleType, Source
from resolvers.inputs.common import RID
from resolvers.inputs.types import DataTypeInput
from resolvers.inputs.words import ByKey, Words, absent, needed, words

JsonValues = list[JSON]  # inside the class `list` is a field
KEY = "What identifies it among its siblings and stays when it changes."


@words(description="What the person who submits an action is asked for.")
class ActionParameterInput(Words):
    key: str | None = absent(
        "What rules and criteria name it by, and what stays when it is renamed; its first apiName where nothing is said."
    )
    api_name: str = needed("A camelCase name, unique in the action.")
    display_name: str | None = absent("Up to 200 characters.")
    description: str | None = absent("Up to 10,000 characters.")
    kind: ParameterKind | None = absent("What it takes; VALUE where nothing is said.")
    type: DataTypeInput | None = absent("VALUE: the base type.")
    object_type: strawberry.ID | None = absent(f"OBJECT_REFERENCE, OBJECT_SET: of which object type. {RID}.")
    interface: strawberry.ID | None = absent(f"INTERFACE_REFERENCE: of which interface. {RID}.")
    list: bool | None = absent("Whether it takes many; false where nothing is said.")
    required: bool | None = absent("Whether it must be given; true where nothing is said.")
    visibility: ParameterVisibility | None = absent("Whether it is seen and may be changed.")
    default: JSON | None = absent("A value of the type.")
    allowed_values: JsonValues | None = absent("Values of the type; without any every value is allowed.")


@words(description="A value by where it comes from; which fields belong to it depends on the source.")
class OperandInput(Words):
    source: Source = needed("Where it comes from.")
    parameter: str | None = absent("PARAMETER, OBJECT_PROPERTY: the key of a parameter.")
    property: strawberry.ID | None = absent(f"OBJECT_PROPERTY: a property of the object that the parameter holds. {RID}.")
    constant: JSON | None = absent("CONSTANT: the value.")


@words(description="A property that a rule writes, and the value that it gets.")
class AssignmentInput(Words):
    key: str | None = absent(KEY)
    property: strawberry.ID | None = absent(f"A property of the object type, or a shared property of the interface. {RID}.")
    interface_property: str | None = absent("The key of a property of the interface's own.")
    value: OperandInput = needed("What it is set to.")


@words(description="A named input of a function.")
class FunctionArgumentInput(Words):
    name: str = needed("The name of the function's input.")
    value: OperandInput = needed("What it is given.")


@words(description="Code outside the ontology that does what rules cannot say.")
class FunctionInput(Words):
    maps: ClassVar[Mapping[str, ByKey]] = {"inputs": ByKey("name", "value")}

    name: str = needed("The name of the function.")
    version: str | None = absent("Its version.")
    inputs: list[FunctionArgumentInput] | None = absent("What it is called with.")


@words(description="One step of an action; which fields belong to it depends on its type.")
class ActionRuleInput(Words):
    key: str | None = absent(KEY)
    type: RuleType = needed("What it does.")
    object_type: strawberry.ID | None = absent(f"CREATE_OBJECT, CREATE_OR_MODIFY_OBJECT: of which object type. {RID}.")
    interface: strawberry.ID | None = absent(f"CREATE_INTERFACE_OBJECT: of which interface. {RID}.")
    link_type: strawberry.ID | None = absent(f"CREATE_LINK, DELETE_LINK: a many-to-many link type. {RID}.")
    parameter: str | None = absent("The rules that modify or delete: the key of the parameter that holds the object.")
    a: str | None = absent("Link rules: the key of the parameter at side A.")
    b: str | None = absent("Link rules: the key of the parameter at side B.")
    assignments: list[AssignmentInput] | None = absent("The properties that it writes, each once.")
    function: FunctionInput | None = absent("FUNCTION: what is called.")


@words(description="A node of a tree: AND, OR and NOT over comparisons; at most 20 deep.")
class ConditionInput(Words):
    key: str | None = absent(KEY)
    operator: Operator = needed("How it combines or compares.")
    conditions: list[ConditionInput] | None = absent("AND, OR: two or more; NOT: one.")
    left: OperandInput | None = absent("Comparisons: the left side.")
    right: OperandInput | None = absent("Comparisons: the right side.")


@words(description="A condition that must hold for an action to be submitted.")
class CriterionInput(Words):
    key: str | None = absent(KEY)
    condition: ConditionInput = needed("The condition.")
    message: str = needed("What is said where it does not hold; 1 to 10,000 characters.")
