"""The three subscriptions of the schema, fed by the services that write."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import pytest_asyncio

from app.domain.actor import Actor
from app.domain.kind import Kind
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.web.cursors import Cursors
from resolvers.context import Services, Shared
from resolvers.schema import schema
from resolvers.subscriptions.change_set_changed import EventType
from tests import given
from tests.sockets import serving

MERGED = """
subscription ($after: String) {
  ontologyChanged(after: $after) {
    revision epoch cursor actor actorName
    counts { kind created updated deleted }
    ontology { apiName }
    changeSet { rid title }
    changes(first: 10) { nodes { action kind version entity { apiName displayName } } pageInfo { hasNextPage } }
  }
}
"""
EVENTS = "type rid cursor actor title status review version operationCount mergedRevision changeSet { rid status }"
OF_ONE = f"subscription ($rid: ID!, $after: String) {{ changeSetChanged(rid: $rid, after: $after) {{ {EVENTS} }} }}"
OF_ALL = (
    f"subscription ($filter: ChangeSetEventFilter, $after: String) {{ changeSetsChanged(filter: $filter, after: $after) {{ {EVENTS} }} }}"
)


@pytest_asyncio.fixture
async def served(database, database_url):
    def world(live, limits):
        services = Services(Editing(database), ChangeSets(database), Ontologies(database), Locks(database), live=live)
        shared = Shared(database, services, Cursors("a secret of the tests only"), limits)
        return schema(), shared.open_context

    async with serving(database, database_url, world=world) as running:
        yield running


@pytest.fixture
def change_sets(database):
    return ChangeSets(database)


async def _events(client, count: int, name: str) -> list[dict]:
    messages = [await client.hear() for _ in range(count)]
    assert [message["payload"].get("errors") for message in messages] == [None] * count
    return [message["payload"]["data"][name] for message in messages]


async def test_a_merge_is_told_with_what_it_changed(served):
    async with served.connected() as client:
        await client.subscribe(MERGED)
        await client.say(type="ping")
        await client.hear()
        merged = await served.editing.apply(
            given.EDITOR, "main", [*given.object_type("Ship"), given.type_group("fleet")], title="Go to sea"
        )

        [event] = await _events(client, 1, "ontologyChanged")

    assert event == {
        "revision": event["revision"],
        "epoch": event["epoch"],
        "cursor": "1.1",
        "actor": "edith",
        "actorName": "Edith Editor",
        "counts": [
            {"kind": "OBJECT_TYPE", "created": 1, "updated": 0, "deleted": 0},
            {"kind": "PROPERTY", "created": 1, "updated": 0, "deleted": 0},
            {"kind": "TYPE_GROUP", "created": 1, "updated": 0, "deleted": 0},
        ],
        "ontology": {"apiName": "main"},
        "changeSet": {"rid": merged.change_set.rid, "title": "Go to sea"},
        "changes": {
            "nodes": [
                {"action": "CREATED", "kind": "OBJECT_TYPE", "version": 1, "entity": {"apiName": "Ship", "displayName": "Ship"}},
                {"action": "CREATED", "kind": "PROPERTY", "version": 1, "entity": {"apiName": "id", "displayName": "id"}},
                {"action": "CREATED", "kind": "TYPE_GROUP", "version": 1, "entity": {"apiName": "fleet", "displayName": "fleet"}},
            ],
            "pageInfo": {"hasNextPage": False},
        },
    }
    assert (int(event["revision"]), int(event["epoch"])) == (1, 1)


async def test_an_event_is_resolved_as_of_its_own_revision(served):
    made = await served.editing.apply(given.EDITOR, "main", [given.type_group("first", displayName="Before")])
    rid = made.refs["first"]
    await served.editing.apply(given.EDITOR, "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="After")])
    await served.editing.apply(given.EDITOR, "main", [given.deletion(Kind.TYPE_GROUP, rid, 2)])
    await served.tail.reached(made.ontology, 3, within=5)
    async with served.connected() as client:
        await client.subscribe(MERGED, after="1.0")

        events = await _events(client, 3, "ontologyChanged")

    [[first], [second], [third]] = [event["changes"]["nodes"] for event in events]
    assert (first["action"], first["entity"]["displayName"]) == ("CREATED", "Before")
    assert (second["action"], second["version"], second["entity"]["displayName"]) == ("UPDATED", 2, "After")
    assert (third["action"], third["entity"]) == ("DELETED", None)


async def test_the_life_of_a_change_set_is_told_event_by_event(served, change_sets):
    found = await change_sets.open(given.EDITOR, "main", title="Ships")
    async with served.connected() as client:
        await client.subscribe(OF_ONE, rid=found.rid, after="1.0")
        await change_sets.open(given.EDITOR, "main", title="Another")
        await change_sets.stage(given.EDITOR, found.rid, [given.type_group("a"), given.type_group("b")])
        await change_sets.comment(given.REVIEWER, found.rid, "Why?")
        asked = await change_sets.request_review(given.EDITOR, found.rid, reviewers=["rosa"])
        await change_sets.review(given.REVIEWER, found.rid, approve=True, expected_version=asked.version)
        await change_sets.merge(given.EDITOR, found.rid)

        events = await _events(client, 6, "changeSetChanged")

    assert [event["type"] for event in events] == ["OPENED", "STAGED", "COMMENTED", "REVIEW_REQUESTED", "APPROVED", "MERGED"]
    assert [event["operationCount"] for event in events] == [0, 2, 2, 2, 2, 2]
    assert [event["cursor"] for event in events] == ["1.1", "1.3", "1.4", "1.5", "1.6", "1.7"]
    assert {event["rid"] for event in events} == {found.rid}
    assert (events[0]["status"], events[-1]["status"]) == ("OPEN", "MERGED")
    assert (events[-2]["review"], events[-2]["actor"]) == ("APPROVED", "rosa")
    assert int(events[-1]["mergedRevision"]) == 1


async def test_people_learn_what_waits_for_them(served, change_sets):
    async with served.connected("edith") as client:
        await client.subscribe(OF_ALL, filter={"types": ["REVIEW_REQUESTED"], "reviewers": ["rosa"]})
        await client.say(type="ping")
        await client.hear()
        for title, reviewer in (("Not hers", "ada"), ("Hers", "rosa")):
            found = await change_sets.open(given.EDITOR, "main", title=title)
            await change_sets.request_review(given.EDITOR, found.rid, reviewers=[reviewer])

        [event] = await _events(client, 1, "changeSetsChanged")

    assert (event["title"], event["type"], event["review"]) == ("Hers", "REVIEW_REQUESTED", "IN_REVIEW")


async def test_a_reviewer_hears_everything_about_what_waits_for_them_after_what_was_read(served, change_sets):
    found = await change_sets.open(given.EDITOR, "main", title="Hers", reviewers=["rosa"])
    await change_sets.open(given.EDITOR, "main", title="Not hers", reviewers=["ada"])
    async with served.connected("edith") as client:
        await client.subscribe("{ ontology { changeSetsCursor } }")
        read = (await client.hear())["payload"]["data"]["ontology"]["changeSetsCursor"]
        await client.hear()
        await change_sets.stage(given.EDITOR, found.rid, [given.type_group("a")])
        await change_sets.open(given.EDITOR, "main", title="Nobody's")
        await change_sets.comment(given.EDITOR, found.rid, "Look.")
        await change_sets.request_review(given.EDITOR, found.rid)
        await change_sets.review(given.REVIEWER, found.rid, approve=True)
        await change_sets.merge(given.EDITOR, found.rid)
        await client.subscribe(OF_ALL, filter={"reviewers": ["rosa"]}, after=read)

        events = await _events(client, 5, "changeSetsChanged")

    assert read == "1.2"
    assert [event["type"] for event in events] == ["STAGED", "COMMENTED", "REVIEW_REQUESTED", "APPROVED", "MERGED"]
    assert {event["title"] for event in events} == {"Hers"}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        (OF_ONE, {"rid": "ri.ontology.main.change-set.00000000-0000-0000-0000-000000000000"}, "NOT_FOUND"),
        (OF_ONE, {"rid": "nonsense"}, "NOT_FOUND"),
        (OF_ONE, {"rid": "x\0"}, "BAD_USER_INPUT"),
        (OF_ONE, {}, "BAD_USER_INPUT"),
        (OF_ALL, {"after": "1"}, "INVALID_CURSOR"),
        (OF_ALL, {"after": "1.-1"}, "INVALID_CURSOR"),
        (OF_ALL, {"after": "01.1"}, "INVALID_CURSOR"),
        (OF_ALL, {"after": "1.99999999999999999999"}, "INVALID_CURSOR"),
        (OF_ALL, {"after": "1.٣"}, "INVALID_CURSOR"),
        (OF_ALL, {"after": ""}, "INVALID_CURSOR"),
        (OF_ALL, {"after": "1.1"}, "CURSOR_EXPIRED"),
        (OF_ALL, {"filter": {"actors": ["x"] * 101}}, "LIST_TOO_LONG"),
        (OF_ALL, {"filter": {"types": ["INVENTED"]}}, "BAD_USER_INPUT"),
    ],
)
async def test_a_subscription_that_cannot_begin_says_why(served, query, variables, code):
    async with served.connected() as client:
        await client.subscribe(query, **variables)
        message = await client.hear()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
    assert served.reports == []


async def test_subscriptions_need_the_role_of_a_viewer(served, monkeypatch):
    nobody = Actor("nina", "Nina", frozenset())
    monkeypatch.setattr(served.endpoint.authenticate._verifier, "verify", lambda _: asyncio.sleep(0, nobody))
    async with served.connected() as client:
        await client.subscribe(MERGED)
        assert (await client.hear())["payload"][0]["extensions"]["code"] == "FORBIDDEN"


def test_every_word_of_the_change_set_log_is_in_the_schema():
    sources = [*Path("app/services").glob("*.py"), Path("app/persistence/merging.py")]
    told = {word for path in sources for word in re.findall(r'(?:\.log\(work, .*?|_edit\(actor, rid, )"([a-z_]+)"', path.read_text())}
    assert told
    assert told <= {each.value for each in EventType}
