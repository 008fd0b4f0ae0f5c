"""Time travel, and answers that are never older than what the caller has seen."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.kind import Kind
from app.services.ontologies import Ontologies
from tests import given
from tests.given import ADMIN, EDITOR

AT = """query($asOf: RevisionOrTime) { ontology(asOf: $asOf) { revision headRevision
  objectTypes { totalCount nodes { apiName displayName version properties { nodes { apiName } }
    links { nodes { apiName other { apiName } } } usedBy { nodes { apiName } } } }
  objectType(apiName: "Person") { displayName } statistics { count } } }"""


@pytest.fixture
async def story(editing):
    """Revision 1: Person; 2: Company and a link; 3: Person renamed; 4: the link deleted."""
    one = await editing.apply(EDITOR, "main", given.object_type("Person"))
    two = await editing.apply(EDITOR, "main", [*given.object_type("Company"), given.link_type(one.refs["Person"], "ref:Company", "works")])
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, one.refs["Person"], 1, apiName="Human", displayName="Human")])
    await editing.apply(EDITOR, "main", [given.deletion(Kind.LINK_TYPE, two.refs["works"], 1)])
    return one


async def test_every_revision_is_read_as_it_was(ask, story):
    read = [(await ask.data(AT, asOf=revision))["ontology"] for revision in range(5)]

    assert [each["revision"] for each in read] == [0, 1, 2, 3, 4]
    assert {each["headRevision"] for each in read} == {4}
    assert [[node["apiName"] for node in each["objectTypes"]["nodes"]] for each in read] == [
        [], ["Person"], ["Company", "Person"], ["Company", "Human"], ["Company", "Human"],
    ]  # fmt: skip
    assert [each["objectTypes"]["totalCount"] for each in read] == [0, 1, 2, 2, 2]
    assert [[link["other"]["apiName"] for node in each["objectTypes"]["nodes"] for link in node["links"]["nodes"]] for each in read] == [
        [], [], ["Person", "Company"], ["Human", "Company"], [],
    ]  # fmt: skip
    assert [[node["apiName"] for each_type in each["objectTypes"]["nodes"] for node in each_type["usedBy"]["nodes"]] for each in read] == [
        [], [], ["works", "works"], ["works", "works"], [],
    ]  # fmt: skip
    person, human = {"displayName": "Person"}, {"displayName": "Human"}
    assert [each["objectType"] for each in read] == [None, person, person, human, human]  # a former name still finds it
    assert [each["statistics"]["count"] for each in read] == [0, 2, 5, 5, 4]


async def test_the_head_as_of_itself_equals_now(ask, story):
    assert await ask.data(AT, asOf=4) == await ask.data(AT)


async def test_a_moment_stands_for_the_last_revision_at_or_before_it(ask, story, database):
    times = [row["at"].isoformat() for row in await database.pool.fetch("SELECT at FROM revision ORDER BY revision")]

    async def revision(moment):
        return (await ask.data("query($t: RevisionOrTime) { ontology(asOf: $t) { revision } }", t=moment))["ontology"]["revision"]

    assert [await revision(each) for each in times] == [1, 2, 3, 4]
    assert await revision("2001-01-01T00:00:00Z") == 0
    assert await revision("2999-01-01T00:00:00+09:00") == 4


@pytest.mark.parametrize("point", [5, "5", 99_999_999_999])
async def test_a_revision_that_was_never_made_is_not_found(ask, story, point):
    assert await ask.codes(AT, asOf=point) == ["NOT_FOUND"]


@pytest.mark.parametrize("field", ["changeSets { totalCount }", "auditLog { totalCount }"])
async def test_what_is_not_made_of_definitions_has_no_past(ask, story, field):
    assert await ask.codes(f"{{ ontology(asOf: 2) {{ {field} }} }}") == ["BAD_USER_INPUT"]
    assert await ask.codes(f"{{ ontology(asOf: 4) {{ {field} }} }}") == ["BAD_USER_INPUT"]
    assert await ask.codes(f"{{ ontology {{ {field} }} }}") == []


async def test_history_ends_at_the_revision_that_is_read(ask, story):
    data = await ask.data(
        """query($rid: ID!) { ontology(asOf: 2) { history { nodes { revision } } revisions { nodes { revision } }
          mergedRevision(revision: 3) { revision }
          entity(rid: $rid) { history { nodes { version } } } } }""",
        rid=story.refs["Person"],
    )

    assert {node["revision"] for node in data["ontology"]["history"]["nodes"]} == {1, 2}
    assert [node["revision"] for node in data["ontology"]["revisions"]["nodes"]] == [2, 1]
    assert data["ontology"]["mergedRevision"] is None
    assert [node["version"] for node in data["ontology"]["entity"]["history"]["nodes"]] == [1]


async def test_a_walk_in_the_past_stays_there(ask, story):
    query = """query($asOf: RevisionOrTime, $after: String) { ontology(asOf: $asOf) {
        objectTypes(first: 1, after: $after) { nodes { apiName } pageInfo { endCursor } } } }"""
    first = (await ask.data(query, asOf=2))["ontology"]["objectTypes"]
    second = (await ask.data(query, asOf=2, after=first["pageInfo"]["endCursor"]))["ontology"]["objectTypes"]

    assert [first["nodes"], second["nodes"]] == [[{"apiName": "Company"}], [{"apiName": "Person"}]]
    assert await ask.codes(query, asOf=3, after=first["pageInfo"]["endCursor"]) == ["INVALID_CURSOR"]


async def test_an_answer_says_what_it_was_read_from(ask, story, database):
    await Ontologies(database).create(ADMIN, api_name="other", display_name="Other")

    answer = await ask.answer('{ ontology { revision } other: ontology(apiName: "OTHER") { revision } }')
    past = await ask.answer("{ ontology(asOf: 1) { revision } }")
    nothing = await ask.answer("{ me { id } }")
    by_id = await ask.answer("query($id: ID!) { node(id: $id) { id } }", id=story.refs["Person"])

    assert answer.revisions == {"main": "1.4", "other": "1.0"}
    assert past.revisions == by_id.revisions == {"main": "1.4"}
    assert nothing.revisions == {}


async def test_a_reader_is_never_answered_from_before_what_it_has_seen(ask, story):
    query = "query($seen: String) { ontology(minRevision: $seen) { revision } }"

    assert (await ask.data(query, seen="1.4"))["ontology"]["revision"] == 4
    assert (await ask.data("{ ontology { revision } }", header="main=1.4, gone=1.9"))["ontology"]["revision"] == 4


async def test_a_reader_waits_briefly_for_what_it_has_heard_of(ask, story, editing):
    query = "query($seen: String) { ontology(minRevision: $seen) { revision objectTypes { totalCount } } }"

    async def write():
        await asyncio.sleep(0.2)
        await editing.apply(EDITOR, "main", given.object_type("Late"))

    by_argument, by_header, _ = await asyncio.gather(
        ask.data(query, seen="1.5"), ask.data("{ ontology { revision } }", header="main=1.5"), write()
    )

    assert by_argument["ontology"] == {"revision": 5, "objectTypes": {"totalCount": 3}}
    assert by_header["ontology"]["revision"] == 5


async def test_a_revision_that_nobody_knows_is_unavailable(ask, story):
    assert await ask.codes('{ ontology(minRevision: "1.99") { revision } }') == ["UNAVAILABLE"]
    answer = await ask.answer("{ ontology { revision } }", header="main=1.99")

    assert [error["extensions"]["code"] for error in answer.errors] == ["UNAVAILABLE"]
    assert (answer.data, answer.status, answer.retry_after) == (None, 503, 1)


async def test_what_was_seen_before_a_restore_has_expired(ask, story, database):
    await database.pool.execute("UPDATE installation SET epoch = 2")

    assert await ask.codes('{ ontology(minRevision: "1.2") { revision } }') == ["CURSOR_EXPIRED"]


@pytest.mark.parametrize("seen", ["", "4", "1.", "1.-1", "a.b", "1.4.5", "0.1", "1.99999999999999999999", "１.４"])
async def test_a_seen_revision_has_a_form(ask, seen):
    assert await ask.codes("query($seen: String) { ontology(minRevision: $seen) { revision } }", seen=seen) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("header", ["main", "main=4", "main=1.4; x", "=1.2", "Ünïcode=1.2"])
async def test_the_header_has_a_form(ask, header):
    assert await ask.codes("{ ontology { revision } }", header=header) == ["BAD_USER_INPUT"]
