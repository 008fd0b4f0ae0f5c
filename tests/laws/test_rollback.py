"""Laws of the rollback: it is as if the change set had never been, or it names exactly what it waits for."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile
from typing import Any

from hypothesis import HealthCheck, given, settings

from app.domain.entity import Entity
from app.domain.merge import leaves
from tests.laws.histories import worlds
from tests.worlds import CannotReplay, World

LAWFUL = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

Place = tuple[str, str]
WHOLE: Place = ("", "")


def standing(world: World) -> list[int]:
    """The revisions that can still be rolled back."""
    return [each for each in range(1, world.revision + 1) if each not in world.undone]


def places(entity: Entity | None) -> dict[Place, Any]:
    """What it says where; each value of a list is a place of its own, and where it says nothing there is none."""
    if entity is None or entity.deleted:
        return {}
    found: dict[Place, Any] = {WHOLE: True}
    for path, value in leaves(entity.definition):
        found |= {(path, repr(each)): True for each in value} if isinstance(value, list) else {(path, ""): value}
    return {place: value for place, value in found.items() if value is not None}


def without(world: World, revision: int) -> dict[str, dict[Place, Any]]:
    """What all would say: what stands as the revision made it is as it was before, all else is as it is."""
    expected = {rid: places(head) for rid, head in world.heads.items()}
    for change in world.log[revision - 1]:
        before, made, now = places(change.before), places(change.after), expected[change.rid]
        for place in before.keys() | made.keys():
            if before.get(place) != made.get(place) == now.get(place):
                now[place] = before.get(place)
        expected[change.rid] = {place: value for place, value in now.items() if value is not None}
    return expected


def came_back(world: World, revision: int) -> bool:
    """Whether something that the revision said was changed later and then said again: it counts as if nobody had touched it."""
    for change in world.log[revision - 1]:
        before, made, *later = places(change.before), *map(places, world.history(change.rid, revision))
        for place in {place for each in (before, made, *later) for place in each}:
            values = [each.get(place) for each in (made, *later)]
            kept = len(list(takewhile(lambda value, first=values[0]: value == first, values)))
            if (before.get(place) != made.get(place) or not before or not made) and values[0] in values[kept:]:
                return True
    return False


def possible(world: World, without: set[int]) -> World | None:
    """The world without some revisions, None where what came later needs them."""
    try:
        made = world.replayed(without)
    except CannotReplay:
        return None
    return None if made.violations() else made


@LAWFUL
@given(world=worlds())
def test_rolling_back_the_newest_gives_the_definitions_before_it(world: World) -> None:
    plan = world.rollback(world.revision)

    assert plan.problem() is None
    assert world.became(plan).words == world.replayed(without={world.revision}).words


@LAWFUL
@given(world=worlds())
def test_a_rollback_equals_the_replay_of_the_changes_without_it_unless_it_is_blocked(world: World) -> None:
    for revision in standing(world):
        plan = world.rollback(revision)
        if plan.problem() is not None:
            continue
        rolled_back = world.became(plan)
        assert {rid: places(head) for rid, head in rolled_back.heads.items()} == without(world, revision)
        with suppress(CannotReplay):  # what later built on it was taken back since
            if not came_back(world, revision):
                assert rolled_back.words == world.replayed(without={revision}).words


@LAWFUL
@given(world=worlds())
def test_without_its_blockers_a_rollback_passes_and_each_of_them_is_needed(world: World) -> None:
    for revision in standing(world):
        if world.rollback(revision).problem() is None:
            continue
        blockers = world.blockers(revision)
        assert all(each > revision for each in blockers)
        without_them = possible(world, blockers)
        if blockers and without_them is not None:
            assert without_them.rollback(revision).problem() is None
        for each in blockers:
            with_one = possible(world, blockers - {each})
            if with_one is not None:
                assert with_one.rollback(revision).problem() is not None


@LAWFUL
@given(world=worlds())
def test_versions_never_go_back_and_each_change_begins_where_the_last_one_ended(world: World) -> None:
    seen: dict[str, int] = {}
    for changes in world.log:
        for change in changes:
            was = seen.get(change.rid, 0)
            assert (change.before is None) or change.before.version == was
            now = change.after.version if change.after is not None else was + 1
            assert now == was + 1
            seen[change.rid] = now
    assert {rid: entity.version for rid, entity in world.heads.items()} == seen
    assert world.replayed().words == world.words
