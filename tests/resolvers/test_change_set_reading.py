"""Change sets, history and audit, read through the schema."""

from __future__ import annotations

import pytest

from app.domain.kind import Kind
from tests import given
from tests.given import ADMIN, EDITOR, REVIEWER, VIEWER

ENVELOPE = """query($rid: ID!) { changeSet(rid: $rid) {
  id title description status review origin version baseRevision behind author authorName labels reviewers operationCount mergedRevision
  ontology { apiName }
  operations { totalCount nodes { position verb kind rid ref expectedVersion cascade fields stagedBy
    before { version displayName } current { version displayName } } }
  comments { nodes { author body rid path } }
  events { nodes { type actor version cursor data } }
  diff { totalCount nodes { rid kind apiName action fields { path before after } } }
  judgement { mergeable conflictCount violationCount violations { rule path rid message value bound by } conflicts { path base ours theirs theirsVersion theirsBy } }
  impact { nodes { apiName kind edge on depth } }
  merge { revision }
} }"""


@pytest.fixture
async def person(editing):
    return (await editing.apply(EDITOR, "main", [*given.object_type("Person"), given.link_type("ref:Person", "ref:Person", "knows")])).refs


async def test_an_open_change_set_is_read_with_all_that_is_known_of_it(ask, person, change_sets, editing):
    mine = given.update(Kind.OBJECT_TYPE, person["Person"], 1, displayName="Human")
    opened = await change_sets.open(
        EDITOR,
        "main",
        title="Rename",
        description="Why not",
        labels=["names"],
        reviewers=["rosa"],
        operations=[mine, given.type_group("g")],
    )
    await change_sets.comment(REVIEWER, opened.rid, "Hm", about=person["Person"], path="displayName")
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person["Person"], 1, displayName="Somebody")])

    found = (await ask.data(ENVELOPE, rid=opened.rid))["changeSet"]

    assert (found["title"], found["description"], found["status"], found["review"], found["origin"]) == (
        "Rename",
        "Why not",
        "OPEN",
        "DRAFT",
        "EDIT",
    )
    assert (found["baseRevision"], found["behind"], found["author"], found["authorName"]) == (1, 1, "edith", "Edith Editor")
    assert (found["labels"], found["reviewers"], found["operationCount"], found["mergedRevision"]) == (["names"], ["rosa"], 2, None)
    assert found["ontology"] == {"apiName": "main"}
    first, second = found["operations"]["nodes"]
    assert (first["verb"], first["kind"], first["expectedVersion"], first["fields"]) == (
        "UPDATE",
        "OBJECT_TYPE",
        1,
        {"displayName": "Human"},
    )
    assert (first["before"], first["current"]) == ({"version": 1, "displayName": "Person"}, {"version": 2, "displayName": "Somebody"})
    assert (second["verb"], second["ref"], second["before"], second["current"]) == ("CREATE", "g", None, None)
    assert found["comments"]["nodes"] == [{"author": "rosa", "body": "Hm", "rid": person["Person"], "path": "displayName"}]
    assert [event["type"] for event in found["events"]["nodes"]] == ["OPENED", "COMMENTED"]
    assert found["events"]["nodes"][0]["cursor"].startswith("1.")
    assert found["diff"]["nodes"][0]["fields"] == [{"path": "displayName", "before": "Person", "after": "Human"}]
    assert found["diff"]["nodes"][1]["action"] == "CREATED"
    [conflict] = found["judgement"]["conflicts"]
    assert (conflict["path"], conflict["base"], conflict["ours"], conflict["theirs"]) == ("displayName", "Person", "Human", "Somebody")
    assert (conflict["theirsVersion"], conflict["theirsBy"], found["judgement"]["mergeable"]) == (2, "edith", False)
    assert ("knows", "LINK_TYPE", "SIDE", 1) in [
        (each["apiName"], each["kind"], each["edge"], each["depth"]) for each in found["impact"]["nodes"]
    ]
    assert found["merge"] is None


async def test_a_merged_change_set_knows_its_revision_and_who_undid_it(ask, person, change_sets):
    opened = await change_sets.open(EDITOR, "main", title="Add", operations=[given.type_group("g")])
    await change_sets.merge(EDITOR, opened.rid)
    undone = await change_sets.rollback(EDITOR, opened.rid)

    data = await ask.data(
        """query($rid: ID!) { changeSet(rid: $rid) { status mergedRevision behind judgement { mergeable }
          merge { revision changes { nodes { action rid } } } rolledBackBy { id rollsBack { id } } } }""",
        rid=opened.rid,
    )

    found = data["changeSet"]
    assert (found["status"], found["mergedRevision"], found["behind"], found["judgement"]) == ("MERGED", 2, None, None)
    assert [node["action"] for node in found["merge"]["changes"]["nodes"]] == ["CREATED"]
    assert found["rolledBackBy"] == {"id": undone.change_set.rid, "rollsBack": {"id": opened.rid}}


async def test_change_sets_are_found_by_what_they_are_and_touch(ask, person, change_sets):
    touching = await change_sets.open(
        EDITOR, "main", title="One", labels=["x"], operations=[given.update(Kind.OBJECT_TYPE, person["Person"], 1, displayName="H")]
    )
    other = await change_sets.open(REVIEWER, "main", title="Two", reviewers=["edith"])
    query = "query($f: ChangeSetFilter) { ontology { changeSets(filter: $f) { totalCount nodes { title } } } }"

    async def titles(**condition):
        return [node["title"] for node in (await ask.data(query, f=condition))["ontology"]["changeSets"]["nodes"]]

    assert await titles(origin=["EDIT"]) == ["Two", "One"]
    assert await titles(touches=[person["Person"]], status=["OPEN"]) == ["One"]
    assert await titles(authors=["rosa"]) == ["Two"]
    assert await titles(reviewers=["edith"]) == ["Two"]
    assert await titles(labels=["x", "y"]) == ["One"]
    assert await titles(text="wO") == ["Two"]
    assert await titles(**{"or": [{"labels": ["x"]}, {"authors": ["rosa"]}], "not": {"text": "two"}}) == ["One"]
    assert await titles(status=["MERGED", "CLOSED"], origin=["EDIT"]) == []
    assert len(await titles()) == 3
    assert touching.rid != other.rid


async def test_an_unknown_change_set_is_null(ask):
    assert await ask.data('{ changeSet(rid: "ri.ontology.main.changeset.none") { id } }') == {"changeSet": None}


async def test_history_tells_who_changed_which_field_by_what(ask, person, editing, change_sets):
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person["Person"], 1, description="A human")], title="Describe")
    await editing.apply(EDITOR, "main", [given.deletion(Kind.LINK_TYPE, person["knows"], 1)])
    query = """query($rid: ID!) { node(id: $rid) { ... on Entity { history { totalCount nodes {
      action version revision actor actorName entity { version } before { version } fields { path before after }
      changeSet { title } } } } } }"""

    history = (await ask.data(query, rid=person["Person"]))["node"]["history"]
    log = (await ask.data("{ ontology { history(first: 100) { nodes { action kind rid entity { rid } before { apiName } } } } }"))[
        "ontology"
    ]["history"]

    assert history["totalCount"] == 2
    assert history["nodes"][0] == {
        "action": "UPDATED", "version": 2, "revision": 2, "actor": "edith", "actorName": "Edith Editor", "entity": {"version": 2},
        "before": {"version": 1}, "fields": [{"path": "description", "before": "", "after": "A human"}], "changeSet": {"title": "Describe"},
    }  # fmt: skip
    assert log["nodes"][0] == {
        "action": "DELETED",
        "kind": "LINK_TYPE",
        "rid": person["knows"],
        "entity": None,
        "before": {"apiName": "knows"},
    }
    assert [node["action"] for node in log["nodes"]] == ["DELETED", "UPDATED", "CREATED", "CREATED", "CREATED"]


async def test_the_merge_log_counts_and_lists_what_each_merge_changed(ask, person):
    data = await ask.data("""{ ontology { revisions { totalCount nodes { revision cursor actor counts { kind created updated deleted }
      changes(first: 2) { totalCount nodes { kind } pageInfo { hasNextPage } } ontology { revision } } } } }""")

    assert data["ontology"]["revisions"]["totalCount"] == 1
    [merge] = data["ontology"]["revisions"]["nodes"]
    assert (merge["revision"], merge["cursor"], merge["actor"], merge["ontology"]) == (1, "1.1", "edith", {"revision": 1})
    assert {each["kind"]: each["created"] for each in merge["counts"]} == {"OBJECT_TYPE": 1, "PROPERTY": 1, "LINK_TYPE": 1}
    assert (merge["changes"]["totalCount"], len(merge["changes"]["nodes"]), merge["changes"]["pageInfo"]["hasNextPage"]) == (3, 2, True)


AUDIT = """query($f: AuditFilter) { ontology { auditLog(first: 100, filter: $f) { totalCount
  nodes { actor action entity rid before after requestId revision changeSet } } } }"""


async def test_the_audit_log_shows_before_and_after(ask, person, editing):
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person["Person"], 1, description="A human")])

    nodes = (await ask.data(AUDIT, actor=ADMIN, f={"rids": [person["Person"]]}))["ontology"]["auditLog"]["nodes"]

    assert [(node["action"], node["entity"], node["revision"], node["requestId"]) for node in nodes] == [
        ("updated", "object_type", 2, "test"),
        ("created", "object_type", 1, "test"),
    ]
    assert nodes[0]["before"]["apiName"] == nodes[0]["after"]["apiName"] == "Person"
    assert ("description" in nodes[0]["before"], nodes[0]["after"]["description"]) == (False, "A human")
    assert nodes[1]["before"] is None


async def test_only_an_admin_sees_what_others_did(ask, person, change_sets):
    await change_sets.open(REVIEWER, "main", title="Mine")

    async def actors(actor, **condition):
        return {node["actor"] for node in (await ask.data(AUDIT, actor=actor, f=condition))["ontology"]["auditLog"]["nodes"]}

    assert await actors(ADMIN) == {"edith", "rosa"}
    assert await actors(ADMIN, actors=["rosa"]) == {"rosa"}
    assert await actors(REVIEWER) == {"rosa"}
    assert await actors(REVIEWER, actors=["rosa"]) == {"rosa"}
    assert await actors(VIEWER) == set()
    assert await ask.codes(AUDIT, actor=REVIEWER, f={"actors": ["edith"]}) == ["FORBIDDEN"]
    assert await ask.codes(AUDIT, actor=VIEWER, f={"actors": ["vera", "edith"]}) == ["FORBIDDEN"]


PAGE = """query($rid: ID!, $first: Int, $after: String, $last: Int, $before: String, $rids: [ID!]) { changeSet(rid: $rid) {
  diff(first: $first, after: $after, last: $last, before: $before, rids: $rids) {
    totalCount totalCountIsLowerBound pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { apiName } } nodes { apiName }
  } } }"""


def names(page):
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert [edge["cursor"] for edge in page["edges"]][:: len(page["edges"]) - 1 or 1] == [
        each for each in dict.fromkeys((page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"])) if each
    ]
    return "".join(each["apiName"] for each in page["nodes"])


async def test_a_diff_is_walked_page_by_page_in_both_directions(ask, change_sets):
    opened = await change_sets.open(EDITOR, "main", title="Letters", operations=[given.type_group(each) for each in "abcde"])

    async def page(**how):
        return (await ask.data(PAGE, rid=opened.rid, **how))["changeSet"]["diff"]

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    third = await page(first=2, after=second["pageInfo"]["endCursor"])
    back = await page(last=2, before=third["pageInfo"]["startCursor"])
    last = await page(last=3)

    assert [names(each) for each in (first, second, third, back, last)] == ["ab", "cd", "e", "cd", "cde"]
    assert [(each["pageInfo"]["hasPreviousPage"], each["pageInfo"]["hasNextPage"]) for each in (first, second, third, back, last)] == [
        (False, True), (True, True), (True, False), (True, True), (True, False),
    ]  # fmt: skip
    assert {(each["totalCount"], each["totalCountIsLowerBound"]) for each in (first, third, last)} == {(5, False)}
    chosen = await ask.data(PAGE, rid=opened.rid, rids=[each.rid for each in (await change_sets.diff(EDITOR, opened.rid))[3:]])
    assert names(chosen["changeSet"]["diff"]) == "de"


async def test_a_cursor_of_a_diff_is_for_that_list_and_that_version_of_the_change_set(ask, change_sets):
    opened = await change_sets.open(EDITOR, "main", title="Letters", operations=[given.type_group(each) for each in "abc"])
    other = await change_sets.open(EDITOR, "main", title="Letters", operations=[given.type_group(each) for each in "abc"])
    cursor = (await ask.data(PAGE, rid=opened.rid, first=1))["changeSet"]["diff"]["pageInfo"]["endCursor"]

    assert await ask.codes(PAGE, rid=opened.rid, after=cursor) == []
    assert await ask.codes(PAGE, rid=other.rid, after=cursor) == ["INVALID_CURSOR"]
    assert await ask.codes(PAGE, rid=opened.rid, after=f"{cursor}x") == ["INVALID_CURSOR"]
    assert await ask.codes(PAGE, rid=opened.rid, after=cursor, rids=["x"]) == ["INVALID_CURSOR"]
    assert await ask.codes(PAGE, rid=opened.rid, first=101) == ["PAGE_SIZE_OUT_OF_RANGE"]
    assert await ask.codes(PAGE, rid=opened.rid, first=1, last=1) == ["BAD_USER_INPUT"]
    await change_sets.stage(EDITOR, opened.rid, [given.type_group("d")])
    assert await ask.codes(PAGE, rid=opened.rid, after=cursor) == ["INVALID_CURSOR"]


async def test_violations_are_told_up_to_a_bound_with_how_many_there_are(ask, change_sets):
    bad = [given.type_group(f"group-{number}", displayName="") for number in range(7)]
    opened = await change_sets.open(EDITOR, "main", title="Bad", operations=bad)
    query = "query($rid: ID!, $first: Int!) { changeSet(rid: $rid) { judgement { mergeable violationCount violations(first: $first) { rule } } } }"

    few = (await ask.data(query, rid=opened.rid, first=3))["changeSet"]["judgement"]
    every = (await ask.data(query, rid=opened.rid, first=10_000))["changeSet"]["judgement"]

    assert (few["violationCount"], len(few["violations"]), len(every["violations"]), few["mergeable"]) == (7, 3, 7, False)
    for first in (0, 10_001):
        assert await ask.codes(query, rid=opened.rid, first=first) == ["PAGE_SIZE_OUT_OF_RANGE"]
