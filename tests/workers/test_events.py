"""What the events say of themselves is true of every event that the sample makes, and of every event that ever was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from app.commands.asyncapi import document, event_pages, name_of, schemas
from app.domain.event_data import carried
from app.domain.events import SCHEMA_VERSION, UPCASTERS, Event, UnreadableEvent
from app.domain.topics import TOPICS
from app.persistence.outbox import Outbox
from app.sample.story import tell

CORPUS = sorted(Path(__file__).parent.glob("past_events/*.json"))
SCHEMA_OF = {topic.name: name_of(data) for topic, data in carried()}


def judge(event):
    """The first fault that the published schema of the event's topic finds."""
    return next((error.message for error in Draft202012Validator(schemas()[SCHEMA_OF[event["type"]]]).iter_errors(event)), None)


async def test_every_event_of_the_sample_is_as_its_schema_says(database, database_url):
    await tell(database)
    outbox = await Outbox.connect(database_url)
    pending = await outbox.pending(10_000)
    await outbox.close()
    wire = [each.event.wire() for each in pending]
    assert {event["type"] for event in wire} > {
        "ontology.object.created",
        "ontology.link.created",
        "version.changeset.merged",
        "version.changeset.opened",
    }
    validators = {name: Draft202012Validator(schema) for name, schema in schemas().items()}
    faults = [(event["type"], error.message) for event in wire for error in validators[SCHEMA_OF[event["type"]]].iter_errors(event)]
    assert faults == []
    assert [Event.parse(json.dumps(event)) for event in wire] == [each.event for each in pending]


def test_every_schema_is_one_and_leaves_room_for_new_fields():
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)
        assert '"additionalProperties": false' not in json.dumps(schema)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_past_event_is_still_readable(path):
    said = json.loads(path.read_text())
    event = Event.parse(path.read_text())
    assert event.schema_version == SCHEMA_VERSION
    assert (event.id, event.type, event.data) == (said["id"], said["type"], said["data"]) or said["schemaVersion"] < SCHEMA_VERSION
    assert judge(event.wire()) is None


def test_the_corpus_has_every_topic_in_every_version():
    had = {(said["schemaVersion"], said["type"]) for path in CORPUS for said in [json.loads(path.read_text())]}
    assert had == {(version, topic.name) for version in range(1, SCHEMA_VERSION + 1) for topic in TOPICS}
    assert sorted(UPCASTERS) == list(range(1, SCHEMA_VERSION))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b'{"schemaVersion": "1"}', b'{"schemaVersion": 1}', b"[" * 100_000, b"\xff", b'{"schemaVersion": 99}']
)  # fmt: skip
def test_what_is_no_event_is_said_to_be_none(content):
    with pytest.raises(UnreadableEvent):
        Event.parse(content)


def test_unknown_fields_are_passed_over():
    said = json.loads(CORPUS[0].read_text()) | {"later": {"more": 1}}
    assert Event.parse(json.dumps(said)) == Event.parse(CORPUS[0].read_text())


def references(value):
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def resolved(root, pointer):
    """What a local reference leads to."""
    for step in pointer.removeprefix("#/").split("/"):
        root = root[step]
    return root


def test_the_asyncapi_document_is_whole():
    written = document()
    assert written["asyncapi"] == "3.1.0"
    assert sorted(channel["address"] for channel in written["channels"].values()) == sorted(topic.name for topic in TOPICS)
    files = {path.name for path, _ in event_pages()}
    for reference in references(written):
        if reference.startswith("#/"):
            assert resolved(written, reference)
        else:
            assert Path(reference).name in files
    for operation in written["operations"].values():
        assert operation["action"] == "send"
        channel = operation["channel"]["$ref"]
        assert [each["$ref"] for each in operation["messages"]] == [f"{channel}/messages/event"]
    allowed = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    assert set(written) <= allowed
    assert {"title", "version"} <= set(written["info"])
