"""Every mutation that writes may be sent again under its key: answered like the first, and done once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from app.domain.actor import Actor
from app.domain.errors import IdempotencyInProgress
from app.persistence.database import Database
from resolvers.schema import schema
from tests.given import ADMIN, EDITOR, REVIEWER
from tests.resolvers.asking import Asking

AT_ONCE = 6
KEPT = (
    "change_set",
    "operation",
    "change_set_comment",
    "change_set_event",
    "audit_log",
    "outbox",
    "revision",
    "entity_version",
    "ontology",
)
# Nothing is written to an ontology, or twice is once.
WITHOUT = {
    "validateChangeSet", "acquireLock", "renewLock", "releaseLock", "breakLock", "announcePresence", "reindex", "retryFailedEvents",
    "discardFailedEvents",
}  # fmt: skip
CHANGE_SET = "changeSet { rid version title author authorName status review operationCount reviewers updatedAt }"
ONTOLOGY = "ontology { rid version displayName }"


@pytest_asyncio.fixture
async def asking(database: Database):
    opened = Asking(database)
    yield opened
    assert opened.faults == []


async def stored(database: Database) -> list[int]:
    return [await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in KEPT]


def group(name: str) -> dict[str, Any]:
    return {"create": {"typeGroup": {"apiName": name, "displayName": name}}}


@dataclass(frozen=True)
class Case:
    """One mutation: its input, made from a change set's rid and its operations, and another that asks for something else."""

    name: str
    sent: Callable[[str, list[str]], dict[str, Any]]
    other: dict[str, Any]
    payload: str = CHANGE_SET
    by: Actor = EDITOR
    reviewed: bool = False
    merged: bool = False
    broken: bool = False


CASES = [
    Case("openChangeSet", lambda _, __: {"title": "Work", "operations": [group("more")]}, {"title": "Other"}),
    Case(
        "stageOperations",
        lambda rid, _: {"rid": rid, "operations": [group("more")]},
        {"operations": [group("other")]},
        f"{CHANGE_SET} operations {{ operationId rid ref expectedVersion }}",
    ),
    Case(
        "applyFixes",
        lambda rid, _: {"rid": rid},
        {"violations": []},
        f"{CHANGE_SET} operations {{ operationId rid }} judgement {{ mergeable }}",
        broken=True,
    ),
    Case(
        "amendOperation",
        lambda rid, ids: {"rid": rid, "operationId": ids[0], "fields": {"apiName": "uno", "displayName": "Uno"}},
        {"fields": {"apiName": "zwei", "displayName": "Zwei"}},
    ),
    Case("reorderOperations", lambda rid, ids: {"rid": rid, "operationIds": ids[::-1]}, {"operationIds": []}),
    Case("dropOperation", lambda rid, ids: {"rid": rid, "operationId": ids[0]}, {"operationId": "00000000-0000-0000-0000-000000000000"}),
    Case("dropOperations", lambda rid, ids: {"rid": rid, "operationIds": ids}, {"operationIds": []}),
    Case("commentOnChangeSet", lambda rid, _: {"rid": rid, "body": "Soon."}, {"body": "Later."}),
    Case("requestReview", lambda rid, _: {"rid": rid, "reviewers": ["rosa"]}, {"reviewers": ["vera"]}),
    Case(
        "reviewChangeSet", lambda rid, _: {"rid": rid, "approve": True, "comment": "Good."}, {"approve": False}, by=REVIEWER, reviewed=True
    ),
    Case("closeChangeSet", lambda rid, _: {"rid": rid}, {"expectedVersion": 1}),
    Case("mergeChangeSet", lambda rid, _: {"rid": rid}, {"dryRun": True}, f"revision refs affectedCount {CHANGE_SET}"),
    Case("rollbackChangeSet", lambda rid, _: {"rid": rid}, {"title": "Back"}, f"revision affectedCount {CHANGE_SET}", merged=True),
]


async def prepared(asking: Asking, case: Case) -> dict[str, Any]:
    """The input of the case, for a change set in the state that it needs."""
    first = [group("one"), group("two")]
    if case.broken:
        first.append({"create": {"typeGroup": {"apiName": "three", "displayName": "Three", "description": "x" * 10_001}}})
    opened = await asking.mutate("openChangeSet", {"title": "First", "operations": first}, "changeSet { rid }")
    rid = opened["changeSet"]["rid"]
    if case.reviewed:
        await asking.mutate("requestReview", {"rid": rid}, "changeSet { rid }")
    if case.merged:
        await asking.mutate("mergeChangeSet", {"rid": rid}, "revision")
    held = await asking.data("query ($rid: ID!) { changeSet(rid: $rid) { operations { nodes { operationId } } } }", {"rid": rid})
    return case.sent(rid, [each["operationId"] for each in held["changeSet"]["operations"]["nodes"]])


@pytest.mark.parametrize("by_header", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_mutation_of_a_change_set_is_done_once_for_a_key(asking: Asking, database: Database, case: Case, by_header: bool) -> None:
    sent = await prepared(asking, case)
    marked = sent if by_header else {**sent, "idempotencyKey": "once"}
    key = "once" if by_header else None

    first = await asking.mutate(case.name, marked, case.payload, by=case.by, key=key)
    after = await stored(database)
    again = await asking.mutate(case.name, {**marked, "clientMutationId": "again"}, case.payload, by=case.by, key=key)
    code, _ = await asking.refused(case.name, {**marked, **case.other}, by=case.by, key=key)

    assert first["__typename"].endswith("Payload"), first
    assert again == first
    assert code == "IDEMPOTENCY_KEY_REUSED"
    assert await stored(database) == after


async def test_a_mutation_of_an_ontology_is_done_once_for_a_key(asking: Asking, database: Database) -> None:
    rid, version = "", 0
    for name, sent, other in (
        ("createOntology", {"apiName": "second", "displayName": "Second"}, {"displayName": "Third"}),
        ("updateOntology", {"displayName": "Two", "settings": {"requireReview": True}}, {"displayName": "Three"}),
        ("archiveOntology", {}, {"expectedVersion": 9}),
    ):
        marked = {**sent, "idempotencyKey": name, **({"rid": rid, "expectedVersion": version} if rid else {})}
        first = await asking.mutate(name, marked, ONTOLOGY, by=ADMIN)
        after = await stored(database)
        assert await asking.mutate(name, marked, ONTOLOGY, by=ADMIN) == first
        assert (await asking.refused(name, {**marked, **other}, by=ADMIN))[0] == "IDEMPOTENCY_KEY_REUSED"
        assert await stored(database) == after
        rid, version = first["ontology"]["rid"], first["ontology"]["version"]
    assert version == 3


async def test_a_rollback_that_waits_for_its_review_is_opened_once_for_a_key(asking: Asking, database: Database) -> None:
    case = CASES[-1]
    sent = {**await prepared(asking, case), "idempotencyKey": "back"}
    main = await asking.data("{ ontology { rid version } }")
    settings = {**main["ontology"], "settings": {"requireReview": True}}
    await asking.mutate(
        "updateOntology", {"rid": settings["rid"], "expectedVersion": 1, "settings": settings["settings"]}, ONTOLOGY, by=ADMIN
    )

    first = await asking.mutate(case.name, sent, case.payload)
    after = await stored(database)

    assert await asking.mutate(case.name, sent, case.payload) == first
    assert (first["changeSet"]["status"], first["affectedCount"]) == ("OPEN", 2)
    assert await stored(database) == after


@pytest.mark.parametrize(
    "case",
    [each for each in CASES if each.name in {"openChangeSet", "stageOperations", "mergeChangeSet", "rollbackChangeSet"}],
    ids=lambda case: case.name,
)
async def test_of_many_at_once_with_one_key_one_is_done(asking: Asking, database: Database, case: Case) -> None:
    sent = {**await prepared(asking, case), "idempotencyKey": "at once"}
    before = await stored(database)

    async def tried() -> Any:
        kind = f"{case.name[0].upper()}{case.name[1:]}"
        own = f"{'ChangeSet' if case.name == 'openChangeSet' else kind}Payload"
        document = f"mutation ($input: {kind}Input!) {{ {case.name}(input: $input) {{ __typename ... on {own} {{ {case.payload} }} }} }}"
        answer = await asking.answer(document, {"input": sent})
        return answer.errors[0]["extensions"]["code"] if answer.errors else answer.data[case.name]

    outcomes = await asyncio.gather(*(tried() for _ in range(AT_ONCE)))
    once = await stored(database)
    last = await tried()

    done = [each for each in outcomes if each != IdempotencyInProgress.code]
    assert done, outcomes
    assert all(each == last for each in done), outcomes
    assert await stored(database) == once != before


async def test_a_key_that_is_in_progress_is_told(asking: Asking, database: Database) -> None:
    async with database.pool.acquire() as other:
        await other.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", "edith\x1fslow\x1fopenChangeSet")
        try:
            before = await stored(database)
            code, _ = await asking.refused("openChangeSet", {"title": "Work", "idempotencyKey": "slow"})
            assert (code, await stored(database)) == ("IDEMPOTENCY_IN_PROGRESS", before)
        finally:
            await other.execute("SELECT pg_advisory_unlock_all()")
    assert (await asking.mutate("openChangeSet", {"title": "Work", "idempotencyKey": "slow"}, CHANGE_SET))["changeSet"]["title"] == "Work"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
async def test_what_is_no_key_is_refused_and_nothing_is_stored(asking: Asking, database: Database, key: str) -> None:
    before = await stored(database)
    assert (await asking.refused("openChangeSet", {"title": "Work", "idempotencyKey": key}))[0] == "BAD_USER_INPUT"
    assert await stored(database) == before


def test_every_mutation_that_writes_takes_a_key() -> None:
    for name, field in schema()._schema.mutation_type.fields.items():
        sent = field.args["input"].type.of_type.fields
        assert ("idempotencyKey" in sent) is (name not in WITHOUT), name
