"""The domain's enumerations as GraphQL has them: one declaration each, for what is read and what is written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import EnumMeta, StrEnum
from typing import TypeVar

import strawberry

from app.domain.action_parts import Operator, ParameterKind, ParameterVisibility, RuleType, Source
from app.domain.change_set import ChangeSetStatus, Choice, Origin, ReviewStatus, Verb
from app.domain.constraints import ConstraintType
from app.domain.datatype import BaseType, Similarity
from app.domain.definition import Status, Visibility
from app.domain.entity import Action
from app.domain.interface import Multiplicity
from app.domain.kind import Kind
from app.domain.link_type import Cardinality
from app.transfer.outputs import Output
from app.transfer.receipt import Loss

E = TypeVar("E", bound=EnumMeta)

__all__ = [
    "Action",
    "BackingType",
    "BaseType",
    "Cardinality",
    "ChangeSetStatus",
    "Choice",
    "ConstraintType",
    "Kind",
    "Loss",
    "Multiplicity",
    "Operator",
    "Origin",
    "Output",
    "ParameterKind",
    "ParameterVisibility",
    "ReviewStatus",
    "RuleType",
    "Similarity",
    "Source",
    "Status",
    "Verb",
    "Visibility",
    "declare",
]  # fmt: skip


class BackingType(StrEnum):
    """How a link type is backed: the marks of the domain's backings."""

    FOREIGN_KEY = "FOREIGN_KEY"
    JOIN = "JOIN"
    INTERMEDIARY = "INTERMEDIARY"


def declare(cls: E, name: str, description: str, values: Mapping[str, str]) -> None:
    """Put an enumeration of the domain into the schema, each value with its description; a second time changes nothing."""
    if hasattr(cls, "__strawberry_definition__"):
        return
    strawberry.enum(cls, name=name, description=description)
    for value in cls.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by the line above
        value.description = values[value.name]


declare(
    Kind, "EntityKind", "A kind of entity: what an ontology is made of.",
    {
        "OBJECT_TYPE": "A type of real things, with properties.",
        "PROPERTY": "What one object type knows about its objects.",
        "SHARED_PROPERTY": "A property without an owner, which object types and interfaces follow.",
        "LINK_TYPE": "How objects of two types are connected.",
        "INTERFACE": "An abstract shape that object types implement.",
        "ACTION_TYPE": "What users may do to objects.",
        "VALUE_TYPE": "A named base type with constraints.",
        "TYPE_GROUP": "A label with a colour for object types.",
    },
)  # fmt: skip
declare(
    Status, "EntityStatus", "Where an entity is in its life.",
    {
        "EXPERIMENTAL": "May change in every way, its names and its key too.",
        "ACTIVE": "Relied upon: cannot be deleted, and its apiName and key are fixed.",
        "DEPRECATED": "On its way out; it tells its users what replaces it.",
        "EXAMPLE": "Shows how things are done, and is not meant for use.",
    },
)  # fmt: skip
declare(
    Visibility, "Visibility", "How prominently users see it.",
    {"PROMINENT": "Shown first.", "NORMAL": "Shown.", "HIDDEN": "Not shown to users of applications."},
)  # fmt: skip
declare(
    BaseType, "BaseType", "The base types; a list is ARRAY.",
    {
        "STRING": "Text.",
        "BOOLEAN": "True or false.",
        "BYTE": "A whole number of 8 bits.",
        "SHORT": "A whole number of 16 bits.",
        "INTEGER": "A whole number of 32 bits.",
        "LONG": "A whole number of 64 bits.",
        "FLOAT": "A binary floating-point number of 32 bits.",
        "DOUBLE": "A binary floating-point number of 64 bits.",
        "DECIMAL": "A decimal number with a precision and a scale.",
        "DATE": "A day of the calendar.",
        "TIMESTAMP": "A moment in time.",
        "GEOPOINT": "A point on the earth.",
        "GEOSHAPE": "A shape on the earth.",
        "TIME_SERIES": "Numbers or texts, each at a moment.",
        "GEOTIME_SERIES": "Places, each at a moment.",
        "ATTACHMENT": "A file.",
        "MEDIA_REFERENCE": "A reference to an image, sound or film.",
        "MARKING": "A marking that restricts who may see the object; it must be required.",
        "CIPHER_TEXT": "An encrypted text.",
        "VECTOR": "Numbers of a fixed count that are compared by similarity.",
        "STRUCT": "Named fields, each of a type that is not a STRUCT.",
        "ARRAY": "A list of one other type.",
    },
)  # fmt: skip
declare(
    Similarity, "Similarity", "How two vectors are compared.",
    {"COSINE": "By their angle.", "DOT_PRODUCT": "By their inner product.", "EUCLIDEAN": "By their distance."},
)  # fmt: skip
declare(
    ConstraintType, "ConstraintType", "What a constraint restricts.",
    {
        "REGEX": "A STRING matches a pattern in RE2 syntax.",
        "LENGTH": "A STRING has a number of characters.",
        "RANGE": "A number, date or time lies between two bounds, both included.",
        "ONE_OF": "The value is one of a list.",
        "UUID": "A STRING is a UUID.",
        "ARRAY_SIZE": "An ARRAY has a number of elements.",
        "ARRAY_UNIQUE": "The elements of an ARRAY differ.",
        "STRUCT_FIELD": "A field of a STRUCT obeys a constraint.",
    },
)  # fmt: skip
declare(
    Cardinality, "Cardinality", "How many objects one object is linked to; side A is the one side of ONE_TO_MANY.",
    {
        "ONE_TO_ONE": "One on both sides: a hint, which nothing enforces.",
        "ONE_TO_MANY": "One object of side A, many of side B.",
        "MANY_TO_MANY": "Many on both sides, by a join or an intermediary.",
    },
)  # fmt: skip
declare(
    BackingType, "LinkBackingType", "How a link type is backed.",
    {
        "FOREIGN_KEY": "A property of the many side holds the other side's primary key.",
        "JOIN": "A table of pairs of keys.",
        "INTERMEDIARY": "An object type between the two, so that links carry properties.",
    },
)  # fmt: skip
declare(
    Multiplicity, "Multiplicity", "How many links a link constraint of an interface is about.",
    {"SINGLE": "One link.", "MANY": "Any number of links."},
)  # fmt: skip
declare(
    ParameterKind, "ParameterKind", "What a parameter of an action takes.",
    {
        "VALUE": "A value of a base type.",
        "OBJECT_REFERENCE": "An object of an object type.",
        "INTERFACE_REFERENCE": "An object of any type that implements an interface.",
        "OBJECT_SET": "A set of objects of an object type.",
    },
)  # fmt: skip
declare(
    ParameterVisibility, "ParameterVisibility", "Whether the person who submits sees a parameter and may change it.",
    {"EDITABLE": "Seen and changed.", "DISABLED": "Seen, but not changed.", "HIDDEN": "Not seen."},
)  # fmt: skip
declare(
    RuleType, "ActionRuleType", "What one rule of an action does.",
    {
        "CREATE_OBJECT": "Creates an object.",
        "MODIFY_OBJECT": "Changes the object that a parameter holds.",
        "CREATE_OR_MODIFY_OBJECT": "Changes the object that a parameter holds, or creates it.",
        "DELETE_OBJECT": "Deletes the object that a parameter holds.",
        "CREATE_LINK": "Creates a link of a many-to-many link type.",
        "DELETE_LINK": "Deletes a link of a many-to-many link type.",
        "CREATE_INTERFACE_OBJECT": "Creates an object of a type that implements an interface.",
        "MODIFY_INTERFACE_OBJECT": "Changes an object by what its interface says.",
        "DELETE_INTERFACE_OBJECT": "Deletes an object of a type that implements an interface.",
        "FUNCTION": "Calls code outside the ontology; it stands alone.",
    },
)  # fmt: skip
declare(
    Source, "ValueSource", "Where a value comes from when an action is submitted.",
    {
        "PARAMETER": "A parameter of the action.",
        "CONSTANT": "A constant.",
        "OBJECT_PROPERTY": "A property of the object that a parameter holds.",
        "CURRENT_USER": "The person who submits.",
        "CURRENT_TIME": "The moment of submission.",
        "UNIQUE_ID": "A new unique id.",
    },
)  # fmt: skip
declare(
    Operator, "ConditionOperator", "How a node of a condition combines or compares.",
    {
        "AND": "All of two or more conditions.",
        "OR": "Any of two or more conditions.",
        "NOT": "Not the one condition.",
        "LESS": "Left is less than right.",
        "LESS_OR_EQUAL": "Left is less than or equal to right.",
        "EQUAL": "Left equals right.",
        "NOT_EQUAL": "Left does not equal right.",
        "GREATER_OR_EQUAL": "Left is greater than or equal to right.",
        "GREATER": "Left is greater than right.",
        "IN": "Left is one of the list on the right.",
        "MATCHES": "Left matches the pattern on the right.",
        "INTERSECTS": "Left and right have an element in common.",
    },
)  # fmt: skip
declare(
    Verb, "OperationVerb", "What an operation of a change set does.",
    {"CREATE": "Creates an entity.", "UPDATE": "Changes fields of an entity.", "DELETE": "Deletes an entity."},
)  # fmt: skip
declare(
    Action, "ChangeAction", "What a change did to an entity.",
    {"CREATED": "It came into being, or back.", "UPDATED": "It has a new version.", "DELETED": "It is gone; its history stays."},
)  # fmt: skip
declare(
    ChangeSetStatus, "ChangeSetStatus", "Whether a change set can still be worked on.",
    {"OPEN": "It can be edited and merged.", "MERGED": "It has become a revision.", "CLOSED": "It was given up."},
)  # fmt: skip
declare(
    ReviewStatus, "ReviewStatus", "Where an open change set is in its review.",
    {
        "DRAFT": "Nobody was asked yet.",
        "IN_REVIEW": "Reviewers were asked.",
        "APPROVED": "Somebody else approved it as it is now.",
        "CHANGES_REQUESTED": "A reviewer wants changes.",
    },
)  # fmt: skip
declare(
    Origin, "ChangeSetOrigin", "How a change set came to be.",
    {
        "EDIT": "Opened by a person.",
        "DIRECT": "Made by a direct mutation.",
        "IMPORT": "Made by an import.",
        "APPLY": "Made by applying a file.",
        "ROLLBACK": "Undoes another change set.",
    },
)  # fmt: skip
declare(
    Choice, "ResolutionChoice", "How an author settles a conflict.",
    {"OURS": "What this change set says.", "THEIRS": "What was merged in the meantime.", "VALUE": "Another value."},
)  # fmt: skip
declare(
    Output, "ExportForm", "What an export is written in.",
    {
        "YAML": "The canonical document, one fact a line; reads back to the same ontology.",
        "JSON": "The same document as JSON.",
        "TURTLE": "OWL, with our own facts in a vocabulary of ours; reads back with its sidecar.",
        "JSON_LD": "The statements of the Turtle as JSON-LD, its context inside.",
        "JSON_SCHEMA": "JSON Schema 2020-12: what an object of each type looks like; one way.",
        "GRAPHQL": "The GraphQL schema language: the types that an API over the objects would offer; one way.",
    },
)  # fmt: skip
declare(
    Loss, "ExportLoss", "Why an export adapted something or does not say it.",
    {
        "IN_SIDECAR": "Only the sidecar says it.",
        "KIND_NOT_SAID": "The form has no place for entities of this kind.",
        "FIELD_NOT_SAID": "The form has no place for this field.",
        "INTERFACE_NOT_SAID": "An object type's own fields do not fit those of an interface that it implements.",
        "CONSTRAINT_NOT_SAID": "The form cannot say this constraint, or not for this type.",
        "TYPE_APPROXIMATED": "A type is said by a wider or another one.",
        "NAME_CHANGED": "The name was taken.",
    },
)  # fmt: skip
