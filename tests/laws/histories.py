"""Random histories of random ontologies, in memory: what people do, as far as the rules allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from app.domain.change_set import Operation, Origin
from app.domain.entity import Entity
from app.domain.interface import InterfaceDefinition
from app.domain.kind import Kind
from app.domain.object_type import ObjectTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.value_type import ValueTypeDefinition
from tests import given as made
from tests.strategies import ontologies
from tests.worlds import World

Step = tuple[str, int, int, int]
NAMES = ("Alpha", "Beta", "Gamma")
STATUSES = ("EXPERIMENTAL", "ACTIVE", "DEPRECATED", "EXAMPLE")


def _object_types(world: World) -> list[Entity]:
    return [each for each in world.alive if isinstance(each.definition, ObjectTypeDefinition)]


def _pick(entities: list[Entity], number: int) -> Entity | None:
    return entities[number % len(entities)] if entities else None


def _updated(entity: Entity | None, **fields: Any) -> list[Operation]:
    return [] if entity is None else [made.update(entity.kind, entity.rid, entity.version, **fields)]


def _create(world: World, a: int, b: int, n: int) -> list[Operation]:
    return made.object_type(NAMES[a % 3], ref=f"made{world.revision}.{a}.{b}.{n}", properties={"size": "LONG"})


def _add_property(world: World, a: int, b: int, n: int) -> list[Operation]:
    owner = _pick(_object_types(world), a)
    return [made.property_(f"extra{n}", owner=owner.rid, position=f"z{n}x{b}1")] if owner else []


def _link(world: World, a: int, b: int, n: int) -> list[Operation]:
    one, other = _pick(_object_types(world), a), _pick(_object_types(world), b)
    return [made.link_type(one.rid, other.rid, f"joins{n}")] if one and other else []


def _interface(world: World, a: int, b: int, n: int) -> list[Operation]:
    above = _pick([each for each in world.alive if each.kind is Kind.INTERFACE], a)
    item = {"key": f"k{n}", "apiName": f"part{a}{n}", "type": {"base": "STRING"}}
    return [made.interface(f"Shape{n}", properties=[item], extends=[above.rid] if above and b % 2 else [])]


def _part(world: World, a: int, b: int, n: int) -> list[Operation]:
    """Adds, relabels or removes a property of an interface."""
    entity = _pick([each for each in world.alive if each.kind is Kind.INTERFACE], a)
    if entity is None or not isinstance(entity.definition, InterfaceDefinition):
        return []
    items = [item.canonical() for item in entity.definition.properties]
    if b % 3 == 0:
        items.append({"key": f"more{n}", "apiName": f"more{n}", "type": {"base": "LONG"}})
    elif items and b % 3 == 1:
        items[n % len(items)]["description"] = f"d{n}"
    elif items:
        items.pop(n % len(items))
    return _updated(entity, properties=items)


def _group(world: World, a: int, b: int, _: int) -> list[Operation]:
    owner, group = _pick(_object_types(world), a), _pick([each for each in world.alive if each.kind is Kind.TYPE_GROUP], b)
    if owner is None or group is None or not isinstance(owner.definition, ObjectTypeDefinition):
        return []
    held = owner.definition.type_groups
    return _updated(owner, typeGroups=[rid for rid in held if rid != group.rid] if group.rid in held else [*held, group.rid])


def _alias(world: World, a: int, _: int, n: int) -> list[Operation]:
    owner = _pick(_object_types(world), a)
    if owner is None or not isinstance(owner.definition, ObjectTypeDefinition):
        return []
    return _updated(owner, aliases=[*owner.definition.aliases, f"Former{n}"])


def _title(world: World, a: int, b: int, _: int) -> list[Operation]:
    owner = _pick(_object_types(world), a)
    own = [
        each
        for each in world.alive
        if isinstance(each.definition, PropertyDefinition) and owner and each.definition.object_type == owner.rid
    ]
    chosen = _pick(own, b)
    return _updated(owner, titleProperty=chosen.rid) if chosen else []


def _choose(world: World, a: int, b: int, n: int) -> list[Operation]:
    """Gives a value type another list of constraints."""
    entity = _pick([each for each in world.alive if isinstance(each.definition, ValueTypeDefinition)], a)
    choices: list[list[dict[str, Any]]] = [
        [],
        [{"key": "l", "type": "LENGTH", "max": 50 + n}],
        [{"key": "o", "type": "ONE_OF", "values": ["a", f"v{n}"]}],
    ]
    return _updated(entity, constraints=choices[b % 3])


def _delete(world: World, a: int, _: int, n: int) -> list[Operation]:
    entity = _pick(world.alive, a)
    return [made.deletion(entity.kind, entity.rid, entity.version, cascade=bool(n % 2))] if entity else []


_VERBS: dict[str, Callable[[World, int, int, int], list[Operation]]] = {
    "create": _create,
    "property": _add_property,
    "link": _link,
    "interface": _interface,
    "part": _part,
    "group": _group,
    "new group": lambda _, a, b, n: [made.type_group(f"group-{n}")],
    "alias": _alias,
    "title": _title,
    "choose": _choose,
    "delete": _delete,
    "describe": lambda world, a, b, n: _updated(_pick(world.alive, a), description=f"d{n}"),
    "relabel": lambda world, a, b, n: _updated(_pick(world.alive, a), displayName=f"n{n}"),
    "rename": lambda world, a, b, n: _updated(_pick(_object_types(world), a), apiName=NAMES[b % 3]),
    "rename part": lambda world, a, b, n: _updated(_pick([each for each in world.alive if each.kind is Kind.PROPERTY], a), apiName=f"p{n}"),
    "status": lambda world, a, b, n: _updated(_pick(world.alive, a), status=STATUSES[b % 4]),
    "translate": lambda world, a, b, n: _updated(_pick(world.alive, a), translations={("ko", "de")[b % 2]: {"description": f"t{n}"}}),
    "annotate": lambda world, a, b, n: _updated(_pick(world.alive, a), annotations={f"note:{b % 2}": [{"text": f"a{n}"}]}),
    "require": lambda world, a, b, n: _updated(_pick([each for each in world.alive if each.kind is Kind.PROPERTY], a), required=bool(b % 2)),
}  # fmt: skip

steps: st.SearchStrategy[Step] = st.tuples(st.sampled_from(sorted(_VERBS)), st.integers(0, 30), st.integers(0, 5), st.integers(0, 4))
change_sets: st.SearchStrategy[list[Step]] = st.lists(steps, min_size=1, max_size=3)


def operations(world: World, change_set: Iterable[Step]) -> list[Operation]:
    """What the steps are, written by somebody who looks at the world as it is; each with its rid."""
    return [world.settled(operation) for verb, a, b, n in change_set for operation in _VERBS[verb](world, a, b, n)]


def allowed(world: World, change_set: Iterable[Step]) -> list[Operation]:
    """The same, without the steps that would break a rule where they come."""
    kept: list[Operation] = []
    for step in change_set:
        more = operations(world, [step])
        if more and world.plan([*kept, *more]).problem() is None:
            kept += more
    return kept


@st.composite
def worlds(draw: st.DrawFn, *, largest: int = 1, longest: int = 6, rollbacks: bool = True) -> World:
    """An ontology with a history: an import, then change sets, some of them rollbacks."""
    world = World.empty().after(draw(ontologies(largest=largest)), origin=Origin.IMPORT)
    for change_set in draw(st.lists(change_sets, max_size=longest)):
        if wanted := allowed(world, change_set):
            world = world.after(wanted)
        if rollbacks and change_set[0][3] == 4:
            revision = 1 + change_set[0][1] % world.revision
            plan = world.rollback(revision)
            if revision not in world.undone and plan.problem() is None:
                world = replace(world.became(plan), undone=world.undone | {revision})
    return world
