"""The shape of the document: which section holds which kind, and how one entity is called from another."""

from __future__ import annotations

from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.nested import NESTED

FORMAT = "oms-ontology/1"

PARTS = {part: (whole, place, owner) for whole, (place, part, owner) in NESTED.items()}
"""Of each kind that is written inside another: that kind, the field that holds it there, and its own that names the whole."""


def section(kind: Kind) -> str:
    """The key of the document under which the kind stands, such as `linkTypes`."""
    first, *rest = f"{kind.value}s".replace("ys", "ies").split("_")
    return first + "".join(word.capitalize() for word in rest)


SECTIONS: dict[str, Kind] = {section(kind): kind for kind in KINDS if kind not in PARTS}

# What a field that holds a rid may name. A part is called `Whole.part`, so the two readings of `property` cannot be confused.
FIELDS: dict[str, tuple[Kind, ...]] = {
    "declared_by": (Kind.INTERFACE,),
    "extends": (Kind.INTERFACE,),
    "interface": (Kind.INTERFACE,),
    "link_a": (Kind.LINK_TYPE,),
    "link_b": (Kind.LINK_TYPE,),
    "link_type": (Kind.LINK_TYPE,),
    "object_type": (Kind.OBJECT_TYPE,),
    "primary_key": (Kind.PROPERTY,),
    "property": (Kind.PROPERTY, Kind.SHARED_PROPERTY),
    "replaced_by": (),  # of its own kind
    "shared_property": (Kind.SHARED_PROPERTY,),
    "target": (Kind.OBJECT_TYPE, Kind.INTERFACE),
    "title_property": (Kind.PROPERTY,),
    "type_groups": (Kind.TYPE_GROUP,),
    "value_type": (Kind.VALUE_TYPE,),
}


def called(name: str, whole: str | None) -> str:
    """How others call an entity: by its apiName, a part of another as `Whole.part`."""
    return name if whole is None else f"{whole}.{name}"
