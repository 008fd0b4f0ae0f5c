"""Optimistic locking with real concurrency: of several writers with one expected version exactly one wins."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest_asyncio

from app.persistence.database import Database
from tests import given
from tests.resolvers.asking import Asking

WRITERS = 6


@pytest_asyncio.fixture
async def asking(database: Database):
    opened = Asking(database)
    yield opened
    assert opened.faults == []


async def a_group(asking: Asking) -> str:
    made = await asking.mutate("createTypeGroup", {"typeGroup": {"apiName": "people", "displayName": "People"}}, "typeGroup { rid }")
    return made["typeGroup"]["rid"]


async def heads(database: Database) -> tuple[int, int, int]:
    """The head revision, the versions that were stored and the change sets."""
    row = await database.pool.fetchrow(
        "SELECT (SELECT head_revision FROM ontology), (SELECT count(*) FROM entity_version), (SELECT count(*) FROM change_set)"
    )
    return tuple(row)


def one_winner(outcomes: list[dict[str, Any]], payload: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    winners = [each for each in outcomes if each["__typename"] == payload]
    losers = [each for each in outcomes if each["__typename"] == "VersionConflict"]
    assert (len(winners), len(losers)) == (1, len(outcomes) - 1), outcomes
    assert {each["http"] for each in losers} == {409}
    return winners[0], losers


async def test_of_several_updates_one_wins_and_the_others_see_the_winner(asking: Asking, database: Database) -> None:
    rid = await a_group(asking)

    outcomes = await asyncio.gather(
        *(
            asking.mutate(
                "updateTypeGroup",
                {"rid": rid, "expectedVersion": 1, "typeGroup": {"displayName": f"Writer {number}"}},
                "typeGroup { rid version displayName updatedBy }",
            )
            for number in range(WRITERS)
        )
    )

    winner, losers = one_winner(outcomes, "UpdateTypeGroupPayload")
    assert [each["current"] for each in losers] == [winner["typeGroup"]] * (WRITERS - 1)
    assert await heads(database) == (2, 2, 2)


async def test_disjoint_fields_do_not_make_a_second_winner(asking: Asking, database: Database) -> None:
    rid = await a_group(asking)
    words = [{"displayName": "One"}, {"description": "Two"}, {"colour": "#112233"}]

    outcomes = await asyncio.gather(
        *(asking.mutate("updateTypeGroup", {"rid": rid, "expectedVersion": 1, "typeGroup": each}) for each in words)
    )

    one_winner(outcomes, "UpdateTypeGroupPayload")
    assert await heads(database) == (2, 2, 2)


async def test_of_several_deletions_one_wins_and_the_others_see_that_it_is_gone(asking: Asking, database: Database) -> None:
    rid = await a_group(asking)

    outcomes = await asyncio.gather(*(asking.mutate("deleteTypeGroup", {"rid": rid, "expectedVersion": 1}) for _ in range(WRITERS)))

    _, losers = one_winner(outcomes, "DeleteTypeGroupPayload")
    assert [each["current"] for each in losers] == [None] * (WRITERS - 1)
    assert await heads(database) == (2, 2, 2)


async def test_of_several_batches_that_share_one_entity_one_wins_as_a_whole(asking: Asking, database: Database) -> None:
    rid = await a_group(asking)

    outcomes = await asyncio.gather(
        *(
            asking.mutate(
                "applyChanges",
                {
                    "operations": [
                        {"ref": "own", "create": {"typeGroup": {"apiName": f"own-{number}", "displayName": "Own"}}},
                        {"rid": rid, "expectedVersion": 1, "update": {"typeGroup": {"displayName": f"Writer {number}"}}},
                    ]
                },
            )
            for number in range(WRITERS)
        )
    )

    winner, losers = one_winner(outcomes, "ApplyChangesPayload")
    assert winner["affectedCount"] == 2
    assert {each["current"]["version"] for each in losers} == {2}
    assert await heads(database) == (2, 3, 2)


async def test_of_several_nested_creations_of_one_name_one_wins(asking: Asking, database: Database) -> None:
    words = {
        "apiName": "Employee", "displayName": "Employee", "primaryKey": "number",
        "properties": [{"apiName": "number", "displayName": "Number", "type": {"base": "STRING"}}],
    }  # fmt: skip

    outcomes = await asyncio.gather(*(asking.mutate("createObjectType", {"object": words}) for _ in range(WRITERS)))

    winners = [each for each in outcomes if each["__typename"] == "CreateObjectTypePayload"]
    losers = [each for each in outcomes if each["__typename"] == "NameTaken"]
    assert (len(winners), len(losers)) == (1, WRITERS - 1)
    assert [each["takenBy"] for each in losers] == [[{"rid": winners[0]["refs"]["Employee"], "apiName": "Employee"}]] * (WRITERS - 1)
    assert await heads(database) == (1, 2, 1)


async def test_writers_of_different_entities_all_win_and_revisions_have_no_holes(asking: Asking, database: Database) -> None:
    outcomes = await asyncio.gather(
        *(
            asking.mutate("createTypeGroup", {"typeGroup": {"apiName": f"group-{number}", "displayName": "Group"}}, by=actor)
            for number, actor in enumerate((given.EDITOR, given.REVIEWER, given.ADMIN, given.EDITOR))
        )
    )

    assert sorted(each["revision"] for each in outcomes) == [1, 2, 3, 4]
    assert await heads(database) == (4, 4, 4)


async def test_of_several_merges_of_one_change_set_one_wins(asking: Asking, database: Database) -> None:
    opened = await asking.mutate(
        "openChangeSet",
        {"title": "Groups", "operations": [{"create": {"typeGroup": {"apiName": "people", "displayName": "People"}}}]},
        "changeSet { rid }",
    )
    rid = opened["changeSet"]["rid"]
    document = "mutation ($rid: ID!) { mergeChangeSet(input: {rid: $rid}) { __typename } }"

    answers = await asyncio.gather(*(asking.answer(document, {"rid": rid}) for _ in range(WRITERS)))

    codes = sorted(answer.errors[0]["extensions"]["code"] for answer in answers if answer.errors)
    assert codes == ["CHANGESET_ALREADY_MERGED"] * (WRITERS - 1)
    assert await heads(database) == (1, 1, 1)
