"""The blamed step is the last one in which the value of the field changed, whatever the history."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from app.domain.blame import Step, blamed, tops
from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.merge import leaves, same

NOWHERE = object()
STRING, LONG = {"base": "STRING"}, {"base": "LONG"}
ITEM = st.fixed_dictionaries(
    {"key": st.sampled_from("abc"), "apiName": st.sampled_from(("one", "two")), "type": st.sampled_from((STRING, LONG))},
    optional={"required": st.booleans()},
)
WORDS = st.fixed_dictionaries(
    {"apiName": st.sampled_from(("One", "Two")), "displayName": st.sampled_from(("One", "Two"))},
    optional={
        "description": st.sampled_from(("x", "y")),
        "translations": st.dictionaries(st.sampled_from(("ko", "en")), st.fixed_dictionaries({"displayName": st.sampled_from("xy")}), max_size=2),
        "annotations": st.dictionaries(st.sampled_from(("k", "http://x.org/a.b")), st.lists(st.fixed_dictionaries({"text": st.sampled_from("xy")}), max_size=2)),
        "deprecation": st.fixed_dictionaries({}, optional={"message": st.sampled_from("xy"), "deadline": st.just("2030-01-01")}),
        "properties": st.lists(ITEM, max_size=3, unique_by=lambda item: item["key"]),
    },
)  # fmt: skip


def canonical(words):
    return KINDS[Kind.INTERFACE].model_validate(words).canonical()


def flat(words):
    return dict(leaves(KINDS[Kind.INTERFACE].model_validate(words)))


def last_changes(history) -> dict[str, int]:
    """By brute force: of each path of the last words, the last version that has another value than the one before."""
    states = [flat(words) for words in history]
    found = dict.fromkeys(states[-1], 1)
    for version, (before, after) in enumerate(pairwise(states), start=2):
        for path in found:
            one, other = before.get(path, NOWHERE), after.get(path, NOWHERE)
            if (one is NOWHERE) is not (other is NOWHERE) or (one is not NOWHERE and not same(one, other)):
                found[path] = version
    return found


def steps(history) -> dict[str, list[Step]]:
    """What the statement answers with."""
    made = {}
    for name in tops(Kind.INTERFACE):
        values = [words.get(name) for words in history]
        changed = [Step(at + 1, at + 11, value) for at, value in enumerate(values) if at == 0 or value != values[at - 1]]
        kept = changed[::-1]
        made[name] = kept if isinstance(values[-1], (dict, list)) else kept[:1]
    return made


@settings(max_examples=400, deadline=None)
@drawn(history=st.lists(WORDS.map(canonical), min_size=1, max_size=7))
def test_the_blamed_step_is_the_last_in_which_the_value_changed(history):
    found = blamed(Kind.INTERFACE, history[-1], steps(history))

    assert {path: step.version for path, step in found.items()} == last_changes(history)
    assert all(step.revision == step.version + 10 for step in found.values())
    assert list(found) == sorted(found)
