"""What mends data types, constraints, and the parts of action types."""

from __future__ import annotations

from typing import Any

from app.domain import action_rules, constraints, datatype, object_type
from app.domain.change_set import Operation
from app.domain.constraints import above, holds
from app.domain.datatype import DataType
from app.domain.definition import Edge
from app.domain.fixes.broken import Broken, Unfixed, except_for, fixes, unfixed
from app.domain.fixes.placing import GONE, parent
from app.domain.interface import COUNT as INTERFACE_SIZE
from app.domain.interface import EXTENDS_BOUND
from app.domain.property import FOLLOWS, PropertyDefinition
from app.domain.shared_property import SharedPropertyDefinition
from app.domain.typed import MARKING_REQUIRED, VALUE_TYPE_FITS, TypedDefinition
from app.domain.value_type import NARROWED, RETYPED, ValueTypeDefinition


@fixes(datatype.PRECISION_RANGE)
def _precision(broken: Broken) -> list[Operation]:
    """The nearest precision, and a scale within it."""

    def mended(data: dict[str, Any]) -> dict[str, Any]:
        given = data.get("precision")
        precision = datatype.PRECISION if given is None else min(max(given, 1), datatype.PRECISION)
        return {**data, "precision": precision, "scale": min(max(data.get("scale") or 0, 0), precision)}

    return broken.edit(mended, parent(broken.path))


@fixes(datatype.SCALE_RANGE)
def _scale(broken: Broken) -> list[Operation]:
    return broken.edit(lambda given: min(max(given or 0, 0), broken.violation.bound))


@fixes(datatype.DIMENSION_RANGE)
def _dimension(broken: Broken) -> list[Operation]:
    if broken.violation.value is None:
        raise Unfixed
    return broken.put(min(max(broken.violation.value, 1), datatype.DIMENSION))


@fixes(datatype.SIMILARITY_NEEDED)
def _similarity(broken: Broken) -> list[Operation]:
    return broken.put("COSINE")


@fixes(datatype.FOREIGN_PARAMETER, constraints.PARAMETERS)
def _foreign(broken: Broken) -> list[Operation]:
    return broken.edit(lambda _: GONE)


@fixes(MARKING_REQUIRED)
def _marking(broken: Broken) -> list[Operation]:
    return broken.put(value=True)


@fixes(VALUE_TYPE_FITS)
def _value_type(broken: Broken) -> list[Operation]:
    """The type of the value type that it names."""
    named = broken.at(f"{parent(broken.path)}.valueType" if parent(broken.path) else "valueType")
    value_type = broken.world.definition(named, ValueTypeDefinition)
    if value_type is None:
        raise Unfixed
    return broken.put(value_type.type.canonical())


@fixes(FOLLOWS)
def _follows(broken: Broken) -> list[Operation]:
    """The type of the shared property."""
    shared = broken.world.definition(broken.definition(PropertyDefinition).shared_property, SharedPropertyDefinition)
    if shared is None:
        raise Unfixed
    return broken.put(shared.type.canonical())


@fixes(RETYPED)
def _retyped(broken: Broken) -> list[Operation]:
    """The type and constraints that it had, for its users too where they were retyped with it."""
    was = broken.before
    if not isinstance(was, ValueTypeDefinition):
        raise Unfixed
    words = was.canonical()
    made = [broken.update(broken.entity, {"type": words["type"], "constraints": words.get("constraints")})]
    for user in broken.world.referrers(broken.entity.rid, Edge.VALUE_TYPE):
        if isinstance(user.definition, TypedDefinition):
            if not user.definition.type.same_as(was.type):
                made.append(broken.update(user, {"type": words["type"]}))
        else:
            raise Unfixed
    return made


@fixes(NARROWED)
def _narrowed(broken: Broken) -> list[Operation]:
    """The constraint as it was; one that is new goes."""
    was = broken.before
    if not isinstance(was, ValueTypeDefinition):
        raise Unfixed
    former = {item["key"]: item for item in was.canonical().get("constraints", ())}
    return broken.edit(lambda item: former.get(item["key"], GONE))


@fixes(constraints.APPLIES, constraints.FIELD, constraints.UNIQUE)
def _constraint(broken: Broken) -> list[Operation]:
    """Without the constraint."""
    return broken.edit(lambda _: GONE, _whole(broken.path))


@fixes(constraints.BOUNDS)
def _bounds(broken: Broken) -> list[Operation]:
    """Bounds that stand the wrong way round are turned; a constraint with a bound that is none goes."""

    def mended(item: dict[str, Any]) -> Any:
        if above(item.get("min"), item.get("max")):
            return {**item, "min": item["max"], "max": item["min"]}
        return GONE

    return broken.edit(mended, _whole(broken.path))


@fixes(constraints.VALUES)
def _values(broken: Broken) -> list[Operation]:
    """The values that are of the type; without any the constraint goes."""
    base = DataType.model_validate(broken.at(_type_beside(broken.path))).base
    kept = [value for value in broken.at(broken.path) or () if constraints.fits(value, base)]
    if len(kept) > constraints.ONE_OF:
        raise Unfixed
    return broken.put(kept) if kept else broken.edit(lambda _: GONE, _whole(broken.path))


def _whole(path: str) -> str:
    """The path of the constraint that it leads into."""
    return path[: path.rindex("]") + 1]


def _type_beside(path: str) -> str:
    holder = path[: path.rindex("constraints[")]
    return f"{holder}type"


@fixes(action_rules.PARAMETER_VALUES)
def _parameter_values(broken: Broken) -> list[Operation]:
    """Without the default; of the allowed values those that are of the type."""
    if broken.path.endswith(".default"):
        return broken.edit(lambda _: GONE)
    data = DataType.model_validate(broken.at(f"{parent(broken.path)}.type"))
    return broken.edit(lambda values: [value for value in values if holds(data, value)])


unfixed("What it should be made of only its author knows.", datatype.SERIES_OF, datatype.ARRAY_OF, datatype.STRUCT_FIELD_TYPE)
unfixed(
    "Which ones to leave out is the author's choice.",
    constraints.COUNT, object_type.COUNT, object_type.LISTS, INTERFACE_SIZE, EXTENDS_BOUND, action_rules.COUNT, action_rules.FUNCTION_ALONE,
    datatype.STRUCT_SIZE, action_rules.CONDITION_DEPTH,
)  # fmt: skip
unfixed("What the pattern should accept only its author knows.", constraints.REGEX_SAFE)
unfixed("What must hold before the action is submitted only its author knows.", action_rules.CRITERIA_NEEDED)
unfixed(
    "Which parameter, link or value was meant only its author knows.",
    action_rules.PARAMETER_TYPE, action_rules.LINK_MANY, action_rules.VALUE_FITS, action_rules.COMPARABLE,
)  # fmt: skip
except_for("None where more than 1,000 values are left: which to leave out is the author's choice.", constraints.VALUES)
