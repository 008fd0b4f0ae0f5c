"""Edit locks in GraphQL, and those who watch them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.persistence.database import Database
from app.services.locks import Locks
from tests.asking import Asking
from tests.given import ADMIN, EDITOR, REVIEWER

HELD = "rid holder holderName acquiredAt until"
ACQUIRE = (
    f"mutation($rid: ID!) {{ acquireLock(input: {{rid: $rid}}) {{ token lock {{ {HELD} }} entity {{ rid version lock {{ holder }} }} }} }}"
)
RENAME = """mutation($rid: ID!, $version: Int!, $tokens: [BigInt!]) {
    updateTypeGroup(input: {rid: $rid, expectedVersion: $version, lockTokens: $tokens, typeGroup: {displayName: "Other"}}) {
        ... on UpdateTypeGroupPayload { typeGroup { version lock { holder } } }
        ... on Error { code }
    }
}"""
GROUPS = 'mutation { applyChanges(input: {operations: [{verb: CREATE, kind: TYPE_GROUP, ref: "one", fields: {apiName: "one", displayName: "One"}}]}) { ... on ApplyChangesPayload { refs } } }'


async def a_group(ask: Asking) -> str:
    return str((await ask.data(GROUPS, actor=EDITOR))["applyChanges"]["refs"]["one"])


async def test_who_holds_an_entity_is_seen_everywhere(database: Database) -> None:
    ask = Asking(database)
    rid = await a_group(ask)

    held = (await ask.data(ACQUIRE, actor=EDITOR, rid=rid))["acquireLock"]

    assert (held["lock"]["holder"], held["lock"]["holderName"], held["entity"]) == (
        "edith", "Edith Editor", {"rid": rid, "version": 1, "lock": {"holder": "edith"}},
    )  # fmt: skip
    seen = await ask.data(
        f"query($rid: ID!) {{ node(id: $rid) {{ ... on Entity {{ lock {{ {HELD} }} }} }} ontology {{ locks {{ totalCount nodes {{ {HELD} entity {{ apiName }} }} }} }} }}",
        rid=rid,
    )
    assert seen["node"]["lock"] == held["lock"]
    assert seen["ontology"]["locks"] == {"totalCount": 1, "nodes": [{**held["lock"], "entity": {"apiName": "one"}}]}


async def test_others_are_refused_with_who_and_how_long(database: Database) -> None:
    ask = Asking(database)
    rid = await a_group(ask)
    held = (await ask.data(ACQUIRE, actor=EDITOR, rid=rid))["acquireLock"]

    [error] = (await ask.answer(RENAME, actor=REVIEWER, rid=rid, version=1)).errors

    assert (error["extensions"]["code"], error["extensions"]["holder"], error["extensions"]["until"]) == (
        "LOCKED", "edith", held["lock"]["until"],
    )  # fmt: skip
    assert await ask.codes(ACQUIRE, actor=REVIEWER, rid=rid) == ["LOCKED"]
    written = await ask.data(RENAME, actor=EDITOR, rid=rid, version=1, tokens=[held["token"]])
    assert written["updateTypeGroup"] == {"typeGroup": {"version": 2, "lock": {"holder": "edith"}}}


async def test_a_token_of_before_is_fenced(database: Database) -> None:
    ask = Asking(database)
    rid = await a_group(ask)
    old = (await ask.data(ACQUIRE, actor=EDITOR, rid=rid))["acquireLock"]["token"]
    broken = await ask.data("mutation($rid: ID!) { breakLock(input: {rid: $rid}) { lock { holder } } }", actor=ADMIN, rid=rid)
    assert broken == {"breakLock": {"lock": {"holder": "edith"}}}

    for asked in (
        RENAME.replace("$rid, expected", "$rid, expected"),
        'mutation($rid: ID!, $tokens: [BigInt!]) { openChangeSet(input: {title: "x", lockTokens: $tokens, operations: [{rid: $rid, verb: DELETE}]}) { __typename } }',
        "mutation($rid: ID!, $token: BigInt!) { renewLock(input: {rid: $rid, token: $token}) { token } }",
        "mutation($rid: ID!, $token: BigInt!) { releaseLock(input: {rid: $rid, token: $token}) { lock { holder } } }",
    ):
        variables: dict[str, Any] = {"rid": rid, "version": 1, "tokens": [old], "token": old}
        used = {name: value for name, value in variables.items() if f"${name}" in asked}
        assert await ask.codes(asked, actor=EDITOR, **used) == ["FENCED"], asked
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 1
    assert await ask.codes(RENAME, actor=EDITOR, rid=rid, version=1, tokens=list(range(201))) == ["LIST_TOO_LONG"]


async def test_a_lock_has_no_past(database: Database) -> None:
    ask = Asking(database)
    rid = await a_group(ask)

    for point in ("1", '"2999-01-01T00:00:00Z"'):
        assert await ask.codes(f"{{ ontology(asOf: {point}) {{ locks {{ totalCount }} }} }}") == ["BAD_USER_INPUT"]
        assert await ask.codes(f"{{ ontology(asOf: {point}) {{ typeGroups {{ nodes {{ lock {{ holder }} }} }} }} }}") == ["BAD_USER_INPUT"]
        assert await ask.codes(
            f"query($rid: ID!) {{ ontology(asOf: {point}) {{ entity(rid: $rid) {{ lock {{ holder }} }} }} }}", rid=rid
        ) == ["BAD_USER_INPUT"]


async def test_many_locks_are_one_statement(database: Database) -> None:
    ask = Asking(database)
    await ask.data(GROUPS.replace("one", "two"), actor=EDITOR)
    rid = await a_group(ask)
    asked = "{ ontology { typeGroups { nodes { apiName lock { holder } } } } }"
    await Locks(database).acquire(replace(EDITOR, name=""), rid)

    found = await ask.data(asked)

    assert found["ontology"]["typeGroups"]["nodes"] == [{"apiName": "one", "lock": {"holder": "edith"}}, {"apiName": "two", "lock": None}]
    assert ask.statements == 3
