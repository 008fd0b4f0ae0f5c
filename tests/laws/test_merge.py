"""Laws of the three-way merge, on definitions of every kind and random variants of them."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain.definition import Definition
from app.domain.kinds import KINDS
from app.domain.merge import ABSENT, OURS, THEIRS, Merging, leaves, same
from app.domain.planning import parse
from tests.strategies import entities, ontologies

# Each example has about twenty definitions; what fails is one of them, so there is little to gain by looking for a smaller ontology.
LAWFUL = settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
TIMES = 4
Triple = tuple[Definition, Definition, Definition]


def varied(chance: Random, value: Any, donor: Any) -> Any:
    """A value with some of its parts left out, reordered, reworded, or taken from another one of its kind."""
    if isinstance(value, dict):
        other = donor if isinstance(donor, dict) else {}
        made = {}
        for key in {**value, **other}:
            roll = chance.random()
            if key in value and roll < 0.55:
                made[key] = value[key]
            elif key in value and roll < 0.85:
                made[key] = varied(chance, value[key], other.get(key))
            elif key in other and roll < 0.95:
                made[key] = other[key]
        return made
    if isinstance(value, list):
        kept = [varied(chance, each, None) if chance.random() < 0.3 else each for each in value if chance.random() < 0.8]
        kept += [each for each in donor if chance.random() < 0.5] if isinstance(donor, list) else []
        if chance.random() < 0.3:
            chance.shuffle(kept)
        return kept
    if isinstance(value, str) and chance.random() < 0.5 and not value.startswith(("ri.", "ref:")):
        return f"{value}{chance.choice('xy')}"
    return donor if type(donor) is type(value) else value


def variant(chance: Random, definition: Definition, donor: Definition) -> Definition:
    """Another definition of the kind: as near to this one as the dice will have it."""
    for _ in range(8):
        made = parse(definition.kind, varied(chance, definition.canonical(), donor.canonical()), None)
        if isinstance(made, Definition) and unique(made):
            return made
    return definition


def unique(definition: Definition) -> bool:
    """Whether the keys of its items are; a rule refuses others."""
    found = [path for path, _ in leaves(definition)]
    return len(found) == len(set(found))


@st.composite
def triples(draw: st.DrawFn) -> list[Triple]:
    """Of each entity of an ontology: itself, and two variants of it."""
    chance = Random(draw(st.integers(0, 2**32)))
    made = [entity.definition for entity in entities(draw(ontologies(largest=2)))]
    found = []
    for definition in made * TIMES:
        donors = [each for each in made if each.kind is definition.kind]
        found.append((definition, variant(chance, definition, chance.choice(donors)), variant(chance, definition, chance.choice(donors))))
    return found


def merged(base: Definition, ours: Definition, theirs: Definition, answers: dict[str, Any] | None = None) -> tuple[Any, list[Any]]:
    merging = Merging(answers or {})
    return merging.merge(base, ours, theirs), merging.conflicts


def said(definition: Definition) -> dict[str, Any]:
    """The value at each path; a list without items says as little as none."""
    return {path: value for path, value in leaves(definition) if value != []}


@LAWFUL
@given(found=triples())
def test_what_one_side_left_alone_is_as_the_other_has_it(found: list[Triple]) -> None:
    for base, one, other in found:
        assert merged(base, one, base) == (one, [])
        assert merged(base, base, other) == (other, [])
        assert merged(base, one, one) == (one, [])


@LAWFUL
@given(found=triples())
def test_the_sides_may_be_exchanged(found: list[Triple]) -> None:
    for base, one, other in found:
        here, conflicts = merged(base, one, other)
        there, mirrored = merged(base, other, one)
        assert {path: (was, ours, theirs) for path, was, ours, theirs in conflicts} == {
            path: (was, ours, theirs) for path, was, theirs, ours in mirrored
        }
        if not conflicts:
            assert unordered(here) == unordered(there)


def unordered(definition: Definition) -> Any:
    """Its leaves, without the order of its lists."""
    found = ((path, value) for path, value in leaves(definition) if not path.endswith("$order"))
    return {path: sorted(value, key=repr) if isinstance(value, list) else value for path, value in found}


@LAWFUL
@given(found=triples())
def test_each_field_is_of_the_side_that_changed_it(found: list[Triple]) -> None:
    for base, one, other in found:
        made, conflicts = merged(base, one, other)
        if conflicts:
            continue
        sides = [said(side) for side in (base, one, other, made)]
        for path in {path for side in sides for path in side}:
            was, ours, theirs, now = (side.get(path, ABSENT) for side in sides)
            if same(ours, theirs) or same(theirs, was):
                assert same(now, ours), path
            elif same(ours, was):
                assert same(now, theirs), path
            else:  # only lists merge where both sides changed them
                assert all(isinstance(side, list) or side is ABSENT for side in (was, ours, theirs)), path
                assert in_both(was, ours, theirs) == members(now), path


def members(value: Any) -> set[str]:
    return set() if value is ABSENT else {repr((type(each), each)) for each in value}


def in_both(was: Any, ours: Any, theirs: Any) -> set[str]:
    """What is left of both lists taken as sets."""
    added, removed = members(ours) - members(was), members(was) - members(ours)
    return (members(theirs) | added) - removed


@LAWFUL
@given(found=triples())
def test_answers_settle_every_conflict_as_they_say(found: list[Triple]) -> None:
    for base, one, other in found:
        _, conflicts = merged(base, one, other)
        for answer, side in ((OURS, one), (THEIRS, other)):
            made, left = merged(base, one, other, {path: answer for path, *_ in conflicts})
            assert left == []
            for path, *_ in conflicts:
                if not path.endswith("$order"):
                    assert below(made, path) == below(side, path)


def below(definition: Definition, path: str) -> dict[str, Any]:
    return {place: value for place, value in leaves(definition) if place == path or place.startswith((f"{path}.", f"{path}["))}


@LAWFUL
@given(found=triples())
def test_merging_again_what_was_merged_changes_nothing(found: list[Triple]) -> None:
    for base, one, other in found:
        made, conflicts = merged(base, one, other)
        if not conflicts:
            again, more = merged(base, made, other)
            assert (unordered(again), more) == (unordered(made), [])


@LAWFUL
@given(found=triples())
def test_a_definition_is_what_its_canonical_json_says(found: list[Triple]) -> None:
    for each in {id(side): side for triple in found for side in triple}.values():
        read = KINDS[each.kind].model_validate(each.canonical())
        assert same(read, each)
        assert read.canonical() == each.canonical()
