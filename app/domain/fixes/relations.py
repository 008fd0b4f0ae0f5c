"""What mends keys, titles, references, links, interfaces and those who implement them."""

from __future__ import annotations

from typing import Any

from app.domain import conformance, interface, link_type, object_type
from app.domain.change_set import Operation, Verb
from app.domain.common import EXISTS, OF_KIND, REFERENCED
from app.domain.conformance import Implementation
from app.domain.datatype import PRIMARY_KEYS
from app.domain.definition import Edge, Status
from app.domain.deletion import Deletion
from app.domain.entity import Entity
from app.domain.fixes.broken import Broken, Unfixed, except_for, fixes, unfixed
from app.domain.fixes.placing import GONE
from app.domain.fixes.words import name_of
from app.domain.interface import InterfaceDefinition, Member, ancestors, members
from app.domain.kind import Kind
from app.domain.link_type import LinkTypeDefinition
from app.domain.object_type import ObjectTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.shared_property import SharedPropertyDefinition
from app.domain.text import CAMEL

_KEPT = frozenset({Edge.PRIMARY_KEY})


@fixes(EXISTS, OF_KIND)
def _reference(broken: Broken) -> list[Operation]:
    """Without the reference, where it can do without."""
    definition = broken.entity.definition
    wrong = frozenset(each.target for each in definition.references() if each.path == broken.path)
    detached = definition.detached(wrong)
    if any(each.path == broken.path and each.target in wrong for each in detached.references()):
        raise Unfixed
    return broken.write(detached.canonical(), broken.path)


@fixes(REFERENCED)
def _referenced(broken: Broken) -> list[Operation]:
    """The deletion takes along what depends on it, where that is allowed."""
    gone = broken.entity
    was = broken.world.before
    others = {entity.rid: True for entity in was if entity.rid not in broken.world}
    spread = Deletion({**others, gone.rid: True}, was)
    taken = [was.get(rid) for rid in spread.gone if rid not in others]
    after = was.overlaid({**dict.fromkeys(spread.gone), **{rid: _detached(was.get(rid), spread) for rid in spread.detached}})
    if any(each is not None and each.definition.status is Status.ACTIVE for each in taken) or any(spread.violations(after)):
        raise Unfixed
    return [Operation(Verb.DELETE, gone.kind, gone.rid, expected_version=gone.version, cascade=True)]


def _detached(entity: Entity | None, spread: Deletion) -> Entity | None:
    return None if entity is None else Entity(entity.rid, entity.version, spread.detached[entity.rid])


@fixes(object_type.KEY_NEEDED, object_type.KEY_TYPE)
def _primary_key(broken: Broken) -> list[Operation]:
    """The key that it had, else an own property that can be one."""
    was = broken.before
    owned = _owned(broken)
    fitting = [each for each in owned if isinstance(each.definition, PropertyDefinition) and each.definition.type.base in PRIMARY_KEYS]
    former = was.primary_key if isinstance(was, ObjectTypeDefinition) else None
    chosen = next((each.rid for each in fitting if each.rid == former), None) or next((each.rid for each in fitting), None)
    if chosen is not None and (former in (None, chosen) or _experimental(broken)):
        return broken.put(chosen, "primaryKey")
    key = broken.world.get(broken.definition(ObjectTypeDefinition).primary_key)
    if key is None or key not in owned:
        raise Unfixed
    earlier = broken.world.before.definition(key.rid, PropertyDefinition)
    kept = earlier.type.canonical() if earlier is not None and earlier.type.base in PRIMARY_KEYS else {"base": "STRING"}
    return [broken.update(key, {"type": kept})]


def _experimental(broken: Broken) -> bool:
    return broken.before is None or broken.before.status is Status.EXPERIMENTAL


def _owned(broken: Broken) -> list[Entity]:
    owned = broken.world.referrers(broken.entity.rid, Edge.OWNER)
    return sorted(owned, key=lambda each: (getattr(each.definition, "position", ""), each.definition.api_name))


@fixes(object_type.KEY_FROZEN)
def _key_frozen(broken: Broken) -> list[Operation]:
    return broken.put(broken.violation.bound, "primaryKey")


@fixes(object_type.TITLE_OWN, object_type.TITLE_TYPE)
def _title(broken: Broken) -> list[Operation]:
    return broken.put(None, "titleProperty")


@fixes(object_type.STABLE)
def _stable(broken: Broken) -> list[Operation]:
    """The status that the object type had; else the property becomes EXPERIMENTAL too."""
    if not _experimental(broken) and broken.before is not None:
        return broken.put(broken.before.status.value, "status")
    owned = [broken.world.get(rid) for rid in broken.violation.by]
    return [broken.update(each, {"status": "EXPERIMENTAL"}) for each in owned if each is not None]


@fixes(link_type.MANY_NEEDS_JOIN)
def _join(broken: Broken) -> list[Operation]:
    return broken.put({"type": "JOIN"}, "backing")


@fixes(link_type.ONE_NEEDS_KEY)
def _many(broken: Broken) -> list[Operation]:
    """What is backed by a table of pairs is many to many."""
    return broken.put("MANY_TO_MANY", "cardinality")


@fixes(link_type.KEY_PLACE)
def _key_place(broken: Broken) -> list[Operation]:
    """The side that holds the key is the many side."""
    link = broken.definition(LinkTypeDefinition)
    key = broken.world.definition(broken.words["backing"].get("property"), PropertyDefinition)
    if key is None or key.object_type != link.a.object_type:
        raise Unfixed
    return [broken.update(broken.entity, {"a": broken.words["b"], "b": broken.words["a"]})]


@fixes(link_type.KEY_TYPE)
def _key_type(broken: Broken) -> list[Operation]:
    """The foreign key gets the type of the key that it holds."""
    link = broken.definition(LinkTypeDefinition)
    key = broken.world.get(broken.words["backing"]["property"])
    if key is None or not isinstance(key.definition, PropertyDefinition):
        raise Unfixed
    other = link.a if link.b.object_type == key.definition.object_type else link.b
    target = broken.world.definition(other.object_type, ObjectTypeDefinition)
    primary = broken.world.definition(target.primary_key if target else None, PropertyDefinition)
    if primary is None or key.definition.shared_property or key.definition.value_type:
        raise Unfixed
    return [broken.update(key, {"type": primary.type.canonical(), "constraints": None})]


@fixes(link_type.STABILITY)
def _stability(broken: Broken) -> list[Operation]:
    return broken.put(str(broken.violation.bound.value), "status")


@fixes(interface.CYCLE)
def _cycle(broken: Broken) -> list[Operation]:
    """Without those that lead back to it."""
    rid = broken.entity.rid
    kept = [each for each in broken.definition(InterfaceDefinition).extends if each != rid and rid not in ancestors(each, broken.world)]
    return broken.put(kept, "extends")


@fixes(interface.OWN_OR_SHARED)
def _own_or_shared(broken: Broken) -> list[Operation]:
    """What follows a shared property needs nothing of its own; a type without a name is called by its key."""

    def mended(item: dict[str, Any]) -> dict[str, Any]:
        if item.get("type") and not item.get("sharedProperty"):
            return {**item, "apiName": name_of(item["key"], CAMEL)}
        if not item.get("sharedProperty"):
            raise Unfixed
        return {name: value for name, value in item.items() if name not in {"apiName", "type", "valueType", "constraints"}}

    return broken.edit(mended)


@fixes(interface.STAYS_REQUIRED)
def _stays_required(broken: Broken) -> list[Operation]:
    return broken.put(value=True)


@fixes(interface.LOSES)
def _loses(broken: Broken) -> list[Operation]:
    """The property, or what it extends, as it was; of a deleted shared property what it said."""
    was = broken.before
    if not isinstance(was, InterfaceDefinition):
        raise Unfixed
    words = was.canonical()
    if broken.path == "extends":
        if any(rid not in broken.world for rid in was.extends):
            raise Unfixed
        return broken.put(list(dict.fromkeys((*broken.words.get("extends", ()), *words["extends"]))), "extends")
    lost = [_standing(broken, item) for item in words.get("properties", ()) if item["key"] == broken.violation.value]
    kept = [item for item in broken.words.get("properties", ()) if item["key"] != broken.violation.value]
    return broken.put([*kept, *lost], "properties")


def _standing(broken: Broken, item: dict[str, Any]) -> dict[str, Any]:
    """The property of an interface as it was, with a name and type of its own where what it followed is deleted."""
    made = dict(item)
    if made.get("sharedProperty") and made["sharedProperty"] not in broken.world:
        shared = broken.world.before.definition(made.pop("sharedProperty"), SharedPropertyDefinition)
        if shared is None:
            raise Unfixed
        said = shared.canonical()
        made |= {name: said[name] for name in ("apiName", "displayName", "type", "constraints", "valueType") if name in said}
    if made.get("valueType") and made["valueType"] not in broken.world:
        del made["valueType"]
    return made


@fixes(conformance.MAPPED, conformance.MAPPED_TO_OWN, conformance.NAMES)
def _mapped(broken: Broken) -> list[Operation]:
    """An own property of the same name and type implements it; where there is none of the name, it is made."""
    object_type = broken.definition(ObjectTypeDefinition)
    for implementation in object_type.implements:
        for member in members(implementation.interface, broken.world):
            if _meant(broken, implementation, member):
                return _implementing(broken, implementation, member)
    raise Unfixed


def _meant(broken: Broken, implementation: Implementation, member: Member) -> bool:
    if broken.violation.rule == conformance.NAMES.id:
        return member.api_name.lower() == str(broken.violation.value).lower() and not implementation.find([member])
    return broken.path.startswith(f"implements[{implementation.interface}].mapping[{member.item.key}]")


def _implementing(broken: Broken, implementation: Implementation, member: Member) -> list[Operation]:
    named = [each for each in _owned(broken) if each.definition.api_name.lower() == member.api_name.lower()]
    made: list[Operation] = []
    if named:
        definition = named[0].definition
        if not isinstance(definition, PropertyDefinition) or member.type is None or not definition.type.same_as(member.type):
            raise Unfixed
        target = named[0].rid
    elif member.type is not None:
        ref = f"fix-{member.api_name}-{broken.entity.rid[-8:]}"
        target = f"ref:{ref}"
        words = {
            "apiName": member.api_name, "displayName": member.item.display_name or member.api_name, "objectType": broken.entity.rid,
            "type": member.type.canonical(), "required": member.item.required,
        }  # fmt: skip
        shared = {"sharedProperty": member.item.shared_property} if member.item.shared_property else {}
        made.append(Operation(Verb.CREATE, Kind.PROPERTY, ref=ref, fields=words | shared))
    else:
        raise Unfixed
    replaced = {each.identifier for each in implementation.find([member])}

    def mapped(item: dict[str, Any]) -> dict[str, Any]:
        kept = [
            each
            for each in item.get("mapping", ())
            if "/".join(each[name] for name in ("interfaceProperty", "declaredBy") if each.get(name)) not in replaced
        ]
        return {**item, "mapping": [*kept, {"interfaceProperty": member.item.key, "property": target}]}

    return [*made, *broken.edit(mapped, f"implements[{implementation.interface}]")]


@fixes(conformance.SAME_TYPE)
def _same_type(broken: Broken) -> list[Operation]:
    """The own property gets the type that the interface says."""
    object_type = broken.definition(ObjectTypeDefinition)
    for implementation in object_type.implements:
        for member in members(implementation.interface, broken.world):
            found = implementation.find([member])
            own = broken.world.get(found[0].property) if found else None
            if _meant(broken, implementation, member) and own is not None and member.type is not None:
                return [broken.update(own, {"type": member.type.canonical(), "constraints": None})]
    raise Unfixed


@fixes(conformance.TWICE)
def _twice(broken: Broken) -> list[Operation]:
    """The first of them stays."""
    for implementation in broken.definition(ObjectTypeDefinition).implements:
        for member in members(implementation.interface, broken.world):
            if _meant(broken, implementation, member):
                later = {each.identifier for each in implementation.find([member])[1:]}
                kept = [each.canonical() for each in implementation.mapping if each.identifier not in later]
                return broken.put(kept, f"implements[{implementation.interface}].mapping")
    raise Unfixed


@fixes(conformance.UNKNOWN)
def _unknown(broken: Broken) -> list[Operation]:
    return broken.edit(lambda _: GONE)


unfixed("Which link satisfies it only its author knows.", conformance.LINKED)
unfixed("Which links lead to the intermediary only its author knows.", link_type.INTERMEDIARY)

except_for("None where it cannot do without the reference: what was meant only its author knows.", EXISTS, OF_KIND)
except_for("None where what refers to it cannot do without, or is ACTIVE.", REFERENCED)
except_for("None where it follows no shared property and has no type: only its author knows them.", interface.OWN_OR_SHARED)
except_for("None where what it extended is deleted.", interface.LOSES)
