"""A fix mends what it is offered for, and breaks nothing in its stead."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from app.domain.change_set import Operation, Verb
from app.domain.fixes.broken import EXCEPTIONS, FIXERS, REASONS
from app.domain.fixes.placing import GONE, edited, found, top
from app.domain.rules import REGISTRY, Violation
from tests import given
from tests.domain.counter_example import CounterExample
from tests.domain.test_rules import CASES
from tests.worlds import World


def told(case: CounterExample) -> tuple[World, list[Operation], list[Violation]]:
    world = World.empty().after(case.before) if case.before else World.empty()
    does = [world.settled(each) for each in case.does]
    made = world.plan(does, strict=case.strict, origin=case.origin)
    return World(world.versions, world.heads, {**made.refs, **world.refs}), does, list(made.violations)


def marks(violations) -> set[tuple[str, str, str]]:
    return {(each.rule, each.rid, each.path) for each in violations}


LEFT_TO_THE_AUTHOR = {
    "action-type.condition at criteria[c].condition": 2,
    "action-type.operand at criteria[c].condition.left.parameter": 1,
    "action-type.operand at rules[r].function.inputs.a": 1,
    "action-type.rule-fields at rules[r].objectType": 1,
    "action-type.rule-parameter at rules[r].parameter": 2,
    "annotations.bounds at annotations": 1,
    "api-name.form at apiName": 1,
    "constraint.values at constraints[c0].values": 1,
    "delete.referenced at the whole": 2,
    "display-name.length at rules[r].function.name": 1,
    "interface.loses-property at extends": 1,
    "interface.property at properties[n]": 2,
    "reference.exists at rules[r].linkType": 1,
    "reference.kind at rules[r].objectType": 1,
    "translations.language at translations": 1,
}
"""How many counter-examples, of rules that have a fix, nothing mends but what only their author knows."""


@pytest.mark.parametrize("case", [case for case in CASES if case.rule in FIXERS], ids=str)
def test_a_fix_mends_its_counter_example_and_breaks_nothing_else(case):
    world, does, violations = told(case)
    assert violations
    for violation in violations:
        assert violation.fix or str(case) in LEFT_TO_THE_AUTHOR
        if violation.fix:
            mended = world.plan([*does, *violation.fix], strict=case.strict, origin=case.origin)
            assert not mended.conflicts
            assert marks(mended.violations) <= marks(violations) - marks([violation]), violation.fix


def test_what_is_left_to_the_author_is_said_of_each_rule_that_leaves_something():
    unmended = [case for case in CASES if case.rule in FIXERS and not all(each.fix for each in told(case)[2])]
    assert Counter(map(str, unmended)) == LEFT_TO_THE_AUTHOR
    assert {case.rule for case in unmended} == EXCEPTIONS.keys()


def test_fixes_are_looked_for_beyond_a_thousand_violations_that_have_none():
    nameless = [given.type_group(f"g{number}", apiName="", displayName="이름") for number in range(1_100)]
    made = World.empty().plan([*nameless, given.type_group("mine", colour="#abc")])
    assert [each.fix[0].fields for each in made.violations if each.fix] == [{"colour": "#aabbcc"}]


def test_of_more_than_a_thousand_fixes_the_first_thousand_are_told():
    made = World.empty().plan([given.type_group(f"g{number}", colour="#abc") for number in range(1_100)])
    assert [bool(each.fix) for each in made.violations] == [True] * 1_000 + [False] * 100


def test_every_rule_has_a_fix_or_a_reason_why_there_is_none():
    assert FIXERS.keys() & REASONS.keys() == set()
    assert FIXERS.keys() | REASONS.keys() == REGISTRY.keys()


def test_every_fixer_mends_a_counter_example():
    mended = {violation.rule for case in CASES for violation in told(case)[2] if violation.fix}
    assert FIXERS.keys() - mended == set()


def test_a_fix_is_written_as_operations_that_can_be_staged():
    for case in CASES:
        for violation in told(case)[2]:
            for each in violation.fix:
                assert each.verb is not Verb.CREATE or (each.ref and not each.rid)
                assert each.verb is Verb.CREATE or each.rid
                assert each.fields or each.verb is Verb.DELETE


WORDS = st.recursive(
    st.integers(0, 3),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(["a", "b", "a.b", "http://x.org/a[0]", "키"]), inner, max_size=3),
        st.lists(inner, max_size=3).map(lambda items: [{"key": f"k{at}", "of": item} for at, item in enumerate(items)]),
    ),
    max_leaves=6,
)


def places(words, path=""):
    yield path, words
    if isinstance(words, dict):
        for name, value in words.items():
            yield from places(value, f"{path}.{name}" if path else name)
    if isinstance(words, list):
        for item in words:
            yield from places(item, f"{path}[{item['key']}]")


@settings(max_examples=200, deadline=None)
@drawn(words=WORDS, data=st.data())
def test_what_is_edited_at_a_path_is_there_and_nothing_else_changes(words, data):
    path, value = data.draw(
        st.sampled_from([each for each in places(words) if unambiguous(words, each[0]) and not each[0].endswith(".key")])
    )
    assert found(words, path) == value

    new = {**value, "of": "new"} if isinstance(value, dict) and "key" in value else "new"
    changed = edited(words, path, lambda _: new)

    assert found(changed, path) == new
    assert edited(changed, path, lambda _: value) == words


def unambiguous(words, path) -> bool:
    """A path that two places have is that of the one with the longest name."""
    return [place for place, _ in places(words)].count(path) == 1 and found(words, path) == dict(places(words))[path]


def test_what_is_taken_out_is_gone():
    words = {"constraints": [{"key": "a"}, {"key": "b"}], "icon": {"name": "x", "colour": "red"}}
    assert edited(words, "constraints[a]", lambda _: GONE) == words | {"constraints": [{"key": "b"}]}
    assert edited(words, "icon.colour", lambda _: GONE) == words | {"icon": {"name": "x"}}
    assert top("icon.colour") == "icon"


@pytest.mark.parametrize(
    ("given_name", "beside", "fixed"),
    [("Name", "other", "name"), ("Name", "name", "name2"), ("two words", "other", "twoWords")],
)
def test_a_name_that_differs_in_its_form_alone_stands_in_nobodys_way_but_anothers(given_name, beside, fixed):
    made = World.empty().plan(given.object_type("Boat", properties={given_name: "STRING", beside: "STRING"}))
    assert fixed in [each.fix[0].fields["apiName"] for each in made.violations if each.rule == "api-name.form"]


def test_so_does_a_field_of_a_struct():
    fields = [{"key": name, "apiName": name, "type": {"base": "LONG"}} for name in ("Width", "Length")]
    made = World.empty().plan(given.object_type("Boat", properties={"size": {"type": {"base": "STRUCT", "fields": fields}}}))
    assert [each["apiName"] for each in made.violations[0].fix[0].fields["type"]["fields"]] == ["width", "Length"]
