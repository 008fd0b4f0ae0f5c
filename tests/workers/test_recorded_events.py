"""The corpus of past events is what the pipeline sends: every topic is written by real work, relayed, and read from Kafka.

`OMS_RECORD_EVENTS` names a folder into which one event of each topic is written, which is how `past_events` came about and how the
next version of the schema gets its own.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from app.domain.events import SCHEMA_VERSION, Event
from app.domain.kind import Kind
from app.domain.topics import TOPICS
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from tests import given
from tests.given import ADMIN, EDITOR
from tests.workers.kafka_reading import read
from tests.workers.test_events import CORPUS, judge

SHIP = {"length": {"type": {"base": "DOUBLE"}, "description": "From bow to stern."}}
MADE = {
    "Ship": Kind.OBJECT_TYPE, "Ship.length": Kind.PROPERTY, "colour": Kind.SHARED_PROPERTY, "sails": Kind.LINK_TYPE, "Floating": Kind.INTERFACE,
    "launch": Kind.ACTION_TYPE, "knots": Kind.VALUE_TYPE, "fleet": Kind.TYPE_GROUP,
}  # fmt: skip


async def told(database):
    """Everything that can happen to anything, once at least."""
    editing, change_sets, ontologies = Editing(database), ChangeSets(database), Ontologies(database)
    made = await editing.apply(EDITOR, "main", [
        *given.object_type("Ship", properties=SHIP, description="Floats."), *given.object_type("Harbour"), given.shared_property("colour"),
        given.link_type("ref:Ship", "ref:Harbour", "sails"), given.interface("Floating"), given.action_type("launch"),
        given.value_type("knots"), given.type_group("fleet"),
    ])  # fmt: skip
    rids = {name: made.refs[name] for name in MADE}
    await editing.apply(EDITOR, "main", [given.update(kind, rids[name], 1, displayName=f"{name} again") for name, kind in MADE.items()])
    gone = [given.deletion(kind, rids[name], 2) for name, kind in MADE.items() if kind is not Kind.PROPERTY]
    await editing.apply(EDITOR, "main", [given.deletion(Kind.PROPERTY, rids["Ship.length"], 2)])
    deleted = await editing.apply(EDITOR, "main", [each if each.kind is not Kind.OBJECT_TYPE else _whole(each) for each in gone])
    await change_sets.rollback(EDITOR, deleted.change_set.rid)
    opened = await change_sets.open(EDITOR, "main", title="More groups", labels=["later"])
    await change_sets.stage(EDITOR, opened.rid, [given.type_group("more")])
    await change_sets.close(EDITOR, opened.rid)
    other = await ontologies.create(ADMIN, api_name="other", display_name="Other")
    await ontologies.update(ADMIN, other.rid, expected_version=1, display_name="Another")
    await ontologies.archive(ADMIN, other.rid, expected_version=2)


def _whole(deletion):
    return given.deletion(deletion.kind, deletion.rid, deletion.expected_version, cascade=True)


async def test_every_topic_is_written_by_real_work_and_the_corpus_is_of_its_form(kafka, prefix, database, relaying, settled):
    await told(database)
    async with relaying(topics=TOPICS):
        await settled()
    wanted = await database.pool.fetchval("SELECT count(*) FROM outbox")
    seen = [each.event for each in await asyncio.to_thread(read, kafka, prefix, wanted)]
    assert [fault for each in seen if (fault := judge(each))] == []
    recorded = {each["type"]: each for each in reversed(seen)}
    assert sorted(recorded) == sorted(topic.name for topic in TOPICS)
    for each in recorded.values():
        assert Event.parse(json.dumps(each)).wire() == each
    if folder := os.environ.get("OMS_RECORD_EVENTS"):
        for name, each in recorded.items():
            (Path(folder) / f"{SCHEMA_VERSION}.{name}.json").write_text(json.dumps(each, ensure_ascii=False, indent=1) + "\n")
    newest = {past["type"]: past for path in CORPUS for past in [json.loads(path.read_text())] if past["schemaVersion"] == SCHEMA_VERSION}
    for name, each in recorded.items():
        past = newest[name]
        assert sorted(past) == sorted(each)
        assert past["deleted"] == each["deleted"]
        assert (past["revision"] is None, past["rid"] is None) == (each["revision"] is None, each["rid"] is None), name
        assert past["data"].keys() >= {key for key in each["data"] if key in {"apiName", "displayName", "title"}}, name
