"""The AsyncAPI document and the JSON Schemas of the events, made from the table of topics and the classes that they carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.event_data import carried
from app.domain.events import SCHEMA_VERSION, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from app.domain.topics import Topic

DOCUMENT = Path("docs/asyncapi.json")
SCHEMAS = Path("docs/events")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
HEADERS = {
    "type": "object",
    "required": ["event-id", "schema-version", "content-type"],
    "properties": {
        "event-id": {"type": "string", "description": "The id of the event, as in the envelope."},
        "schema-version": {"type": "string", "description": "The version of envelope and data."},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "The trace in which it was done, as W3C has it."},
    },
}


def event_pages() -> Iterator[tuple[Path, str]]:
    """Each file with its text."""
    for name, schema in schemas().items():
        yield SCHEMAS / f"{name}.schema.json", _text(schema)
    yield DOCUMENT, _text(document())


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of whole events, by the name of what they carry."""
    return {name_of(data): _schema(data) for _, data in carried()}


def document() -> dict[str, Any]:
    """AsyncAPI 3: a channel a topic, and the one thing that the service does with each, which is to send."""
    topics = list(carried())
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Events of the Ontology Metadata Service",
            "version": f"{SCHEMA_VERSION}.0.0",
            "description": (
                "Every change of an ontology, in the order of each key and at least once: an event that comes again has the same id. Fields"
                " are only ever added, so readers pass over what they do not know. Topics bear the prefix of KAFKA_PREFIX, if there is one."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, data) for topic, data in topics},
        "operations": {
            f"send.{topic.name}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "messages": [{"$ref": f"#/channels/{topic.name}/messages/event"}],
            }
            for topic, _ in topics
        },
        "components": {
            "messages": {
                name_of(data): {
                    "name": name_of(data),
                    "contentType": "application/json",
                    "headers": HEADERS,
                    "payload": {
                        "schemaFormat": "application/schema+json;version=draft-2020-12",
                        "schema": {"$ref": f"./{SCHEMAS.name}/{name_of(data)}.schema.json"},
                    },
                }
                for _, data in topics
            }
        },
    }


def name_of(data: type[BaseModel]) -> str:
    """The class in the words of a file: object-type, change-set."""
    word = data.__name__.removesuffix("Definition").removesuffix("Data")
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in word).strip("-")


def _channel(topic: Topic, data: type[BaseModel]) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.sentence} Key: {topic.key}.",
        "messages": {"event": {"$ref": f"#/components/messages/{name_of(data)}"}},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms},
            }
        },
    }


def _schema(data: type[BaseModel]) -> dict[str, Any]:
    """The envelope around the data; both are open, since fields may be added."""
    envelope, inner = Event.model_json_schema(), _opened(data.model_json_schema())
    definitions = inner.pop("$defs", {})
    envelope["properties"]["data"] = {**inner, "description": envelope["properties"]["data"]["description"]}
    return {"$schema": DRAFT, **envelope, "title": f"Event of {name_of(data)}", "$defs": definitions}


def _opened(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _opened(value) for name, value in schema.items() if name != "additionalProperties" or value is not False}
    return [_opened(each) for each in schema] if isinstance(schema, list) else schema


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
