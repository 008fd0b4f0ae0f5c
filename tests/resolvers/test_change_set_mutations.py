"""Change sets through GraphQL: from the first operation to the merge and its rollback; and ontologies themselves."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from app.persistence.database import Database
from tests import given
from tests.resolvers.asking import WRITTEN, Asking

GROUP = {"create": {"typeGroup": {"apiName": "people", "displayName": "People"}}}
ENVELOPE = "changeSet { rid status review version operationCount reviewers }"


@pytest_asyncio.fixture
async def asking(database: Database):
    opened = Asking(database)
    yield opened
    assert opened.faults == []


async def opened(asking: Asking, *operations: dict[str, Any], **fields: Any) -> str:
    made = await asking.mutate("openChangeSet", {"title": "Work", "operations": list(operations), **fields}, ENVELOPE)
    assert made["__typename"] == "ChangeSetPayload", made
    assert (made["changeSet"]["status"], made["changeSet"]["operationCount"]) == ("OPEN", len(operations))
    return made["changeSet"]["rid"]


async def a_group(asking: Asking, name: str = "people") -> str:
    made = await asking.mutate("createTypeGroup", {"typeGroup": {"apiName": name, "displayName": "People"}}, "typeGroup { rid }")
    return made["typeGroup"]["rid"]


async def staged(asking: Asking, rid: str) -> list[dict[str, Any]]:
    document = "query ($rid: ID!) { changeSet(rid: $rid) { operations(first: 100) { nodes { operationId ref verb fields } } } }"
    return (await asking.data(document, {"rid": rid}))["changeSet"]["operations"]["nodes"]


async def test_a_change_set_goes_from_the_first_operation_to_the_merge_and_back(asking: Asking) -> None:
    rid = await opened(asking)
    words = {"apiName": "people", "displayName": "People"}
    added = await asking.mutate(
        "stageOperations",
        {"rid": rid, "operations": [{"ref": "people", "create": {"typeGroup": words}}], "clientMutationId": "7"},
        f"clientMutationId {ENVELOPE} operations {{ operationId rid ref expectedVersion }}",
    )
    judged = await asking.mutate("validateChangeSet", {"rid": rid}, "judgement { mergeable violations { rule } conflicts { path } }")
    merged = await asking.mutate("mergeChangeSet", {"rid": rid, "expectedVersion": 2}, f"{WRITTEN} entities {{ rid apiName }}")
    undone = await asking.mutate("rollbackChangeSet", {"rid": rid, "title": "Never mind"}, WRITTEN)

    assert (added["clientMutationId"], added["changeSet"]["version"], added["operations"][0]["ref"]) == ("7", 2, "people")
    assert judged["judgement"] == {"mergeable": True, "violations": [], "conflicts": []}
    assert (merged["revision"], merged["refs"]) == (1, {"people": added["operations"][0]["rid"]})
    assert merged["entities"] == [{"rid": added["operations"][0]["rid"], "apiName": "people"}]
    assert (undone["revision"], undone["changeSet"]["origin"], undone["affected"][0]["action"]) == (2, "ROLLBACK", "DELETED")


async def test_operations_are_amended_reordered_and_dropped(asking: Asking) -> None:
    groups = [{"create": {"typeGroup": {"apiName": name, "displayName": name}}} for name in ("one", "two", "three")]
    rid = await opened(asking, *groups)
    one, two, three = (each["operationId"] for each in await staged(asking, rid))

    await asking.mutate("reorderOperations", {"rid": rid, "operationIds": [three, one, two]}, ENVELOPE)
    await asking.mutate("amendOperation", {"rid": rid, "operationId": one, "fields": {"apiName": "four", "displayName": "4"}}, ENVELOPE)
    dropped = await asking.mutate("dropOperation", {"rid": rid, "operationId": two}, ENVELOPE)

    assert (dropped["changeSet"]["version"], dropped["changeSet"]["operationCount"]) == (4, 2)
    assert [each["fields"]["apiName"] for each in await staged(asking, rid)] == ["three", "four"]
    gone = await asking.mutate("dropOperations", {"rid": rid, "operationIds": [one, three]}, ENVELOPE)
    assert gone["changeSet"]["operationCount"] == 0


@pytest.mark.parametrize("name", ["amendOperation", "dropOperation"])
@pytest.mark.parametrize("operation", ["nothing", "00000000-0000-0000-0000-000000000000", "\u0000"])
async def test_an_operation_that_is_not_there_is_not_found(asking: Asking, name: str, operation: str) -> None:
    rid = await opened(asking, GROUP)

    assert (await asking.refused(name, {"rid": rid, "operationId": operation}))[0] == "NOT_FOUND"


async def test_what_both_sides_changed_is_a_conflict_that_a_resolution_answers(asking: Asking, database: Database) -> None:
    group = await a_group(asking)
    rid = await opened(asking, {"rid": group, "expectedVersion": 1, "update": {"typeGroup": {"displayName": "Ours", "colour": "#112233"}}})
    theirs = {"displayName": "Theirs", "description": "New."}
    await asking.mutate("updateTypeGroup", {"rid": group, "expectedVersion": 1, "typeGroup": theirs}, by=given.REVIEWER)

    refused = await asking.mutate("mergeChangeSet", {"rid": rid})
    head = await database.pool.fetchval("SELECT head_revision FROM ontology")
    [conflict] = refused["conflicts"]
    answer = {"rid": group, "path": "displayName", "choice": "OURS", "theirsVersion": conflict["theirsVersion"]}
    merged = await asking.mutate(
        "mergeChangeSet", {"rid": rid, "resolutions": [answer]}, "revision entities { ... on TypeGroup { displayName description colour } }"
    )

    assert (refused["__typename"], refused["http"], head) == ("MergeConflict", 409, 2)
    assert {key: conflict[key] for key in ("path", "base", "ours", "theirs", "theirsVersion", "theirsBy")} == {
        "path": "displayName", "base": "People", "ours": "Ours", "theirs": "Theirs", "theirsVersion": 2, "theirsBy": "rosa",
    }  # fmt: skip
    assert merged["entities"] == [{"displayName": "Ours", "description": "New.", "colour": "#112233"}]


async def test_a_rollback_that_others_build_on_names_them(asking: Asking) -> None:
    words = {"apiName": "email", "displayName": "E-mail", "type": {"base": "STRING"}}
    first = await asking.mutate("createSharedProperty", {"sharedProperty": words}, "sharedProperty { rid } changeSet { rid }")
    builds = {
        "apiName": "Employee", "displayName": "Employee", "primaryKey": "email",
        "properties": [{**words, "sharedProperty": first["sharedProperty"]["rid"]}],
    }  # fmt: skip
    second = await asking.mutate("createObjectType", {"object": builds}, "changeSet { rid title }")

    blocked = await asking.mutate("rollbackChangeSet", {"rid": first["changeSet"]["rid"]})

    assert (blocked["__typename"], blocked["http"]) == ("RollbackBlocked", 409)
    assert blocked["blockers"] == [second["changeSet"]]


async def test_a_stale_author_does_not_change_a_change_set(asking: Asking) -> None:
    rid = await opened(asking)
    await asking.mutate("stageOperations", {"rid": rid, "operations": [GROUP]}, ENVELOPE)

    for name, fields in {
        "stageOperations": {"operations": [GROUP]},
        "closeChangeSet": {},
        "mergeChangeSet": {},
        "requestReview": {"reviewers": ["rosa"]},
    }.items():
        refused = await asking.mutate(name, {"rid": rid, "expectedVersion": 1, **fields}, "__typename")
        assert (refused["__typename"], refused["http"], refused["current"]) == ("VersionConflict", 409, None)
        assert [(each["path"], each["ours"], each["theirs"]) for each in refused["conflicts"]] == [("version", 1, 2)]


async def test_a_protected_ontology_takes_what_somebody_else_approved(asking: Asking, database: Database) -> None:
    ontology = (await asking.data("{ ontology { rid version } }"))["ontology"]
    settings = {"rid": ontology["rid"], "expectedVersion": ontology["version"], "settings": {"requireReview": True}}
    await asking.mutate("updateOntology", settings, "ontology { version }", by=given.ADMIN)

    direct = await asking.refused("createTypeGroup", {"typeGroup": GROUP["create"]["typeGroup"]})
    rid = await opened(asking, GROUP)
    early = await asking.refused("mergeChangeSet", {"rid": rid})
    await asking.mutate("requestReview", {"rid": rid, "reviewers": ["rosa"]}, ENVELOPE)
    own = await asking.refused("reviewChangeSet", {"rid": rid, "approve": True})
    await asking.mutate("commentOnChangeSet", {"rid": rid, "body": "Fine by me.", "path": "apiName"}, ENVELOPE, by=given.REVIEWER)
    approved = await asking.mutate("reviewChangeSet", {"rid": rid, "approve": True, "comment": "Good."}, ENVELOPE, by=given.REVIEWER)
    merged = await asking.mutate("mergeChangeSet", {"rid": rid})

    assert (direct[0], early[0], own[0]) == ("REVIEW_REQUIRED", "REVIEW_REQUIRED", "INVALID_STATE")
    assert (approved["changeSet"]["review"], approved["changeSet"]["reviewers"]) == ("APPROVED", ["rosa"])
    assert merged["revision"] == 1
    assert await database.pool.fetchval("SELECT count(*) FROM change_set_comment") == 2


async def test_a_closed_change_set_stays_closed(asking: Asking) -> None:
    rid = await opened(asking, GROUP)

    closed = await asking.mutate("closeChangeSet", {"rid": rid}, ENVELOPE)

    assert closed["changeSet"]["status"] == "CLOSED"
    assert (await asking.refused("mergeChangeSet", {"rid": rid}))[0] == "INVALID_STATE"
    assert (await asking.refused("rollbackChangeSet", {"rid": rid}))[0] == "INVALID_STATE"


@pytest.mark.parametrize("rid", ["ri.ontology.main.changeset.none", "nothing", "ri.ontology.main.changeset.\u0000"])
@pytest.mark.parametrize("name", ["mergeChangeSet", "closeChangeSet", "validateChangeSet", "rollbackChangeSet", "requestReview"])
async def test_a_change_set_that_is_not_there_is_not_found(asking: Asking, name: str, rid: str) -> None:
    assert (await asking.refused(name, {"rid": rid}))[0] == "NOT_FOUND"


async def test_a_dry_run_of_a_merge_stores_nothing(asking: Asking, database: Database) -> None:
    rid = await opened(asking, GROUP)

    told = await asking.mutate("mergeChangeSet", {"rid": rid, "dryRun": True})

    assert (told["dryRun"], told["revision"], told["affectedCount"], told["changeSet"]) == (True, 0, 1, None)
    assert await database.pool.fetchval("SELECT head_revision FROM ontology") == 0


async def test_an_ontology_is_created_changed_and_archived_by_an_admin(asking: Asking) -> None:
    words = {"apiName": "lab", "displayName": "Lab"}
    forbidden = await asking.refused("createOntology", words)
    made = await asking.mutate("createOntology", words, "ontology { rid apiName version revision }", by=given.ADMIN)
    taken = await asking.mutate("createOntology", {**words, "apiName": "LAB".lower()}, "__typename", by=given.ADMIN)
    wrong = await asking.mutate("createOntology", {**words, "apiName": "Not kebab"}, "__typename", by=given.ADMIN)
    rid = made["ontology"]["rid"]
    changed = await asking.mutate(
        "updateOntology",
        {"rid": rid, "expectedVersion": 1, "displayName": "Laboratory"},
        "ontology { version displayName }",
        by=given.ADMIN,
    )
    stale = await asking.mutate("archiveOntology", {"rid": rid, "expectedVersion": 1}, "__typename", by=given.ADMIN)
    archived = await asking.mutate("archiveOntology", {"rid": rid, "expectedVersion": 2}, "ontology { version }", by=given.ADMIN)

    assert forbidden[0] == "FORBIDDEN"
    assert (made["ontology"]["apiName"], made["ontology"]["version"], made["ontology"]["revision"]) == ("lab", 1, 0)
    assert (taken["__typename"], wrong["__typename"], stale["__typename"]) == ("NameTaken", "ValidationFailed", "VersionConflict")
    assert changed["ontology"] == {"version": 2, "displayName": "Laboratory"}
    assert archived["ontology"] == {"version": 3}
    assert (await asking.refused("createTypeGroup", {"ontology": "lab", "typeGroup": GROUP["create"]["typeGroup"]}))[0] == "INVALID_STATE"


async def test_settings_that_are_left_out_stay(asking: Asking) -> None:
    made = await asking.mutate(
        "createOntology", {"apiName": "lab", "displayName": "Lab", "settings": {"requireReview": True}}, "ontology { rid }", by=given.ADMIN
    )
    rid = made["ontology"]["rid"]

    await asking.mutate(
        "updateOntology", {"rid": rid, "expectedVersion": 1, "description": "x", "settings": {}}, "__typename", by=given.ADMIN
    )

    assert (await asking.refused("createTypeGroup", {"ontology": "lab", "typeGroup": GROUP["create"]["typeGroup"]}))[0] == "REVIEW_REQUIRED"
