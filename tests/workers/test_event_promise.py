"""Events only ever grow: what would break a reader is refused, and where growing is not enough an upcaster bridges versions."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from app.commands import event_promise
from app.commands.event_promise import broken
from app.commands.schema import check
from app.commands.terminal import Refused
from app.domain.events import Event, UnreadableEvent, upcast

PAST = json.loads((Path(__file__).parent / "past_events" / "1.ontology.object.updated.json").read_text())
PROMISED = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "title": "Id"},
        "kind": {"enum": ["A", "B"]},
        "at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "$defs": {"Part": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 0}}}},
}


def changed(change):
    made = copy.deepcopy(PROMISED)
    change(made)
    return list(broken(PROMISED, made, "event"))


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema["properties"].update(more={"type": "string"}),
        lambda schema: schema["$defs"].update(Other={"type": "object"}),
        lambda schema: schema["$defs"]["Part"]["properties"].update(colour={"type": "string"}),
        lambda schema: schema["properties"]["id"].update(title="Another", description="Other words"),
        lambda schema: schema["properties"]["kind"]["enum"].append("C"),
        lambda schema: schema["properties"]["at"]["anyOf"].insert(0, {"type": "integer"}),
    ],
)
def test_what_is_added_breaks_no_reader(change):
    assert changed(change) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda schema: schema["properties"].pop("kind"), "event.properties.kind was removed."),
        (lambda schema: schema["properties"]["id"].update(type="integer"), 'event.properties.id.type was "string" and is "integer".'),
        (lambda schema: schema["properties"]["id"].update(maxLength=5), "event.properties.id.maxLength is a new condition."),
        (lambda schema: schema["properties"]["kind"]["enum"].remove("A"), 'event.properties.kind.enum lost "A".'),
        (lambda schema: schema["properties"]["at"]["anyOf"].pop(), 'event.properties.at.anyOf lost {"type": "null"}.'),
        (lambda schema: schema["required"].append("kind"), "event.kind is required, which no past event knew."),
        (lambda schema: schema["required"].clear(), "event.id was always there and need not be any more."),
        (
            lambda schema: schema["$defs"]["Part"]["properties"]["size"].update(minimum=1),
            "event.$defs.Part.properties.size.minimum was 0 and is 1.",
        ),
    ],
)
def test_what_breaks_a_reader_is_named(change, sentence):
    assert changed(change) == [sentence]


def test_the_present_events_break_nothing_that_was_promised():
    assert event_promise.RELEASED.exists()
    assert event_promise.breaking() == []


def test_the_check_refuses_events_that_break_their_promise(tmp_path, monkeypatch):
    promised = json.loads(event_promise.RELEASED.read_text())
    promised["object-type"]["properties"]["colour"] = {"type": "string"}
    (tmp_path / "released.json").write_text(json.dumps(promised))
    monkeypatch.setattr(event_promise, "RELEASED", tmp_path / "released.json")
    with pytest.raises(Refused, match=r"object-type\.properties\.colour was removed"):
        check()


def older(said):
    """An event as the first of three versions might have had it: another name for the actor, and the time in seconds."""
    return {**{name: value for name, value in said.items() if name != "actor"}, "by": said["actor"], "schemaVersion": 1}


def renamed(said):
    """From the first to the second; it changes what it was given, which nobody may notice."""
    said["actor"] = said.pop("by")
    return said


def marked(said):
    """From the second to the third."""
    said["data"]["marked"] = True
    return said


def test_an_event_of_an_older_version_is_read_by_one_upcaster_after_the_other():
    said = older(PAST)
    before = copy.deepcopy(said)
    found = upcast(said, {1: renamed, 2: marked}, 3)
    assert said == before
    assert found == {**PAST, "data": {**PAST["data"], "marked": True}, "schemaVersion": 3}
    assert Event.model_validate(found).actor == PAST["actor"]
    assert upcast({**PAST, "schemaVersion": 2}, {1: renamed, 2: marked}, 3) == found
    assert upcast(found, {1: renamed, 2: marked}, 3) == found


@pytest.mark.parametrize("version", [0, -1, 4, True, "1", None, 1.0])
def test_a_version_that_never_was_is_no_event(version):
    with pytest.raises(UnreadableEvent):
        upcast({**PAST, "schemaVersion": version}, {1: renamed, 2: marked}, 3)
