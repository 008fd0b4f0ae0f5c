"""Laws of the planner, on random ontologies and random change sets, in memory."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from app.domain.change_set import Operation, Verb
from app.domain.entity import Entity
from app.domain.merge import difference
from app.domain.plan import Plan
from tests.given import update
from tests.laws.histories import allowed, change_sets, operations, worlds
from tests.worlds import World

LAWFUL = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(plan: Plan) -> Any:
    """What a plan says, apart from the order in which it looked."""
    return (
        {(each.rid, each.action, repr(each.after and each.after.definition)) for each in plan.changes},
        {(each.rule, each.rid, each.path) for each in plan.violations},
        {(each.rid, each.path) for each in plan.conflicts},
    )


@LAWFUL
@given(world=worlds(rollbacks=False, longest=3))
def test_merging_nothing_changes_nothing(world: World) -> None:
    restated = [update(each.kind, each.rid, each.version, **each.definition.canonical()) for each in world.alive]

    for nothing in ([], restated):
        for strict in (True, False):
            plan = world.plan(nothing, strict=strict)
            assert (plan.problem(), plan.changes) == (None, ())


@LAWFUL
@given(world=worlds(rollbacks=False, longest=3), steps=change_sets)
def test_merging_into_an_untouched_base_equals_applying(world: World, steps: Any) -> None:
    wanted = operations(world, steps)

    assert outcome(world.plan(wanted, strict=False)) == outcome(world.plan(wanted, strict=True))


@LAWFUL
@given(world=worlds(rollbacks=False, longest=3), one=change_sets, other=change_sets)
def test_disjoint_edits_commute_wherever_both_orders_are_accepted(world: World, one: Any, other: Any) -> None:
    first, second = allowed(world, one), allowed(world, other)
    if not disjoint(world.after(first), world.after(second), world):
        return
    here, there = world.after(first).plan(second, strict=False), world.after(second).plan(first, strict=False)
    if here.problem() is None and there.problem() is None:
        assert world.after(first).became(here).words == world.after(second).became(there).words


def disjoint(one: World, other: World, base: World) -> bool:
    """Whether no field was changed in both; sets merge, so they count only where an entity is new or gone."""
    return all(not touched(one, base, rid) & touched(other, base, rid) for rid in base.heads)


def touched(world: World, base: World, rid: str) -> set[str]:
    before, after = base.heads[rid], world.heads[rid]
    if after.deleted is not before.deleted:
        return {""} | {path for path, _ in leaves_of(before)}
    return set(difference(before.definition, after.definition)) - {"aliases", "typeGroups", "extends"}


def leaves_of(entity: Entity) -> list[tuple[str, Any]]:
    return [(path, None) for path in difference(None, entity.definition)]


@LAWFUL
@given(world=worlds(rollbacks=False, longest=3), one=change_sets, other=change_sets)
def test_what_was_merged_meanwhile_is_kept_wherever_the_change_set_left_it_alone(world: World, one: Any, other: Any) -> None:
    theirs, ours = world.after(allowed(world, one)), allowed(world, other)
    plan = theirs.plan(ours, strict=False)
    if plan.problem() is not None:
        return
    merged, alone = theirs.became(plan), world.after(ours)
    for rid, before in world.heads.items():
        now = merged.heads[rid]
        if before.deleted or now.deleted or alone.heads[rid].deleted:
            continue
        mine = set(difference(before.definition, alone.heads[rid].definition))
        for path, (_, there) in difference(before.definition, theirs.heads[rid].definition).items():
            if path not in mine:
                assert dict(difference(before.definition, now.definition)).get(path, (None, None))[1] == there, path


@LAWFUL
@given(world=worlds(longest=4), steps=change_sets)
def test_what_the_planner_accepts_breaks_no_rule_anywhere(world: World, steps: Any) -> None:
    for strict in (True, False):
        plan = world.plan(operations(world, steps), strict=strict)
        if plan.problem() is None:
            assert world.became(plan).violations() == []
        else:
            assert plan.changes == ()


@LAWFUL
@given(world=worlds(rollbacks=False, longest=3), steps=change_sets)
def test_a_strict_write_takes_no_version_but_the_newest(world: World, steps: Any) -> None:
    wanted = [each for each in operations(world, steps) if each.verb is not Verb.CREATE]
    old = [Operation(each.verb, each.kind, each.rid, None, world.heads[each.rid].version, each.cascade, each.fields) for each in wanted]
    moved = world.after([update(each.kind, each.rid, each.version, description="Somebody was here") for each in world.alive])

    plan = moved.plan(old, strict=True)

    assert {each.rid for each in plan.conflicts} == {each.rid for each in old}
    assert plan.changes == ()
