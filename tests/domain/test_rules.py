"""Every rule has a counter-example that breaks it and nothing else."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

import app.domain
from app.domain.rules import REGISTRY
from tests.domain import broken_actions, broken_links, broken_objects, broken_texts, broken_types
from tests.domain.counter_example import CounterExample
from tests.worlds import World

RIDS = re.compile(r"ri\.[a-z0-9.-]+")
MODULES = (broken_actions, broken_links, broken_objects, broken_texts, broken_types)
CASES = [
    case
    for module in MODULES
    for each in vars(module).values()
    if isinstance(each, list)
    for case in each
    if isinstance(case, CounterExample)
]


def violations(case: CounterExample, operations) -> set[tuple[str, str]]:
    world = World.empty().after(case.before) if case.before else World.empty()
    made = world.plan(operations, strict=case.strict, origin=case.origin)
    assert not made.conflicts
    assert not (made.violations and made.changes)
    by_rid = {rid: ref for ref, rid in made.refs.items()} | {rid: ref for ref, rid in world.refs.items()}
    return {(each.rule, RIDS.sub(lambda found: f"{{{by_rid[found.group()]}}}", each.path)) for each in made.violations}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_counter_example_breaks_its_rule_there_and_no_other(case):
    assert violations(case, case.does) == {(case.rule, case.path)}


@pytest.mark.parametrize("case", [case for case in CASES if case.mended is not None], ids=str)
def test_a_mended_counter_example_breaks_nothing(case):
    assert violations(case, case.mended) == set()


def test_every_rule_has_a_counter_example():
    for module in iter_modules(app.domain.__path__, "app.domain."):
        import_module(module.name)  # a rule is declared where it is used
    assert set(REGISTRY) == {case.rule for case in CASES}
