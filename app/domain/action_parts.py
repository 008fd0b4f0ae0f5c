"""The parts of an action type: parameters, rules and submission criteria."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import field_validator

from app.domain.datatype import DataType
from app.domain.rid import Rid
from app.domain.text import Text
from app.domain.value import Item, SetOfJson, Value, keyed


class ParameterKind(StrEnum):
    """What a parameter takes: a value, an object, or a set of objects."""

    VALUE = "VALUE"
    OBJECT_REFERENCE = "OBJECT_REFERENCE"
    INTERFACE_REFERENCE = "INTERFACE_REFERENCE"
    OBJECT_SET = "OBJECT_SET"


class ParameterVisibility(StrEnum):
    """Whether the person who submits sees the parameter and may change it."""

    EDITABLE = "EDITABLE"
    DISABLED = "DISABLED"
    HIDDEN = "HIDDEN"


class RuleType(StrEnum):
    """What one rule of an action does."""

    CREATE_OBJECT = "CREATE_OBJECT"
    MODIFY_OBJECT = "MODIFY_OBJECT"
    CREATE_OR_MODIFY_OBJECT = "CREATE_OR_MODIFY_OBJECT"
    DELETE_OBJECT = "DELETE_OBJECT"
    CREATE_LINK = "CREATE_LINK"
    DELETE_LINK = "DELETE_LINK"
    CREATE_INTERFACE_OBJECT = "CREATE_INTERFACE_OBJECT"
    MODIFY_INTERFACE_OBJECT = "MODIFY_INTERFACE_OBJECT"
    DELETE_INTERFACE_OBJECT = "DELETE_INTERFACE_OBJECT"
    FUNCTION = "FUNCTION"


class Source(StrEnum):
    """Where a value comes from when the action is submitted."""

    PARAMETER = "PARAMETER"
    CONSTANT = "CONSTANT"
    OBJECT_PROPERTY = "OBJECT_PROPERTY"
    CURRENT_USER = "CURRENT_USER"
    CURRENT_TIME = "CURRENT_TIME"
    UNIQUE_ID = "UNIQUE_ID"


class Operator(StrEnum):
    """How a node of a condition combines or compares."""

    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    LESS = "LESS"
    LESS_OR_EQUAL = "LESS_OR_EQUAL"
    EQUAL = "EQUAL"
    NOT_EQUAL = "NOT_EQUAL"
    GREATER_OR_EQUAL = "GREATER_OR_EQUAL"
    GREATER = "GREATER"
    IN = "IN"
    MATCHES = "MATCHES"
    INTERSECTS = "INTERSECTS"

    @property
    def logical(self) -> bool:
        """Whether it combines conditions and compares nothing."""
        return self in {Operator.AND, Operator.OR, Operator.NOT}


class Parameter(Item):
    """What the person who submits is asked for; `key` stays when it is renamed."""

    tag: ClassVar[str | None] = "kind"

    key: str
    api_name: str
    display_name: Text = ""
    description: Text = ""
    kind: ParameterKind = ParameterKind.VALUE
    type: DataType | None = None  # of a VALUE
    object_type: Rid | None = None  # of an OBJECT_REFERENCE or OBJECT_SET
    interface: Rid | None = None  # of an INTERFACE_REFERENCE
    list: bool = False
    required: bool = True
    visibility: ParameterVisibility = ParameterVisibility.EDITABLE
    default: Any = None  # a JSON value of the type
    allowed_values: SetOfJson = ()


class Operand(Value):
    """A value by where it comes from; which of the fields belong to it depends on the source."""

    tag: ClassVar[str | None] = "source"

    source: Source
    parameter: str | None = None  # PARAMETER, OBJECT_PROPERTY: the key of a parameter
    property: Rid | None = None  # OBJECT_PROPERTY
    constant: Any = None  # CONSTANT: a JSON value


class Assignment(Item):
    """A property of the object that a rule writes, and the value that it gets."""

    key: str
    property: Rid | None = None  # of an object type, or a shared property of an interface
    interface_property: str | None = None  # the key of an interface's own property
    value: Operand


class Function(Value):
    """Code outside the ontology that does what rules cannot say."""

    name: Text
    version: Text = ""
    inputs: dict[str, Operand] = {}


class ActionRule(Item):
    """One step of an action; which of the fields belong to it depends on its type."""

    tag: ClassVar[str | None] = "type"

    key: str
    type: RuleType
    object_type: Rid | None = None  # CREATE_OBJECT, CREATE_OR_MODIFY_OBJECT
    interface: Rid | None = None  # CREATE_INTERFACE_OBJECT
    link_type: Rid | None = None  # CREATE_LINK, DELETE_LINK
    parameter: str | None = None  # MODIFY…, DELETE…, CREATE_OR_MODIFY…: the key of the parameter that holds the object
    a: str | None = None  # links: the key of the parameter at side A
    b: str | None = None  # links: the key of the parameter at side B
    assignments: tuple[Assignment, ...] = ()
    function: Function | None = None  # FUNCTION

    @field_validator("assignments", mode="before")
    @classmethod
    def _keys(cls, items: Any) -> Any:
        return keyed(items, "assignment")


class Condition(Item):
    """A node of a tree: AND, OR and NOT over comparisons."""

    tag: ClassVar[str | None] = "operator"

    key: str
    operator: Operator
    conditions: tuple[Condition, ...] = ()  # of a logical operator
    left: Operand | None = None  # of a comparison
    right: Operand | None = None

    @field_validator("conditions", mode="before")
    @classmethod
    def _keys(cls, items: Any) -> Any:
        return keyed(items, "condition")


class Criterion(Item):
    """A condition that must hold for the action to be submitted, and what is said where it does not."""

    key: str
    condition: Condition
    message: Text

    @field_validator("condition", mode="before")
    @classmethod
    def _root(cls, condition: Any) -> Any:
        return keyed([condition], "root")[0] if isinstance(condition, dict) else condition


Condition.model_rebuild()
